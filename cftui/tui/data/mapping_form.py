"""Says which columns of a file are users, items, ratings and times, over its first rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from cftui.questions.data import ColumnMapping, FilePreview
from cftui.text import plain
from cftui.tui.shared.form import FormRow
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.inputs import Choice, FieldChanged

ROLES = (("user", "user"), ("item", "item"), ("rating", "rating"), ("timestamp", "time"))
"""Of columns: the name in a mapping, and the word on screen."""
SEPARATORS = {",": "comma", ";": "semicolon", "tab": "tab", "|": "bar", "::": "two colons",
              " ": "blanks"}  # fmt: skip
SCALES = {"": "as they are", "log": "log2(1 + count)"}
"""How values are read, and the words for it."""
UNRATED = {"": "none", "0": "0", "-1": "-1", "0,-1": "0 and -1", "99": "99"}
"""Values that mean that there is no rating, and the words for them."""
DATES = {"": "as they tell", "day-first": "day first", "month-first": "month first",
         "excel": "Excel's days", "days": "days since 1970", "numbers": "as numbers"}  # fmt: skip
JOINED = "+"
"""Between the columns that together are the time."""
HOW = {"values": SCALES, "unrated": UNRATED, "dates": DATES}
"""By their names in a mapping: what is chosen beside the columns."""
NO_COLUMNS = ("separator", "titles", *HOW)
"""Choices that are of no column."""
WIDEST = 24
"""Cells of a column of the preview."""


class ColumnChoice(Choice):
    """One of a file's columns, or none; a digit takes the column of that number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Read", show=False, id="columns.read"),
        *(
            Binding(str(digit), f"take({digit})", show=False, id=f"columns.{digit}")
            for digit in range(10)
        ),
    ]

    @dataclass
    class Submitted(Message):
        """The mapping is as it should be."""

    def __init__(self, key: str, value: str, options: Sequence[str], labels: Sequence[str]) -> None:
        """Offer options, each shown as its label."""
        super().__init__(key, value, options)
        self._labels = dict(zip(options, labels, strict=True))

    def render(self) -> Content:  # type: ignore[override]
        """Return the column's name between arrows: data, never markup."""
        return Content(f"‹{plain(self._labels.get(self.value, self.value))}›")

    def action_take(self, number: int) -> None:
        """Take the column of a number, counted from 1; 0 for none."""
        if number < len(self._options):
            self.value = self._options[number]

    def action_submit(self) -> None:
        """Have the file read so."""
        self.post_message(self.Submitted())


class MappingForm(Vertical):
    """A choice of a column for each role and of the separator, over the first rows."""

    @dataclass
    class MappingChanged(Message):
        """Another column was chosen, or another separator."""

        mapping: ColumnMapping

    @dataclass
    class Accepted(Message):
        """The file is to be read with this mapping."""

        mapping: ColumnMapping

    DEFAULT_CSS = """
    MappingForm {
        height: 1fr;
        & > #problem { height: auto; max-height: 5; padding: 0 1; }
        & > #problem.problem { color: $text-warning; text-style: bold; }
        & > #kind { height: auto; max-height: 4; padding: 0 1; }
        & > #preview { min-height: 4; border-top: solid $primary-muted; }
        & > #how { height: auto; padding: 0 1; color: $text-muted; }
        & FormRow { padding: 0 1; }
    }
    """

    def __init__(self, preview: FilePreview, complaint: str = "") -> None:
        """Show a file; the complaint of a reader stands until something is chosen."""
        super().__init__(id="mapping")
        self._preview, self._complaint = preview, complaint
        self._replacing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the choices are those of the preview."""
        self._replacing.set_result(None)

    def compose(self) -> ComposeResult:
        """Lay out the words, a row for each role, and the preview."""
        yield Static("", id="kind", markup=False)
        yield from self._rows()
        how = "left, right or its number choose a column"
        yield Static(how, id="how", markup=False)
        yield Static("", id="problem", markup=False)
        yield Grid((), empty="The file is empty", id="preview")

    def on_mount(self) -> None:
        """Show what is known of the file."""
        self._show_preview()

    @property
    def preview(self) -> FilePreview:
        """Return what is shown of the file."""
        return self._preview

    @property
    def mapping(self) -> ColumnMapping:
        """Return the mapping as it is chosen."""
        chosen = {choice.key: choice.value for choice in self.query(ColumnChoice)}
        for role, _ in ROLES:
            chosen[role] = self._name_of(chosen[role])
        return ColumnMapping(**chosen)

    def _name_of(self, number: str) -> str:
        """Return a column's name, where no other has it, else its number."""
        if number == "none" or JOINED in number:
            return number
        name = self._preview.columns[int(number) - 1].strip() if number else ""
        alike = [other for other in self._preview.columns if other.strip().lower() == name.lower()]
        return name if len(alike) == 1 and name else number

    def focus_first(self) -> None:
        """Take the focus on the first role that has no column yet, else on the first."""
        choices = list(self.query(ColumnChoice))
        missing = [c for c in choices[:3] if not c.value]
        (missing or choices)[0].focus()

    async def show_preview(self, preview: FilePreview) -> None:
        """Show the file as it looks with another mapping; the choices are made anew if they differ.

        The focus stays on its role. May be given up at any time for a newer preview.
        """
        await asyncio.shield(self._replacing)
        before, self._preview = self._preview, preview
        self._complaint = ""
        if before.columns != preview.columns or before.separator != preview.separator:
            self._replacing = asyncio.ensure_future(self._replace_rows())
            await asyncio.shield(self._replacing)
        if not self.query(ColumnChoice):  # being taken away: its rows go first
            return
        self._show_chosen()
        self._show_preview()

    async def _replace_rows(self) -> None:
        """Put the choices for the file in the place of those there are: never are there none."""
        focused, old = self.screen.focused, list(self.query(FormRow))
        key = focused.key if isinstance(focused, ColumnChoice) else ""
        async with self.batch():
            await self.mount_all(self._rows(), before="#how")
            for choice in self.query(ColumnChoice):
                if choice.key == key:
                    choice.focus()
            for row in old:
                await row.remove()

    def _show_chosen(self) -> None:
        """Show what was recognised where nothing was chosen."""
        for choice in self.query(ColumnChoice):
            if choice.key not in NO_COLUMNS and not choice.value:
                number = self._number_of(getattr(self._preview.mapping, choice.key))
                choice.set_reactive(ColumnChoice.value, number)
                choice.refresh()

    def _rows(self) -> list[FormRow]:
        preview, numbers = self._preview, [str(n + 1) for n in range(len(self._preview.columns))]
        labels = [
            "none",
            *(f"{n} {name}" for n, name in zip(numbers, preview.columns, strict=True)),
        ]
        rows = []
        for role, word in ROLES:
            column = getattr(preview.mapping, role)
            chosen = self._number_of(column)
            # to choose no times is another wish than that none were recognised
            none = "none" if role == "timestamp" and column else ""
            offered = dict(zip([none, *numbers], labels, strict=True))
            if JOINED in chosen:
                offered[chosen] = chosen.replace(JOINED, " and ")
            choice = ColumnChoice(role, chosen or none, list(offered), list(offered.values()))
            rows.append(FormRow(Static(word), choice))
        if preview.separator:
            known = dict.fromkeys([*SEPARATORS, _spoken(preview.separator)])
            words = [SEPARATORS.get(separator, separator) for separator in known]
            choice = ColumnChoice("separator", _spoken(preview.separator), list(known), words)
            rows.append(FormRow(Static("separator"), choice))
        rows += [self._how_row(key) for key in HOW]
        if titles := tuple(filter(None, dict.fromkeys((preview.mapping.titles, *preview.titles)))):
            words = ["what fits", *(PurePath(path).name for path in titles)]
            choice = ColumnChoice("titles", preview.mapping.titles, ["", *titles], words)
            rows.append(FormRow(Static("titles"), choice))
        return rows

    def _how_row(self, key: str) -> FormRow:
        """Return the row for what is chosen beside the columns, and what the shell gave."""
        chosen = getattr(self._preview.mapping, key)
        known = {**HOW[key], **({} if chosen in HOW[key] else {chosen: chosen})}
        choice = ColumnChoice(key, chosen, list(known), list(known.values()))
        return FormRow(Static(key), choice)

    def _number_of(self, column: str) -> str:
        """Return a column's number as text, for its name or its number; empty for none."""
        columns = self._preview.columns
        if JOINED in column and column not in columns:
            return column
        if column in columns:
            return str(columns.index(column) + 1)
        return column if column.isdigit() and 1 <= int(column) <= len(columns) else ""

    def _show_preview(self) -> None:
        preview = self._preview
        problem = self._problem()
        words = self.query_one("#problem", Static)
        words.set_class(bool(problem), "problem")
        words.update(plain(problem) or "enter reads the file so")
        self.query_one("#kind", Static).update(self._kind())
        grid = self.query_one("#preview", Grid)
        chosen = {choice.key: choice.value for choice in self.query(ColumnChoice)}
        roles = {chosen[role]: word for role, word in ROLES}
        grid.set_columns(
            Column(
                f"{n} {name}" + (f" = {roles[str(n)]}" if str(n) in roles else ""),
                min(max(len(name) + 12, *(len(_cell(row, n)) for row in preview.rows), 4), WIDEST),
                key=partial(_cell, number=n),
            )
            for n, name in enumerate(preview.columns, 1)
        )
        grid.set_rows(preview.rows)

    def _problem(self) -> str:
        """Return what is wrong, without the options that the shell has for it."""
        chosen = {choice.key: choice.value for choice in self.query(ColumnChoice)}
        missing = [word for role, word in ROLES[:3] if not chosen[role]]
        if missing:
            return f"Say which column is the {' and the '.join(missing)}"
        return (self._complaint or self._preview.problem).split(" with --")[0]

    def _kind(self) -> str:
        preview = self._preview
        header = "" if preview.has_header else "no header"
        parts = [preview.format, preview.packed, preview.encoding, header]
        told = f"{preview.source}: {', '.join(part for part in parts if part)}"
        return plain("; ".join((told, *preview.notes)))

    @on(FieldChanged)
    def _pass_on(self, message: FieldChanged) -> None:
        message.stop()
        self._show_preview()
        self.post_message(self.MappingChanged(self.mapping))

    @on(ColumnChoice.Submitted)
    @on(Grid.Selected, "#preview")
    def _accept(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Accepted(self.mapping))


def _cell(row: Sequence[str], number: int) -> str:
    return plain(row[number - 1]) if number <= len(row) else ""


def _spoken(separator: str) -> str:
    return "tab" if separator == "\t" else separator
