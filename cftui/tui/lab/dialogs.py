"""Small dialogs of the lab: an optimizer, a weight by hand."""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from cftui.questions.lab import RULE_NAMES
from cftui.text import plain
from cftui.tui.lab.words import RULE_HELP
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.inputs import Choice, FieldChanged, NumberField

CANCEL = Binding("escape", "dismiss(None)", "Cancel", id="dialog.cancel")
TAKE = Binding("enter", "take", "Take", priority=True, id="dialog.take")


class ChooseRule(Dialog[str | None]):
    """Lists the optimizers; those that are in the race have their numbers before them."""

    DEFAULT_CSS = "ChooseRule Grid { height: 10; }"
    BINDINGS: ClassVar[list[BindingType]] = [CANCEL]
    COLUMNS = (Column("", 4), Column("optimizer", 15), Column("a step", None))

    def __init__(self, title: str, at: str, racing: Sequence[str]) -> None:
        """Begin with the cursor at a rule; `racing` are the optimizers there are, in order."""
        super().__init__()
        self._title, self._at, self._racing = title, at, tuple(racing)

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="overlay") as box:
            box.border_title = self._title
            box.border_subtitle = "enter chooses, esc cancels"
            yield Grid(self.COLUMNS)

    def on_mount(self) -> None:
        """Put the cursor where one begins."""
        grid = self.query_one(Grid)
        rows = [(self._numbers(name), name, RULE_HELP[name]) for name in RULE_NAMES]
        grid.set_rows(rows, RULE_NAMES)
        grid.cursor_place = RULE_NAMES.index(self._at)
        grid.focus()

    def _numbers(self, rule: str) -> str:
        """Return the places in the race that a rule has, such as 1 or 13."""
        places = (place for place, name in enumerate(self._racing, start=1) if name == rule)
        return "".join(map(str, places))

    @on(Grid.Selected)
    def _choose(self, event: Grid.Selected) -> None:
        event.stop()
        self.dismiss(RULE_NAMES[event.row])


class SetWeight(Dialog[tuple[str, float] | None]):
    """Asks for a weight's new value."""

    DEFAULT_CSS = """
    SetWeight .setting { height: 1; }
    SetWeight .setting Static { width: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [CANCEL, TAKE]

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__()
        self._weights = dict(weights)
        self._letter = next(iter(weights))

    def compose(self) -> ComposeResult:
        """Lay out which weight, and its value."""
        with Vertical(classes="overlay small") as box:
            box.border_title = "A weight by hand"
            box.border_subtitle = "enter sets it, esc cancels"
            with Horizontal(classes="setting"):
                yield Static("value", markup=False)
                yield NumberField("value", f"{self._weights[self._letter]:.6g}")
            with Horizontal(classes="setting"):
                yield Static("weight", markup=False)
                yield Choice("letter", self._letter, tuple(self._weights))
            yield Static("", id="complaint", markup=False)

    def on_field_changed(self, message: FieldChanged) -> None:
        """Begin another weight at its own value."""
        message.stop()
        if message.key == "letter" and message.value != self._letter:
            self._letter = message.value
            self.query_one(NumberField).value = f"{self._weights[self._letter]:.6g}"

    def action_take(self) -> None:
        """Leave with the weight, or say that its value is none."""
        typed = self.query_one(NumberField).value
        try:
            value = float(typed)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            self.dismiss((self.query_one(Choice).value, value))
        else:
            words = f"{typed!r} is no finite number; give one such as 2.5"
            self.query_one("#complaint", Static).update(plain(words))
