"""What is open and going on, as every pane sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cftui.text import plain

if TYPE_CHECKING:
    from cftui.questions.data import DataSummary
    from cftui.runs.row import RunRow
    from cftui.tui.services.ratings import Opening
    from cftui.tui.services.runs import RunService


LOOKING = "Looking for runs …"


@dataclass(frozen=True)
class Workspace:
    """One moment of it; the next one is another value, of which parts are the same objects."""

    ratings: "DataSummary | None" = None
    data_settings: Mapping[str, object] = field(default_factory=dict)
    """The ratings that runs to come train on, as a configuration's section."""
    opening: "Opening | None" = None
    """Ratings on their way in, or why they did not come; those that are open stay so."""
    split: Mapping[str, object] = field(default_factory=dict)
    """Which ratings runs to come hold out; empty for the usual ones."""
    runs: "tuple[RunRow, ...]" = ()
    """All runs, newest first."""
    runs_listed: bool = False
    """Whether all have been seen once."""
    runs_on_these_ratings: "tuple[RunRow, ...]" = ()
    run_in_view: "RunRow | None" = None
    answering_run: "RunRow | None" = None
    """The run that questions go to."""
    starting: int = 0
    """Trainers that were started and have no run directory yet."""

    def with_runs(self, runs: "RunService") -> "Workspace":
        """Return the same with the runs as they are known now."""
        return replace(
            self,
            runs=runs.rows,
            runs_listed=runs.listed,
            runs_on_these_ratings=runs.rows_on_these_ratings,
            run_in_view=runs.row,
            answering_run=runs.answering,
        )

    @property
    def waiting(self) -> str:
        """What is awaited before the runs on these ratings are known; empty where all are.

        Until then nothing may say that there are none.
        """
        if self.ratings is None:
            coming = self.opening is not None and self.opening.doing
            return "Reading the ratings …" if coming else "No ratings are open yet"
        return "" if self.runs_listed else LOOKING

    @property
    def no_answer(self) -> str:
        """Why no run answers, where none does."""
        return self.waiting or "No run has finished an epoch yet: train one (3)"

    @property
    def headline(self) -> str:
        """The ratings in a few words: those that are open, or those on their way in."""
        if self.opening is not None and self.opening.doing:
            return plain(self.opening.short_words)
        if self.ratings is None:
            return "no ratings"
        return (
            f"{self.ratings.name}  {self.ratings.n_users:,} users × {self.ratings.n_items:,}"
            f" {self.ratings.items_word}, {self.ratings.n_ratings:,} ratings"
        )
