"""A field for a path, completed from the disk as it is typed."""

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

LIKELY = (
    *(".csv", ".tsv", ".dat", ".data", ".txt", ".jsonl", ".json", ".parquet", ".zip"),
    *(".gz", ".bz2", ".xz", ".zst", ".xlsx", ".xls", ".ods"),
    *(".db", ".sqlite", ".sqlite3", ".feather", ".arrow", ".dta"),
)
"""Endings of files that may hold ratings; these are suggested before others."""


def completions(text: str) -> list[str]:
    """Return what a path may go on as: folders (with a slash at the end) and files, likely first.

    Hidden ones only where the dot is typed. A `~` stays as it is typed.
    """
    folder, _, name = text.rpartition("/")
    if text.startswith("~") and not folder:
        return ["~/"] if text == "~" else []
    start = text[: len(text) - len(name)]
    try:
        with os.scandir(Path(start or ".").expanduser()) as entries:
            found = [
                (entry.is_dir(), entry.name)
                for entry in entries
                if entry.name.startswith(name) and (name or not entry.name.startswith("."))
            ]
    except (OSError, ValueError, RuntimeError):  # no such folder, a NUL, an unknown ~user
        return []
    found.sort(key=lambda entry: (not entry[0] and not _likely(entry[1]), entry[1]))
    return [f"{start}{own}{'/' if folder else ''}" for folder, own in found if own.isprintable()]


def absolute(text: str) -> str:
    """Return a path that does not depend on the folder we are in."""
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError:  # an unknown ~user
        return text


def _likely(name: str) -> bool:
    return name.lower().endswith(LIKELY)


class PathSuggester(Suggester):
    """Suggests the first completion; the disk is read in a thread."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first completion that adds to what is typed; none where nothing does."""
        found = await asyncio.to_thread(completions, value) if value else []
        return next((path for path in found if path != value), None)


class PathField(Input):
    """A path; tab or right completes it, enter takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, id="path.complete"),
        Binding("escape", "app.focus_next", "Leave", show=False, id="path.leave"),
        Binding("down", "app.focus_next", "Field below", show=False, id="path.below"),
        Binding("up", "app.focus_previous", "Field above", show=False, id="path.above"),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(
            compact=True,
            placeholder="type a path",
            suggester=PathSuggester(),
            id=id,
        )
        self.cursor_blink = False  # an idle screen sends nothing

    async def action_complete(self) -> None:
        """Complete the path; where there is nothing to complete, go to the next field."""
        before = self.value
        completed = await PathSuggester().get_suggestion(before) if self.cursor_at_end else None
        if completed is None:
            self.screen.focus_next()
        elif self.value == before:
            self.value = completed
            self.cursor_position = len(completed)
