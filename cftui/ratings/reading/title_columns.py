"""Which columns of a table are ids, titles, genres and years of items, told from its beginning."""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cftui.ratings.reading.encodings import encoding_of
from cftui.ratings.reading.names import NAMES, word_of
from cftui.ratings.reading.splitting import split_line

SEPARATORS = ("::", "\t", ";", "|", ",")
HEAD = 1 << 14
"""Bytes of a file that are looked at."""
CHUNK = 1 << 20
"""Bytes that are decoded at a time."""
SAMPLE = 50
"""Lines that are looked at."""
LEGACY = "cp1252"
"""What text that is not Unicode is read as: Latin-1 with typographic signs."""

ITEM_WORDS = frozenset(word for row in NAMES["item"][:4] for word in row)
"""Of ids, and what things are called; not the words for titles, which stand for ids at the last."""
USER_WORDS = frozenset(word for row in NAMES["user"][:2] for word in row)
"""Of ids; `members` counts people."""
NO_IDS = frozenset({"genreid", "tagid", "authorid", "categoryid", "publisherid", "imageid"})
"""Ids of something else than items."""
NO_TITLES = frozenset(
    [
        *("username", "firstname", "lastname", "fullname", "nickname", "filename", "profilename"),
        *("authorname", "brandname", "breweryname", "genrename", "tagname", "reviewtitle"),
        *("sorttitle", "reviewprofilename", "customername", "categoryname"),
    ]
)
NAMED = (
    *("movie", "film", "book", "product", "artist", "album", "song", "track", "game", "anime"),
    *("show", "series", "recipe", "business", "beer", "item", "description"),
)
"""Columns that hold a title where another column holds the id."""
GENRES = ("genres", "genre", "categories", "category", "beerstyle", "style")
YEARS = (
    *("year", "releaseyear", "originalpublicationyear", "yearofpublication", "publicationyear"),
    *("startyear", "movieyear", "releasedate", "publicationdate", "publishdate", "firstairdate"),
)


@dataclass(frozen=True)
class TitleColumns:
    """Where a table has what, as places counted from 0."""

    separator: str
    header: bool
    names: tuple[str, ...]
    """Of the header; empty where there is none."""
    ids: tuple[int, ...]
    """Every column that could hold the items' ids, the first row's order."""
    title: int
    genres: int | None = None
    year: int | None = None
    escaped: bool = False
    r"""Whether quotes within quotes are written `\"`."""


def codec_of(data: bytes, *, whole: bool = True) -> str:
    """Return the codec that all of a text can be read by: Unicode, else western Europe's of old.

    In UTF-8, and without `whole`, a sign may be cut off at the end.
    """
    for codec in (encoding_of(data), LEGACY):
        decoder = codecs.getincrementaldecoder(codec)()
        try:
            for begin in range(0, len(data), CHUNK):
                decoder.decode(data[begin : begin + CHUNK])
            decoder.decode(b"", final=whole and not codec.startswith("utf-8"))
        except UnicodeDecodeError:
            continue
        return codec
    return "latin-1"


def beginning(head: bytes) -> str:
    """Return the text of a file's first bytes."""
    return codecs.getincrementaldecoder(codec_of(head, whole=False))().decode(head)


def title_columns(head: bytes) -> TitleColumns | None:
    """Return where a table of titles has what; none where its beginning looks like none."""
    text = beginning(head)
    lines = [line for line in text.splitlines()[:SAMPLE] if line.strip()]
    if not lines or "\0" in text:
        return None
    escaped = r"\"" in text
    named = [found for sign in SEPARATORS if (found := _by_names(lines[0], sign, escaped=escaped))]
    named = [found for found in named if _as_wide(lines[1:], found)]
    if named:
        return max(named, key=lambda found: len(found.names))
    if _is_header(lines[0]):
        return None
    if len(head) >= HEAD:
        del lines[-1]
    return next((found for sign in SEPARATORS if (found := _by_values(lines, sign))), None)


def _as_wide(rows: Sequence[str], columns: TitleColumns) -> bool:
    """Tell whether any row has as many fields as there are names; else who knows which lacks."""
    width = max(n + 1 for n, name in enumerate(columns.names) if name)
    split = [split_line(row, columns.separator) for row in rows]
    if len(columns.separator) == 1:  # a title may go on in the next line
        split += csv.reader([f"{row}\n" for row in rows], delimiter=columns.separator)
    return not rows or any(len(row) >= width for row in split)


def titles_within(names: Sequence[str], item: int) -> TitleColumns | None:
    """Return where a ratings table has its items' titles; none where no column is called so."""
    words = [word_of(name) for name in names]
    title = _title_place(words, {item, *(n for n, word in enumerate(words) if _role(word))})
    if title is None:
        return None
    genres, year = _first(words, GENRES), _first(words, YEARS)
    return TitleColumns("", True, tuple(names), (item,), title, genres, year)


def title_named(head: bytes) -> bool:
    """Tell whether a first line names a column of titles beside others, whatever separates them."""
    words = _words(beginning(head).partition("\n")[0])
    named = any(_names_titles(word) and word not in NAMED for word in words)
    return sum(word != "" for word in words) > 3 and named


def _words(line: str) -> list[str]:
    return [word_of(part) for part in re.split("[,;\t|]", line)]


def _is_header(line: str) -> bool:
    return any(_names_titles(word) or _is_id(word) or _role(word) for word in _words(line))


def _by_names(line: str, separator: str, *, escaped: bool) -> TitleColumns | None:
    names = [name.strip() for name in split_line(line, separator)]
    words = [word_of(name) for name in names]
    if len(names) < 2 or any(map(_is_of_users, words)):
        return None
    title = _title_place(words, set())
    ids = tuple(n for n, word in enumerate(words) if n != title and _is_id(word))
    if title is None or not ids:
        return None
    genres, year = _first(words, GENRES), _first(words, YEARS)
    return TitleColumns(separator, True, tuple(names), ids, title, genres, year, escaped)


def _by_values(lines: Sequence[str], separator: str) -> TitleColumns | None:
    """Return the columns of a table without header: ids differ in all rows, titles are longest."""
    try:
        rows = [split_line(line, separator) for line in lines]
    except csv.Error:
        return None
    width = len(rows[0]) if rows else 0
    if not 2 <= width <= 100 or sum(len(row) == width for row in rows) < 0.9 * len(rows):
        return None
    columns = list(zip(*(row for row in rows if len(row) == width), strict=True))
    distinct = [n for n, column in enumerate(columns) if len(set(column)) == len(column)]
    texts = [n for n in distinct if all(re.search(r"[^\W\d_]{2}", text) for text in columns[n])]
    if not texts:
        return None
    title = max(texts, key=lambda n: sum(map(len, columns[n])))
    ids = tuple(n for n in distinct if n != title)
    return TitleColumns(separator, False, (), ids, title) if ids else None


def _is_of_users(word: str) -> bool:
    return word in USER_WORDS or word.endswith(("userid", "username", "profilename"))


def _is_id(word: str) -> bool:
    return word in ITEM_WORDS or (word.endswith("id") and word not in NO_IDS) or word == "isbn13"


def _role(word: str) -> bool:
    return any(word in row for role in ("user", "rating", "timestamp") for row in NAMES[role])


def _names_titles(word: str) -> bool:
    known = word.endswith(("title", "name")) or word in NAMED
    return known and word not in NO_TITLES and word not in USER_WORDS


def _title_place(words: Sequence[str], taken: set[int]) -> int | None:
    """Return the place of the column with the most usual name for a title."""

    def worth(place: int) -> int:
        word = words[place]
        usual = word.endswith("title") and not word.startswith("original")
        kinds = [word == "title", usual, word == "name", word.endswith(("title", "name"))]
        return kinds.index(True) if True in kinds else len(kinds) + NAMED.index(word)

    # A column `movie` that is the only one like an id is the id.
    ids = [n for n, word in enumerate(words) if _is_id(word)]
    found = [n for n, word in enumerate(words) if n not in taken and _names_titles(word)]
    found = [n for n in found if not _is_id(words[n]) or ids != [n]]
    return min(found, key=worth) if found else None


def _first(words: Sequence[str], known: Sequence[str]) -> int | None:
    return next((words.index(word) for word in known if word in words), None)
