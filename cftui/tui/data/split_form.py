"""Chooses the split, and says what it means for these ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from cftui.config import ConfigError, SplitConfig, make_config
from cftui.questions.data import SplitSummary
from cftui.ratings.words import split_lines
from cftui.tui.shared.form import FormRow
from cftui.tui.shared.inputs import (
    Choice,
    FieldChanged,
    FieldForm,
    FileField,
    FileGiven,
    NumberField,
)

KINDS: tuple[str, ...] = get_args(SplitConfig.model_fields["kind"].annotation)


class SplitForm(FieldForm, Vertical):
    """Kind, share and seed of the ratings that are held out for validation."""

    @dataclass
    class SplitChanged(Message):
        """Another split was chosen."""

        split: dict[str, Any]

    DEFAULT_CSS = """
    SplitForm {
        height: auto;
        border: round $primary-muted;
        border-title-color: $text-muted;
        padding: 0 1;
        &:focus-within { border: round $primary; }
        & FormRow > Static { width: 10; }
        & > #meaning { height: 5; color: $text-muted; }
        & > #meaning.problem { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, split: Mapping[str, Any]) -> None:
        """Begin with a split remembered; one that no longer holds gives way to the default."""
        super().__init__(id="split")
        try:
            self._split = make_config({"split": dict(split)}).split
        except ConfigError:
            self._split = SplitConfig()
        self.border_title = "Held out for validation"

    @property
    def split(self) -> SplitConfig:
        """Return the split that was valid last."""
        return self._split

    def compose(self) -> ComposeResult:
        """Lay out the fields and the words."""
        split = self._split
        yield FormRow(Static("kind"), Choice("kind", split.kind, KINDS))
        yield FormRow(Static("fraction"), NumberField("fraction", f"{split.fraction:g}"))
        yield FormRow(Static("seed"), NumberField("seed", str(split.seed), whole=True))
        yield FormRow(Static("file"), FileField("file", split.file), id="given")
        yield Static("", id="meaning", markup=False)

    def show_split(self, values: Mapping[str, Any]) -> None:
        """Show a split that was chosen elsewhere; what cannot be one is not shown."""
        try:
            split = make_config({"split": dict(values)}).split
        except ConfigError:
            return
        if split == self._split:
            return
        self._split = split
        if self.is_mounted:
            self.query_one(Choice).value = split.kind
            self._show_rows(split.kind)
            self._fill()

    def _fill(self) -> None:
        """Show the numbers of the split that holds."""
        self.query_one(FileField).value = self._split.file
        for field in self.query(NumberField):
            value = getattr(self._split, field.key)
            field.value = f"{value:g}" if isinstance(value, float) else str(value)

    def on_mount(self) -> None:
        """Show what says more of the kind."""
        self._show_rows(self._split.kind)

    def _show_rows(self, kind: str) -> None:
        """Show the fields that say more of a kind: a file, or a share and a seed."""
        for field in (*self.query(NumberField), *self.query(FileField)):
            if field.parent is not None:
                field.parent.display = (field.key == "file") == (kind == "given")

    @property
    def _refused(self) -> bool:
        """Return whether what is typed can be no split."""
        return self.query_one("#meaning").has_class("problem")

    def on_descendant_blur(self) -> None:
        """Leave no number on show that was refused."""
        if self._refused:
            self._fill()

    def show_summary(self, summary: SplitSummary, items_word: str) -> None:
        """Say what the split means."""
        self.show_words("\n".join(split_lines(summary, items_word)))

    def show_words(self, words: str, *, problem: bool = False) -> None:
        """Say something in the place of what the split means."""
        meaning = self.query_one("#meaning", Static)
        meaning.set_class(problem, "problem")
        if str(meaning.content) != words:
            meaning.update(words, layout=False)

    @on(FieldChanged)
    def _take(self, message: FieldChanged) -> None:
        message.stop()
        if message.key != "file":  # which is taken when it is complete
            self._choose(message.key, _parsed(message.value))

    @on(FileGiven)
    def _take_file(self, message: FileGiven) -> None:
        message.stop()
        self._choose("file", message.name)

    def _choose(self, key: str, value: Any) -> None:
        kind = self.query_one(Choice).value
        self._show_rows(kind)
        values = {**self._split.model_dump(), "held": "", "kind": kind, key: value}
        if kind == "given" and not values["file"]:
            self.show_words("type the file with the rows that validate, such as u1.test, and enter")
            return
        try:
            config = make_config({"split": values})
        except ConfigError as error:
            self.show_words(str(error), problem=True)
            return
        if config.split != self._split or self._refused:
            self._split = config.split
            self.post_message(self.SplitChanged(config.to_settings()["split"]))


def _parsed(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
