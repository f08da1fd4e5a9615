"""Titles as sites write them, made comparable: one title in all the ways it may be written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cftui.explore.search import YEAR, normalise
from cftui.ratings.values import Ratings

OTHER_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "&": " and "})
"""What decomposing into letter and accent leaves as it is."""
NUMERALS = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii")
ROMAN = {word: str(number) for number, word in enumerate(NUMERALS, start=2)}
ENGLISH, FRENCH, OTHERS = "the a an", "la le les l un une", "der die das el los il"
ARTICLES = frozenset(f"{ENGLISH} {FRENCH} {OTHERS}".split())
ALSO_KNOWN = re.compile(r"^\s*(?:a\.?k\.?a\.?:?|aka)\s+", re.IGNORECASE)
BRACKETS = re.compile(r"\(([^()]*)\)")
PART = re.compile(r":\s|\s[-\u2013]\s")
"""Where a title's first part ends: Star Wars: Episode IV - A New Hope."""
BEHIND = re.compile(rf",\s+(?:{'|'.join(sorted(ARTICLES))})$", re.IGNORECASE)
SHORTEST = 3
"""Letters of a part of a title that says enough."""


def folded(text: str) -> str:
    """Return letters and digits alone, in lower case without accents or leading article.

    `II` and `2`, `&` and `and` become one; what is nothing but signs stays as it is.
    """
    lower = text.lower()
    if "&" in lower or not lower.isascii():
        lower = lower.translate(OTHER_LETTERS)
    words = normalise(lower).split()
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    if len(words) > 1:  # X alone is a letter
        words = [ROMAN.get(word, word) for word in words]
    return "".join(words) or text.strip().lower()


def main_names(title: str) -> set[str]:
    """Return a title as a whole, and without what stands in brackets."""
    bare = YEAR.sub("", title)
    return {folded(name) for name in {bare, BRACKETS.sub("", bare).strip()} if name.strip()}


def other_names(title: str) -> set[str]:
    """Return what stands in a title's brackets: it in another language, mostly."""
    found = BRACKETS.findall(YEAR.sub("", title))
    return {folded(ALSO_KNOWN.sub("", name)) for name in found if name.strip()}


def parts(title: str) -> list[str]:
    """Return what stands before a title's first colon or dash, and what after its last, if any."""
    # An article behind the last part is the whole title's: Lord of the Rings: The Two Towers, The.
    bare = BEHIND.sub("", BRACKETS.sub("", YEAR.sub("", title)).strip())
    pieces = [folded(piece) for piece in PART.split(bare)]
    return [p for p in (pieces[0], pieces[-1]) if len(p) >= SHORTEST] if len(pieces) > 1 else []


@dataclass(frozen=True, eq=False)
class NameIndex:
    """The names of all items, and when they are of."""

    called: dict[str, list[int]]
    """Codes by `main_names`."""
    also: dict[str, list[int]]
    """Codes by `other_names`."""
    parts: dict[str, list[int]]
    """Codes by `parts`."""
    names: list[str]
    """Every main or other name."""
    codes: np.ndarray
    """Whose names those are, shape (len(names),)."""
    first_year: np.ndarray
    """Shape (n_items,); 0 where the title names none."""
    last_year: np.ndarray

    def years_off(self, code: int, year: int | None) -> int | None:
        """Return how far an item is from a year; none where either is not known."""
        first, last = int(self.first_year[code]), int(self.last_year[code])
        return None if year is None or not first else max(first - year, year - last, 0)

    def names_about(self, year: int, off: int) -> dict[int, str]:
        """Return the names, by place, of what is no further off than that, or of no known year."""
        first, last = self.first_year[self.codes], self.last_year[self.codes]
        fits = (first == 0) | ((first - off <= year) & (year <= last + off))
        return {place: self.names[place] for place in np.flatnonzero(fits).tolist()}


@lru_cache(maxsize=2)
def name_index(ratings: Ratings) -> NameIndex:
    """Return the names of all items; made once for each data set."""
    titles = ratings.items.titles()
    called, also = list(map(main_names, titles)), list(map(other_names, titles))
    both = [one | other for one, other in zip(called, also, strict=True)]
    pairs = [(name, code) for code, own in enumerate(both) for name in sorted(own)]
    years = [_years(title) for title in titles]
    return NameIndex(
        _by_name(called),
        _by_name(also),
        _by_name(map(parts, titles)),
        [name for name, _ in pairs],
        np.array([code for _, code in pairs], np.int64),
        np.array([first for first, _ in years], np.int32),
        np.array([last for _, last in years], np.int32),
    )


def _years(title: str) -> tuple[int, int]:
    """Return the first and the last year at a title's end; 0 where it names none."""
    found = YEAR.search(title)
    years = [int(number) for number in re.findall(r"\d{4}", found[0])] if found else [0]
    return min(years), max(years)


def _by_name(names: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    codes: dict[str, list[int]] = {}
    for code, own in enumerate(names):
        for name in set(own):
            codes.setdefault(name, []).append(code)
    return codes
