"""The lab's form: learning rate and the like of an optimizer, and the points of all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from cftui.questions.lab import FUNCTION_NAMES, DescentSettings
from cftui.text import plain
from cftui.tui.lab.dialogs import CANCEL, TAKE
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.inputs import Choice, FieldChanged, NumberField, TextField

Check = Callable[[DescentSettings], Awaitable[str]]
"""Returns what is wrong with settings; empty for nothing."""


class LabForm(Dialog[DescentSettings | None]):
    """Asks for the points, and how the optimizer in view steps on them."""

    DEFAULT_CSS = """
    LabForm .setting { height: 1; }
    LabForm .setting Static { width: 30; }
    LabForm #complaint { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [CANCEL, TAKE]

    def __init__(
        self, settings: DescentSettings, options: Mapping[str, float | bool], check: Check
    ) -> None:
        """Begin with these; `options` are all of the rule's."""
        super().__init__()
        self._settings, self._options, self._check = settings, dict(options), check
        start = settings.start or (1.0,) * 3
        self._typed: dict[str, str] = {
            **{key: _text(value) for key, value in self._ordered_options()},
            "points": settings.points,
            "function": settings.function,
            "batch": str(settings.batch),
            "difference": f"{settings.difference:g}",
            **{
                f"start {letter}": f"{value:g}" for letter, value in zip("abc", start, strict=False)
            },
        }
        self._typed.setdefault("start c", "1")

    def _ordered_options(self) -> list[tuple[str, float | bool]]:
        """Return the learning rate first."""
        return sorted(self._options.items(), key=lambda entry: entry[0] != "learning_rate")

    WORDS: ClassVar[dict[str, str]] = {
        "points": "points: lesson, or a CSV file",
        "batch": "batch, 0 for all points",
        "difference": "h of the estimated derivative",
        "start c": "start c, of a parabola",
    }

    def compose(self) -> ComposeResult:
        """Lay out one line a setting."""
        with VerticalScroll(classes="overlay small", can_focus=False) as box:
            box.border_title = f"{self._settings.rule}, and the points of all"
            box.border_subtitle = "enter takes them, esc cancels"
            for key in self._typed:
                with Horizontal(classes="setting"):
                    yield Static(self.WORDS.get(key, key.replace("_", " ")), markup=False)
                    yield self._field(key)
            yield Static("", id="complaint", markup=False)

    def _field(self, key: str) -> Choice | TextField:
        value = self._typed[key]
        if key == "points":
            return TextField(key, value)
        if key == "function":
            return Choice(key, value, FUNCTION_NAMES)
        if isinstance(self._options.get(key), bool):
            return Choice(key, value, ("yes", "no"))
        return NumberField(key, value)

    def on_field_changed(self, message: FieldChanged) -> None:
        """Let it be: the fields are read when they are taken."""
        message.stop()

    def action_take(self) -> None:
        """Have the settings checked, then leave with them."""
        try:
            settings = self._read()
        except ValueError as error:
            self._complain(str(error))
        else:
            self._leave_if_usable(settings)

    @work(exclusive=True, group="check", exit_on_error=False, description="Checking settings")
    async def _leave_if_usable(self, settings: DescentSettings) -> None:
        words = await self._check(settings)
        if words:
            self._complain(words)
        else:
            self.dismiss(settings)

    def _complain(self, words: str) -> None:
        complaint = self.query_one("#complaint", Static)
        complaint.update("\n".join(map(plain, words.splitlines())))
        complaint.scroll_visible()

    def _read(self) -> DescentSettings:
        """Return the settings as typed; raises ValueError that names what is no number."""
        self._typed |= {field.key: field.value for field in self.query(TextField)}
        self._typed |= {choice.key: choice.value for choice in self.query(Choice)}
        options: dict[str, float | bool] = dict(self._settings.options)
        for key, was in self._options.items():
            now = self._typed[key] == "yes" if isinstance(was, bool) else self._number(key)
            if now != was:
                options[key] = now
        letters = "abc"[: 3 if self._typed["function"] == "parabola" else 2]
        start = tuple(self._number(f"start {letter}") for letter in letters)
        return replace(
            self._settings,
            options=tuple(sorted(options.items())),
            points=self._typed["points"].strip(),
            function=self._typed["function"],
            batch=self._whole("batch"),
            difference=self._number("difference"),
            start=() if set(start) == {1.0} else start,
        )

    def _number(self, key: str) -> float:
        return float(self._parsed(key, float, "a number"))

    def _whole(self, key: str) -> int:
        return int(self._parsed(key, int, "a whole number"))

    def _parsed(self, key: str, kind: Callable[[str], Any], what: str) -> Any:
        try:
            return kind(self._typed[key])
        except ValueError:
            name = self.WORDS.get(key, key.replace("_", " "))
            raise ValueError(f"{name}: {self._typed[key]!r} is not {what}") from None


def _text(value: float | bool) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else f"{value:.12g}"
