"""Small inputs of the training form: numbers, words and choices, one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

NUMBER = frozenset("0123456789.eE+-")
WHOLE = frozenset("0123456789")


@dataclass
class FieldChanged(Message):
    """A field has another value."""

    key: str
    value: str


UP_AND_DOWN: list[BindingType] = [
    Binding("up", "app.focus_previous", "Field above", show=False, id="field.above"),
    Binding("down", "app.focus_next", "Field below", show=False, id="field.below"),
]


class TextField(Input):
    """A one-line text."""

    BINDINGS: ClassVar[list[BindingType]] = UP_AND_DOWN

    def __init__(self, key: str, value: str) -> None:
        super().__init__(value, compact=True, select_on_focus=True)
        self.key = key
        self.cursor_blink = False  # an idle screen sends nothing
        self._before = value

    def on_focus(self) -> None:
        """Remember the value that can be brought back."""
        self._before = self.value

    def take_back(self) -> None:
        """Bring back the value that was there when the focus came."""
        self.value = self._before

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass the value on."""
        event.stop()
        self.post_message(FieldChanged(self.key, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field."""
        event.stop()
        self.screen.focus_next()


@dataclass
class FileGiven(Message):
    """A file's name has been typed to its end."""

    name: str


class FileField(TextField):
    """The name of a file; enter says that it is complete."""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Have it looked at; the focus stays, for the file may have to be named anew."""
        event.stop()
        event.prevent_default()
        self.post_message(FileGiven(event.value))


class NumberField(TextField):
    """A number; what none can have are commands still, so that `s` starts from here too."""

    def __init__(self, key: str, value: str, zero: str = "", *, whole: bool = False) -> None:
        """Show a value, made of digits alone where it is `whole`.

        `zero`: a word for 0, which is shown while the field has no focus.
        """
        super().__init__(key, value)
        self._zero, self._characters = zero, WHOLE if whole else NUMBER

    def render_line(self, y: int) -> Strip:
        """Return the line: the word for 0 where it is that."""
        if self._zero and not self.has_focus and self.value == "0":
            style = self.rich_style + Style(dim=True)
            return Strip([Segment(self._zero, style)]).adjust_cell_length(self.size.width, style)
        return super().render_line(y)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take the characters of a number alone."""
        return character is not None and self._takes(character)

    def on_key(self, event: events.Key) -> None:
        """Leave other letters to those above."""
        if event.is_printable and not self._takes(event.character or ""):
            event.prevent_default()

    def _takes(self, character: str) -> bool:
        """Return whether a character can be of the number; an exponent follows a digit."""
        if character not in self._characters:
            return False
        return character not in "eE" or min(self.selection) > 0


class Choice(Widget, can_focus=True):
    """One of several words; left and right, or enter, change it."""

    DEFAULT_CSS = """
    Choice {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *UP_AND_DOWN,
        Binding("right,enter,space", "turn(1)", "Next", show=False, id="choice.next"),
        Binding("left", "turn(-1)", "Previous", show=False, id="choice.previous"),
    ]

    value: reactive[str] = reactive("", init=False)

    def __init__(self, key: str, value: str, options: Sequence[str]) -> None:
        super().__init__()
        self.key = key
        self._options = tuple(options)
        self.set_reactive(Choice.value, value)

    def render(self) -> str:
        """Return the word between arrows; a single option has none."""
        return f"‹{self.value}›" if len(self._options) > 1 else f" {self.value}"

    def action_turn(self, by: int) -> None:
        """Take the next option, or the one before."""
        place = self._options.index(self.value) if self.value in self._options else -by
        self.value = self._options[(place + by) % len(self._options)]

    def watch_value(self) -> None:
        """Tell the form."""
        self.post_message(FieldChanged(self.key, self.value))

    def on_click(self) -> None:
        """Take the next option."""
        self.action_turn(1)


class FieldForm(Widget):
    """Base of a pane's forms: escape takes back what was typed into a field, and leaves it.

    Digits are typed into a field, so that only outside of one they bring other panes into view.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_field", "Leave the field", show=False, id="form.leave")
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to the pane where no field is typed into."""
        if action == "leave_field" and not isinstance(self.screen.focused, TextField):
            return False
        return super().check_action(action, parameters)

    def step_out(self) -> None:
        """Leave a field as it stands for the nearest choice above, where digits are keys again."""
        field = self.screen.focused
        if isinstance(field, TextField) and self in field.ancestors:
            fields = list(self.query("Choice, TextField"))
            above = [one for one in fields[: fields.index(field)] if isinstance(one, Choice)]
            (above or list(self.query(Choice)))[-1 if above else 0].focus()

    def action_leave_field(self) -> None:
        """Take back what was typed, and go to where digits are keys again."""
        field = self.screen.focused
        if isinstance(field, TextField):
            field.take_back()
            self.query(Choice).first().focus()
