"""Screens laid over a pane: help, a question for a number, a choice of runs."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from cftui.runs.row import RunRow
from cftui.tui.shared.commands import Command, key_label
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.run_columns import choice_columns


class HelpScreen(Dialog[None]):
    """What the focused pane is for, and every key that works in it; a word finds some of them."""

    AUTO_FOCUS = "VerticalScroll"
    DEFAULT_CSS = """
    HelpScreen #find { height: 1; display: none; }
    HelpScreen.-finding #find { display: block; }
    HelpScreen VerticalScroll { height: auto; max-height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss(None)", "Close", id="help.close"),
        Binding("slash", "find", "Find", id="help.find"),
    ]

    def __init__(
        self, title: str, about: str, groups: Sequence[tuple[str, Sequence[Command]]]
    ) -> None:
        super().__init__()
        self._title, self._about, self._groups = title, about, groups

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical(classes="overlay") as box:
            box.border_title = self._title
            box.border_subtitle = "/ finds a key, esc closes"
            field = Input(placeholder="part of a key's name or words", compact=True, id="find")
            field.cursor_blink = False
            yield field
            with VerticalScroll():
                yield Static(self._lines(""), id="keys", markup=False)

    def _lines(self, words: str) -> str:
        """Return the text, narrowed to the commands that have all of these words."""
        wanted = words.casefold().split()
        lines = [] if wanted else [self._about, ""]
        for name, commands in self._groups:
            rows = [f"  {key_label(c.keys):<14} {c.label}: {c.help}" for c in commands]
            found = [row for row in rows if all(word in row.casefold() for word in wanted)]
            lines += [name, *found, ""] if found else []
        return "\n".join(lines) or "No key has these words"

    def action_find(self) -> None:
        """Type what is looked for."""
        self.add_class("-finding")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#keys", Static).update(self._lines(event.value))

    @on(Input.Submitted)
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(VerticalScroll).focus()


class AskNumber(Dialog[float | None]):
    """Asks for one number above 0."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel")
    ]

    def __init__(self, question: str, value: float) -> None:
        super().__init__()
        self._question, self._value = question, value

    def compose(self) -> ComposeResult:
        """Lay out the question and its field."""
        with Vertical(classes="overlay small") as box:
            box.border_subtitle = "enter sends, esc cancels"
            yield Static(self._question, markup=False)
            field = Input(f"{self._value:g}", compact=True, restrict=r"[0-9.eE+\-]*")
            field.cursor_blink = False
            yield field
            yield Static("", id="complaint", markup=False)

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        try:
            value = float(event.value)
        except ValueError:
            value = 0.0
        if 0 < value < float("inf"):
            self.dismiss(value)
        else:
            self.query_one("#complaint", Static).update("a number above 0, such as 0.01")


class AskYesNo(Dialog[bool]):
    """Asks before something that cannot be undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="ask.yes"),
        Binding("n,escape,enter", "dismiss(False)", "No", id="ask.no"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="overlay small") as box:
            box.border_subtitle = "y yes; n, esc or enter no"
            yield Static(self._question, markup=False)


class ChooseRunScreen(Dialog[str | None]):
    """Lists the runs that finished an epoch."""

    DEFAULT_CSS = "ChooseRunScreen .overlay { height: 70%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel", id="choose.cancel")
    ]

    def __init__(self, rows: Sequence[RunRow], chosen: str) -> None:
        """List `rows`, with the cursor on the run with the id `chosen`, if it is there."""
        super().__init__()
        self._rows, self._chosen = rows, chosen

    def list_runs(self, rows: Sequence[RunRow]) -> None:
        """List these runs in place of those before; the cursor stays on its run."""
        self._rows = rows
        for grid in self.query(Grid):
            grid.set_columns(choice_columns(rows, self.app.size.width))
            grid.set_rows(rows, [row.id for row in rows])

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="overlay wide") as box:
            box.border_title = "Which run answers"
            box.border_subtitle = "enter chooses, esc cancels"
            columns = choice_columns(self._rows, self.app.size.width)
            yield Grid(columns, empty="No run has finished an epoch yet; train one (3)")

    def on_mount(self) -> None:
        """Put the cursor on the present run."""
        self.list_runs(self._rows)
        grid, ids = self.query_one(Grid), [row.id for row in self._rows]
        if self._chosen in ids:
            grid.cursor_place = ids.index(self._chosen)
        grid.focus()

    @on(Grid.Selected)
    def _choose(self, event: Grid.Selected) -> None:
        event.stop()
        self.dismiss(self._rows[event.row].id)
