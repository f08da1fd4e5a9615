"""What tells runs apart that look alike in a list."""

from dataclasses import replace
from typing import Any

import pytest
from records import RECORD, row

from cftui.config import make_config
from cftui.runs.apart import LONGEST, MOST, other_settings, told_apart
from cftui.runs.directory import create_run
from cftui.runs.index import read_row

LIST = ("model", "optimizer", "schedule", "lr", "factors")


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"model": {"name": "bayes-fm", "fields": "all"}},
         {"model": {"name": "bayes-fm"}}, ("fields all", "fields future")),
        ({"split": {"kind": "per-user-latest"}}, {},
         ("split per-user-latest", "split random")),
        ({"split": {"seed": 7}, "training": {"seed": 7}}, {},
         ("seed 7, split seed 7", "seed 42, split seed 42")),
        ({"optimizer": {"nesterov": True}}, {}, ("nesterov on", "nesterov off")),
        ({"optimizer": {"momentum": 0.5}, "training": {"patience": 3}}, {},
         ("patience 3, momentum 0.5", "patience 0, momentum 0.9")),
        ({"model": {"name": "net", "hidden": [20, 10]}}, {"model": {"name": "net"}},
         ("hidden 20 10", "hidden 10")),
        ({"training": {"batch_size": 128}}, {}, ("batch 128", "batch 64")),
        ({}, {}, (None, None)),
    ],
)  # fmt: skip
def test_alike_runs_are_told_apart_by_what_differs(
    home: object, one: dict[str, Any], other: dict[str, Any], words: tuple[str | None, str | None]
) -> None:
    made = [
        create_run(replace(RECORD, run=name), make_config(settings))
        for name, settings in (("a", one), ("b", other))
    ]
    rows = [replace(read_row(run), name="mine") for run, _ in made]
    for _, lock in made:
        lock.release()
    told = told_apart(rows, LIST)
    assert (told.get("a"), told.get("b")) == words


def test_what_a_column_tells_is_not_told_twice() -> None:
    rows = [row("a", optimizer="sgd", name="x"), row("b", optimizer="adam", name="x")]
    assert told_apart(rows, LIST) == {}
    assert told_apart(rows) == {"a": "sgd", "b": "adam"}
    assert told_apart([rows[0], row("c", name="y", batch_size=1)]) == {}


def test_a_run_older_than_a_setting_has_its_default() -> None:
    settings = make_config({}).to_settings()
    older = {**settings, "training": {"epochs": 3}}
    assert dict(other_settings(older)) == dict(other_settings(settings))


def test_what_a_received_run_holds_is_cut() -> None:
    wild = {"model": {f"k{n}": "x" * 10_000 for n in range(1000)}, "training": "none", "split": 3}
    found = other_settings(wild)
    assert len(found) <= MOST
    assert max(len(text) for _, text in found) <= LONGEST
    rows = [
        row(name, name="x", settings=(("model.k", text),))
        for name, text in (("a", "\x1b[2J"), ("b", "2"))
    ]
    assert told_apart(rows) == {"a": "k �[2J", "b": "k 2"}
