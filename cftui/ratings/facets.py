"""What a list of items can be narrowed by: genre, year and number of ratings."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cftui.questions.errors import QuestionError
from cftui.questions.items import FacetsAnswer, ItemFilter
from cftui.ratings.values import Ratings

YEAR = re.compile(r"\((\d{4})(?:\s*[-\u2013]\s*\d{0,4})?\)\s*$")
"""The year at a title's end: `(1999)`, and the first of `(1975-1979)` or `(2007-)`."""


@dataclass(frozen=True, eq=False)
class ItemFeatures:
    """Years and genres of items, in code order."""

    years: np.ndarray
    """Shape (n_items,); 0 where the title names none."""
    genres: dict[str, np.ndarray]
    """For each genre, whether an item has it, shape (n_items,); the commonest first."""


@lru_cache(maxsize=4)
def facets(ratings: Ratings) -> ItemFeatures:
    """Return the years and genres of all items; read once for each data set."""
    found = [YEAR.search(title) for title in ratings.items.titles()]
    years = np.array([int(match[1]) if match else 0 for match in found], dtype=np.int32)
    column = ratings.items.genres_column
    texts = column.all() if column is not None else []
    codes: dict[str, list[int]] = {}
    for code, text in enumerate(texts):
        for genre in filter(None, text.split("|")):
            codes.setdefault(genre, []).append(code)
    genres = {}
    for genre in sorted(codes, key=lambda name: (-len(codes[name]), name)):
        genres[genre] = np.zeros(len(years), np.bool_)
        genres[genre][codes[genre]] = True
    return ItemFeatures(years, genres)


def explore_facets(ratings: Ratings) -> FacetsAnswer:
    """Return the genres and the span of years that a filter can choose from."""
    own = facets(ratings)
    known = own.years[own.years > 0]
    span = (int(known.min()), int(known.max())) if len(known) else (None, None)
    return FacetsAnswer(tuple(own.genres), *span)


def passing(ratings: Ratings, only: ItemFilter) -> np.ndarray:
    """Return which items a filter lets pass, shape (n_items,).

    Raises QuestionError for a genre that no item has, and where titles name no years.
    """
    mask = np.asarray(ratings.by_item.counts() >= only.min_ratings)
    if only.genre:
        mask = mask & _genre(ratings, only.genre)
    if only.first_year is not None or only.last_year is not None:
        years = facets(ratings).years
        if not years.any():
            raise QuestionError("no title here names a year, such as (1999): leave the years out")
        mask = mask & (years >= (only.first_year or 1))
        if only.last_year is not None:
            mask = mask & (years <= only.last_year)
    return mask


def _genre(ratings: Ratings, name: str) -> np.ndarray:
    genres = facets(ratings).genres
    found = [genre for genre in genres if genre.casefold() == name.strip().casefold()]
    if not found:
        there = ", ".join(genres) if genres else "none at all: these ratings came without genres"
        raise QuestionError(f"no item has genre {name!r}; there are {there}")
    return genres[found[0]]
