"""The columns by which any list of Explore tells which items it is of: title, year, genres."""

import re
from collections.abc import Callable
from typing import Any

from cftui.tui.shared.cells import Column

_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
RANK_YIELDS, COUNT_YIELDS, YEAR_YIELDS, GENRES_YIELD = 4, 2, 8, 9
"""Which gives way first where titles need the room: genres, then the year, the place, counts."""


def rank_column(of: Callable[[Any], Any] = lambda row: row, width: int = 3) -> Column:
    """Return the column of the place in a list; `of` makes the item of a row."""
    return Column(
        *("#", width, "right"),
        key=lambda row: f"{of(row).rank:,}",
        yields=RANK_YIELDS,
        value=lambda row: of(row).rank,
    )


def count_column(of: Callable[[Any], Any] = lambda row: row) -> Column:
    """Return the column of how many ratings there are; `of` makes the item of a row."""
    return Column(
        *("ratings", 7, "right"),
        key=lambda row: f"{of(row).n_ratings:,}",
        yields=COUNT_YIELDS,
        value=lambda row: of(row).n_ratings,
    )


def title_columns(
    of: Callable[[Any], Any] = lambda row: row,
    title: Callable[[Any], str] | None = None,
    *,
    genres: bool = True,
) -> tuple[Column, ...]:
    """Return title, and where there is room year and genres.

    `of` makes the item of a row, `title` its title where that is told otherwise.
    """
    called = title or (lambda row: str(of(row).title))
    found = (
        Column(
            *("title", None, "left"),
            key=called,
            beside=("year", lambda row: _YEAR.sub("", called(row))),
        ),
        Column("year", 4, "right", key=lambda row: year_in(called(row)), yields=YEAR_YIELDS),
    )
    if not genres:
        return found
    return (
        *found,
        Column("genres", None, key=lambda row: genre_words(of(row).genres), yields=GENRES_YIELD),
    )


def year_in(title: str) -> str:
    """Return the year that a title ends with; empty where it ends with none."""
    found = _YEAR.search(title)
    return found.group(1) if found else ""


def genre_words(genres: str) -> str:
    """Return genres as a list of words; empty where there are none."""
    return "" if genres.startswith("(no ") else genres.replace("|", ", ")
