"""Twins: the same settings on ratings drawn at random, and on each user's latest."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from small import here, small_config, write_ratings

from cftui.config import make_config
from cftui.runs.directory import Run
from cftui.runs.find import find_run
from cftui.runs.index import read_row
from cftui.runs.row import RunRow
from cftui.runs.twins import OnSplit, Twins, find_twins, side_by_side, twin_words
from cftui.training.start import start_run

LATEST = {"kind": "per-user-latest"}


def make(folder: Path, run_id: str, mse: float | None, **sections: dict[str, object]) -> RunRow:
    """Write a run's settings; return its row as a list has it."""
    import tomli_w

    path = folder / run_id
    path.mkdir(parents=True)
    config = make_config(sections)
    (path / "config.toml").write_text(tomli_w.dumps(config.to_settings()))
    return replace(
        read_row(Run(path)),
        shown="finished",
        fingerprint="f",
        model=config.model.name,
        epochs=config.training.epochs,
        best_valid_mse=mse,
        biases_mse=0.8,
    )


@pytest.fixture
def runs(home: Path) -> Path:
    from cftui.paths import runs_folder

    return runs_folder()


def test_all_but_the_split_must_be_alike(runs: Path) -> None:
    own = make(runs, "own", 0.7, training={"device": "cpu"})
    twin = make(runs, "twin", 0.75, split=LATEST | {"seed": 7}, data={"source": "elsewhere"})
    others = [
        make(runs, "share", 0.1, split=LATEST | {"fraction": 0.1}),
        make(runs, "seed", 0.1, split=LATEST, training={"seed": 1}),
        make(runs, "model", 0.1, split=LATEST, model={"name": "dot"}),
        make(runs, "rate", 0.1, split=LATEST, optimizer={"learning_rate": 0.5}),
        make(runs, "same", 0.1, split={"seed": 3}),
        make(runs, "last", 0.1, split={"kind": "leave-last-out"}),
        replace(make(runs, "data", 0.1, split=LATEST), fingerprint="g"),
        replace(make(runs, "refit", 0.1, split=LATEST), refit_of="own"),
        replace(make(runs, "stopped", 0.1, split=LATEST), shown="stopped"),
    ]
    found = find_twins(Run(runs / "own"), [*others, own, twin])
    expected = Twins(OnSplit("own", 0.7, 0.8), OnSplit("twin", 0.75, 0.8), 0.2)
    assert found == expected
    assert find_twins(Run(runs / "twin"), [twin, own]) == expected  # from either side
    none = find_twins(Run(runs / "own"), [*others, own])
    assert none is not None and none.latest is None and not none.awaited
    assert none.missing is not None and none.missing["kind"] == "per-user-latest"
    live = replace(twin, shown="running", alive=True, best_valid_mse=None)
    awaited = find_twins(Run(runs / "own"), [live, own])
    assert awaited is not None and awaited.awaited == "twin"
    assert find_twins(Run(runs / "last"), others) is None  # a split without another


def test_a_sentence_says_what_it_is_worth() -> None:
    twins = Twins(OnSplit("a", 0.676, 0.785), OnSplit("b", 0.75, 0.82), 0.2)
    assert twin_words(twins) == (
        "MSE 0.676 on ratings drawn at random, 0.750 on each user's latest fifth: +0.074; biases"
        " alone have 0.785 and 0.820, so it is ahead of them by 0.109 and by 0.070"
    )
    assert len(twin_words(twins, briefly=True)) <= 78
    worse = replace(twins, drawn=OnSplit("a", 0.838, 0.785))
    assert twin_words(worse).endswith("it is behind them by 0.053 and ahead of them by 0.070")
    both = replace(worse, latest=OnSplit("b", 0.875, 0.82))
    assert twin_words(both).endswith("so it is behind them by 0.053 and by 0.055")
    assert side_by_side(twins)[1] == ("each user's latest fifth", "0.750", "0.820", "0.070")
    assert twin_words(replace(twins, latest=None)) == ""


def test_the_shell_trains_the_twin_and_shows_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_ratings(tmp_path / "small", users=60, items=90, n=1500)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    assert here("evaluate", "--at", "5") == 0
    assert "cftui evaluate --run r --both-splits" in capsys.readouterr().out
    assert here("evaluate", "--at", "5", "--both-splits") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "300 held-out ratings (random)" in "\n".join(lines)  # still of the run itself
    assert [line.split("\t")[0] for line in lines[-4:-1]] == [
        *("held out", "drawn at random", "each user's latest fifth")
    ]
    twin = find_run("latest")
    assert twin.config().split.kind == "per-user-latest"
    assert f"{twin.record().best_valid_mse:.3f} on each user's latest fifth" in lines[-1]
    assert here("evaluate", "--run", "r", "--at", "5", "--both-splits", "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-2])
    assert (told["event"], told["latest"]["run"]) == ("splits", twin.id)
    start_run(small_config(source, split={"kind": "time"}), lambda _: None, run_id="t", began=0.0)
    assert here("evaluate", "--run", "t", "--both-splits") == 2
    assert "has another split" in capsys.readouterr().err
