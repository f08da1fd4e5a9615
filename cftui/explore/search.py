"""Finding items by title: exact, by its beginning, by words, or nearly."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

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
YEAR = re.compile(r"\s*\(\d{4}[^)]*\)\s*$")
ARTICLE = re.compile(r"^(.*), (The|A|An|La|Le|Les|L'|Der|Die|Das|El|Los|Il)( \(.*)?$")


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
    with_year: list[str]
    n_ratings: np.ndarray


def normalise(text: str) -> str:
    """Return lower case without accents and punctuation, a displaced article put in front."""
    moved = ARTICLE.sub(lambda m: f"{m[2]} {m[1]}{m[3] or ''}", text)
    bare = unicodedata.normalize("NFKD", moved)
    return " ".join(
        utils.default_process("".join(c for c in bare if not unicodedata.combining(c))).split()
    )


@lru_cache(maxsize=4)
def _index(ratings: Ratings) -> TitleIndex:
    titles = ratings.items.titles()
    return TitleIndex(
        [normalise(YEAR.sub("", title)) for title in titles],
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
    for code, (key, full) in enumerate(zip(index.keys, index.with_year, strict=True)):
        tier = _tier(query, words, key, full)
        if tier is not None:
            found[code] = Match(code, tier, float(index.n_ratings[code]))
    if len(found) < limit and (len(query) >= LONG or (not found and len(query) > 2)):
        for _, score, code in process.extract(
            query, index.keys, scorer=fuzz.partial_ratio, score_cutoff=NEAR, limit=limit
        ):
            # Short titles fit into any text; a near title must be about as long as the text.
            if 2 * len(index.keys[code]) > len(query):
                found.setdefault(code, Match(code, NEARLY, score))
    return sorted(found.values(), key=lambda m: (m.tier, -m.score, m.code))[:limit]


def _tier(query: str, words: list[str], key: str, full: str) -> int | None:
    if query in (key, full):
        return 0
    bare = key.removeprefix("the ")
    if query == bare:
        return 1
    if key.startswith(query) or bare.startswith(query):
        return 2
    title_words = full.split()
    if all(any(title_word.startswith(word) for title_word in title_words) for word in words):
        return 3
    return 4 if query in full else None


def find_item(ratings: Ratings, text: str) -> int:
    """Return the code of the item with this id, or else with the nearest title.

    Raises Ambiguous, listing them, where several are equally near; UnknownId where none is.
    """
    try:
        return ratings.items.code_of(text)
    except UnknownId as unknown:
        matches = search_titles(ratings, text, 50)
        if not matches:
            raise UnknownId(f"{unknown}; and no title is near {text!r}") from None
    best = [match for match in matches if match.tier == matches[0].tier]
    if best[0].tier == NEARLY:
        best = [match for match in best if match.score == best[0].score]
    if len(best) > 1:
        names = [
            f"  {ratings.items.id_of(m.code)}  {plain(ratings.items.title_of(m.code))}"
            for m in best[:10]
        ]
        more = [f"  and {len(best) - 10} more"] if len(best) > 10 else []
        raise Ambiguous(
            "\n".join(
                [f"several titles fit {text!r}; give an id or more of the title:", *names, *more]
            )
        )
    return best[0].code


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
