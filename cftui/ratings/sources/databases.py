"""Tables of SQLite databases, read only: no view, no trigger, nothing else of a file is run."""

import csv
import io
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from cftui.ratings.values import DataError

ROWS = 10_000
"""Rows that become text at a time."""
LONGEST_VALUE = 16 << 20
"""Bytes of one value."""
BEGINNING = b"SQLite format 3\0"
BROKEN = (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeDecodeError)
"""What reading a file that is no sound database may raise."""
ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA}
TABLES = """
    SELECT name FROM sqlite_master
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name
"""


def names(path: Path) -> list[str]:
    """Return what the tables are called; raises DataError, without the file's name."""
    try:
        with opened(path) as connection:
            return tables_in(connection)
    except BROKEN as error:
        raise DataError(
            f"not a sound SQLite file ({error}); copy it again, or export its ratings as CSV"
        ) from None


def tables_in(connection: sqlite3.Connection) -> list[str]:
    """Return what the tables of a database are called."""
    return [str(name) for (name,) in connection.execute(TABLES)]


def is_database(path: Path) -> bool:
    """Tell whether a file begins as an SQLite database does; raises OSError."""
    with path.open("rb") as file:
        return file.read(len(BEGINNING)) == BEGINNING


def text_of_table(path: Path, table: str) -> Iterator[bytes]:
    """Yield a table as text with commas and a header; raises what BROKEN lists."""
    with opened(path) as connection:
        rows = connection.execute(f"SELECT * FROM {quoted(table)}")
        block: list[Sequence[object]] = [[name for name, *_ in rows.description]]
        while block:
            into = io.StringIO()
            csv.writer(into).writerows(block)
            yield into.getvalue().encode()
            block = rows.fetchmany(ROWS)


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return what a table's columns are called."""
    described = connection.execute(f"SELECT * FROM {quoted(table)} LIMIT 0").description
    return [str(name) for name, *_ in described]


def quoted(name: str) -> str:
    """Return a name as it stands in SQL."""
    return '"{}"'.format(name.replace('"', '""'))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that reads; raises what BROKEN lists."""
    # A database that nobody writes is opened so that nothing is made beside it; one with a
    # journal needs that to be read as it is now.
    written = any(Path(f"{path}{end}").exists() for end in ("-wal", "-journal"))
    address = f"file:{quote(str(path))}?mode=ro{'' if written else '&immutable=1'}"
    with closing(sqlite3.connect(address, uri=True, check_same_thread=False)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        connection.text_factory = lambda text: text.decode(errors="replace")
        connection.set_authorizer(_authorised)
        yield connection


def _authorised(action: int, _: str | None, called: str | None, *__: object) -> int:
    """Let statements read and count; nothing that a generated column calls."""
    named = action == sqlite3.SQLITE_FUNCTION and called in ("count", "like")
    return sqlite3.SQLITE_OK if named or action in ALLOWED else sqlite3.SQLITE_DENY
