"""The runs as the screen knows them: the list, their histories, and what is done to them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from cftui.config import ConfigError, make_config
from cftui.paths import runs_folder
from cftui.questions.errors import Untrusted
from cftui.remedies import words_of
from cftui.runs.annotations import write_annotations
from cftui.runs.control import WishKind, send
from cftui.runs.directory import Run, RunError, new_id
from cftui.runs.event_log import EventTail
from cftui.runs.events import Event
from cftui.runs.export import ExportError, export_runs
from cftui.runs.history import History
from cftui.runs.index import RunsIndex
from cftui.runs.launch import Launched, launch, launch_resume
from cftui.runs.lock import RunHeld
from cftui.runs.record import Origin
from cftui.runs.refit import refit_config, refit_name
from cftui.runs.row import RunRow
from cftui.runs.trash import discard, empty_trash, restore
from cftui.tui.services.jobs import JobError, run_job

P = ParamSpec("P")
T = TypeVar("T")
LIST_SECONDS = 1.0
PART_SECONDS = 0.05
"""Of listing, after which what was found is shown."""
STARTUP_SECONDS = 60.0
"""How long a trainer may take to read the ratings and make its directory."""
CHUNK_BYTES = 200_000
"""Of events, read and shown at a time, so that a week's run does not hold the keys up."""


class RunServiceError(Exception):
    """What could not be done to a run, in words for the user."""


class NeedsConsent(RunServiceError):
    """A run's model is a source that the user never agreed to execute."""

    def __init__(self, error: Untrusted) -> None:
        super().__init__(str(error))
        self.source = error.source


class LastIsLost(RunServiceError):
    """A run's last checkpoint is damaged or gone, and something else is there to go on from."""

    def __init__(self, words: str, instead: Origin) -> None:
        super().__init__(words)
        self.instead = instead


@dataclass(frozen=True)
class FollowedRun:
    """A run's events, read as far as they are known."""

    tail: EventTail
    history: History = field(default_factory=History)


class RunService:
    """Looks at run directories off the event loop, and starts trainers that outlive the screen."""

    def __init__(self, chosen: str) -> None:
        self.rows: tuple[RunRow, ...] = ()
        self.fingerprint: str | None = None
        """Of the ratings that are open."""
        self.chosen = chosen
        """The id of the run in view; where it is gone, the newest on these ratings is."""
        self.listed = False
        """Whether all runs have been seen once."""
        self._answers_itself = ""
        """The id of a run that was chosen to answer."""
        self._anywhere = False
        """Whether the run in view may be one on other ratings: only where the user asked for it."""
        self._fitting: tuple[tuple[RunRow, ...], str | None, tuple[RunRow, ...]] = (), None, ()
        self._followed: tuple[str, ...] = ()
        self._followed_runs: dict[str, FollowedRun] = {}
        self._nothing = History()
        self._index = RunsIndex()
        self._listed_at = float("-inf")
        self._launched: list[Launched] = []
        self.deleted: list[tuple[str, ...]] = []
        """Runs deleted since the start, together what was deleted at once, the last at the end."""

    def ratings_opened(self, fingerprint: str | None) -> None:
        """Look at a run on the ratings that are open now."""
        if fingerprint != self.fingerprint:
            self.fingerprint, self._anywhere = fingerprint, False

    @property
    def rows_on_these_ratings(self) -> tuple[RunRow, ...]:
        """Return the runs on the ratings that are open, newest first."""
        rows, fingerprint, _ = self._fitting
        if rows is not self.rows or fingerprint != self.fingerprint:
            known = ("", self.fingerprint) if self.fingerprint else ()
            found = tuple(row for row in self.rows if row.fingerprint in known)
            self._fitting = self.rows, self.fingerprint, found
        return self._fitting[2]

    @property
    def row(self) -> RunRow | None:
        """Return the run in view."""
        rows = self.rows_on_these_ratings
        among = self.rows if self._anywhere else rows
        return next((row for row in among if row.id == self.chosen), rows[0] if rows else None)

    @property
    def answering(self) -> RunRow | None:
        """Return the run that questions go to: the one in view, else the newest.

        Of those alone that finished an epoch: weights of before would answer by chance. A finished
        refit of it is preferred, since it knows all ratings, unless the user chose the run itself.
        """
        rows = self.rows_on_these_ratings
        in_view = [row for row in rows if row.id == self.chosen]
        found = next((row for row in [*in_view, *rows] if row.answers), None)
        if found is None or found.id == self._answers_itself:
            return found
        refits = (row for row in rows if row.refit_of == found.id and row.shown == "finished")
        return next(refits, found)

    # Histories: what the events of the runs that are looked at add up to

    @property
    def history(self) -> History:
        """Return the history of the run in view, as far as it was read."""
        row = self.row
        return self._followed_run(row.id).history if row is not None else self._nothing

    def history_of(self, run_id: str) -> History | None:
        """Return the history of a run that is in view or followed; none for another."""
        return self._followed_run(run_id).history if run_id in self._wanted() else None

    def choose(self, run_id: str, *, to_answer: bool = False) -> None:
        """Look at another run; `to_answer`: and ask that very one, not a refit of it."""
        self.chosen, self._anywhere = run_id, True
        if to_answer:
            self._answers_itself = run_id

    def follow(self, run_ids: Iterable[str]) -> None:
        """Read the histories of these runs too; those followed until now are let go."""
        self._followed = tuple(run_ids)

    def _wanted(self) -> list[str]:
        row = self.row
        return list(dict.fromkeys(([row.id] if row else []) + list(self._followed)))

    def _followed_run(self, run_id: str) -> FollowedRun:
        if run_id not in self._followed_runs:
            self._followed_runs[run_id] = FollowedRun(EventTail(path_of(run_id) / "events.jsonl"))
        return self._followed_runs[run_id]

    def base_rate(self, run_id: str) -> float | None:
        """Return the learning rate that a run's method scales, wishes counted; none without one."""
        history = self.history_of(run_id)
        wished = [
            one.value
            for one in (history.interventions if history else ())
            if one.kind == "learning-rate" and one.value
        ]
        return wished[-1] if wished else Run(path_of(run_id)).config().method.learning_rate

    # Polling

    def list_soon(self) -> None:
        """Have the next poll read the list, whenever it was read last."""
        self._listed_at = float("-inf")

    async def poll(self, runs_changed: Callable[[], None], news: Callable[[], None]) -> None:
        """Read what is new: the list once a second, the events of wanted runs each time.

        Never to be cancelled: what a thread has read by then would be lost.
        """
        if time.monotonic() - self._listed_at >= LIST_SECONDS:
            self._listed_at = time.monotonic()
            await self._list(runs_changed)
            self._launched = [started for started in self._launched if not started.ended()]
        await self._read_events(news)

    async def _list(self, runs_changed: Callable[[], None]) -> None:
        """Read the list in parts, so that the first runs show at once."""
        complete = False
        while not complete:
            rows = await asyncio.to_thread(self._index.refresh, PART_SECONDS)
            complete = self._index.complete
            first, self.listed = complete and not self.listed, self.listed or complete
            if rows != self.rows or first:
                self.rows = rows
                runs_changed()

    async def _read_events(self, news: Callable[[], None]) -> None:
        """Read on until no wanted run has more than has come meanwhile."""
        behind = True
        while behind:
            wanted = self._wanted()
            self._followed_runs = {run_id: self._followed_run(run_id) for run_id in wanted}
            followed = list(self._followed_runs.values())
            tails = [run.tail for run in followed]
            read = await asyncio.to_thread(_read_all, tails)
            for run, events in zip(followed, read, strict=True):
                run.history.feed(events)
            first = _mark_whole(followed)
            if any(read) or first:
                news()
            behind = any(tail.behind for tail in tails) or self._wanted() != wanted

    # Doing

    async def start(self, settings: dict[str, dict[str, Any]], name: str = "") -> str:
        """Start a trainer, wait for its directory, return the run's id. Raises RunServiceError."""
        try:
            config = make_config(settings)
            started = await asyncio.to_thread(launch, config, new_id(config), name)
        except Untrusted as error:
            raise NeedsConsent(error) from error
        except (ConfigError, OSError) as error:
            raise RunServiceError(words_of(error)) from error
        return await self._begun(started)

    async def refit(self, run_id: str) -> str:
        """Start a trainer with a run's settings on all ratings, as `start`."""
        run = Run(path_of(run_id))
        config, name = await _do(refit_config, run), await _do(refit_name, run)
        return await self._begun(await _do(launch, config, new_id(config), name, run_id))

    async def _begun(self, started: Launched) -> str:
        self._launched.append(started)
        await self._wait(started, started.run.path.is_dir, started.last_words)
        return started.run.id

    async def resume(self, run_id: str, origin: Origin = "last") -> None:
        """Have a trainer go on with a run; wait until it has found all that it needs for that.

        `origin` as `--from` of `runs resume` has it. Raises RunServiceError, LastIsLost.
        """
        run = Run(path_of(run_id))
        started = await _do(launch_resume, run, origin)
        self._launched.append(started)

        patient_until = time.monotonic() + STARTUP_SECONDS / 2

        def signed() -> bool:
            try:
                status = run.status()
            except RunError:  # the trainer's words tell more
                return False
            at_work = status.alive and time.monotonic() > patient_until
            return at_work or status.record.pid == started.process.pid

        try:
            await self._wait(started, signed, lambda: run.log_end(1))
        except RunServiceError as error:
            if origin == "last" and (instead := await asyncio.to_thread(_instead, run)):
                raise LastIsLost(str(error), instead) from error
            raise

    async def _wait(
        self, started: Launched, there: Callable[[], bool], last_words: Callable[[], str]
    ) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while not await asyncio.to_thread(there):
            if started.ended() or time.monotonic() > deadline:
                words = await asyncio.to_thread(last_words)
                raise RunServiceError(words.removeprefix("cftui: ") or "the trainer did not start")
            await asyncio.sleep(0.05)
        self.list_soon()

    async def wish(self, run_id: str, kind: WishKind, value: float | None) -> None:
        """Send a wish to a live run. Raises RunServiceError."""
        try:
            await asyncio.to_thread(send, path_of(run_id), kind, value)
        except OSError as error:
            raise RunServiceError(f"the wish could not be written: {words_of(error)}") from error
        self.list_soon()

    async def settings(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Return a run's settings, checked. Raises RunServiceError."""
        return (await _do(Run(path_of(run_id)).config)).to_settings()

    async def keep(self, run_id: str, **words: str | int) -> None:
        """Keep a run's notes or mark. Raises RunServiceError."""
        await _do(write_annotations, path_of(run_id), **words)
        self.list_soon()

    async def rename(self, run_id: str, name: str) -> None:
        """Give a run a name. Raises RunServiceError."""
        await _do(Run(path_of(run_id)).rename, name)
        self.list_soon()

    async def delete(self, run_ids: Sequence[str]) -> None:
        """Delete runs, to be had back by `undelete`, or within a day from the trash.

        Raises RunServiceError at the first that cannot be.
        """
        gone: list[str] = []
        try:
            for run_id in run_ids:
                await _do(discard, Run(path_of(run_id)))
                gone.append(run_id)
        finally:
            if gone:
                self.deleted.append(tuple(gone))
            self.list_soon()

    async def undelete(self) -> int:
        """Bring back what was deleted last; return how many runs. Raises RunServiceError."""
        run_ids = self.deleted.pop() if self.deleted else ()
        try:
            for run_id in run_ids:
                await _do(restore, run_id)
        finally:
            self.list_soon()
        return len(run_ids)

    async def empty_trash(self) -> None:
        """Remove what was deleted more than a day ago."""
        await _do(empty_trash)

    async def export(self, rows: Sequence[RunRow], path: Path) -> int:
        """Write runs to a file; return how many. Raises RunServiceError."""
        return await _do(export_runs, rows, path)

    async def report(self, run_ids: Sequence[str], path: Path) -> None:
        """Have a report of runs written by a process of its own. Raises RunServiceError."""
        words = ["runs", "report", f"--out={path}", *run_ids]
        try:
            await run_job(words, lambda told: None)
        except (JobError, OSError) as error:
            raise RunServiceError(words_of(error)) from error


def _mark_whole(followed: Sequence[FollowedRun]) -> bool:
    """Take note of histories that were read to their end; return whether one was so first."""
    now = [run.history for run in followed if not (run.history.whole or run.tail.behind)]
    for history in now:
        history.whole = True
        history.version += 1
    return bool(now)


def _read_all(tails: Sequence[EventTail]) -> list[list[Event]]:
    """Return what is new of each, CHUNK_BYTES in all."""
    return [tail.read(CHUNK_BYTES // len(tails)) for tail in tails]


async def _do(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something in a thread; what runs and disks refuse becomes a RunServiceError."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except Untrusted as error:
        raise NeedsConsent(error) from error
    except (RunError, RunHeld, ExportError, ConfigError, OSError) as error:
        raise RunServiceError(words_of(error)) from error


def _instead(run: Run) -> Origin | None:
    # Reads checkpoints: needed where a trainer has failed alone, and numpy with it.
    from cftui.runs.lost_checkpoint import instead_of_last

    return instead_of_last(run)


def path_of(run_id: str) -> Path:
    """Return the directory of a run."""
    return runs_folder() / run_id
