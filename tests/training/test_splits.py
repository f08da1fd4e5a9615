"""Training on every kind of split: refused before a run is made, resumed to the bit."""

from pathlib import Path

import pytest
from small import here, make_bench, open_small, small_config

from cftui.library.trained import load_trained
from cftui.paths import runs_folder
from cftui.ratings.split import split
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.find import find_run
from cftui.training.endings import StopTraining

KINDS = ("per-user", "per-user-latest", "leave-last-out", "time")


@pytest.mark.parametrize("kind", ["per-user-latest", "leave-last-out", "time"])
def test_ratings_without_timestamps_are_refused_before_a_run_is_made(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plain.csv"
    file.write_text("userId,movieId,rating\n1,1,3\n1,2,4\n2,1,5\n")
    assert here("train", "--data", str(file), "--split", kind) == 2
    assert f"split.kind = '{kind}': plain has no timestamps" in capsys.readouterr().err
    assert not runs_folder().exists()


def test_the_option_and_the_setting_are_the_same(tmp_path: Path) -> None:
    source = str(open_small(tmp_path / "small", users=40, items=60, n=900).source)
    words = ["--data", source, "--epochs", "1", "--factors", "4"]
    assert here("train", *words, "--id", "option", "--split", "time") == 0
    assert here("train", *words, "--id", "setting", "--set", "split.kind=time") == 0
    option, setting = (load_trained(find_run(name)) for name in ("option", "setting"))
    assert option.config.split == setting.config.split
    assert option.factors.item_bias is not None and setting.factors.item_bias is not None
    assert option.factors.item_bias.tobytes() == setting.factors.item_bias.tobytes()
    assert list(option.split.valid) == list(split(option.config.split, option.ratings).valid)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_resumes_exactly(kind: str, tmp_path: Path) -> None:
    ratings = open_small(tmp_path / "small")
    config = small_config(split={"kind": kind}, training={"epochs": 2})
    whole = make_bench(config, ratings, "whole")
    whole.trainer.train()
    asked = iter([False] * 3 + [True] * 100)
    part = make_bench(config, ratings, "part", should_stop=lambda: next(asked))
    with pytest.raises(StopTraining):
        part.trainer.train()
    assert part.trainer.progress.step < whole.trainer.progress.step
    rest = make_bench(config, ratings, "rest", checkpoint=load_checkpoint(part.run.last))
    rest.trainer.train()
    assert part.engine.losses + rest.engine.losses == whole.engine.losses
    assert rest.trainer.progress.valid_mse == whole.trainer.progress.valid_mse
