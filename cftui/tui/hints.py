"""What to press next, a line for each pane, for whoever has no run yet: gone once it was done."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.widgets import Static

from cftui.tui.keymaps import remapped
from cftui.tui.services.memory import Memory
from cftui.tui.shared.commands import Command, key_label
from cftui.tui.shared.pane import Pane
from cftui.tui.workspace import Workspace

AWAY = "app.hint-away"
"""The command that puts a hint away."""


@dataclass(frozen=True)
class Hint:
    """What one does first in a pane."""

    command: str
    """Its id."""
    words: str
    """Stand behind its key."""


HINTS: dict[str, Hint] = {
    "data": Hint("data.list", "lists data sets to download; / takes a file of yours"),
    "crosstab": Hint("crosstab.solve", "solves: watch the predictions come to the ratings"),
    "train": Hint("train.start", "trains a model as the form says: some ten seconds"),
    "runs": Hint("app.train", "leads to Train, where s starts the first run"),
    "explore": Hint("explore.you", "needs no run: rate a few movies and get your list"),
    "lab": Hint("lab.step", "takes one step; every number of it stands in the table"),
}
"""By the ids of panes."""


class HintLine(Static):
    """Shows the hint of the pane in view, while it is one's first time there."""

    DEFAULT_CSS = """
    HintLine { display: none; height: 1; padding: 0 1; color: $text-accent; }
    HintLine.-on { display: block; }
    """

    def __init__(self, memory: Memory, keys: Mapping[str, str], anywhere: tuple[Command, ...]):
        """Tell the keys that commands have now; `anywhere`: the app's commands."""
        super().__init__("", id="first-hint", markup=False)
        self._memory, self._keys, self._anywhere = memory, keys, anywhere
        self._newcomer: bool | None = None
        """Whether there was no run when the runs were first listed; None until then."""
        self._awaited = ""
        """The action that ends the hint on show."""
        self._pane = ""

    def look(self, pane: Pane, workspace: Workspace) -> None:
        """Show the hint of the pane in view, if it has one that was neither followed nor put by."""
        if self._newcomer is None and workspace.runs_listed:
            self._newcomer = not workspace.runs
        self._pane = pane.id or ""
        new = self._newcomer and not workspace.runs
        known = new and self._pane not in self._memory.state.hints
        hint = HINTS.get(self._pane) if known else None
        commands = {one.id: one for _, one in pane.all_commands()}
        commands |= {one.id: one for one in self._anywhere}
        self._awaited = commands[hint.command].action if hint else ""
        self.set_class(hint is not None, "-on")
        if hint is not None:
            told = remapped((commands[hint.command], commands[AWAY]), self._keys)
            first, away = (key_label(one.keys.split(",")[0]) for one in told)
            self.update(f"{first} {hint.words}  ({away} puts this away)")

    def did(self, action: object) -> None:
        """Put the hint away where this is what it asked for."""
        if self._awaited and action == self._awaited:
            self.put_away()

    def put_away(self) -> None:
        """Show the hint of this pane no more."""
        if self._awaited:
            self._awaited = ""
            self._memory.update(hints={**self._memory.state.hints, self._pane: True})
            self.remove_class("-on")
