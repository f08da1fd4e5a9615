"""Reads a file of pairs of a user and an item, as much of it as any file of ratings may be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from cftui.questions.data import AS_RECOGNISED
from cftui.ratings.reading.blocks import Blocks
from cftui.ratings.reading.columns import find_columns
from cftui.ratings.reading.dialect import HEAD, recognise
from cftui.ratings.reading.frames import COLUMNAR
from cftui.ratings.reading.table import records
from cftui.ratings.sources.locate import locate
from cftui.ratings.sources.packed import ArchivePart, located
from cftui.ratings.values import DataError
from cftui.remedies import cause

Knows = Callable[[str, str], bool]
"""Tells whether there are a user and an item of these ids."""
SIDES = ("user", "item")


@dataclass(frozen=True)
class AskedPairs:
    """The ids in a file, as written there, known or not, and in words where they stood."""

    users: tuple[str, ...]
    items: tuple[str, ...]
    taken: str


def read_pairs(source: Path, knows: Knows) -> AskedPairs:
    """Return the pairs of a delimited or Parquet file, packed or not.

    Columns go by their names, in any order; where these say nothing the first two are user and
    item. Raises DataError, naming file and line, where there is no pair to be read.
    """
    try:
        if source.is_fifo():
            # A pipe cannot be read from its beginning twice.
            with NamedTemporaryFile(prefix="pairs-") as copy:
                copy.write(source.read_bytes())
                copy.flush()
                return _read(ArchivePart(Path(copy.name)), knows)
        return _read(locate(source).ratings, knows)
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {cause(error)}") from None


def _read(part: ArchivePart, knows: Knows) -> AskedPairs:
    with part.open() as stream:
        head = stream.read(HEAD)
    read = _of_parquet(part) if head.startswith(COLUMNAR) else _of_text(part, head, knows)
    if not read.users:
        raise DataError(f"{part}: a header and no pairs below it; give users and items")
    return read


def _of_text(part: ArchivePart, head: bytes, knows: Knows) -> AskedPairs:
    try:
        dialect = recognise(head)
    except DataError as error:
        raise DataError(located(part, str(error))) from None
    named = dialect.names if dialect.header_line else None
    user, item = _places(part, dialect.names, dialect.guess.places)
    skip = dialect.skip
    recognised = {"user", "item"} & dialect.guess.places.keys()
    if named and not recognised and knows(named[user].strip(), named[item].strip()):
        # The ids of one pair, which look like names where no number is near.
        named, skip = None, dialect.header_line - 1
    blocks = Blocks(part, dialect.encoding, skip, dialect.rewrite())
    text = b"".join(block.text for block in blocks).decode()
    rows = records(part, text, dialect.split_at, skip, strict=False)
    pairs = [_pair(part, line, fields, user, item) for line, fields in rows]
    taken = filter(None, (_taken(named, user, item), blocks.old_text.words))
    return AskedPairs(
        tuple(own for own, _ in pairs),
        tuple(other for _, other in pairs),
        "; ".join(taken),
    )


def _of_parquet(part: ArchivePart) -> AskedPairs:
    from cftui.ratings.reading.parquet import open_parquet, texts_of

    with open_parquet(part) as file:
        names = file.schema_arrow.names
        user, item = _places(part, names, find_columns(names, AS_RECOGNISED).places)
        users, items = texts_of(file, (user, item))
    return AskedPairs(tuple(users), tuple(items), _taken(names, user, item))


def _places(part: ArchivePart, names: Sequence[str], known: Mapping[str, int]) -> tuple[int, int]:
    """Return where users and items stand: by name, else in the first column that is free."""
    if len(names) < len(SIDES):
        raise DataError(f"{part}: one column alone; two are needed, user and item")
    places = {side: known[side] for side in SIDES if side in known}
    for side in SIDES:
        free = (place for place in range(len(names)) if place not in places.values())
        if side not in places:
            places[side] = next(free)
    return places["user"], places["item"]


def _pair(
    part: ArchivePart, line: int, fields: Sequence[str], user: int, item: int
) -> tuple[str, str]:
    if len(fields) <= max(user, item):
        raise DataError(f"{part} line {line}: {', '.join(fields)!r} has no user and item")
    return fields[user].strip(), fields[item].strip()


def _taken(names: Sequence[str] | None, user: int, item: int) -> str:
    if names is None:
        return f"no header; users from column {user + 1}, items from column {item + 1}"
    return f"users from column {names[user].strip()!r}, items from {names[item].strip()!r}"
