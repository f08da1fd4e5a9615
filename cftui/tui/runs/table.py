"""The columns of the list of all runs: few where it is narrow, all where there is room."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text

from cftui.charts import Colour
from cftui.runs.columns import BY_NAME, RunField, colour_of, letter
from cftui.runs.row import RunRow
from cftui.tui.shared.cells import Cell, Column
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.run_columns import ALIKE_YIELDS
from cftui.tui.shared.run_words import STATE_MARKS, label_apart

NARROW, MEDIUM, WIDE = 0, 100, 150
"""Cells from which on a list is called so."""
COLUMNS: dict[int, dict[str, int | None]] = {
    NARROW: {
        "mark": 2,
        "sign": 1,
        "name": None,
        "optimizer": 9,
        "lr": 6,
        "epochs": 8,
        "mse": 8,
        "time": 7,
        "day": 11,
    },
    MEDIUM: {
        "mark": 2,
        "sign": 1,
        "name": None,
        "model": 9,
        "optimizer": 9,
        "schedule": 15,
        "lr": 6,
        "wd": 6,
        "factors": 7,
        "batch": 6,
        "epochs": 9,
        "mse": 8,
        "ndcg": 7,
        "time": 7,
        "data": 16,
        "day": 11,
    },
    WIDE: {
        "mark": 2,
        "status": 15,
        "name": None,
        "model": 9,
        "optimizer": 9,
        "schedule": 15,
        "lr": 6,
        "wd": 6,
        "factors": 7,
        "batch": 6,
        "epochs": 9,
        "mse": 8,
        "rmse": 6,
        "recall": 9,
        "ndcg": 7,
        "speed": 9,
        "time": 8,
        "data": 16,
        "when": 16,
    },
}
"""Names of fields, and how wide their columns are; None takes what is left."""
YIELDS = {
    "batch": 9,
    "speed": 8,
    "wd": 7,
    "factors": 6,
    "rmse": 5,
    "recall": 5,
    "data": 5,
    "model": 4,
    "schedule": 3,
    "optimizer": 3,
    "ndcg": 2,
    "time": 1,
}
"""Which give way where names need the room, the highest first."""
ALIAS = {"sign": "state", "status": "state", "day": "when"}
"""Columns that show a field in a way of their own."""


def sign(row: RunRow) -> str:
    """Return the sign of a run's state."""
    return STATE_MARKS.get(row.shown, "!" if row.shown == "damaged" else "·")


def sorted_by(room: int) -> list[str]:
    """Return the names of the fields that a list of a width in cells shows, in their order."""
    return list(dict.fromkeys(ALIAS.get(name, name) for name in _shown(room)))


def _shown(room: int) -> dict[str, int | None]:
    return COLUMNS[max(least for least in COLUMNS if least <= room)]


class RunsGrid(Grid):
    """The list of all runs, which the board sorts: it remembers by what."""

    SORTS: ClassVar[bool] = False


def runs_columns(
    room: int,
    rates: int = 0,
    alike: Collection[str] = (),
    apart: Mapping[str, str] | None = None,
    *,
    colours: Callable[[], Sequence[Colour]],
) -> tuple[Column, ...]:
    """Return the columns for a list of a width in cells.

    `rates`: the cells that the learning rates need at least; `alike`: fields in which no runs
    differ, the first to give way; `apart`: what tells runs apart, by id.
    """
    told = apart or {}
    found = []
    for name, width in _shown(room).items():
        field = BY_NAME[ALIAS.get(name, name)]
        label = "" if name in ("sign", "mark") else field.label
        align = "right" if field.number else "left"
        wide = width if width is None else max(width, len(label), rates if name == "lr" else 0)
        found.append(
            Column(
                *(label, wide, align, _cell(name, field, colours, told)),  # type: ignore[arg-type]
                name=field.name,
                yields=YIELDS.get(name, 0) + ALIKE_YIELDS * (name in alike),
                value=field.value,
            )
        )
    return tuple(found)


def _cell(
    name: str,
    field: RunField,
    colours: Callable[[], Sequence[Colour]],
    apart: Mapping[str, str],
) -> Callable[[RunRow], Cell]:
    match name:
        case "name":
            return lambda row: label_apart(row, apart)
        case "mark":
            return lambda row: _mark(row, colours())
        case "sign":
            return sign
        case "status":
            return lambda row: f"{sign(row)} {field.text(row)}"
        case "day":
            return lambda row: row.when[5:]
    return field.text


def _mark(row: RunRow, colours: Sequence[Colour]) -> Cell:
    """Return the sign of a mark in its colour, and its letter, which reads without colour."""
    colour = colour_of(row.mark, colours)
    if colour is None:
        return letter(row.mark)
    return Text.assemble(
        ("●", Style(color="#{:02x}{:02x}{:02x}".format(*colour))), letter(row.mark)
    )
