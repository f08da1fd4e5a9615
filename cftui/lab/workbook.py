"""A descent as a workbook with live formulas: a sheet an optimizer, a row a step."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cftui.files import replace_file
from cftui.lab.descent import DescentStep
from cftui.lab.points import Points
from cftui.lab.workbook_layout import FIRST_SETTING, DescentSheet
from cftui.text import plain

POINTS = "Points"
"""The sheet that the points are on, under a heading: x in column A, y in B."""
SETTING, WEIGHT, FOUND, NEW = "#FFF2CC", "#E2EFDA", "#E4DFEC", "#FCE4D6"
"""Fills: what one may change, weights before a step, what follows from them, weights after it."""


def write_workbook(path: Path, sheets: Sequence[DescentSheet]) -> None:
    """Write sheets of one set of points as an .xlsx; raises OSError."""
    import xlsxwriter

    content = io.BytesIO()
    plainly = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(content, plainly)
    for sheet in sheets:
        _DescentPage(book, book.add_worksheet(sheet.title), sheet).write()
    _write_points(book, book.add_worksheet(POINTS), sheets[0].plan.points)
    book.close()
    replace_file(path, content.getvalue())


def _write_points(book: Any, page: Any, points: Points) -> None:
    bold, fill = book.add_format({"bold": True}), book.add_format({"bg_color": SETTING})
    for column, (head, values) in enumerate((("x", points.x), ("y", points.y))):
        page.write_string(0, column, head, bold)
        page.write_column(1, column, values.tolist(), fill)
        letter = "AB"[column]
        book.define_name(f"points.{head}", f"={POINTS}!${letter}$2:${letter}${len(points) + 1}")
    page.write_string(0, 3, f"from {plain(points.name)}")


@dataclass(frozen=True)
class _Batch:
    """The cells of a step's points: one each of x and y, or as many as the batch has."""

    x: str
    y: str
    n: int

    def mean(self, formula: str) -> str:
        """Return a formula of its points as the mean over them."""
        return formula if ":" not in self.x else f"SUMPRODUCT({formula})/{self.n}"


def _power(x: str, power: int) -> tuple[str, ...]:
    """Return x to a power, as the factors of a product; to 0 there are none."""
    return () if not power else (x,) if power == 1 else (f"{x}^{power}",)


class _DescentPage:
    """Fills one page."""

    def __init__(self, book: Any, page: Any, sheet: DescentSheet) -> None:
        self.book, self.page, self.sheet, self.plan = book, page, sheet, sheet.plan
        self.letters = sheet.plan.function.letters
        self.places = {name: place for place, name in enumerate(sheet.columns)}
        self.names = {setting: sheet.name_of(setting) for setting in sheet.settings}
        self.bold = book.add_format({"bold": True})
        self.fills = {
            colour: book.add_format({"bg_color": colour}) for colour in (SETTING, WEIGHT, NEW)
        }
        self.fills[FOUND] = book.add_format({"bg_color": FOUND, "num_format": "0.00000"})

    def write(self) -> None:
        self._head()
        self._start()
        met, since, errors = 0, self.sheet.start_row + 1, iter(self.sheet.epoch_rmse)
        for place, step in enumerate(self.sheet.steps, start=1):
            row = self.sheet.start_row + place
            met += not step.by_hand
            formulas = self._by_hand(row, step) if step.by_hand else self._step(row, step)
            values = self._values(step, met)
            for name, formula in formulas:
                self._write(row, name, formula, values.get(name))
            if not (step.by_hand or self.sheet.online):
                told = f"{step.first + 1} to {step.first + len(step.x)}"
                self.page.write_string(row, self.places["points"], told)
            if not step.by_hand and met % self.plan.steps_per_epoch == 0:
                self._epoch(row, since, next(errors, 0.0))
                since = row + 1

    def _head(self) -> None:
        plan, page = self.plan, self.page
        title = f"{self.sheet.title}: {plan.function.formula}, a row a step"
        page.write_string(0, 0, title, self.bold)
        page.write_string(1, 0, f"rule: {type(plan.rule).source}")
        for row, (name, (value, words)) in enumerate(self.sheet.settings.items(), FIRST_SETTING):
            page.write_string(row, 0, name)
            page.write(row, 2, value, self.fills[SETTING])
            page.write_string(row, 3, words)
            where = f"='{self.sheet.title}'!$C${row + 1}"
            self.book.define_name(self.names[name], where)
        for place, name in enumerate(self.sheet.columns):
            page.write_string(self.sheet.start_row - 1, place, name, self.bold)
        page.set_column(0, 1, 6)
        page.set_column(2, len(self.sheet.columns) - 1, 13)
        page.freeze_panes(self.sheet.start_row, 1)

    def _start(self) -> None:
        """Write step 0, so that every step is computed alike from the row above it."""
        row = self.sheet.start_row
        self._write(row, "step", "0", 0)
        self._write(row, "t", "0", 0)
        for letter, value in zip(self.letters, self.plan.start.tolist(), strict=True):
            for name in type(self.plan.rule).memory:
                self._write(row, f"{name}_{letter}", "0", 0.0)
            self._write(row, f"new_{letter}", self.names[f"start_{letter}"], value)

    def _step(self, row: int, step: DescentStep) -> Iterator[tuple[str, str]]:
        """Give the formulas of a step by the names of their columns."""
        points = self._points(row, step)
        yield "step", f"{self.cell(row - 1, 'step')}+1"
        yield "t", f"{self.cell(row - 1, 't')}+1"
        if self.sheet.online:
            point = f"MOD({self.cell(row, 't')}-1,{len(self.plan.points)})+1"
            yield "x", f"INDEX(points.x,{point})"
            yield "y", f"INDEX(points.y,{point})"
        weights = [self.cell(row, letter) for letter in self.letters]
        predicted = self._predicted(weights, points.x)
        error = f"({predicted}-{points.y})"
        if self.sheet.online:
            yield "prediction", predicted
            yield "error", f"{self.cell(row, 'prediction')}-{points.y}"
            error = self.cell(row, "error")
        yield "squared_error", points.mean(f"{error}^2")
        here, h = self.cell(row, "squared_error"), self.names["h"]
        for place, (letter, power) in enumerate(
            zip(self.letters, self.plan.function.powers, strict=True)
        ):
            moved = [f"({w}+{h})" if other == place else w for other, w in enumerate(weights)]
            there = points.mean(f"({self._predicted(moved, points.x)}-{points.y})^2")
            yield letter, self.cell(row - 1, f"new_{letter}")
            yield f"estimated_de_d{letter}", f"({there}-{here})/{h}"
            yield f"de_d{letter}", points.mean("*".join(("2", error, *_power(points.x, power))))
            yield from self._update(row, letter)

    def _by_hand(self, row: int, step: DescentStep) -> Iterator[tuple[str, str]]:
        """Give the formulas of a row in which somebody set a weight: the state stays as it is."""
        yield "step", f"{self.cell(row - 1, 'step')}+1"
        yield "t", self.cell(row - 1, "t")
        changed = step.new != step.weights
        for letter, new, other in zip(self.letters, step.new.tolist(), changed, strict=True):
            yield letter, self.cell(row - 1, f"new_{letter}")
            for name in type(self.plan.rule).memory:
                yield f"{name}_{letter}", self.cell(row - 1, f"{name}_{letter}")
            yield f"new_{letter}", repr(new) if other else self.cell(row, letter)

    def _update(self, row: int, letter: str) -> Iterator[tuple[str, str]]:
        """Give what the update rule makes of one weight's derivative."""
        rule = self.sheet.rule
        known = {
            **self.names,
            "w": self.cell(row, letter),
            "de": self.cell(row, f"de_d{letter}"),
            "t": self.cell(row, "t"),
        }
        for name, _ in rule.columns:
            known[name] = self.cell(row, f"{name}_{letter}")
            known[f"last_{name}"] = self.cell(row - 1, f"{name}_{letter}")
        for name, formula in rule.columns:
            yield f"{name}_{letter}", formula.format_map(known)
        yield f"new_{letter}", rule.new.format_map(known)

    def _points(self, row: int, step: DescentStep) -> "_Batch":
        if self.sheet.online:
            return _Batch(self.cell(row, "x"), self.cell(row, "y"), 1)
        first, last = step.first + 2, step.first + len(step.x) + 1
        return _Batch(
            f"{POINTS}!$A${first}:$A${last}", f"{POINTS}!$B${first}:$B${last}", len(step.x)
        )

    def _predicted(self, weights: Sequence[str], x: str) -> str:
        powers = self.plan.function.powers
        return "+".join(
            "*".join((weight, *_power(x, power)))
            for weight, power in zip(weights, powers, strict=True)
        )

    def _epoch(self, row: int, first: int, value: float) -> None:
        """Write an epoch's error beside its last step: of all its points, the last batch's too."""
        size, n = self.plan.batch_size, len(self.plan.points)
        last_size = n - size * (self.plan.steps_per_epoch - 1)
        last = self.cell(row, "squared_error")
        total = f"SUM({self.cell(first, 'squared_error')}:{last})*{size}"
        total += f"-{last}*{size - last_size}" if last_size < size else ""
        self._write(row, "epoch_rmse", f"SQRT(({total})/{n})", value)

    def _values(self, step: DescentStep, met: int) -> dict[str, float]:
        """Return what was computed here, for who shows the file without computing."""
        found: dict[str, float] = {"step": step.number, "t": met}
        if self.sheet.online and not step.by_hand:
            found["x"], found["y"] = float(step.x[0]), float(step.y[0])
            found["prediction"] = float(step.prediction[0])
            found["error"] = found["prediction"] - found["y"]
        found["squared_error"] = step.squared_error
        told = {
            "estimated_de_d": step.estimated,
            "de_d": step.gradient,
            "": step.weights,
            "new_": step.new,
            "g_": step.gradient + self.plan.rule.weight_decay * step.weights,
            **{f"{name}_": array for name, array in step.state.items() if name != "t"},
        }
        for head, array in told.items():
            for letter, value in zip(self.letters, array.tolist(), strict=True):
                found[f"{head}{letter}"] = value
        return found

    def _write(self, row: int, name: str, formula: str, value: float | None) -> None:
        finite = value is None or np.isfinite(value)
        self.page.write_formula(
            *(row, self.places[name], f"={formula}", self._fill(name)),
            (value or 0) if finite else "#NUM!",
        )

    def _fill(self, name: str) -> Any:
        if name in self.letters:
            return self.fills[WEIGHT]
        if name.startswith("new_"):
            return self.fills[NEW]
        return None if name in ("step", "t", "x", "y") else self.fills[FOUND]

    def cell(self, row: int, name: str) -> str:
        """Return a cell's address, such as `E12`."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        found: str = xl_rowcol_to_cell(row, self.places[name])
        return found
