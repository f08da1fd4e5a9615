"""A last checkpoint that is damaged is named and kept; the run goes on from what is whole."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from small import here, small_config, write_ratings

from cftui import paths
from cftui.runs.checkpoint import CheckpointError, load_checkpoint
from cftui.runs.directory import Run, RunError
from cftui.runs.event_log import read_events, settled
from cftui.runs.events import Epoch, Failed, Finished, Resumed
from cftui.training.learners.gradient import GradientLearner
from cftui.training.start import resume_run, start_run
from cftui.tui.services import runs as runs_service
from cftui.tui.services.runs import LastIsLost, RunService

EPOCHS = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run that finished undisturbed, and was best before its last epoch; never changed."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder))
        config = small_config(
            write_ratings(folder / "small", users=30, items=40, n=500),
            training={"epochs": EPOCHS, "batch_size": 16},
            # Nothing but the weights goes on, and they are worse after the first epoch.
            optimizer={"name": "sgd", "momentum": 0.0, "learning_rate": 0.5},
        )
        end = start_run(config, lambda _: None, run_id="r", began=0.0)
        assert isinstance(end, Finished) and end.best_epoch and end.best_epoch < EPOCHS
        return paths.runs_folder() / "r"


@pytest.fixture
def run(whole: Path, home: Path) -> Run:
    """Give a copy that was stopped in its last epoch but one, as its record has it."""
    shutil.copytree(whole, paths.runs_folder() / "r")
    return Run(paths.runs_folder() / "r")


def stop(run: Run) -> None:
    told = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**told, "state": "stopped"}))


def flip(path: Path) -> bytes:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    return bytes(content)


def arrays(path: Path) -> dict[str, bytes]:
    found = load_checkpoint(path, "parameters/").arrays
    return {name: np.asarray(array).tobytes() for name, array in found.items()}


def losses(events: Path) -> list[tuple[int, float]]:
    told = settled(read_events(events, Epoch, Resumed))
    return [(event.epoch, event.train_loss) for event in told if isinstance(event, Epoch)]


@pytest.mark.parametrize("stopped", [True, False])
def test_it_goes_on_from_its_best_weights_and_ends_as_if_nothing_had_been(
    stopped: bool, run: Run, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if stopped:
        stop(run)
    damaged, before = flip(run.last), run.best.read_bytes()
    assert here("runs", "resume", "r") == 1
    said = capsys.readouterr().err
    assert "cftui runs resume r --from best" in said and ("damaged" in said or "lost" in said)
    assert run.last.read_bytes() == damaged and run.best.read_bytes() == before

    assert here("runs", "resume", "r", "--from", "best") == 0
    assert "what was there is kept as last.safetensors.damaged-1" in capsys.readouterr().out
    assert (run.path / "last.safetensors.damaged-1").read_bytes() == damaged
    assert run.record().state == "finished"
    assert arrays(run.last) == arrays(whole / "last.safetensors")
    assert arrays(run.best) == arrays(whole / "best.safetensors")
    assert losses(run.events) == losses(whole / "events.jsonl")


def test_without_best_weights_it_begins_again(
    run: Run, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(run)
    run.last.unlink()
    for words, code in ((["--best"], 0), ([], 1)):
        assert here("recommend", "--user", "1", "--run", "r", *words) == code
    assert "last.safetensors is not there; the weights at the best" in capsys.readouterr().err
    flip(run.best)
    assert here("runs", "resume", "r") == 1
    assert "last.safetensors: no such checkpoint; or begin it again" in capsys.readouterr().err
    with pytest.raises(CheckpointError, match=r"best\.safetensors.*resume r --from start"):
        resume_run(run, lambda _: None, origin="best", began=0.0)
    assert isinstance(resume_run(run, lambda _: None, origin="start", began=0.0), Finished)
    assert (run.path / "best.safetensors.damaged-1").exists()
    assert arrays(run.last) == arrays(whole / "last.safetensors")
    assert losses(run.events) == losses(whole / "events.jsonl")


def test_what_is_whole_is_not_given_up(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunError, match="its last checkpoint is whole; leave --from out"):
        resume_run(run, lambda _: None, origin="best", began=0.0)
    assert here("runs", "resume", "r", "--from", "middle") == 2
    assert "--from middle: one of last, best, start" in capsys.readouterr().err
    assert not list(run.path.glob("*-1"))
    damaged, best = flip(run.last), run.best.read_bytes()
    assert isinstance(resume_run(run, lambda _: None, origin="start", began=0.0), Finished)
    assert (run.path / "last.safetensors.damaged-1").read_bytes() == damaged
    assert (run.path / "best.safetensors.kept-1").read_bytes() == best


def test_a_method_that_needs_more_than_weights_is_begun_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(run.last)

    def restore(*_: object) -> None:
        raise KeyError("chain")

    with monkeypatch.context() as patch:
        patch.setattr(GradientLearner, "restore", restore)
        failed = resume_run(run, lambda _: None, origin="best", began=0.0)
    assert isinstance(failed, Failed) and "resume r --from start" in failed.message
    assert isinstance(resume_run(run, lambda _: None, origin="start", began=0.0), Finished)


async def test_the_screen_is_told_what_to_ask(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer that was started has ended: its last line is why."""
    stop(run)
    run.log.write_text("cftui: its last words\n")

    class Ended:
        pid = 0

        def poll(self) -> int:
            return 1

    def launched(run: Run, origin: str) -> object:
        return runs_service.Launched(run, Ended(), run.log)  # type: ignore[arg-type]

    monkeypatch.setattr(runs_service, "launch_resume", launched)
    service = RunService("r")
    for damage, instead in ((None, None), (run.last, "best"), (run.best, "start")):
        if damage is not None:
            os.truncate(damage, 100)
        with pytest.raises(runs_service.RunServiceError, match="its last words") as refused:
            await service.resume("r")
        assert getattr(refused.value, "instead", None) == instead
        assert isinstance(refused.value, LastIsLost) == (instead is not None)
