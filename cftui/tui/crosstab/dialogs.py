"""Dialogs of the crosstab: its settings, a jump to a row or column, a number, a file's name."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from cftui.questions.sheet import Labels
from cftui.tui.crosstab.state import CrosstabSettings
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.inputs import Choice, FieldChanged, NumberField

DEFAULTS = CrosstabSettings()
CANCEL = Binding("escape", "dismiss(None)", "Cancel", id="dialog.cancel")


class SettingsScreen(Dialog[CrosstabSettings | None]):
    """Asks for the size of the crosstab and how its sheet begins."""

    DEFAULT_CSS = """
    SettingsScreen .setting { height: 1; }
    SettingsScreen .setting Static { width: 26; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        CANCEL,
        Binding("enter", "take", "Take", priority=True, id="dialog.take"),
    ]
    WORDS: ClassVar[dict[str, str]] = {
        "users": "most active users, 0 fits",
        "items": "most rated movies, 0 fits",
        "order": "in order of",
        "factors": "factors a side, 1–20",
        "biases": "biases",
        "seed": "seed of the start",
        "learning_rate": "learning rate, 0 suits",
        "momentum": "momentum",
    }

    ZERO: ClassVar[dict[str, str]] = {
        "users": "auto: what there is room for",
        "items": "auto: what there is room for",
        "learning_rate": "auto: suits the size",
    }
    """What 0 means."""

    def __init__(self, settings: CrosstabSettings, most: tuple[int, int]) -> None:
        """Begin with these; `most` is how many users and items there are."""
        super().__init__()
        self._values: dict[str, Any] = asdict(settings)
        self._most = most

    def compose(self) -> ComposeResult:
        """Lay out one line a setting."""
        with Vertical(classes="overlay small") as box:
            box.border_title = "Crosstab and sheet"
            box.border_subtitle = "enter takes them, esc cancels"
            for key, words in self.WORDS.items():
                with Horizontal(classes="setting"):
                    yield Static(words, markup=False)
                    yield self._field(key)
            yield Static("", id="complaint", markup=False)

    def _field(self, key: str) -> Choice | NumberField:
        value = self._values[key]
        if key == "order":
            return Choice(key, value, ("id", "activity"))
        if key == "biases":
            return Choice(key, "with" if value else "without", ("without", "with"))
        return NumberField(key, f"{value:g}", self.ZERO.get(key, ""))

    def on_field_changed(self, message: FieldChanged) -> None:
        """Keep what was typed."""
        message.stop()
        value: Any = message.value
        self._values[message.key] = value == "with" if message.key == "biases" else value

    def action_take(self) -> None:
        """Leave with the settings, or say what is wrong with them."""
        try:
            self.dismiss(self._settings())
        except ValueError as error:
            self.query_one("#complaint", Static).update(str(error))

    def _settings(self) -> CrosstabSettings:
        """Return the settings; raises ValueError that names the one that cannot be."""
        kinds: dict[str, Any] = {key: type(known) for key, known in asdict(DEFAULTS).items()}
        read: dict[str, Any] = {}
        for key, value in self._values.items():
            try:
                read[key] = kinds[key](value)
            except ValueError:
                raise ValueError(f"{self.WORDS[key]}: {value!r} is not a number") from None
        limits: dict[str, tuple[float, float]] = {
            "users": (0, self._most[0]),
            "items": (0, self._most[1]),
            "factors": (1, 20),
            "seed": (0, 2**32 - 1),
            "learning_rate": (0, 1e6),
            "momentum": (0, 0.999),
        }
        for key, (low, high) in limits.items():
            if not low <= read[key] <= high:
                raise ValueError(
                    f"{self.WORDS[key]}: {read[key]:g} is not within {low:g} to {high:g}"
                )
        return CrosstabSettings(**read)


class JumpScreen(Dialog[tuple[str, int] | None]):
    """Looks for a user or a movie of the crosstab by id or title."""

    BINDINGS: ClassVar[list[BindingType]] = [
        CANCEL,
        Binding("up", "move(-1)", "Up", show=False, priority=True, id="jump.up"),
        Binding("down", "move(1)", "Down", show=False, priority=True, id="jump.down"),
    ]
    COLUMNS = (Column("", 5), Column("id", 9), Column("title", None))

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self._rows = [
            *(
                ("movie", item, title)
                for item, title in zip(labels.items, labels.titles, strict=True)
            ),
            *(("user", user, "") for user in labels.users),
        ]
        self._places = [*range(len(labels.items)), *range(len(labels.users))]
        self._found: list[int] = []

    def compose(self) -> ComposeResult:
        """Lay out the field over what it finds."""
        with Vertical(classes="overlay small tall") as box:
            box.border_title = "Go to a movie or a user"
            box.border_subtitle = "enter goes there, esc cancels"
            field = Input(placeholder="an id or a title", compact=True)
            field.cursor_blink = False
            yield field
            yield Grid(self.COLUMNS, empty="Nothing here has such an id or title")

    def on_mount(self) -> None:
        """Begin with everything."""
        self._find("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, text: str) -> None:
        self._found = search(text, self._rows)
        grid = self.query_one(Grid)
        grid.set_rows([self._rows[place] for place in self._found])
        grid.cursor_row = 0

    def action_move(self, by: int) -> None:
        """Move through what was found."""
        self.query_one(Grid).action_move(by)

    @on(Input.Submitted)
    @on(Grid.Selected)
    def _take(self) -> None:
        grid = self.query_one(Grid)
        if self._found:
            place = self._found[grid.cursor_place]
            self.dismiss((self._rows[place][0], self._places[place]))


def search(text: str, rows: Sequence[tuple[str, str, str]]) -> list[int]:
    """Return the places of rows (kind, id, title) that fit a text, the nearest first.

    An id that equals it, ids and titles that hold every word of it, then titles near to it.
    """
    wanted = text.casefold().split()
    if not wanted:
        return list(range(len(rows)))
    exact = [place for place, (_, known, _) in enumerate(rows) if [known.casefold()] == wanted]
    holding = [
        place
        for place, (kind, known, title) in enumerate(rows)
        if place not in exact
        and all(word in f"{kind} {known} {title}".casefold() for word in wanted)
    ]
    if exact or holding:
        return exact + holding
    from rapidfuzz import fuzz, process

    titles = {place: title.casefold() for place, (_, _, title) in enumerate(rows) if title}
    near = process.extract(" ".join(wanted), titles, scorer=fuzz.partial_ratio, score_cutoff=60)
    return [place for _, _, place in near]
