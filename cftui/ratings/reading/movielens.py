"""Titles, years and genres as MovieLens writes them; its own files movies.dat and u.item."""

import codecs
import re
from collections.abc import Iterator

from cftui.ratings.reading.title_columns import LEGACY, beginning, codec_of

NO_GENRES = "(no genres listed)"
"""What MovieLens writes where a movie has no genres."""
FLAGS = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)
"""The genres that the last fields of u.item say yes (1) or no (0) to, by its u.genre."""
U_ITEM_FIELDS = 5 + len(FLAGS)
"""Id, title, release date, video release date, address, flags."""
YEAR = re.compile(r"(1[0-9]{3}|20[0-9]{2})(?:\.0+)?(?:[-/ ].*)?\s*")
"""A year, also one at a date's beginning or written as 1999.0."""
DATED = re.compile(r"\([0-9]{4}[^)]*\)\s*$")
NAMED_IN_JSON = re.compile(r"""["']name["']:\s*(?:'([^']*)'|"([^"]*)")""")

Entry = tuple[str, str, str]
"""Id, title, genres; empty where there are none."""


def with_year(title: str, year: str) -> str:
    """Return a title with its year as MovieLens writes it, unless it has one or there is none."""
    match = YEAR.fullmatch(year.strip())
    return f"{title} ({match[1]})" if title and match and not DATED.search(title) else title


def genres_as_listed(text: str) -> str:
    """Return genres with bars between them, from bars, commas or a list of JSON objects."""
    text = text.strip()
    if text.startswith("["):
        named = [one or other for one, other in NAMED_IN_JSON.findall(text)]
        if not named:
            named = [part.strip(" '\"") for part in text.strip("[]").split(",")]
        return "|".join(filter(None, named))
    if "|" in text:
        return text
    return "" if text == NO_GENRES else "|".join(re.split(r"\s*[,;]\s*", text))


def movielens(data: bytes) -> Iterator[Entry] | None:
    """Return what a movies.dat or u.item says; none for any other file."""
    first = data[:4096].splitlines()[0] if data else b""
    if first.count(b"::") > 1:
        return _movies_dat(old_text(data))
    if first.count(b"|") == U_ITEM_FIELDS - 1:
        return _u_item(old_text(data))
    return None


def is_as_published(head: bytes) -> bool:
    """Tell whether a file begins as MovieLens' own do, which were read ever since."""
    if movielens(head) is not None:
        return True
    first = beginning(head).partition("\n")[0]
    names = {name.strip().strip('"').lower() for name in first.split(",")}
    legacy = codec_of(head, whole=False) in (LEGACY, "latin-1")
    return {"movieid", "title"} <= names and not legacy


def old_text(data: bytes, old: str = "latin-1") -> str:
    """Return the text of a file that may be older than UTF-8's success, in some lines at least."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
        return "\n".join(_old_line(line, old) for line in lines)


def _old_line(line: bytes, old: str) -> str:
    for codec in ("utf-8", old):
        try:
            return line.decode(codec)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _movies_dat(text: str) -> Iterator[Entry]:
    for line in re.split("\r?\n", text):
        own, _, rest = line.partition("::")
        title, _, genres = rest.rpartition("::")
        if title:
            yield own, title, "" if genres == NO_GENRES else genres


def _u_item(text: str) -> Iterator[Entry]:
    for line in re.split("\r?\n", text):
        fields = line.split("|")
        if len(fields) == U_ITEM_FIELDS:
            flagged = zip(FLAGS[1:], fields[6:], strict=True)
            yield fields[0], fields[1], "|".join(name for name, flag in flagged if flag == "1")
