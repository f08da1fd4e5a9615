"""Workbooks and databases of ratings, as kinds of input that are mutated."""

import io
import re
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import unescape
from itertools import product
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
from mutated_kinds import Kind, ratings, ratings_kind, zipped
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


def open_document_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows of an OpenDocument sheet, by its values and by what it shows."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = archive.read("content.xml").decode(errors="replace")
    except Exception:
        return set()
    found: set[Row] = set()
    for row in text.split("<table:table-row")[1:]:
        cells = re.findall("<table:table-cell(.*?)(?:/>|</table:table-cell>)", row, re.DOTALL)
        for of in ('office:value="([^"]*)"', "<text:p>(.*?)</text:p>"):
            values = [unescape((re.findall(of, cell) or [""])[0]) for cell in cells]
            numbers = [float(v) if number(v) is not None else v for v in values]
            found |= found_in([values, numbers])
    return found


def xls_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows of numbers in an old workbook: its records are looked for in all bytes."""
    rows = (product(*(row.get(column, ()) for column in range(3))) for row in _xls_cells(data))
    return {one for of in rows for one in found_in(of)}


def sure_xls_rows(data: bytes, _: str) -> set[Row]:
    """Return those rows of which no cell is given twice: the last may stand for all of them."""
    rows = [[row.get(column, set()) for column in range(3)] for row in _xls_cells(data)]
    sure = (row for row in rows if all(len(values) == 1 for values in row))
    return found_in([[*one] for row in sure for one in product(*row)])


def _xls_cells(data: bytes) -> Iterable[dict[int, set[float]]]:
    """Return, for each row, the numbers given for each column."""
    cells: dict[int, dict[int, set[float]]] = {}
    for at in (found.start() for found in re.finditer(re.escape(NUMBER), data)):
        if len(data) >= at + 18:
            row, column, _, value = struct.unpack_from("<HHHd", data, at + 4)
            cells.setdefault(row, {}).setdefault(column, set()).add(value)
    return cells.values()


def stata_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows of a Stata file, by pandas; none where they do not fill their place."""
    try:
        whole = _stata_fits(data) if data.startswith(b"<") else _old_stata_fits(data)
        if not whole:
            return set()
        frame = pd.read_stata(io.BytesIO(data), convert_categoricals=False)
        return found_in(frame.iloc[:, :3].astype(object).to_numpy().tolist())
    except Exception:
        return set()


STATA_SIZES = {65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1}
"""Bytes of a number by the code of its type (dta_118, 5.3); texts have their length for one."""
OLD_STATA_SIZES = {255: 8, 254: 4, 253: 4, 252: 2, 251: 1}
"""The same of dta_114."""


def _stata_fits(data: bytes) -> bool:
    """Tell whether what stands between the tags of a Stata file's rows is whole rows."""
    between = data.partition(b"<data>")[2].rpartition(b"</data>")[0]
    (columns,), (count,) = struct.unpack_from("<H", data, 70), struct.unpack_from("<Q", data, 79)
    (types,) = struct.unpack_from("<Q", data, 179)  # as the map has it
    codes = struct.unpack_from(f"<{columns}H", data, types + len("<variable_types>"))
    return len(between) == count * sum(STATA_SIZES.get(code, code) for code in codes)


def _old_stata_fits(data: bytes) -> bool:
    """Tell whether an old Stata file without labels ends with its last row (dta_114, 5)."""
    (columns,), (count,) = struct.unpack_from("<H", data, 4), struct.unpack_from("<I", data, 6)
    row = sum(OLD_STATA_SIZES.get(code, code) for code in data[109 : 109 + columns])
    header = 109 + columns * (1 + 33 + 49 + 33 + 81) + 2 * (columns + 1) + 5
    return len(data) == header + count * row


def feather_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows of an Arrow file, by its own reader."""
    try:
        table = pa.ipc.open_file(pa.BufferReader(data)).read_all()
        table.validate(full=True)
        columns = [table.column(name).to_pylist() for name in HEADER[:3]]
    except Exception:
        return set()
    return found_in(zip(*columns, strict=True))


NUMBER = struct.pack("<HH", 0x0203, 14)
"""How a record of a number begins in BIFF8 ([MS-XLS] 2.4.180)."""
SECTOR = 512


def old_workbook() -> bytes:
    """Return a workbook as Excel 97 writes it: BIFF8 in an OLE file of whole sectors."""
    rows = [tuple(map(float, row)) for row in ratings()]
    head = [
        _record(0x0204, struct.pack("<HHHHB", 0, n, 0, len(name), 0) + name.encode())
        for n, name in enumerate(HEADER)
    ]
    cells = [
        _record(0x0203, struct.pack("<HHHd", row, column, 0, value))
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values)
    ]
    begin, end = struct.pack("<HHHHII", 0x0600, 0, 0, 0, 0, 6), _record(0x0A, b"")
    book = _record(0x0809, begin[:2] + b"\5" + begin[3:])
    named = struct.pack("<HBB", 0, 1, 0) + b"A"
    after = len(book) + len(_record(0x85, bytes(4) + named)) + len(end)
    book += _record(0x85, struct.pack("<I", after) + named) + end
    size = struct.pack("<IIHHH", 0, len(rows) + 1, 0, len(HEADER), 0)
    sheet = _record(0x0809, begin[:2] + b"\x10" + begin[3:]) + _record(0x0200, size)
    return _compound(book + sheet + b"".join((*head, *cells)) + end)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(stream: bytes) -> bytes:
    """Return an OLE file of one stream: header, allocation table, directory, content."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(SECTOR, b"\xff")
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096,
                          0xFFFFFFFE, 0, 0xFFFFFFFE, 0)  # fmt: skip
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + table + _directory("Root Entry", 5, 1, 0xFFFFFFFE, 0) + (
        _directory("Workbook", 2, 0xFFFFFFFF, 2, len(stream)) + bytes(256) + stream
    )  # fmt: skip


def _directory(name: str, kind: int, child: int, begin: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    fields = struct.pack("<HBBIII36xIQ", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child,
                         begin, size)  # fmt: skip
    return text.ljust(64, b"\0") + fields


def open_document() -> bytes:
    """Return an OpenDocument workbook of ratings."""
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    rows = [[_text_cell(name) for name in HEADER], *([_number_cell(v) for v in row]
            for row in ratings())]  # fmt: skip
    table = "".join(f"<table:table-row>{''.join(row)}</table:table-row>\n" for row in rows)
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                   "META-INF/manifest.xml": "<manifest/>", "content.xml": content})  # fmt: skip


def _text_cell(text: str) -> str:
    return (
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def _number_cell(value: str) -> str:
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def framed(write: str, **how: object) -> bytes:
    """Return a frame of ratings as pandas writes it."""
    out = io.BytesIO()
    rows = [(int(u), int(i), float(v), int(t)) for u, i, v, t in ratings()]
    getattr(pd.DataFrame(rows, columns=HEADER), write)(out, **how)
    return out.getvalue()


STATA: dict[str, object] = {"write_index": False, "time_stamp": datetime(2020, 1, 1)}
FRAMES: dict[str, Callable[[Path], Kind]] = {
    "xlsx": ratings_kind("ratings.xlsx", workbook(), ",", xlsx_rows),
    "xlsx inside": ratings_kind("ratings.xlsx", workbook(), ",", xlsx_rows, part=r"xml|rels"),
    "xls": ratings_kind("ratings.xls", old_workbook(), ",", xls_rows, sure_xls_rows),
    "ods": ratings_kind("ratings.ods", open_document(), ",", open_document_rows),
    "ods inside": ratings_kind(
        "ratings.ods", open_document(), ",", open_document_rows, part="content"
    ),
    "stata": ratings_kind("ratings.dta", framed("to_stata", version=118, **STATA), ",", stata_rows),
    "old stata": ratings_kind(
        "ratings.dta", framed("to_stata", version=114, **STATA), ",", stata_rows
    ),
    "feather": ratings_kind("ratings.feather", framed("to_feather"), ",", feather_rows),
    "arrow": ratings_kind(
        "ratings.arrow", framed("to_feather", compression="uncompressed"), ",", feather_rows
    ),
    "sqlite": ratings_kind("ratings.db", database(), ",", sqlite_rows),
}
