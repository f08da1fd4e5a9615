"""The columns of lists of runs: what tells runs apart, and none that is cut."""

from dataclasses import replace
from typing import Any

import pytest

from cftui.charts import Colour
from cftui.runs.apart import told_apart
from cftui.runs.row import RunRow
from cftui.tui.runs.table import runs_columns, sorted_by
from cftui.tui.shared.cells import GAP, GUTTER, Column
from cftui.tui.shared.run_columns import choice_columns, run_columns
from cftui.tui.shared.widths import fitting_columns, wanted

ROW = RunRow(
    "20261101-203000-bayes-fm-gibbs-k7w2", "", "finished", False, 3, 3, 300, 0.8, 0.8, "f", True
)
ROWS = [
    replace(ROW, settings=(("model.fields", "all"),)),
    replace(ROW, id=ROW.id[:-1] + "3", settings=(("model.fields", "future"),)),
    replace(ROW, id="20261101-203000-dot-bias-adam-aaaa", learning_rate=0.001, schedule="cosine"),
]


def laid_out(columns: tuple[Column, ...], room: int) -> dict[str, int]:
    """Return the widths of the columns that there is room for."""
    places, widths = fitting_columns(columns, room, wanted(columns, ROWS))
    return {columns[at].label: width for at, width in zip(places, widths, strict=True)}


def texts(columns: tuple[Column, ...]) -> list[Any]:
    (run,) = (column for column in columns if column.label == "run")
    assert run.key is not None
    return [run.key(row) for row in ROWS]


@pytest.mark.parametrize("width", [80, 99, 100, 120, 200])
def test_a_choice_of_runs_cuts_no_column(width: int) -> None:
    columns = choice_columns(ROWS, width)
    room = width * 9 // 10 - 4
    widths = laid_out(columns, room)
    assert GUTTER + GAP * (len(widths) - 1) + sum(widths.values()) <= room
    assert {"run", "epoch", "best"} <= widths.keys()
    assert texts(columns)[0] == "bayes-fm-gibbs: fields all"
    assert widths["run"] >= len("bayes-fm-gibbs: fields future")


def test_where_there_is_little_room_the_time_gives_way_to_what_tells_apart() -> None:
    assert "began" not in laid_out(run_columns(ROWS), 41)
    assert "began" in laid_out(run_columns(ROWS[1:]), 41)
    assert "began" in laid_out(run_columns(ROWS), 80)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_list_of_all_runs_tells_them_apart(width: int) -> None:
    def colours() -> list[Colour]:
        return []

    apart = told_apart(ROWS, sorted_by(width))
    columns = runs_columns(width, apart=apart, colours=colours)
    assert texts(columns) == [
        "bayes-fm-gibbs: fields all", "bayes-fm-gibbs: fields future", "dot-bias-adam",
    ]  # fmt: skip
