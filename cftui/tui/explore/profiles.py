"""Screens laid over You: who is known by name on these ratings, and what to do with them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from cftui.people import (
    Profile,
    ProfileError,
    load_profile,
    profile_names,
    refuse_name,
    remove_profile,
    rename_profile,
    same,
    save_profile,
)
from cftui.remedies import words_of
from cftui.text import plain
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.overlays import AskYesNo

COLUMNS = (
    Column("profile", None, key=lambda row: row[0]),
    Column("ratings", 7, align="right", key=lambda row: f"{row[1]:,}"),
)


class ChooseProfile(Dialog[str | None]):
    """Lists profiles; gives the name of the one chosen."""

    DEFAULT_CSS = """
    ChooseProfile .overlay { height: 60%; max-width: 64; }
    ChooseProfile .keys { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Cancel", id="profiles.cancel")
    ]
    TITLE_WORDS: ClassVar[str] = "Together with whom?"
    KEYS: ClassVar[str] = "enter chooses, esc cancels"

    def __init__(self, fingerprint: str, names: Sequence[str], at: str = "") -> None:
        """List names on the ratings with this fingerprint, the cursor on one of them."""
        super().__init__()
        self._fingerprint, self._names, self._at = fingerprint, tuple(names), at

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="overlay") as box:
            box.border_title = self.TITLE_WORDS
            yield Grid(COLUMNS, empty="Nobody", id="profiles")
            yield Static(self.KEYS, classes="keys", markup=False)

    @property
    def grid(self) -> Grid:
        """Return the list."""
        return self.query_one("#profiles", Grid)

    def on_mount(self) -> None:
        """Put the cursor on the present one."""
        self._list(self._at)
        self.grid.focus()

    def _list(self, at: str) -> None:
        counts = [len(load_profile(self._fingerprint, name).rated) for name in self._names]
        self.grid.set_rows(list(zip(self._names, counts, strict=True)), self._names)
        if at in self._names:
            self.grid.cursor_place = self._names.index(at)

    @on(Grid.Selected)
    def _choose(self, message: Grid.Selected) -> None:
        message.stop()
        self.dismiss(str(message.grid.cursor_key))

    def action_leave(self) -> None:
        """Choose nobody."""
        self.dismiss(None)


class ProfileScreen(ChooseProfile):
    """Lists all profiles; makes, renames and deletes some, and gives whom to rate as."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "make", "New", id="profiles.new"),
        Binding("r", "rename", "Rename", id="profiles.rename"),
        Binding("d,delete", "remove", "Delete", id="profiles.delete"),
    ]
    TITLE_WORDS = "Rate as whom?"
    KEYS = "enter chooses, n new, r renames, d deletes, esc leaves"

    def __init__(self, fingerprint: str, person: str) -> None:
        """Begin at whom is rated as now."""
        super().__init__(fingerprint, profile_names(fingerprint), person)
        self._changed = False
        """Whether who is rated as now was renamed or deleted."""

    @property
    def _chosen(self) -> str:
        return str(self.grid.cursor_key)

    def action_leave(self) -> None:
        """Go on as before, unless that one is gone or has another name."""
        self.dismiss(self._at if self._changed else None)

    def action_make(self) -> None:
        """Ask for the name of a new profile, and rate as them."""

        def make(name: str | None) -> None:
            if name is not None:
                self._change(
                    lambda: save_profile(self._fingerprint, Profile(), name),
                    lambda: self.dismiss(name),
                )

        words = "What is the new profile called?"
        self.app.push_screen(AskText(words, refuse=self._refuse), make)

    def action_rename(self) -> None:
        """Ask for another name."""
        old = self._chosen

        def refuse(text: str) -> str:
            return refuse_name(text) if same(text) == same(old) else self._refuse(text)

        def rename(new: str | None) -> None:
            if new is not None:
                self._change(
                    lambda: rename_profile(self._fingerprint, old, new),
                    lambda: self._refresh_names(old, new),
                )

        words = f"What shall {old} be called?"
        self.app.push_screen(AskText(words, old, refuse=refuse), rename)

    def action_remove(self) -> None:
        """Ask, and delete the profile under the cursor."""
        name = self._chosen
        count = len(load_profile(self._fingerprint, name).rated)

        def remove(sure: bool | None) -> None:
            if sure:
                self._change(
                    lambda: remove_profile(self._fingerprint, name),
                    lambda: self._refresh_names(name, profile_names(self._fingerprint)[0]),
                )

        words = f"Delete {plain(name)} and {count:,} ratings? There is no way back."
        self.app.push_screen(AskYesNo(words), remove)

    def _refuse(self, text: str) -> str:
        """Return why no other profile can be called so; empty if one can."""
        taken = same(text) in map(same, self._names)
        return refuse_name(text) or (f"there is a profile {text} already" if taken else "")

    def _refresh_names(self, old: str, new: str) -> None:
        self._names = profile_names(self._fingerprint)
        if same(old) == same(self._at):
            self._at, self._changed = new, True
        self._list(new)

    @work(group="profiles", exit_on_error=False, description="Keeping a profile")
    async def _change(self, change: Callable[[], None], then: Callable[[], object]) -> None:
        """Change a file in a thread, and go on; say why where that cannot be."""
        try:
            await asyncio.to_thread(change)
        except (OSError, ProfileError) as error:
            words = words_of(error)
            self.notify(plain(words), title="Not changed", severity="error", markup=False)
        else:
            then()
