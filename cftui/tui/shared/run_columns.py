"""The columns of lists of runs that several panes have, and how settings share their room."""

from collections.abc import Collection, Sequence

from cftui.runs.apart import COLUMNS, told_apart
from cftui.runs.columns import BY_NAME, signed_error
from cftui.runs.row import RunRow
from cftui.tui.shared.cells import Column
from cftui.tui.shared.run_words import STATE_MARKS, label_apart

ALIKE_YIELDS = 10
"""A field that all runs have alike says least, and gives way before others."""
WIDEST_RATE = 16
WIDE = 100
"""Cells of the screen from which on a choice of runs tells their settings too."""
CHOICE: dict[str, int] = {"model": 8, "optimizer": 9, "schedule": 15, "lr": 6, "factors": 7}
"""Fields in which runs of one name mostly differ, and the cells that they take."""
YIELDS = {"factors": 5, "model": 4, "schedule": 3, "optimizer": 2}
"""Which of them give way where names need the room, the highest first."""


def rate_width(rows: Sequence[RunRow]) -> int:
    """Return the cells that the learning rates take where some were changed on the way; else 0."""
    text = BY_NAME["lr"].text
    changed = (len(text(row)) for row in rows if row.rate_changes)
    return min(max(changed, default=0), WIDEST_RATE)


def alike_fields(rows: Sequence[RunRow]) -> frozenset[str]:
    """Return the settings in which no runs differ; none of one run alone."""
    if len(rows) < 2:
        return frozenset()
    return frozenset(
        name for name in COLUMNS if len({str(BY_NAME[name].text(row)) for row in rows}) == 1
    )


def choice_columns(rows: Sequence[RunRow], width: int) -> tuple[Column, ...]:
    """Return the columns of a choice of runs on a screen of a width in cells."""
    if width < WIDE:
        return run_columns(rows)
    sign, name, *rest = run_columns(rows, columns=CHOICE)
    alike, rates = alike_fields(rows), rate_width(rows)
    told = (
        Column(
            BY_NAME[name].label,
            max(cells, rates if name == "lr" else 0),
            align="right" if BY_NAME[name].number else "left",
            key=BY_NAME[name].text,
            yields=YIELDS.get(name, 0) + ALIKE_YIELDS * (name in alike and name in YIELDS),
        )
        for name, cells in CHOICE.items()
    )
    return (sign, name, *told, *rest)


def run_columns(
    rows: Sequence[RunRow] = (), *, narrow: bool = False, columns: Collection[str] = ()
) -> tuple[Column, ...]:
    """Return the columns of a list of runs; a narrow one has no room for when they began.

    `columns`: fields that are told beside these.
    """
    apart = told_apart(rows, columns)
    # what else tells runs apart gives way to words that do it better
    clock = Column("began", 5, key=lambda row: row.clock, yields=1 if apart else 0)
    began = () if narrow else (clock,)
    return (
        Column("", 1, key=lambda row: STATE_MARKS.get(row.shown, "·"), name="state"),
        Column("run", None, key=lambda row: label_apart(row, apart)),
        *began,
        Column("epoch", 5, align="right", key=lambda row: f"{row.epoch}/{row.epochs}"),
        Column("best", 7, align="right", key=signed_error),
    )
