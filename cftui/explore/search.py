"""Finding items by title: exact, by its beginning, by words, or nearly."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from rapidfuzz import fuzz, process, utils

from cftui.explore.items import item_rows, user_means
from cftui.library.door import Library, answers
from cftui.questions.errors import Ambiguous
from cftui.questions.items import FindItems, FindUsers, IdentifyItem, ItemRow, UserRow
from cftui.ratings.values import Ratings, UnknownId
from cftui.text import plain

NEAR = 80.0
"""Least partial ratio (0 to 100) of a title that is merely near."""
NEARLY = 5
"""The tier of such a title."""
LONG = 6
"""Letters from which near titles are listed below those that fit; fewer are near too many."""
YEAR = re.compile(r"\s*\((\d{4})[^)]*\)\s*$")
LAST_YEAR = re.compile(r"(.*)(?<!\d)((?:18[89]|19\d|20\d)\d)(?!\d)(.*)")
"""What stands before, in and after the last year that a text names."""
YEARS_OFF = 1
"""A film's year is told of its first showing here, of its release there."""
NUMBER = re.compile(r"\s*[+-]?\d+\s*")
ARTICLE = re.compile(
    r"^(.*), (The|A|An|La|Le|Les|L'|Der|Die|Das|El|Los|Il)( \(.*)?$", re.IGNORECASE
)
CALLED = 1
"""The last tier of titles that are the text itself, but for year, article or a second title."""


@dataclass(frozen=True)
class Match:
    """An item whose title fits; a lower tier fits better, equal tiers are equally near."""

    code: int
    tier: int
    score: float


@dataclass(frozen=True, eq=False)
class TitleIndex:
    """Titles made comparable, in code order."""

    keys: list[str]
    """Lower case, without accents, year or displaced article."""
    first: list[str]
    """The same without what stands in parentheses: a title in another language, mostly."""
    with_year: list[str]
    n_ratings: np.ndarray

    @cached_property
    def same(self) -> dict[str, list[int]]:
        """Which codes are so called, with or without their year."""
        codes: dict[str, list[int]] = {}
        for code, names in enumerate(zip(self.keys, self.with_year, strict=True)):
            for name in set(names):
                codes.setdefault(name, []).append(code)
        return codes


def normalise(text: str) -> str:
    """Return lower case without accents and punctuation, a displaced article put in front."""
    moved = ARTICLE.sub(lambda m: f"{m[2]} {m[1]}{m[3] or ''}", text)
    if not moved.isascii():
        apart = unicodedata.normalize("NFKD", moved)
        moved = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(utils.default_process(moved).split())


@lru_cache(maxsize=4)
def _index(ratings: Ratings) -> TitleIndex:
    titles = ratings.items.titles()
    return TitleIndex(
        [normalise(YEAR.sub("", title)) for title in titles],
        [normalise(YEAR.sub("", title).split(" (")[0]) for title in titles],
        [normalise(title) for title in titles],
        ratings.by_item.counts(),
    )


def search_titles(ratings: Ratings, text: str, limit: int) -> list[Match]:
    """Return the best matches: lower tiers first, then more rated, or nearer in the last tier."""
    index = _index(ratings)
    query = normalise(text)
    if not query:
        top = np.argsort(-index.n_ratings, kind="stable")[:limit]
        return [Match(int(code), 0, 0.0) for code in top]
    words = query.split()
    found: dict[int, Match] = {}
    names = zip(index.keys, index.first, index.with_year, strict=True)
    for code, (key, first, full) in enumerate(names):
        tier = _tier(query, words, key, first, full)
        if tier is not None:
            found[code] = Match(code, tier, float(index.n_ratings[code]))
    if len(found) < limit and (len(query) >= LONG or (not found and len(query) > 2)):
        for _, score, code in process.extract(
            query, index.keys, scorer=fuzz.partial_ratio, score_cutoff=NEAR, limit=limit
        ):
            # Short titles fit into any text; a near title must be about as long as the text.
            if 2 * len(index.keys[code]) > len(query):
                found.setdefault(code, Match(code, NEARLY, score))
    # Of titles that are so called, with or without a second title, the better known is meant.
    return sorted(found.values(), key=lambda m: (max(m.tier, CALLED), -m.score, m.tier, m.code))[
        :limit
    ]


def _tier(query: str, words: list[str], key: str, first: str, full: str) -> int | None:
    if query in (key, full):
        return 0
    if sorted(words) == sorted(full.split()):
        return CALLED
    bare = key.removeprefix("the ")
    if query in (bare, first, first.removeprefix("the ")):
        return CALLED
    if key.startswith(query) or bare.startswith(query):
        return 2
    title_words = full.split()
    if all(any(title_word.startswith(word) for title_word in title_words) for word in words):
        return 3
    return 4 if query in full else None


def find_item(ratings: Ratings, text: str) -> int:
    """Return the code of the item with this id, or else with the nearest title.

    A year in the text must be the title's own, or one off. Raises Ambiguous, listing them, where
    several titles are equally near or none is of that year; UnknownId where none is near at all,
    and for a number that is no id.
    """
    try:
        return ratings.items.code_of(text)
    except UnknownId as unknown:
        if NUMBER.fullmatch(text):
            raise UnknownId(f"{unknown}; {_called(ratings, text)}") from None
        best = _nearest(ratings, text)
        if not best:
            raise UnknownId(f"{unknown}; and no title is near {text!r}") from None
    if len(best) > 1:
        fit = f"several titles fit {text!r}; give an id or more of the title:"
        raise Ambiguous("\n".join([fit, *_listed(ratings, best)]))
    return best[0].code


def _called(ratings: Ratings, number: str) -> str:
    """Say which titles are the number, which is never taken for one of them."""
    same = [m for m in search_titles(ratings, number, 50) if m.tier <= CALLED]
    if not same:
        return "and no title is called so"
    return "\n".join(["give the id of a title that is called so:", *_listed(ratings, same)])


def _nearest(ratings: Ratings, text: str) -> list[Match]:
    """Return the matches that are equally near; raises Ambiguous where none is of the year."""
    index = _index(ratings)
    same = [Match(code, 0, float(index.n_ratings[code])) for code in _same(index, text)]
    if same:
        return sorted(same, key=lambda m: (-m.score, m.code))
    matches = search_titles(ratings, text, 50)
    year = LAST_YEAR.fullmatch(text)
    # A year may belong to a title's own words (Death Race 2000).
    if year and normalise(year[1] + year[3]) and not (matches and matches[0].tier <= CALLED):
        words = f"{year[1].rstrip(' (')} {year[3].lstrip(' )')}".strip()
        return _of_year(ratings, words, year[2], text)
    return _equally_near(matches)


def _same(index: TitleIndex, text: str) -> list[int]:
    name = normalise(text)
    return index.same.get(name, []) if name else []


def _equally_near(matches: list[Match]) -> list[Match]:
    best = [match for match in matches if match.tier == min(m.tier for m in matches)]
    if best and best[0].tier == NEARLY:
        best = [match for match in best if match.score == best[0].score]
    return best


def _of_year(ratings: Ratings, words: str, year: str, text: str) -> list[Match]:
    """Return the nearest of the year, or else of the years beside it; raises Ambiguous."""
    matches = search_titles(ratings, words, ratings.n_items)
    called = [match for match in matches if match.tier <= CALLED]
    if NUMBER.fullmatch(words):
        matches = called  # all others have it as their year
    off = {match.code: _years_off(ratings, match.code, year) for match in matches}
    # Where a title is so called no other is meant: Alien (1986) is not Aliens (1986).
    for allowed in range(YEARS_OFF + 1):
        fit = [m for m in called or matches if off[m.code] <= allowed]
        fit = [m for m in fit if m.tier < NEARLY or off[m.code] == 0]
        if fit:
            return _equally_near(fit)
    if matches:
        of_year = [m for m in matches if m.tier < NEARLY and off[m.code] <= YEARS_OFF]
        near = [*called, *of_year] or [m for m in matches if m.tier == matches[0].tier]
        told = f"no title that fits {text!r} is of {year}; give an id or another year:"
        raise Ambiguous("\n".join([told, *_listed(ratings, near)]))
    return []


def _years_off(ratings: Ratings, code: int, year: str) -> float:
    """Return how far a title is from a year; infinitely where it names none."""
    title = ratings.items.title_of(code)
    own = YEAR.search(title)
    if year in normalise(YEAR.sub("", title)).split():
        return 0
    if own is None:
        return float("inf")
    # A series may run from one year to another.
    years = [int(number) for number in re.findall(r"\d{4}", own[0])]
    return max(min(years) - int(year), int(year) - max(years), 0)


def _listed(ratings: Ratings, matches: list[Match]) -> list[str]:
    """Return a line each for the first ten, and how many more there are."""
    items = ratings.items
    names = [f"  {items.id_of(m.code)}  {plain(items.title_of(m.code))}" for m in matches[:10]]
    return [*names, f"  and {len(matches) - 10} more"] if len(matches) > 10 else names


@answers(IdentifyItem)
def identify_item(library: Library, question: IdentifyItem) -> ItemRow:
    """Return the one item that is meant; raises as `find_item`."""
    ratings = library.ratings(question.store)
    return item_rows(ratings, [find_item(ratings, question.text)])[0]


@answers(FindItems)
def answer_find_items(library: Library, question: FindItems) -> tuple[ItemRow, ...]:
    """Search the titles of a store."""
    return find_items(library.ratings(question.store), question.text, question.limit)


def find_items(ratings: Ratings, text: str, limit: int) -> tuple[ItemRow, ...]:
    """Return items whose id equals the text, then those whose titles fit it."""
    codes = [match.code for match in search_titles(ratings, text, limit)]
    try:
        exact = ratings.items.code_of(text)
        codes = [exact, *(code for code in codes if code != exact)][:limit]
    except UnknownId:
        pass
    return item_rows(ratings, codes)


@answers(FindUsers)
def answer_find_users(library: Library, question: FindUsers) -> tuple[UserRow, ...]:
    """Search the users of a store."""
    return find_users(library.ratings(question.store), question.text, question.limit)


def find_users(ratings: Ratings, text: str, limit: int) -> tuple[UserRow, ...]:
    """Return the users whose ids begin with the text, the most active first, an exact id before."""
    counts = ratings.by_user.counts()
    means = user_means(ratings)
    codes: list[int] = []
    with suppress(UnknownId):
        codes.append(ratings.users.code_of(text))
    exact = codes[:1]
    for code in np.argsort(-counts, kind="stable").tolist():
        if len(codes) >= limit:
            break
        if ratings.users.id_of(code).startswith(text) and code not in exact:
            codes.append(code)
    return tuple(
        UserRow(ratings.users.id_of(code), int(counts[code]), float(means[code])) for code in codes
    )
