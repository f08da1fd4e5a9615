"""The app's part that is about runs: it carries what panes want of them to the desk, and back."""

import os
import select
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from textual import work

from cftui.text import plain
from cftui.tui.services.memory import Memory
from cftui.tui.shared.key_order import KeysInOrder

if TYPE_CHECKING:
    from cftui.questions.data import DataSummary
    from cftui.runs.row import RunRow
    from cftui.tui.services.runs import RunService
    from cftui.tui.shared.messages import (
        ChooseRun,
        FollowRuns,
        ForkRun,
        OpenRun,
        ResumeRun,
        RunAction,
        StartRun,
        TrainLike,
        WishRun,
    )
    from cftui.tui.shared.pane import Pane
    from cftui.tui.train.pane import TrainPane


class RunKeeper(KeysInOrder):
    """Base of the app: watches the runs and has done to them what the panes ask for."""

    def __init__(self, source: str, session: Memory) -> None:
        super().__init__()
        self.source = source
        """The ratings to open first."""
        self.data_settings: dict[str, Any] = {"source": source}
        """The ratings that new runs train on, as a configuration's section."""
        self.session = session
        self.summary: DataSummary | None = None
        self.desk: RunService | None = None
        """The runs; there once the first frame is painted."""
        self.starting = 0
        """Trainers that were started and have no run directory yet."""
        self._panes: dict[str, Pane] = {}

    async def action_pane(self, name: str) -> None:
        """Bring a pane into view."""
        raise NotImplementedError

    def _feed_runs(self) -> None:
        """Give every pane the runs as they are."""
        if self.desk is not None:
            for pane in self._panes.values():
                pane.show_runs(self.desk)
            self._feed_history()

    def _feed_history(self) -> None:
        """Give the pane in view what runs have come to; another has it when it comes into view."""
        for pane in self._panes.values():
            if self.desk is not None and pane.display:
                pane.show_history(self.desk)

    def live_runs(self) -> "list[RunRow]":
        """Return the runs that go on without the screen."""
        return self.desk.live if self.desk is not None else []

    def _look(self) -> None:
        """Look for news of runs, unless a look is not over yet: that one sees what is new too."""
        if not self.is_headless and _hung_up(0):
            os._exit(129)  # a terminal can go without a SIGHUP where it was not the controlling one
        looking = any(w.group == "look" and not w.is_finished for w in self.workers)
        if self.desk is not None and not looking:
            self.run_worker(
                self.desk.look(self._feed_runs, self._feed_history),
                group="look",
                exit_on_error=False,
                description="Watching runs",
            )

    # Which runs are looked at

    def on_choose_run(self, message: "ChooseRun") -> None:
        """Look at the run that was chosen."""
        message.stop()
        self._choose(message.run)

    def _choose(self, run: str) -> None:
        if self.desk is not None:
            self.desk.choose(run)
            self.session.update(run=run)
            self._feed_runs()
            self._look()

    async def on_open_run(self, message: "OpenRun") -> None:
        """Watch a run in the Train pane."""
        message.stop()
        self._choose(message.run)
        await self.action_pane("train")

    def on_follow_runs(self, message: "FollowRuns") -> None:
        """Read the stories of these runs too."""
        message.stop()
        if self.desk is not None:
            self.desk.follow(message.runs)
            self._look()

    # What is done to runs

    def on_start_run(self, message: "StartRun") -> None:
        """Start a trainer with the form's settings."""
        message.stop()
        self._start_run({**message.settings, "data": self.data_settings})

    # Not exclusive: a trainer that was started goes on, whoever waits for it no longer.
    @work(group="start", exit_on_error=False, description="Starting a trainer")
    async def _start_run(self, settings: dict[str, dict[str, Any]]) -> None:
        if self.desk is None:
            return
        self._count_starting(1)
        try:
            started = await self._try(self.desk.start(settings), "The run cannot start")
        finally:
            self._count_starting(-1)
        if started:
            self._choose(started)

    def on_train_like(self, message: "TrainLike") -> None:
        """Start a trainer with another run's settings, some of them changed."""
        message.stop()
        self._train_like(message)

    @work(exclusive=True, group="fork", exit_on_error=False, description="Reading settings")
    async def _train_like(self, like: "TrainLike") -> None:
        if self.desk is None:
            return
        settings: Any = self.session.state.settings or {}
        if like.run:
            reading = self.desk.settings(like.run)
            settings = await self._try(reading, "Its settings cannot be used")
        if settings is not None:
            self._start_run({**settings, **like.changes, "data": self.data_settings})

    def _count_starting(self, by: int) -> None:
        self.starting += by
        for pane in self._panes.values():
            pane.show_starting(self.starting)

    def on_resume_run(self, message: "ResumeRun") -> None:
        """Go on with a run that ended early."""
        message.stop()
        self._resume_run(message.run)

    @work(group="resume", exit_on_error=False, description="Resuming a run")
    async def _resume_run(self, run: str) -> None:
        if self.desk is not None:
            await self._try(self.desk.resume(run), "The run cannot go on")
            self._look()

    def on_wish_run(self, message: "WishRun") -> None:
        """Send a wish to a live run."""
        message.stop()
        self._send_wish(message)

    @work(group="wish", exit_on_error=False, description="Sending a wish")
    async def _send_wish(self, message: "WishRun") -> None:
        if self.desk is not None:
            wish = self.desk.wish(message.run, message.kind, message.value)
            await self._try(wish, "The wish was not sent")
            self._look()

    def on_run_action(self, message: "RunAction") -> None:
        """Have something done to runs."""
        message.stop()
        self._do_action(message)

    @work(group="errand", exit_on_error=False, description="Looking after runs")
    async def _do_action(self, errand: "RunAction") -> None:
        if self.desk is not None:
            said = await self._try(errand.do(self.desk), errand.trouble)
            if said:
                self.notify(plain(said), markup=False)
            self._look()

    def on_fork_run(self, message: "ForkRun") -> None:
        """Fill the training form with a run's settings."""
        message.stop()
        self._fork_run(message.run)

    @work(exclusive=True, group="fork", exit_on_error=False, description="Filling the form")
    async def _fork_run(self, run: str) -> None:
        if self.desk is None:
            return
        settings = await self._try(self.desk.settings(run), "Its settings cannot be used")
        if settings is None:
            return
        await self.action_pane("train")
        await cast("TrainPane", self._panes["train"]).fill(settings)
        row = next((row for row in self.desk.rows if row.id == run), None)
        if row is not None and self.summary and row.fingerprint != self.summary.fingerprint:
            words = f"It was trained on {row.data}; a new run trains on {self.summary.name}"
            self.notify(plain(words), title="Other ratings", markup=False)

    async def _try(self, doing: Awaitable[Any], title: str) -> Any:
        """Await what the desk does; a failure becomes a notification."""
        from cftui.tui.services.runs import RunServiceError

        try:
            return await doing
        except RunServiceError as error:
            self.notify(plain(str(error)), title=title, severity="error", timeout=20, markup=False)
            return None


def _hung_up(file: int) -> bool:
    """Return whether the other end of a terminal is gone."""
    poll = select.poll()
    poll.register(file, 0)
    return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))
