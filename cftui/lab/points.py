"""The points that the lab fits: the lesson's kind, or a file's."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from cftui.questions.errors import QuestionError
from cftui.text import plain

LESSON_X = (
    88, 71, 26, 83, 18, 72, 37, 40, 90, 17, 86, 25, 63, 90, 37, 54, 87, 85, 75, 57, 40, 28, 19, 51,
    72, 11, 26, 88, 15,
)  # fmt: skip
"""Whole numbers from 10 to 90: `RandomState(5).randint(10, 91, 29)`."""
LESSON_A, LESSON_B = 2.0, 30.0
"""What the lesson's points lie on: y = 2 x + 30, exactly."""
MOST = 1_000_000
"""Points of a file."""

Row = tuple[int, list[str]]
"""A line's number, and its cells."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points in their order; float64 arrays of shape (n,), at least one."""

    x: np.ndarray
    y: np.ndarray
    name: str

    def __len__(self) -> int:
        return len(self.x)


def lesson_points() -> Points:
    """Return 29 whole numbers x between 10 and 90, drawn once, and y = 2 x + 30."""
    x = np.array(LESSON_X, np.float64)
    return Points(x, LESSON_A * x + LESSON_B, "lesson")


def read_points(path: Path) -> Points:
    """Return the points of a CSV file: x and y in columns so named, else in the first two.

    Raises QuestionError, with file, line, column and value, where a line has no two numbers.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = _rows(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise QuestionError(f"{path}: not a readable CSV file: {error}") from None
    if not rows:
        raise QuestionError(f"{path}: no points; give a line with x,y for each")
    columns, rows = _columns(rows)
    if len(rows) > MOST:
        raise QuestionError(f"{path}: {len(rows):,} points; the lab takes up to {MOST:,}")
    if not rows:
        raise QuestionError(f"{path}: a heading and no points; give a line with x,y for each")
    values = [[_number(path, line, row, column) for column in columns] for line, row in rows]
    x, y = np.array(values, np.float64).T
    return Points(x, y, path.name)


def _rows(file: TextIO) -> list[Row]:
    """Return the rows that hold anything, each with its line, from 1."""
    reader = csv.reader(file)
    return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]


def _columns(rows: list[Row]) -> tuple[tuple[int, int], list[Row]]:
    """Return where x and y stand, and the rows below the heading, if there is one."""
    heading = [cell.strip().casefold() for cell in rows[0][1]]
    if "x" in heading and "y" in heading:
        return (heading.index("x"), heading.index("y")), rows[1:]
    if not any(map(_is_number, heading)):
        return (0, 1), rows[1:]
    return (0, 1), rows


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _number(path: Path, line: int, row: list[str], column: int) -> float:
    name = "xy"[column] if column < 2 else str(column + 1)
    if column >= len(row):
        raise QuestionError(f"{path}:{line}: no column {column + 1}; give x,y on each line")
    text = row[column].strip()
    if not _is_number(text):
        raise QuestionError(
            f"{path}:{line}: column {column + 1} ({name}) is {plain(text)!r}, which is no finite"
            " number; mend or remove the line"
        )
    return float(text)
