"""Workbooks and databases of ratings, as kinds of input that are mutated."""

import io
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import openpyxl
from mutated_kinds import Kind, ratings, ratings_kind
from witnesses import HEADER, Row, number


def found_in(rows: Iterable[Sequence[object]]) -> set[Row]:
    """Return the rows of a table whose cells are ids and a value, numbers however written."""
    found = set()
    for cells in rows:
        value = number(str(cells[2])) if len(cells) > 2 else None
        if value is not None:
            found.add((_id(cells[0]), _id(cells[1]), value))
    return found


def _id(cell: object) -> str:
    whole = isinstance(cell, float) and cell == cell // 1
    return str(int(cell) if whole and isinstance(cell, float) else cell).strip()


def xlsx_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows in the sheets of a workbook: by openpyxl, and as its text has them."""
    found: set[Row] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = archive.read("xl/worksheets/sheet1.xml").decode(errors="replace")
        for row in text.split("<row")[1:]:
            cells = [re.sub("<.*?>", "", cell) for cell in re.findall("<v>(.*?)</v>", row)]
            found |= found_in([[float(c) if number(c) is not None else c for c in cells]])
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        found |= {row for sheet in book for row in found_in(sheet.iter_rows(values_only=True))}
    except Exception:
        return found
    return found


def sqlite_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows of the table of ratings, by the sqlite3 module."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        Path(file.name).write_bytes(data)
        try:
            base = sqlite3.connect(f"file:{file.name}?mode=ro&immutable=1", uri=True)
            base.text_factory = lambda raw: raw.decode(errors="replace")
            names = [name for (name,) in base.execute("select name from sqlite_master")]
            return {
                row for name in names for row in found_in(base.execute(f'select * from "{name}"'))
            }
        except Exception:
            return set()


def workbook() -> bytes:
    """Return a workbook of ratings."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(HEADER)
    for user, item, value, time in ratings():
        book.active.append((int(user), int(item), float(value), int(time)))
    book.save(out)
    return out.getvalue()


def database() -> bytes:
    """Return an SQLite database with a table of ratings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        base = sqlite3.connect(path)
        base.execute(f"create table ratings ({', '.join(HEADER)})")
        rows = [(int(u), int(i), float(v), int(t)) for u, i, v, t in ratings()]
        base.executemany("insert into ratings values (?, ?, ?, ?)", rows)
        base.commit()
        base.close()
        return path.read_bytes()


FRAMES: dict[str, Callable[[Path], Kind]] = {
    "xlsx": ratings_kind("ratings.xlsx", workbook(), ",", xlsx_rows),
    "xlsx inside": ratings_kind("ratings.xlsx", workbook(), ",", xlsx_rows, part=r"xml|rels"),
    "sqlite": ratings_kind("ratings.db", database(), ",", sqlite_rows),
}
