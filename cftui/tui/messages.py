"""News between the app and its panes."""

from dataclasses import dataclass

from textual.message import Message

from cftui.questions import DataSummary
from cftui.runs.control import WishKind
from cftui.runs.index import RunRow


@dataclass
class DataReady(Message):
    """The ratings are open."""

    summary: DataSummary


@dataclass
class StartRun(Message):
    """The user wants a run with these settings."""

    settings: dict[str, dict[str, object]]


@dataclass
class ChooseRun(Message):
    """The user wants to look at another run."""

    run: str


@dataclass
class WishRun(Message):
    """The user wants something of a live run."""

    run: str
    kind: WishKind
    value: float | None = None


@dataclass
class ResumeRun(Message):
    """The user wants a stopped or died run to go on."""

    run: str


@dataclass
class RunsChanged(Message):
    """The list of runs is other than it was."""

    rows: tuple[RunRow, ...]

    def can_replace(self, message: Message) -> bool:
        """A newer list makes an older one pointless."""
        return isinstance(message, RunsChanged)
