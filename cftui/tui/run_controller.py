"""Has done to runs what panes ask for, and shows what came of it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from textual.worker import Worker

from cftui.hyperparameters.recipes import recipe_named
from cftui.runs.model_source import ModelSource
from cftui.text import plain
from cftui.tui.pane_stack import PaneStack
from cftui.tui.services.runs import LastIsLost, NeedsConsent, RunServiceError
from cftui.tui.shared.agreeing import agreed
from cftui.tui.shared.messages import FillForm, RunAction, TrainLike, WishRun
from cftui.tui.shared.overlays import AskYesNo

T = TypeVar("T")
STARTING = "Starting a trainer"
LOST = {
    "best": "the last checkpoint is damaged or gone. Go on from the weights at the best validation"
    " error, with an optimizer that begins anew?",
    "start": "the last checkpoint is damaged or gone, and so are the best weights. Train it again"
    " from its first step?",
}
Settings = dict[str, dict[str, object]]


class RunController:
    """Between the panes and the service that knows the runs."""

    def __init__(self, stack: PaneStack) -> None:
        """Show what comes of it in the panes of `stack`, by its workers."""
        self._stack, self._memory = stack, stack.services.memory
        self._runs = stack.services.runs
        self._polling: Worker[None] | None = None

    def show(self) -> None:
        """Show every pane the runs as they are."""
        self._stack.workspace = self._stack.workspace.with_runs(self._runs)
        self._stack.show_history()

    def empty_trash(self) -> None:
        """Remove runs that were deleted more than a day ago."""
        self._work(self._runs.empty_trash, "trash", "Emptying the trash")

    def poll(self) -> None:
        """Read what is new of runs, unless that goes on already: it sees what is new too."""
        if self._polling is None or self._polling.is_finished:
            reading = partial(self._runs.poll, self.show, self._stack.show_history)
            self._polling = self._work(reading, "poll", "Watching runs")

    def _work(
        self,
        work: Callable[[], Coroutine[Any, Any, T]],
        group: str,
        words: str,
        *,
        exclusive: bool = False,
    ) -> Worker[T]:
        """Have work done; begun by its worker, so that one cancelled before leaves nothing."""
        return self._stack.run_worker(
            work, group=group, description=words, exclusive=exclusive, exit_on_error=False
        )

    # Which runs are looked at

    def choose(self, run: str, *, to_answer: bool = False) -> None:
        """Look at another run; `to_answer`: and ask it, not a refit of it."""
        self._runs.choose(run, to_answer=to_answer)
        self._memory.update(run=run)
        self.show()
        self.poll()

    async def open(self, run: str) -> None:
        """Watch a run in the Train pane."""
        self.choose(run)
        await self._stack.bring("train")

    def follow(self, runs: tuple[str, ...]) -> None:
        """Read the histories of these runs too."""
        self._runs.follow(runs)
        self.poll()

    # What is done to runs

    def start(self, settings: Settings, name: str = "") -> None:
        """Start a trainer on the ratings that are open, for a run with a name if one is given."""
        # Not exclusive: a trainer that was started goes on, whoever waits for it no longer.
        on_these = {**settings, "data": dict(self._stack.workspace.data_settings)}
        self._work(
            partial(self._begin, partial(self._runs.start, on_these, name)), "start", STARTING
        )

    async def _begin(self, start: Callable[[], Awaitable[str]]) -> None:
        self._count_starting(1)
        try:
            started = await self._try_agreed(start, "The run cannot start")
        finally:
            self._count_starting(-1)
        if started:
            self.choose(started)

    def _count_starting(self, by: int) -> None:
        workspace = self._stack.workspace
        self._stack.workspace = replace(workspace, starting=workspace.starting + by)

    def train_like(self, like: TrainLike) -> None:
        """Start a trainer with another run's settings, some of them changed."""
        self._work(partial(self._train_like, like), "fork", "Reading settings", exclusive=True)

    async def _train_like(self, like: TrainLike) -> None:
        settings: Settings | None = self._memory.state.settings or {}
        if like.run:
            reading = self._runs.settings(like.run)
            settings = await self._try(reading, "Its settings cannot be used")
        recipe = recipe_named(like.recipe)
        if settings is not None:
            settings = recipe.applied(settings) if recipe else settings
            self.start({**settings, **like.changes})

    def refit(self, run: str) -> None:
        """Start a trainer with a run's settings on all ratings."""
        self._work(partial(self._begin, partial(self._runs.refit, run)), "start", STARTING)

    def resume(self, run: str) -> None:
        """Go on with a run that ended early."""
        self._work(partial(self._resume, run), "resume", "Resuming a run")

    async def _resume(self, run: str) -> None:
        await self._try_agreed(partial(self._go_on, run), "The run cannot go on")
        self.poll()

    async def _go_on(self, run: str) -> None:
        """Go on with a run; where its last checkpoint is lost ask whether from another."""
        try:
            await self._runs.resume(run)
        except LastIsLost as lost:
            question = plain(f"{run}: {LOST[lost.instead]} What is damaged is kept beside it.")
            if await self._stack.app.push_screen_wait(AskYesNo(question)):
                await self._runs.resume(run, lost.instead)

    def wish(self, wish: WishRun) -> None:
        """Send a wish to a live run."""
        self._work(partial(self._wish, wish), "wish", "Sending a wish")

    async def _wish(self, wish: WishRun) -> None:
        sending = self._runs.wish(wish.run, wish.kind, wish.value)
        await self._try(sending, "The wish was not sent")
        self.poll()

    def act(self, action: RunAction) -> None:
        """Have something done to runs."""
        self._work(partial(self._act, action), "act", "Looking after runs")

    async def _act(self, action: RunAction) -> None:
        said = await self._try(action.do(self._runs), action.trouble)
        if said:
            self._stack.notify(said, markup=False)  # whose own line breaks the app keeps
        self.poll()

    def fork(self, run: str) -> None:
        """Fill the training form with a run's settings."""
        self._work(partial(self._fork, run), "fork", "Filling the form", exclusive=True)

    async def _fork(self, run: str) -> None:
        settings = await self._try(self._runs.settings(run), "Its settings cannot be used")
        if settings is None:
            return
        pane = await self._stack.bring("train")
        pane.post_message(FillForm(settings))
        row = next((row for row in self._runs.rows if row.id == run), None)
        ratings = self._stack.workspace.ratings
        if row is not None and row.rate_changes and "rate_changes" not in settings["training"]:
            from cftui.runs.rates import change_words

            words = (
                f"The form has the rate that it began with, not {change_words(row.rate_changes)}"
            )
            self._stack.notify(words, title="Learning rate", markup=False, timeout=8)
        if row is not None and ratings and row.fingerprint != ratings.fingerprint:
            words = f"It was trained on {row.data}; a new run trains on {ratings.name}"
            self._stack.notify(plain(words), title="Other ratings", markup=False)

    async def _try_agreed(self, do: Callable[[], Awaitable[T]], title: str) -> T | None:
        """As `_try`; where a model's source was never agreed to, ask, and do it after a yes."""

        async def ask_and_do() -> T | None:
            try:
                return await do()
            except NeedsConsent as needed:
                assert isinstance(needed.source, ModelSource)
                try:
                    yes = await agreed(self._stack.app, needed.source)
                except OSError as error:
                    raise RunServiceError(str(error)) from error
            return await do() if yes else None

        return await self._try(ask_and_do(), title)

    async def _try(self, doing: Awaitable[T], title: str) -> T | None:
        """Return what is done; none where it fails, which is said."""
        try:
            return await doing
        except RunServiceError as error:
            words = plain(str(error))
            self._stack.notify(words, title=title, severity="error", timeout=20, markup=False)
            return None
