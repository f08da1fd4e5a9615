"""The list of data sets: what each is called, how large it is, and whether it can be opened."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events

from cftui.questions.data import AS_RECOGNISED, ColumnMapping, DataSetRow
from cftui.text import plain
from cftui.tui.shared.grid import Column, Grid

MEDIUM = 36
"""Cells of the list from which on it has room for the number of ratings."""
WIDE = 46
"""And from which on for those of users and items."""


class SetList(Grid):
    """Data sets, those opened last on top; what must be downloaded first is paler and says so."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"set-list--absent"}
    DEFAULT_CSS = "SetList > .set-list--absent { color: $foreground-muted; }"

    def __init__(self) -> None:
        super().__init__((), empty="looking for data sets …", id="sets")
        self._open = self._marked = "", AS_RECOGNISED

    def on_resize(self, event: events.Resize) -> None:
        """Show the columns that there is room for."""
        self.set_columns(self._columns_for(event.size.width))
        super().on_resize(event)

    def show_sets(
        self, sets: Sequence[DataSetRow], source: str, mapping: ColumnMapping = AS_RECOGNISED
    ) -> None:
        """Show data sets; the one that is open, as it was read, has a mark."""
        another, self._open = (source, mapping) != self._open, (source, mapping)
        self._marked = self._open
        opened = sorted((row for row in sets if row.opened is not None), key=_last_first)
        rows = [*opened, *(row for row in sets if row.opened is None)]
        self.set_columns(self._columns_for(self.size.width))
        keys = [(row.source, row.mapping) for row in rows]
        self.set_rows(rows, keys)
        if another:
            self.cursor_place = keys.index(self._open) if self._open in keys else 0

    def mark_open(self, source: str, mapping: ColumnMapping) -> None:
        """Give the mark to the one that is open now, until all are listed anew."""
        self._marked = source, mapping
        self.set_columns(self._columns_for(self.size.width))

    @property
    def chosen(self) -> DataSetRow | None:
        """The data set under the cursor."""
        return self.rows[self.cursor_place] if self.rows else None

    def named(self, text: str) -> DataSetRow | None:
        """Return the data set of the catalogue, or the bundled one, with this name."""
        offered = (row for row in self.rows if row.kind != "recent")
        return next((row for row in offered if row.name == text), None)

    def _inked(self, row: DataSetRow, text: str) -> Text:
        if row.ready:
            return Text(plain(text))
        absent = self.get_component_rich_style("set-list--absent")
        # a span: Rich leaves out the style of a text as a whole
        return Text.assemble((plain(text), Style(color=absent.color)))

    def _state(self, row: DataSetRow) -> str:
        return "● open" if (row.source, row.mapping) == self._marked else state_word(row)

    def _counts(self, label: str, width: int, name: str) -> Column:
        def cell(row: DataSetRow) -> Text:
            return self._inked(row, short(getattr(row, name)))

        return Column(label, width, align="right", key=cell)

    def _columns_for(self, width: int) -> list[Column]:
        columns = [
            Column("name", None, key=lambda row: self._inked(row, row.name)),
            Column("", 8, align="right", key=lambda row: self._inked(row, self._state(row))),
        ]
        if width >= MEDIUM:
            columns.insert(1, self._counts("ratings", 7, "n_ratings"))
        if width >= WIDE:
            columns[2:2] = [
                self._counts("users", 5, "n_users"),
                self._counts("items", 5, "n_items"),
            ]
        return columns


def _last_first(row: DataSetRow) -> float:
    return -(row.opened or 0.0)


def state_word(row: DataSetRow) -> str:
    """Return in a word or two whether a data set is there."""
    if row.kind == "catalogue":
        return f"↓ {size_words(row.size)}"
    return row.kind if row.ready else "gone"


def size_words(n_bytes: int | None) -> str:
    """Return a file's size in few characters."""
    if n_bytes is None:
        return "?"
    size, unit = float(n_bytes), "B"
    for following in ("kB", "MB", "GB"):
        if size < 999.5:
            break
        size, unit = size / 1000, following
    return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"


def short(number: int | None) -> str:
    """Return a count in few characters: 610, 9.07k, 32M."""
    if number is None:
        return ""
    value = float(number)
    for unit in ("", "k", "M"):
        if value < 999.5:
            return f"{value:.3g}{unit}"
        value /= 1000
    return f"{value:.3g}G"


def set_words(row: DataSetRow | None) -> str:
    """Return what there is to say of a data set, on one line."""
    if row is None:
        return ""
    parts = [row.holds or row.where, "" if row.ready else row.state, row.licence]
    return plain("; ".join(part for part in parts if part))


def download_question(row: DataSetRow) -> str:
    """Return what to ask before a download."""
    size = size_words(row.size)
    words = [f"Download {row.name}, {size}, from {row.where}?", row.holds]
    if row.licence:
        words.append(f"Licence: {row.licence}")
    if row.received:
        words.append(f"{size_words(row.received)} of it are here already")
    if row.changes:
        words.append("Its publisher replaces it now and then: it is taken as it comes, unchecked")
    return "\n\n".join(plain(word) for word in words if word)
