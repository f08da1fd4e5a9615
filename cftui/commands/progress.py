"""Prints a run's events as they come: words for people, or JSON lines."""

import contextlib
import math
import os
import sys
import time

from cftui.commands.console import print_json
from cftui.printing import put, put_json_text
from cftui.runs.events import (
    Checkpointed,
    Control,
    Device,
    Epoch,
    Event,
    Failed,
    Finished,
    Resumed,
    Started,
    Step,
    to_json,
)
from cftui.runs.list_words import of_users

PROGRESS_SECONDS = 0.25


class EventPrinter:
    """A listener of events; a terminal or a pipe that has gone is no reason to stop training."""

    def __init__(self, *, json: bool, still: bool = False) -> None:
        """Take whether lines are JSON; `still`: and that none is written over, as progress is."""
        self._json = json
        self._live = not (json or still) and sys.stdout is not None and sys.stdout.isatty()
        self._drawn_at = 0.0
        self._steps_per_epoch = 0
        self._gone = False

    def __call__(self, event: Event) -> None:
        """Print one event; before the end of a run, what there is to be said against it."""
        if self._gone:
            return
        try:
            if isinstance(event, Finished):
                self._print_verdict(event)
            self._print_json(event) if self._json else self._print_words(event)
        except (OSError, ValueError):
            self._gone = True
            # Whatever else is written, at exit too, goes nowhere instead of raising.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def exit_code(self, end: Event) -> int:
        """Return 0 for a run that ended as asked, 1 for a failure, 128 + N after signal N."""
        if isinstance(end, Finished) and end.signal is not None:
            return 128 + end.signal
        return 1 if isinstance(end, Failed) else 0

    def _print_json(self, event: Event) -> None:
        if not isinstance(event, Step | Checkpointed | Device):
            put_json_text(to_json(event))

    def _print_words(self, event: Event) -> None:
        if isinstance(event, Step):
            self._print_progress(event)
            return
        words = self._words(event)
        if words:
            put(words, again=self._live)

    def _print_verdict(self, event: Finished) -> None:
        from cftui.runs.directory import RunError, run_called
        from cftui.runs.judging import verdict_of

        try:
            verdict = verdict_of(run_called(event.run))
        except RunError:  # such an id is in no event of ours
            return
        if verdict is None:
            return
        if self._json:
            print_json({"event": "verdict", "run": event.run, **verdict.told()})
        else:
            put(verdict.words, again=self._live)

    def _words(self, event: Event) -> str:
        words = ""
        match event:
            case Started():
                self._steps_per_epoch = event.steps_per_epoch
                words = (
                    f"run {event.run} on {event.device}: {event.parameter_count:,} parameters,"
                    f" {event.n_train:,} ratings to train on, {_held_out(event)}"
                    f"{beside(event.baselines)}" + "".join(f"\n{n}" for n in event.notes or ())
                )
            case Resumed():
                words = f"run {event.run} goes on from step {event.step:,} on {event.device}"
                if event.aside:
                    words += f"; what was there is kept as {event.aside}"
            case Epoch():
                unseen = ""
                if event.unseen_mse is not None:
                    unseen = f"  never seen {event.unseen_mse:.4f} ({event.unseen_pairs:,})"
                valid = ""
                if event.valid_mse is not None:
                    valid = (
                        f"  valid MSE {event.valid_mse:.4f}  RMSE {_error(event.valid_rmse)}"
                        f"  clipped {_error(event.valid_mse_clipped)}{unseen}"
                    )
                words = (
                    f"epoch {event.epoch:>3}  train {event.train_loss:.4f}{valid}{_lists(event)}"
                    f"  {event.seconds:.1f} s" + (event.no_lists and f"\n{event.no_lists}")
                )
            case Control():
                value = "" if event.value is None else f" {event.value:g}"
                words = f"{event.wish}{value} from {event.sender}: {event.outcome}"
            case Failed():
                words = f"failed: {event.message}"
            case Finished():
                words = self._closing(event)
        return words

    def _closing(self, event: Finished) -> str:
        if event.outcome != "finished":
            return (
                f"stopped at step {event.step:,} with a checkpoint;"
                f" go on with: cftui runs resume {event.run}"
            )
        best = valid = ""
        if event.valid_mse is not None:
            valid = (
                f": valid MSE {event.valid_mse:.4f}, RMSE {math.sqrt(max(event.valid_mse, 0)):.4f}"
            )
            if event.best_valid_mse is not None and event.best_valid_mse < event.valid_mse:
                best = f"; best {event.best_valid_mse:.4f} in epoch {event.best_epoch}"
        why = f" ({event.why})" if event.why else ""
        return (
            f"finished after {event.epochs} epochs{why}, {event.step:,} steps"
            f"{valid}{best}; {event.train_seconds:.1f} s of training{beside(event.baselines)}\n"
            f"ask it: cftui, or cftui recommend --user ID --run {event.run}"
        )

    def _print_progress(self, event: Step) -> None:
        now = time.monotonic()
        if not self._live or now - self._drawn_at < PROGRESS_SECONDS:
            return
        self._drawn_at = now
        text = f"step {event.step:,}"
        if self._steps_per_epoch:
            epoch, within = divmod(event.step, self._steps_per_epoch)
            share = within / self._steps_per_epoch
            text = f"epoch {epoch + 1:>3}  {share:4.0%}"
        rate = "" if event.learning_rate is None else f"  lr {event.learning_rate:.3g}"
        put(f"{text}  loss {event.smooth:.4f}{rate}", again=True, end="")


def _error(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _held_out(event: Started) -> str:
    if not event.n_valid:
        return "nothing held out: no error is measured"
    unseen = f"({event.unseen_pairs:,} of them of a user or item never trained on)"
    return f"{event.n_valid:,} held out {unseen}"


def _lists(event: Epoch) -> str:
    """Return how good the top 20 lists are; empty where none were judged."""
    if event.recall is None or event.ndcg is None:
        return ""
    return f"  recall@20 {event.recall:.3f}  NDCG@20 {event.ndcg:.3f}{of_users(event.list_users)}"


def beside(baselines: dict[str, float] | None) -> str:
    """Return what predicting without a model gives, on a line of its own; empty if unknown."""
    if not baselines or not {"global_mean", "biases"} <= baselines.keys():
        return ""
    return (
        f"\nwithout a model: valid MSE {baselines['global_mean']:.4f} by the mean alone,"
        f" {baselines['biases']:.4f} by user and item biases"
    )
