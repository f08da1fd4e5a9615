"""What a trainer leaves beside weights: its first words and last, a name, the vocabulary."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from small import here, open_small, record_of, small_config, write_ratings

from cftui.ratings.values import Ratings
from cftui.runs.control import send
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog, read_events
from cftui.runs.events import Epoch, Event, Failed, Finished, Resumed, Started
from cftui.runs.find import find_run
from cftui.runs.model_source import read_source, trust
from cftui.runs.record import RunRecord
from cftui.runs.vocabulary import FILE as VOCABULARY
from cftui.runs.vocabulary import load_vocabulary
from cftui.training.start import resume_run, start_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small", users=40, items=60, n=900)


def stopped(ratings: Ratings, epochs: int = 200) -> Run:
    """Return a run that was asked to stop after its first epoch."""

    def stop(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == 1:
            send(find_run("r").path, "stop")

    config = small_config(ratings.source, training={"epochs": epochs})
    last = start_run(config, stop, run_id="r", began=0.0)
    assert isinstance(last, Finished) and last.outcome == "stopped"
    return find_run("r")


def test_first_words_and_last_of_a_run_that_was_stopped_and_resumed(ratings: Ratings) -> None:
    run = stopped(ratings)
    begun = list(read_events(run.events))
    assert [type(e) for e in begun if isinstance(e, Started | Resumed)] == [Started]
    step, epoch = run.record().step, run.record().epoch
    assert (begun[-1].outcome, begun[-1].step, begun[-1].why) == ("stopped", step, "")  # type: ignore[attr-defined]
    send(run.path, "stop")  # before the trainer is there: it is not meant for this one
    told: list[Event] = []

    def stop_again(event: Event) -> None:
        told.append(event)
        if isinstance(event, Epoch):
            send(run.path, "stop")

    assert isinstance(resume_run(run, stop_again, began=0.0), Finished)
    added = list(read_events(run.events))[len(begun) :]
    assert [type(e) for e in added if isinstance(e, Started | Resumed)] == [Resumed]
    first = added[0]
    assert isinstance(first, Resumed) and (first.step, first.epoch) == (step, epoch)
    # Who listens hears all, but for what the device's thread adds meanwhile.
    assert [type(e) for e in told] == [type(e) for e in added]


def test_the_name_is_given_before_the_first_word(tmp_path: Path, capsys: Capture) -> None:
    source = write_ratings(tmp_path / "small", users=40, items=60, n=900)
    words = ["--data", str(source), "--epochs", "1", "--id", "r", "--name", "to night"]
    assert here("train", *words) == 0
    assert find_run("to night").id == "r"
    capsys.readouterr()
    assert here("runs", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "to night"


def test_ids_and_titles_are_kept_beside_the_weights_once(ratings: Ratings) -> None:
    run = stopped(ratings)
    for kept, custom in zip(load_vocabulary(run.path), (ratings.users, ratings.items), strict=True):
        assert [kept.id_of(code) for code in range(len(kept))] == [
            custom.id_of(code) for code in range(len(custom))
        ]
    made = (run.path / VOCABULARY).stat()
    send_stop_when_resumed(run)
    assert (run.path / VOCABULARY).stat().st_ino == made.st_ino  # not written again
    (run.path / VOCABULARY).unlink()
    send_stop_when_resumed(run)
    assert load_vocabulary(run.path)[1].title_of(0) == ratings.items.title_of(0)


def send_stop_when_resumed(run: Run) -> None:
    resume_run(
        run,
        lambda event: send(run.path, "stop") and None if isinstance(event, Resumed) else None,
        began=0.0,
    )
    assert run.record().state == "stopped"


def test_a_run_that_died_before_its_first_checkpoint_begins_anew(ratings: Ratings) -> None:
    config = small_config(ratings.source, training={"epochs": 1})
    record = record_of("r", ratings, data_source=str(ratings.source), epochs=1)
    run, lock = create_run(record, config)
    lock.release()
    last = resume_run(run, lambda _: None, began=0.0)
    assert isinstance(last, Finished) and last.epochs == 1
    words = [type(e) for e in read_events(run.events) if isinstance(e, Started | Resumed)]
    assert words == [Started, Resumed]


@pytest.mark.parametrize(("asked", "given"), [(2, 2), (0, 1)])
def test_a_small_model_takes_one_thread_unless_told(
    asked: int, given: int, ratings: Ratings
) -> None:
    before = torch.get_num_threads()
    config = small_config(ratings.source, training={"epochs": 1, "threads": asked})
    try:
        start_run(config, lambda _: None, run_id="r", began=0.0)
        assert torch.get_num_threads() == given == find_run("r").record().threads
    finally:
        torch.set_num_threads(before)


def test_a_run_that_fails_before_its_first_step_says_so(ratings: Ratings, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "from torch import nn\n\nclass Own(nn.Module):\n"
        "    def __init__(self, n_users, n_items):\n        raise ValueError('not today')\n"
    )
    trust(read_source(f"{path}:Own"))
    config = small_config(ratings.source, model={"name": f"{path}:Own"})
    config = config.model_copy(update={"model": type(config.model)(name=f"{path}:Own")})
    last = start_run(config, lambda _: None, run_id="r", began=0.0)
    assert isinstance(last, Failed) and last.step == 0 and "not today" in last.message
    run = find_run("r")
    record = run.record()
    assert (record.state, record.message, record.step) == ("failed", last.message, 0)
    assert list(read_events(run.events))[-1] == last


def test_a_run_that_cannot_write_a_word_fails_in_order(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: EventLog, path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(EventLog, "__init__", full)
    told: list[Event] = []
    last = start_run(small_config(ratings.source), told.append, run_id="r", began=0.0)
    assert isinstance(last, Failed) and "make room" in last.message and told == [last]
    record = find_run("r").record()
    assert (record.state, record.message) == ("failed", last.message)


@pytest.mark.parametrize("times", [1, 2])
def test_success_is_said_only_where_the_record_has_it(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Else everybody is shown a run that died, and who trained it was told that it finished."""
    write, refused = Run.write_record, list[str]()

    def refuse(self: Run, record: RunRecord) -> None:
        if record.state == "finished" and len(refused) < times:
            refused.append(record.state)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        write(self, record)

    monkeypatch.setattr(Run, "write_record", refuse)
    told: list[Event] = []
    last = start_run(small_config(ratings.source), told.append, run_id="r", began=0.0)
    run = find_run("r")
    if times == 1:  # a disk may refuse once
        assert isinstance(last, Finished) and run.record().state == "finished"
        return
    assert isinstance(last, Failed) and told[-1] == last
    assert "run.json could not be written" in last.message and "runs resume r" in last.message
    assert not any(isinstance(event, Finished) for event in read_events(run.events))
    assert run.status().shown == "died"
    assert isinstance(resume_run(run, told.append, began=0.0), Finished)
    assert run.status().shown == "finished"


def test_the_last_word_tells_the_whole(ratings: Ratings) -> None:
    config = small_config(ratings.source, training={"epochs": 3})
    told: list[Event] = []
    last = start_run(config, told.append, run_id="r", began=0.0)
    assert isinstance(last, Finished)
    epochs = [event for event in told if isinstance(event, Epoch)]
    assert (last.outcome, last.epochs, last.step) == ("finished", 3, epochs[-1].step)
    best = min(epochs, key=lambda event: event.valid_mse)
    assert (last.best_valid_mse, last.best_epoch) == (best.valid_mse, best.epoch)
    assert last.valid_rmse == pytest.approx(np.sqrt(epochs[-1].valid_mse))
    assert last.train_seconds == epochs[-1].train_seconds
    record = find_run("r").record()
    assert (record.state, record.step, record.epoch) == ("finished", last.step, 3)
    assert (record.valid_mse, record.best_valid_mse) == (last.valid_mse, last.best_valid_mse)
    assert record.valid_step == record.step
