"""Which item of the data a row of an exported file is about, and how sure that is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from cftui.explore.importing.names import NameIndex, main_names, name_index, parts
from cftui.explore.importing.rows import ExportRow
from cftui.explore.search import YEAR, normalise
from cftui.questions.people import Sureness
from cftui.ratings.values import Ratings, UnknownId
from cftui.text import plain

NEAR = 88.0
"""Least ratio (0 to 100) of similar titles."""
AHEAD = 4.0
"""By how much the most similar title must be so before any other."""
YEARS_OFF = 1
"""A film's year is told of its first showing here, of its release there."""
TOLD = 3
"""Candidates that are named."""


class NoMatch(Exception):
    """Why a row is about no item."""


@dataclass(frozen=True, eq=False)
class Matcher:
    """Finds items by ids where a row has some, else by title and year."""

    ratings: Ratings
    imdb: Mapping[str, str]
    """The data's ids by those of IMDb; empty where the data does not tell."""

    def match(self, row: ExportRow) -> tuple[int, Sureness]:
        """Return the code of the item that a row is about; raises NoMatch."""
        code = self._by_id(row)
        if code is not None:
            return code, "id"
        if not row.titles:
            raise NoMatch(f"no item {plain(row.title)} here")
        if self.ratings.items.titles_column is None:
            raise NoMatch("these ratings have no titles, and it has no id of theirs")
        return self._by_title(row)

    def _by_id(self, row: ExportRow) -> int | None:
        ids = [row.item, self.imdb.get(imdb_number(row.imdb), "")]
        for isbn in row.isbns:
            ids += [isbn, isbn10(isbn)]
        for found in filter(None, ids):
            try:
                return self.ratings.items.code_of(found)
            except UnknownId:
                pass
        return None

    def _by_title(self, row: ExportRow) -> tuple[int, Sureness]:
        index = name_index(self.ratings)
        names = [name for title in row.titles for name in sorted(main_names(title))]
        by_year: list[int] = []
        for table in (index.called, index.also):
            codes = _found(table, names)
            near = [c for c in codes if (index.years_off(c, row.year) or 0) <= YEARS_OFF]
            if near:
                return self._surest(index, near, row)
            by_year += codes
        code = self._by_part(index, row)
        if code is not None:
            return code, "part"
        code = self._similar(index, names, row.year)
        if code is not None:
            return code, "similar"
        if by_year:
            raise NoMatch(f"no such title of {row.year}; there is {self._told(by_year)}")
        raise NoMatch("no such title")

    def _surest(self, index: NameIndex, codes: list[int], row: ExportRow) -> tuple[int, Sureness]:
        """Return the one of equal titles that is nearest in time; raises NoMatch for several."""
        off = {code: index.years_off(code, row.year) for code in codes}
        known = {code: years for code, years in off.items() if years is not None}
        best = [c for c in codes if known.get(c) == min(known.values())] if known else codes
        if len(best) > 1:  # Heat is not The Heat, where both are there
            best = [code for code in best if self._spelled(code, row)] or best
        if len(best) > 1:
            raise NoMatch(f"several are called so: {self._told(best)}")
        years = off[best[0]]
        return best[0], "no year" if years is None else "near year" if years else "exact"

    def _spelled(self, code: int, row: ExportRow) -> bool:
        """Tell whether an item's title is a row's, its article with it."""
        own = normalise(YEAR.sub("", self.ratings.items.title_of(code)))
        return own in map(normalise, row.titles)

    def _by_part(self, index: NameIndex, row: ExportRow) -> int | None:
        """Return the one item of a year that a row's title is part of, or is the beginning of."""
        whole = {name for title in row.titles for name in main_names(title)}
        begins = {name for title in row.titles for name in parts(title)[:1]}
        codes = {*_found(index.parts, whole), *_found(index.called, begins)}
        fit = [code for code in codes if index.years_off(code, row.year) == 0]
        return fit[0] if len(fit) == 1 else None

    def _similar(self, index: NameIndex, names: list[str], year: int | None) -> int | None:
        """Return the one item of about the year with a similar name and the same numbers."""
        if year is None:
            return None
        near = index.names_about(year, YEARS_OFF)
        scores: dict[int, float] = {}
        for name in names:
            for other, score, place in process.extract(
                name, near, scorer=fuzz.ratio, score_cutoff=NEAR - AHEAD, limit=20
            ):
                if re.findall(r"\d+", other) == re.findall(r"\d+", name):
                    code = int(index.codes[place])
                    scores[code] = max(score, scores.get(code, 0.0))
        best = sorted(scores, key=lambda code: -scores[code])[:2]
        if not best or scores[best[0]] < NEAR:
            return None
        alone = len(best) == 1 or scores[best[0]] >= scores[best[1]] + AHEAD
        return best[0] if alone else None

    def _told(self, codes: Iterable[int]) -> str:
        items, found = self.ratings.items, sorted(set(codes))
        told = [f"{plain(items.title_of(code))}, id {items.id_of(code)}" for code in found[:TOLD]]
        more = [f"{len(found) - TOLD} more"] if len(found) > TOLD else []
        return "; ".join([*told, *more])


def _found(table: Mapping[str, list[int]], names: Iterable[str]) -> list[int]:
    """Return the codes of any of the names, each once."""
    return sorted({code for name in names for code in table.get(name, ())})


def imdb_number(text: str) -> str:
    """Return the digits of an id of IMDb without leading zeros: tt0133093 and 133093 are one."""
    return text.strip().lower().removeprefix("tt").lstrip("0")


def isbn10(isbn: str) -> str:
    """Return an ISBN of 13 digits as the older one of 10; empty where there is none."""
    if len(isbn) != 13 or not isbn.isdigit() or not isbn.startswith("978"):
        return ""
    body = isbn[3:12]
    check = -sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return f"{body}{'X' if check == 10 else check}"
