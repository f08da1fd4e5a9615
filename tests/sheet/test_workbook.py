"""The workbook: recalculated by another formula engine, and read back."""

import zipfile
from dataclasses import replace
from pathlib import Path

import formulas
import numpy as np
import openpyxl
import pytest

from cftui.questions.errors import QuestionError
from cftui.questions.sheet import Labels, Sheet
from cftui.ratings.crosstab import crosstab
from cftui.ratings.values import Ratings
from cftui.sheet.read_workbook import read_workbook
from cftui.sheet.solver import evaluate, solve, start_sheet
from cftui.sheet.workbook import TAB, SheetLayout, write_workbook


def lessons_sheet(
    ratings: Ratings, *, biases: bool, n: int = 15, m: int = 15
) -> tuple[Sheet, Labels]:
    table = crosstab(ratings, n, m)
    labels = Labels(
        tuple(ratings.users.id_of(int(code)) for code in table.users),
        tuple(ratings.items.id_of(int(code)) for code in table.items),
        ("=1+1", "+cmd|' /C calc'!A0", "@x", "-2", *(["A movie (1999)"] * (m - 4))),
    )
    return solve(start_sheet(table.values, 5, biases, seed=0), seconds=60).sheet, labels


def recalculated(path: Path, layout: SheetLayout) -> tuple[float, np.ndarray]:
    """Return the RMSE and the predictions that the formulas give, whatever was saved with them."""
    solution = formulas.ExcelModel().loads(str(path)).finish().calculate()
    found = {
        str(key).upper(): value.value for key, value in solution.items() if ":" not in str(key)
    }

    def cell(row: int, column: int) -> float:
        place = openpyxl.utils.get_column_letter(column + 1) + str(row + 1)
        return float(found[f"'[{path.name}]{TAB}'!{place}".upper()][0, 0])

    top, left, bottom, right = layout.ranges()["predicted"]
    predicted = [[cell(r, c) for c in range(left, right + 1)] for r in range(top, bottom + 1)]
    return cell(*layout.ranges()["rmse"][:2]), np.array(predicted)


@pytest.mark.parametrize("biases", [False, True])
def test_another_engine_finds_the_same_and_learns_of_a_change(
    bundled: Ratings, tmp_path: Path, biases: bool
) -> None:
    sheet, labels = lessons_sheet(bundled, biases=biases)
    layout = SheetLayout(15, 15, 5, biases)
    path = tmp_path / "lesson.xlsx"
    write_workbook(path, sheet, labels)
    rmse, predicted = recalculated(path, layout)
    assert rmse == pytest.approx(evaluate(sheet).rmse, rel=1e-9)
    np.testing.assert_allclose(predicted, evaluate(sheet).predicted, rtol=1e-9)

    book = openpyxl.load_workbook(path)
    top, left, _, _ = layout.ranges()["user_factors"]
    book[TAB].cell(top + 2 + 1, left + 3 + 1).value = 2.5
    book.save(tmp_path / "changed.xlsx")
    factors = sheet.user_factors.copy()
    factors[2, 3] = 2.5
    product = factors @ sheet.item_factors.T
    if biases:
        assert sheet.user_bias is not None and sheet.item_bias is not None
        product += sheet.user_bias[:, None] + sheet.item_bias
    error = (product - sheet.actual)[~np.isnan(sheet.actual)]
    changed, _ = recalculated(tmp_path / "changed.xlsx", layout)
    assert changed == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-9)
    assert changed != pytest.approx(rmse, rel=1e-3)


def test_what_stands_in_the_cells(bundled: Ratings, tmp_path: Path) -> None:
    sheet, labels = lessons_sheet(bundled, biases=True)
    path = tmp_path / "lesson.xlsx"
    write_workbook(path, sheet, labels)
    page = openpyxl.load_workbook(path)[TAB]
    layout = SheetLayout(15, 15, 5, True)
    for place, title in enumerate(labels.titles[:4]):
        cell = page.cell(layout.first_actual - 2 + 1, layout.first_item + place + 1)
        assert (cell.value, cell.data_type) == (title, "s")
    unrated = np.argwhere(np.isnan(sheet.actual))
    for row, column in unrated:
        cell = page.cell(layout.first_actual + row + 1, layout.first_item + column + 1)
        assert cell.value is None
    names = set(openpyxl.load_workbook(path).defined_names)
    assert {"rmse", "user_factors", "item_factors", "user_bias", "item_bias"} <= names


@pytest.mark.parametrize("biases", [False, True])
def test_a_workbook_is_read_back(bundled: Ratings, tmp_path: Path, biases: bool) -> None:
    sheet, labels = lessons_sheet(bundled, biases=biases)
    path = tmp_path / "lesson.xlsx"
    write_workbook(path, sheet, labels)
    back, read = read_workbook(path)
    assert (read.users, read.items) == (labels.users, labels.items)
    np.testing.assert_array_equal(back.actual, sheet.actual)
    for ours, theirs in (
        (back.user_factors, sheet.user_factors),
        (back.item_factors, sheet.item_factors),
        *([(back.user_bias, sheet.user_bias)] if biases else []),
        *([(back.item_bias, sheet.item_bias)] if biases else []),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)  # type: ignore[arg-type]


def break_page(book: openpyxl.Workbook, fault: str) -> None:
    page = book[TAB]
    layout = SheetLayout(15, 15, 5, False)
    top, left, bottom, _ = layout.ranges()["user_factors"]
    if fault == "text":
        page.cell(top + 1, left + 1).value = "five"
    elif fault == "empty":
        page.cell(top + 2, left + 1).value = None
    elif fault == "rows missing":
        book.defined_names["user_factors"].attr_text = f"{TAB}!$A${top + 1}:$E${bottom - 1}"
    elif fault == "deleted":
        book.defined_names["item_factors"].attr_text = f"{TAB}!#REF!"
    elif fault == "endless":
        book.defined_names["item_factors"].attr_text = f"{TAB}!$A$1:$XFD$1048576"
    elif fault == "no name":
        del book.defined_names["actual"]
    elif fault == "no ratings":
        first, side, last, end = layout.ranges()["actual"]
        for row in page.iter_rows(first + 1, last + 1, side + 1, end + 1):
            for cell in row:
                cell.value = None


def break_file(path: Path, fault: str) -> None:
    if fault in ("cells", "strings"):
        member = "xl/worksheets/sheet9.xml" if fault == "cells" else "xl/sharedStrings.xml"
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, b"<row><c><v>1</v></c></row>" * 1_200_000)
    elif fault in ("macro", "bomb"):
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            member = "xl/vbaProject.bin" if fault == "macro" else "xl/media/image1.bin"
            archive.writestr(member, b"" if fault == "macro" else bytes(450_000_000))
    elif fault == "large":
        with path.open("r+b") as file:
            file.truncate(200_000_000)
    elif fault == "no workbook":
        path.write_bytes(b"user,1,2\n")
    elif fault == "torn":
        path.write_bytes(path.read_bytes()[:4000])


def broken(tmp_path: Path, bundled: Ratings, fault: str) -> Path:
    sheet, labels = lessons_sheet(bundled, biases=False)
    path = tmp_path / "broken.xlsx"
    write_workbook(path, sheet, labels)
    book = openpyxl.load_workbook(path)
    break_page(book, fault)
    book.save(path)
    break_file(path, fault)
    return path


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("text", r"cell A\d+ \(user_factors\) is 'five', not a number"),
        ("empty", r"cell A\d+ \(user_factors\) is empty"),
        ("rows missing", "were rows deleted"),
        ("deleted", "item_factors is broken"),
        ("endless", "item_factors is broken"),
        ("no name", "no range is called actual"),
        ("no ratings", "no rating stands"),
        ("macro", "holds a macro"),
        ("bomb", "unpacks to"),
        ("cells", "31 MB of XML in a file of 0.1 MB, too much for a"),
        ("strings", "31 MB of XML in a file of 0.1 MB, too much for a"),
        ("large", "200 MB, too large"),
        ("no workbook", "not an .xlsx workbook"),
        ("torn", "not an .xlsx workbook"),
    ],
)
def test_a_broken_workbook_is_refused_in_words(
    bundled: Ratings, tmp_path: Path, fault: str, words: str
) -> None:
    path = broken(tmp_path, bundled, fault)
    with pytest.raises(QuestionError, match=words) as refused:
        read_workbook(path)
    assert str(path) in str(refused.value)


def test_on_another_scale_the_formulas_map_and_the_range_is_read_back(
    bundled: Ratings, tmp_path: Path
) -> None:
    sheet, labels = lessons_sheet(bundled, biases=True, n=5, m=5)
    scaled = replace(sheet, actual=sheet.actual * 20, low=10.0, high=100.0)
    path = tmp_path / "scaled.xlsx"
    write_workbook(path, scaled, labels)
    rmse, predicted = recalculated(path, SheetLayout(5, 5, 5, True, mapped=True))
    np.testing.assert_allclose(predicted, 20 * evaluate(sheet).predicted, rtol=1e-9)
    assert rmse == pytest.approx(20 * evaluate(sheet).rmse, rel=1e-9)
    read, _ = read_workbook(path)
    assert (read.low, read.high) == (10.0, 100.0)
    np.testing.assert_allclose(evaluate(read).predicted, predicted, rtol=1e-9)
    # A workbook of ratings from 0.5 to 5, as of every older version, maps nothing.
    write_workbook(path, sheet, labels)
    assert "unit" not in openpyxl.load_workbook(path).defined_names
    assert (read_workbook(path)[0].low, read_workbook(path)[0].high) == (0.5, 5.0)
