"""News between the app and its panes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from cftui.questions.data import AS_RECOGNISED, ColumnMapping
from cftui.questions.tables import WriteTable
from cftui.runs.control import WishKind

if TYPE_CHECKING:
    from cftui.tui.services.runs import RunService


@dataclass
class StartRun(Message):
    """The user wants a run with these settings."""

    settings: dict[str, dict[str, object]]
    name: str = ""


@dataclass
class TableToWrite(Message):
    """The user wants a table written to a file."""

    question: WriteTable


@dataclass
class ChooseRun(Message):
    """The user wants to look at another run."""

    run: str
    to_answer: bool = False
    """Whether questions are to go to this very run, even where there is a refit of it."""


@dataclass
class RefitRun(Message):
    """The user wants a run's model trained again on all ratings."""

    run: str


@dataclass
class OpenRun(Message):
    """The user wants to watch a run in the Train pane."""

    run: str


@dataclass
class ForkRun(Message):
    """The user wants the training form filled with a run's settings."""

    run: str


@dataclass
class FillForm(Message):
    """The training form is to show these settings; for the Train pane."""

    settings: dict[str, dict[str, object]]


@dataclass
class RateAs(Message):
    """Movies are to be rated as a profile that is there; for the view You of Explore."""

    profile: str


@dataclass
class CompareRules(Message):
    """Optimizers are to be side by side, some steps from the start; for the Lab pane."""

    rules: tuple[str, ...]
    """As `RULE_NAMES` has them; the last one's steps are looked at."""
    steps: int


@dataclass
class TrainLike(Message):
    """The user wants a run with another's settings, but for whole sections that differ."""

    run: str
    """Empty where there is none: then with the form's settings."""
    changes: dict[str, dict[str, object]] = field(default_factory=dict)
    recipe: str = ""
    """By which recipe instead; data, split, seed and device stay."""


@dataclass
class FollowRuns(Message):
    """The histories of these runs are wanted, beside that of the run in view."""

    runs: tuple[str, ...]

    def can_replace(self, message: Message) -> bool:
        """A newer wish makes an older one pointless."""
        return isinstance(message, FollowRuns)


@dataclass
class RunAction(Message):
    """The user wants something done to runs."""

    do: "Callable[[RunService], Awaitable[str]]"
    """Does it and returns what to say then, if anything. Raises RunServiceError."""
    trouble: str
    """Heads what is said of a failure."""


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
class ChooseData(Message):
    """The user wants to look at other ratings."""

    source: str
    mapping: ColumnMapping = AS_RECOGNISED
    fetch: bool = False
    """Whether they are to be downloaded first."""


@dataclass
class CancelOpening(Message):
    """The user does not want the ratings that are on their way."""


@dataclass
class AskColumns(Message):
    """The user wants to say which columns of the ratings that are open mean what."""


@dataclass
class ChooseSplit(Message):
    """The user wants other ratings held out."""

    split: dict[str, object]
