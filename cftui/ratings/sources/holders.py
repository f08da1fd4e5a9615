"""Which sheet of a workbook, which table of a database holds the ratings."""

from pathlib import Path, PurePosixPath

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.columns import find_columns
from cftui.ratings.reading.dialect import HEAD, recognise
from cftui.ratings.sources import databases, workbooks
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

ENDINGS = (
    *(".xlsx", ".xls", ".ods", ".db", ".sqlite", ".sqlite3"),
    *(".feather", ".arrow", ".ipc", ".dta"),
)
"""What files are called that are no text, and no Parquet."""
MOST_LOOKED_AT = 40
SHOWN = 10
RATINGS = "ratings"


def holds_tables(path: Path) -> bool:
    """Tell whether a file is a workbook or a database; raises OSError."""
    return databases.is_database(path) or workbooks.is_workbook(path)


def tables_of(path: Path) -> list[ArchivePart]:
    """Return the sheets or tables of a file that `holds_tables`; raises DataError.

    One alone goes by the file's name.
    """
    try:
        names = databases.names(path) if databases.is_database(path) else workbooks.names(path)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return [ArchivePart(path, name) for name in names] if len(names) != 1 else [ArchivePart(path)]


def table_named(path: Path, name: str) -> ArchivePart:
    """Return the sheet or table of a name, in whatever case; raises DataError."""
    known = tables_of(path)
    if len(known) == 1:
        names = databases.names(path) if databases.is_database(path) else workbooks.names(path)
        known = [ArchivePart(path, names[0])]
    for alike in (str, str.casefold):
        # As the file system gives it: `a//b` and `a/./b` are `a/b` in a path.
        found = [p for p in known if alike(str(PurePosixPath(p.member))) == alike(name)]
        if found:
            return found[0] if len(tables_of(path)) > 1 else ArchivePart(path)
    raise DataError(f"{path}: holds no {_word(path)} {name!r}, but {_listed(known)}")


def table_with_ratings(path: Path, mapping: ColumnMapping) -> ArchivePart:
    """Return the one sheet or table that looks like ratings; raises DataError, which names them."""
    known = tables_of(path)
    if not known:
        raise DataError(f"{path}: holds no {_word(path)}; give a file of ratings")
    if len(known) == 1:
        return known[0]
    fits = [part for part in known[:MOST_LOOKED_AT] if _fits(part, mapping)]
    named = [part for part in fits or known if part.member.casefold() == RATINGS]
    if len(named) == 1:
        return named[0]
    if len(fits) == 1:
        return fits[0]
    what = "several could be meant" if fits else f"no {_word(path)} has columns known as ratings'"
    raise DataError(f"{path}: {what}; give one of {_listed(fits or known)}")


def _word(path: Path) -> str:
    return "table" if databases.is_database(path) else "sheet"


def _fits(part: ArchivePart, mapping: ColumnMapping) -> bool:
    try:
        if databases.is_database(part.path):
            with databases.opened(part.path) as connection:
                names = databases.columns_of(connection, part.member)
            return not find_columns(names, mapping).problem
        with part.open() as stream:
            return not recognise(stream.read(HEAD), mapping).guess.problem
    except (DataError, *databases.BROKEN):
        return False


def _listed(parts: list[ArchivePart]) -> str:
    more = f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    return ", ".join(map(str, parts[:SHOWN])) + more
