"""The panes: tabs, keys, palette and classes come from this one table."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from cftui.tui.shared.commands import Command

if TYPE_CHECKING:
    from cftui.tui.services.services import Services
    from cftui.tui.shared.pane import Pane


@dataclass(frozen=True)
class PaneEntry:
    """One pane; its class is imported when it is needed, for the first paint needs none."""

    id: str
    key: str
    title: str
    help: str
    where: str
    """Its class, as `module:Class`."""

    @property
    def command(self) -> Command:
        """The command that brings it into view."""
        return Command(f"app.{self.id}", self.key, f"pane('{self.id}')", self.title, self.help)

    def load(self) -> "type[Pane]":
        """Return its class."""
        module, _, name = self.where.partition(":")
        found: type[Pane] = getattr(import_module(module), name)
        return found

    def make(self, services: "Services") -> "Pane":
        """Return the pane itself, named by its entry."""
        pane = self.load()(services)
        pane.id = self.id
        return pane


PANES = (
    PaneEntry(
        *("data", "1", "Data", "Choose ratings, look at them, split them"),
        "cftui.tui.data.pane:DataPane",
    ),
    PaneEntry(
        *("crosstab", "2", "Crosstab", "Users by movies, and the sheet"),
        "cftui.tui.crosstab.pane:CrosstabPane",
    ),
    PaneEntry(
        *("train", "3", "Train", "Train a model and watch it"),
        "cftui.tui.train.pane:TrainPane",
    ),
    PaneEntry(
        *("runs", "4", "Runs", "Compare all runs, and look after them"),
        "cftui.tui.runs.pane:RunsPane",
    ),
    PaneEntry(
        *("explore", "5", "Explore", "Ask a trained model"),
        "cftui.tui.explore.pane:ExplorePane",
    ),
    PaneEntry(
        *("lab", "6", "Lab", "Step an optimizer, and see every number"),
        "cftui.tui.lab.pane:LabPane",
    ),
)
FIRST = "train"
"""The pane in view where none, or one that is no more, is remembered."""


def entry_of(pane_id: str) -> PaneEntry:
    """Return the entry of a pane, or where there is none with this id, of the first one."""
    known = {entry.id: entry for entry in PANES}
    return known.get(pane_id, known[FIRST])
