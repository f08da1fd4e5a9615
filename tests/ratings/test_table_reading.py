"""Workbooks, databases, Stata's and Arrow's files: what ratings in them come to."""

import sqlite3
import sys
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import xlsxwriter

from cftui.ratings.reading.pair_file import read_pairs
from cftui.ratings.reading.preview import preview
from cftui.ratings.reading.readers import read
from cftui.ratings.sources import workbooks
from cftui.ratings.sources.locate import locate
from cftui.ratings.values import DataError

HEAD = ("userId", "movieId", "rating", "timestamp")
ROWS = [(7, 31, 2.5, 1260759144), (8, 31, 4.0, 1260759179), (8, 32, 1.0, 1260759182)]
Sheets = dict[str, Sequence[Sequence[Any]]]


def workbook(path: Path, sheets: Sheets) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for row, values in enumerate(rows):
                for column, value in enumerate(values):
                    if isinstance(value, datetime):
                        page.write_datetime(row, column, value, dates)
                    else:
                        page.write(row, column, value)
    return path


def open_document(path: Path, rows: str) -> Path:
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return path


def open_row(values: Sequence[Any], more: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        if isinstance(value, str)
        else f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        for value in values
    )
    return f"<table:table-row{more}>{cells}</table:table-row>"


def database(path: Path, script: str, rows: Sequence[Sequence[Any]] = ROWS) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO ratings VALUES ({marks})", rows)
        connection.commit()
    return path


TABLE = "CREATE TABLE ratings (userId INTEGER, movieId INTEGER, rating REAL, timestamp INTEGER);"


def as_xlsx(folder: Path) -> Path:
    return workbook(folder / "votes.xlsx", {"Sheet1": [HEAD, *ROWS]})


OLD = """
    eNrtWE1oE0EU/mY3/zRpElOxFUKIWLX2oHjx0q4VtPRgqR5URLCpWSS2SUoaBT1obM1REDwpXgq9eKl68QcV6k1BqFRB
    EIREjz0JCh7arG9edmNac2hAi5b9lnn75s28b2bn5+3Ovp0PlaYfdpSxCr1QUTG8cNXZBCWvlQmCyg1DqtbdQ8mw8V/B
    66GJdDnxzP/GLedQzncZCh44XpIEPlM6jXEMZjN6bB1xkPuQELIPPSQF7pIlgHbuVZjlWZabWN7nms9ZHmDLDZY9VLck
    TmFeG+zab67ik0qcywKQvI/Z5yNb9qINr+QqvnpTVOs60ZdLJcb+zYKoowUzoHnr1zN6LjFWQoQmcAbfjRjwzdqpczHb
    vr52AbL/WGl3N7DfUhxAAcYwL/Ai/HivyhInjmfz+sQS9oAqcKJ9eWFCzw0kabbT2YspfSBJplwin8qco5icT6X1iXwi
    Pe6TMZr3dHDFnvbzWm8hmUQr6yFe8UGK2kv3vi4cGRnSzrClwHG8Gu23yw7CwDXpQc4BLnHUZBd77GY5yaxbWe9gGaEH
    oXvnUJupHJ7iOte5tJPa2cd4p+2o03eSXlw8+iRa/KLtIn22v3w5MvtBm0ac3j5J8pfXFLpFt7hzW+KpZt2FGRk+sWz/
    LUp4lKDZd8N8pbViGT5WQyyrOTk6opZTzLGq5lTKqSaXWMX1AlvYFkKU5RWWi6rkUGn0BHvLATr/eqFPMigNGBT2itcx
    hGExKCbDXNxiUBswqHUMkyxdNQbVZChskwy9ShiPZIMUNX/BBxs2bNiwYcOGDRsbE4K/C2F+RcqjR/W84Db/6yxTqti/
    STYsjiFLV54OpoeQoXsOl5paP5vhFBaXWKOP9b9Q4gS1nsMoRrgfo02vXzrvifrnWbNj8M9toWbbrzTTz7/c/k9Czdkg
"""
"""What xlwt 1.3.0 wrote of ROWS, packed by zlib."""


def as_xls(folder: Path) -> Path:
    (folder / "votes.xls").write_bytes(zlib.decompress(b64decode(OLD)))
    return folder / "votes.xls"


def as_ods(folder: Path) -> Path:
    empty = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell'
    empty += ' table:number-columns-repeated="16384"/></table:table-row>'  # as LibreOffice ends
    return open_document(folder / "votes.ods", "".join(map(open_row, (HEAD, *ROWS))) + empty)


def as_database(folder: Path) -> Path:
    return database(folder / "votes.db", TABLE)


def as_stata(folder: Path) -> Path:
    pd.DataFrame(ROWS, columns=HEAD).to_stata(folder / "a.dta", write_index=False, version=118)
    return folder / "a.dta"


def as_old_stata(folder: Path) -> Path:
    pd.DataFrame(ROWS, columns=HEAD).to_stata(folder / "a.dta", write_index=False, version=114)
    return folder / "a.dta"


def as_feather(folder: Path) -> Path:
    pd.DataFrame(ROWS, columns=HEAD).to_feather(folder / "votes.feather", chunksize=2)
    return folder / "votes.feather"


def test_a_workbook_whose_xml_is_broken_is_refused_not_passed_over(tmp_path: Path) -> None:
    rows = [open_row(row) for row in (HEAD, *ROWS)]
    zeros = "".join(rows).replace(rows[2], "\0" * 200)
    for text in (zeros, rows[0] + "<table:table-row>", rows[0] + "</table:table>" + rows[1]):
        path = open_document(tmp_path / "votes.ods", text)
        with pytest.raises(DataError, match=r"votes.ods: cut off or damaged \(content.xml: "):
            read(locate(path))


def test_a_reader_of_workbooks_that_comes_to_no_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = (
        "import sys, cftui.ratings.sources.sheet_reader as reader; reader.LEAST_SECONDS = 1\n"
        "reader.bound(sys.argv[1])\nwhile True: pass"
    )
    monkeypatch.setattr(
        workbooks, "python", lambda _, *given: [sys.executable, "-c", hasty, *given]
    )
    with pytest.raises(DataError, match=r"votes.xlsx: not a sound workbook \(aborted\)"):
        read(locate(as_xlsx(tmp_path)))


@pytest.mark.parametrize("version", [114, 117, 118])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_stata_file_with_a_byte_too_many_gives_no_rows_that_are_none_of_its_own(
    tmp_path: Path, version: Any, order: str
) -> None:
    """Sound are labels of values and long texts behind the rows; the file has no sums."""
    frame = pd.DataFrame(ROWS, columns=HEAD).assign(word=pd.Categorical(["good", "bad", "good"]))
    if version > 114:
        frame["review"] = ["x" * 2100, "y", "z"]
    path = tmp_path / "a.dta"
    labels = {"movieId": {31: "Dangerous Minds", 32: "Twelve Monkeys"}}
    frame.to_stata(path, write_index=False, version=version, byteorder=order, value_labels=labels)
    whole = path.read_bytes()
    given = {(str(user), str(item), value) for user, item, value, _ in ROWS}
    assert stata_rows(path) == given
    rows = len(whole) // 2 if version == 114 else whole.index(b"<data>")
    for at in (*range(90, len(whole), len(whole) // 20), *range(rows, rows + 40, 7)):
        path.write_bytes(whole[:at] + b"\1" + whole[at:])
        assert stata_rows(path) in (set(), given)


def stata_rows(path: Path) -> set[tuple[str, str, float]]:
    try:
        table = read(locate(path))
    except DataError as error:
        assert str(path) in str(error)
        return set()
    of = zip(table.user, table.item, table.value, strict=True)
    return {(str(table.user_ids[u]), str(table.item_ids[i]), float(value)) for u, i, value in of}


KINDS = {
    as_xlsx: "a sheet of a workbook",
    as_xls: "a sheet of a workbook",
    as_ods: "a sheet of a workbook",
    as_database: "SQLite table",
    as_stata: "Stata",
    as_old_stata: "Stata",
    as_feather: "Arrow",
}


@pytest.mark.parametrize("made", KINDS)
def test_a_table_gives_the_ratings_in_it(made: Callable[[Path], Path], tmp_path: Path) -> None:
    path = made(tmp_path)
    told: list[tuple[int, int]] = []
    table = read(locate(tmp_path), lambda done, of: told.append((done, of)))
    users = [str(table.user_ids[code]) for code in table.user]
    items = [str(table.item_ids[code]) for code in table.item]
    assert table.timestamp is not None
    values, times = table.value.tolist(), table.timestamp.tolist()
    assert sorted(zip(users, items, values, times, strict=True)) == [
        (str(user), str(item), value, time) for user, item, value, time in ROWS
    ]
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    seen = preview(path)
    assert (seen.columns, seen.packed, seen.problem) == (HEAD, "", "")
    assert seen.format == KINDS[made]
    assert seen.rows[0][:2] == ("7", "31")
    assert (seen.mapping.user, seen.mapping.timestamp) == ("userId", "timestamp")


@pytest.mark.parametrize("made", KINDS)
def test_a_broken_table_is_refused(made: Callable[[Path], Path], tmp_path: Path) -> None:
    whole = made(tmp_path).read_bytes()
    pieces = 5 if KINDS[made].startswith("a sheet") else 23
    for cut in range(16, len(whole), len(whole) // pieces):
        for broken in (whole[:cut], whole[:cut] + b"\xff\x00garble" + whole[cut + 8 :]):
            path = tmp_path / "broken"
            path.write_bytes(broken)
            try:
                table = read(locate(path))
            except DataError as error:
                assert str(path) in str(error)
            else:  # what was broken says nothing of ratings, or is told
                assert len(table.value) + table.unusable_rows <= len(ROWS)


@pytest.mark.parametrize("ending", ["xlsx", "zip"])
def test_an_archive_that_lost_bytes_is_cut_off_or_damaged(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"ratings.{ending}"
    if ending == "xlsx":
        workbook(path, {"Sheet1": [HEAD, *ROWS]})
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("ratings.csv", "user,item,rating\n1,2,3\n" * 20)
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + whole[46:])  # members begin before the file now
    with pytest.raises(DataError, match=rf"ratings\.{ending}.*cut off or damaged"):
        read(locate(path))


def test_a_sheet_keeps_ids_dates_and_row_numbers(tmp_path: Path) -> None:
    noon = datetime(2015, 1, 13, 12)
    rows = [
        ("user", "item", "rating", "date"),
        ("007", "tab\there", 4, noon),
        (),
        ("7", "two\nlines", 'a "word"', noon),
        (7.5, True, 3, noon),
    ]
    table = read(locate(workbook(tmp_path / "a.xlsx", {"A": rows})))
    assert list(table.user_ids) == ["007", "7.5"]
    assert list(table.item_ids) == ["tab here", "True"]
    assert table.timestamp is not None
    assert pd.Timestamp(int(table.timestamp[0]), unit="s") == pd.Timestamp(noon)
    (problem,) = table.problems
    assert (problem.line, problem.column, problem.value) == (4, "rating", 'a "word"')


def test_the_sheet_that_looks_like_ratings_is_taken_and_others_are_named(tmp_path: Path) -> None:
    other = [HEAD, (9, 9, 5, 1)]
    notes = [("Notes",), ("kept since 2012",)]
    path = workbook(tmp_path / "b.xlsx", {"Notes": notes, "Votes": [HEAD, *ROWS]})
    assert str(locate(path).ratings) == f"{path}/Votes"
    assert locate(path).name == "b Votes"
    assert preview(path).members == (f"{path}/Notes", f"{path}/Votes")
    with pytest.raises(DataError, match="Notes: one column alone"):
        read(locate(path / "Notes"))
    path = workbook(tmp_path / "c.xlsx", {"Votes": [HEAD, *ROWS], "Old  all": other})
    with pytest.raises(DataError, match=r"several could be meant; give one of .*c.xlsx/Votes, "):
        locate(path)
    assert len(read(locate(path / "votes")).value) == len(ROWS)
    assert len(read(locate(path / "Old  all")).value) == 1
    with pytest.raises(DataError, match=r"holds no sheet 'None', but .*/Votes"):
        locate(path / "None")


def test_a_table_of_a_database_is_read_with_its_titles_and_nothing_is_run(tmp_path: Path) -> None:
    script = TABLE.replace("INTEGER, rating", "INTEGER, 'a b' TEXT AS (upper(userId)), rating")
    script += """
        CREATE TABLE movies (movieId INTEGER, title TEXT, genres TEXT);
        INSERT INTO movies VALUES (31, 'One', 'Drama');
        CREATE TABLE log (what TEXT);
        CREATE VIEW seen AS SELECT * FROM ratings;
    """
    folder = tmp_path / "a?b#c %41"
    folder.mkdir()
    path = database(folder / "my.db", script, [*ROWS, ("9", "x", "bad", None)])
    before = sorted(folder.iterdir())
    files = locate(path)
    assert str(files.ratings) == f"{path}/ratings"
    table = read(files)
    assert (len(table.value), table.unusable_rows) == (3, 1)
    assert [(p.line, p.counted, p.value) for p in table.problems] == [(4, "row", "bad")]
    assert table.titles.titles == {"31": "One"}
    assert sorted(folder.iterdir()) == before
    with pytest.raises(DataError, match=r"holds no table 'seen', but .*/log, .*/movies"):
        locate(path / "seen")
    assert read_pairs(path / "ratings", lambda *_: True).users == ("7", "8", "8", "9")
    with pytest.raises(DataError, match=r"my.db/movies: no column for user and rating"):
        read(locate(path / "movies"))


def test_a_database_that_is_being_written_is_read_as_it_is_now(tmp_path: Path) -> None:
    path = database(tmp_path / "live.db", "PRAGMA journal_mode = WAL;" + TABLE)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("INSERT INTO ratings VALUES (1, 2, 3, 4)")
        writer.commit()  # into the journal beside the file
        assert len(read(locate(path)).value) == len(ROWS) + 1


def far_apart(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        page.write(0, 0, "userId")
        page.write(1_048_575, 16_383, 1)
    return path


def blank(path: Path) -> Path:
    workbook(path, {"A": [HEAD]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b" " * (20 << 20))
    return path


def repeated(path: Path) -> Path:
    row = open_row([1], ' table:number-rows-repeated="1048576"')
    wide = row.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="900"')
    return open_document(path, wide)


@pytest.mark.parametrize(
    ("made", "words"),
    [(far_apart, "17,179,869,184 cells"), (blank, "MB of XML"), (repeated, "cells; save the")],
)
def test_a_workbook_that_would_fill_the_memory_is_refused(
    made: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words):
        read(locate(made(tmp_path / "bomb.xlsx")))


def test_a_workbook_that_ends_the_process_reading_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = as_xlsx(tmp_path)
    monkeypatch.setattr(
        workbooks, "python", lambda *_: [sys.executable, "-c", "import os; os.abort()"]
    )
    with pytest.raises(DataError, match=r"votes.xlsx: not a sound workbook \(aborted\); save it"):
        locate(path)


def test_arrow_files_are_read_from_archives_too(tmp_path: Path) -> None:
    texts = {"userId": ["007", None], "movieId": ["a", "b"], "rating": [1, 2], "x": [[1], []]}
    table = pa.table(texts)
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as file:
        file.write_table(table)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(tmp_path / "a.arrow", "in/ratings.csv")
    read_back = read(locate(tmp_path / "b.zip"))
    assert (list(read_back.user_ids), read_back.unusable_rows) == (["007"], 1)
    assert (read_back.problems[0].line, read_back.problems[0].counted) == (2, "row")
