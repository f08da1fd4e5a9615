"""The sheet as a workbook with live formulas, laid out as the lesson's (collab_filter.xlsx)."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cftui.files import replace_file
from cftui.questions.sheet import Labels, Sheet
from cftui.ratings.unit import HIGH, LOW, RatingUnit
from cftui.sheet.solver import evaluate

TAB = "Crosstab"
NAMES = ("users", "items", "actual", "user_factors", "item_factors", "user_bias", "item_bias")
"""Of the ranges that a workbook is read back by; biases only where the sheet has them."""
UNIT = "unit"
"""Of the range with the lowest and the highest of the ratings, where they are not 0.5 and 5: the
sheet's sums are on 0.5 to 5, and its formulas map them."""

ACTUAL, PREDICTED, LOSS = "#DDEBF7", "#E4DFEC", "#F4B6B6"
ITEM, USER = "#E2EFDA", "#FCE4D6"
"""Fills: blue ratings, purple predictions, red loss, green item and orange user factors."""


@dataclass(frozen=True)
class SheetLayout:
    """Where everything stands; rows and columns counted from 0.

    Left to right: user factors, user bias, user id, one column an item. Downwards: the loss, the
    ratings under titles and ids, the item factors, the item bias, the predictions.
    """

    n: int
    m: int
    k: int
    biased: bool
    mapped: bool = False
    """Whether predictions are mapped from 0.5 to 5 onto the ratings' range."""

    @property
    def id_column(self) -> int:
        """Return the column of the users' ids."""
        return self.k + self.biased

    @property
    def first_item(self) -> int:
        """Return the column of the first item."""
        return self.id_column + 1

    @property
    def first_actual(self) -> int:
        """Return the row of the first user's ratings."""
        return 5

    @property
    def first_factor(self) -> int:
        """Return the row of the items' first factors."""
        return self.first_actual + self.n + 2

    @property
    def first_predicted(self) -> int:
        """Return the row of the first user's predictions."""
        return self.first_factor + self.k + self.biased + 1

    def ranges(self) -> dict[str, tuple[int, int, int, int]]:
        """Return first row, first column, last row and last column of each named range."""
        last_item = self.first_item + self.m - 1
        actual, predicted = self.first_actual, self.first_predicted
        found = {
            "users": (actual, self.id_column, actual + self.n - 1, self.id_column),
            "items": (actual - 1, self.first_item, actual - 1, last_item),
            "actual": (actual, self.first_item, actual + self.n - 1, last_item),
            "predicted": (predicted, self.first_item, predicted + self.n - 1, last_item),
            "user_factors": (predicted, 0, predicted + self.n - 1, self.k - 1),
            "item_factors": (
                *(self.first_factor, self.first_item, self.first_factor + self.k - 1, last_item),
            ),
            "rmse": (1, self.first_item, 1, self.first_item),
        }
        if self.biased:
            bias = self.first_factor + self.k
            found["user_bias"] = (predicted, self.k, predicted + self.n - 1, self.k)
            found["item_bias"] = (bias, self.first_item, bias, last_item)
        if self.mapped:
            found[UNIT] = (2, self.first_item, 2, self.first_item + 1)
        return found


def write_workbook(path: Path, sheet: Sheet, labels: Labels) -> None:
    """Write the sheet as an .xlsx whose predictions and RMSE are formulas; raises OSError."""
    import xlsxwriter

    n, m = sheet.actual.shape
    mapped = not RatingUnit(sheet.low, sheet.high).is_identity
    layout = SheetLayout(n, m, sheet.n_factors, sheet.user_bias is not None, mapped)
    # Made in memory: a zip file that a full disk ends complains once more when it is dropped.
    content = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(content, plain)
    page = book.add_worksheet(TAB)
    _Writer(book, page, sheet, labels, layout).write()
    book.close()
    replace_file(path, content.getvalue())


class _Writer:
    """Fills one page."""

    def __init__(
        self, book: Any, page: Any, sheet: Sheet, labels: Labels, layout: SheetLayout
    ) -> None:
        self.book, self.page, self.layout = book, page, layout
        self.sheet, self.labels = sheet, labels
        self.answer = evaluate(sheet)
        self.bold = book.add_format({"bold": True})

    def write(self) -> None:
        self._head()
        self._labels()
        self._ratings()
        self._factors()
        self._predictions()
        self._name_ranges()
        self._decorate()

    def _head(self) -> None:
        layout, page = self.layout, self.page
        areas = {name: _area(*place) for name, place in layout.ranges().items()}
        changed = ", ".join(name for name in NAMES[3:] if name in areas)
        page.write_string(0, 0, "Collaborative filtering by factors", self.bold)
        page.write_string(
            *(0, layout.first_item),
            f"Solver: minimise the cell rmse by changing {changed} (GRG Nonlinear)",
        )
        page.write_string(1, layout.id_column, "RMSE", self.bold)
        page.write_formula(
            *(1, layout.first_item),
            f"=SQRT(SUMXMY2({areas['actual']},{areas['predicted']})/COUNT({areas['actual']}))",
            self._fill(LOSS, "0.0000"),
            self.answer.rmse,
        )
        if layout.mapped:
            page.write_string(2, layout.id_column, "low, high", self.bold)
            page.write_number(2, layout.first_item, self.sheet.low)
            page.write_number(2, layout.first_item + 1, self.sheet.high)

    def _labels(self) -> None:
        """Write ids and titles as text, whatever they begin with."""
        layout, page = self.layout, self.page
        rows = (layout.first_actual, layout.first_predicted)
        turned = self.book.add_format({"rotation": 60, "text_wrap": False, "bold": True})
        for column, (item, title) in enumerate(
            zip(self.labels.items, self.labels.titles, strict=True), layout.first_item
        ):
            page.write_string(layout.first_actual - 2, column, title, turned)
            for row in rows:
                self._write_id(row - 1, column, item)
        for first in rows:
            page.write_string(first - 1, layout.id_column, "user", self.bold)
            for row, user in enumerate(self.labels.users, first):
                self._write_id(row, layout.id_column, user)
        page.set_row(layout.first_actual - 2, 110)

    def _write_id(self, row: int, column: int, own: str) -> None:
        if own.isascii() and own.isdigit() and len(own) <= 15 and str(int(own)) == own:
            self.page.write_number(row, column, int(own), self.bold)
        else:
            self.page.write_string(row, column, own, self.bold)

    def _ratings(self) -> None:
        """Write the known ratings; cells without one stay truly empty."""
        fill = self._fill(ACTUAL, "General")
        for row, column in zip(*np.nonzero(~np.isnan(self.sheet.actual)), strict=True):
            place = (self.layout.first_actual + int(row), self.layout.first_item + int(column))
            self.page.write_number(*place, float(self.sheet.actual[row, column]), fill)

    def _factors(self) -> None:
        layout, sheet, ranges = self.layout, self.sheet, self.layout.ranges()
        tables = {
            "user_factors": (sheet.user_factors, USER),
            "item_factors": (sheet.item_factors.T, ITEM),
        }
        if sheet.user_bias is not None and sheet.item_bias is not None:
            tables["user_bias"] = (sheet.user_bias[:, None], USER)
            tables["item_bias"] = (sheet.item_bias[None, :], ITEM)
            self.page.write_string(
                layout.first_factor + layout.k, layout.id_column, "bias", self.bold
            )
            self.page.write_string(layout.first_predicted - 1, layout.k, "bias", self.bold)
        for name, (values, colour) in tables.items():
            fill = self._fill(colour, "0.00")
            top, left, _, _ = ranges[name]
            for (row, column), value in np.ndenumerate(values):
                self.page.write_number(top + row, left + column, float(value), fill)
        for factor in range(layout.k):
            words = f"factor {factor + 1}"
            self.page.write_string(layout.first_factor + factor, layout.id_column, words, self.bold)
            self.page.write_string(layout.first_predicted - 1, factor, words, self.bold)

    def _predictions(self) -> None:
        fill = self._fill(PREDICTED, "0.00")
        for (row, column), value in np.ndenumerate(self.answer.predicted):
            self.page.write_formula(
                self.layout.first_predicted + row,
                self.layout.first_item + column,
                self._formula(row, column),
                fill,
                float(value),
            )

    def _formula(self, row: int, column: int) -> str:
        """Return a prediction's formula: 0 where there is no rating, else the product."""
        from xlsxwriter.utility import xl_rowcol_to_cell as cell

        layout = self.layout
        across, down = layout.first_predicted + row, layout.first_item + column
        terms = [
            f"{cell(across, factor, col_abs=True)}"
            f"*{cell(layout.first_factor + factor, down, row_abs=True)}"
            for factor in range(layout.k)
        ]
        if layout.biased:
            terms.append(cell(across, layout.k, col_abs=True))
            terms.append(cell(layout.first_factor + layout.k, down, row_abs=True))
        rated = cell(layout.first_actual + row, down)
        total = "+".join(terms)
        if layout.mapped:
            low, high = (cell(2, layout.first_item + end, True, True) for end in (0, 1))
            total = f"{low}+({total}-{LOW:g})*({high}-{low})/{HIGH - LOW:g}"
        return f"=IF(ISBLANK({rated}),0,{total})"

    def _name_ranges(self) -> None:
        for name, place in self.layout.ranges().items():
            self.book.define_name(name, f"={TAB}!{_area(*place)}")

    def _decorate(self) -> None:
        heat = {
            "type": "3_color_scale",
            "min_color": "#F8A5A5",
            "mid_color": "#FFFFFF",
            "max_color": "#7FBF7F",
        }
        for name in ("actual", "predicted"):
            self.page.conditional_format(*self.layout.ranges()[name], heat)
        self.page.set_column(0, self.layout.id_column, 8)
        self.page.set_column(
            self.layout.first_item, self.layout.first_item + self.layout.m - 1, 6.5
        )
        self.page.freeze_panes(self.layout.first_actual, self.layout.first_item)

    def _fill(self, colour: str, number: str) -> Any:
        return self.book.add_format({"bg_color": colour, "num_format": number})


def _area(top: int, left: int, bottom: int, right: int) -> str:
    """Return an absolute range such as `$F$6:$T$20`."""
    from xlsxwriter.utility import xl_range_abs

    found: str = xl_range_abs(top, left, bottom, right)
    return found
