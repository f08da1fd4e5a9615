"""The training loop: obey, take a portion of steps, write down, evaluate at an epoch's end."""

import math

from cftui.evaluation.errors import Errors, errors
from cftui.training.bookkeeping import Book, DrawFigures
from cftui.training.endings import NonFiniteLoss
from cftui.training.learners.protocol import Report, Sampler
from cftui.training.lists import ListJudge
from cftui.training.prepare import Prepared
from cftui.training.progress import Progress
from cftui.training.steering import Steering

CHUNK_SECONDS = 0.04
"""Steps are taken in portions of about this, so that wishes are obeyed soon."""


class Trainer:
    """Trains a run; knows nothing of who watches."""

    def __init__(self, prepared: Prepared, book: Book, steering: Steering) -> None:
        """Take what learns, what writes it down, and what is obeyed."""
        self.prepared, self.learner = prepared, prepared.learner
        self.book, self.steering = book, steering
        self._settings = prepared.config.training
        self._lists = ListJudge(
            prepared.training, prepared.valid, prepared.values, self.learner.score_all_items
        )
        self._least = self._settings.min_improvement * prepared.unit.squared
        """What a fall of the validation error must exceed, in squared rating units."""
        self._rates = self._settings.rates_by_step
        """Configured to take the place of the base rate, by the steps done before each."""
        self._portion = 1

    @property
    def progress(self) -> Progress:
        """Return how far it is."""
        return self.book.progress

    def is_training(self) -> bool:
        """Return whether it is at work now, not paused."""
        return self.book.record.state == "running"

    @property
    def why_early(self) -> str:
        """Return why training ends before its last epoch; empty while it does not."""
        return self.progress.why_early(self._settings.patience, self._least)

    def train(self) -> None:
        """Train to the last epoch. Raises StopTraining when asked to stop (checkpoint written),
        NonFiniteLoss, and OSError where the disk refuses.
        """
        self.book.set_state("running")
        if not self.book.run.has_weights:
            self.book.checkpoint()
        while self.progress.epoch < self._settings.epochs and not self.why_early:
            self.steering.obey()
            self._change_rate()
            report = self.learner.advance(self._until_change())
            self.book.enter(report)
            if report.epoch_done:
                self._finish_epoch()
            else:
                self.book.keep_up()
            self._portion = self._next_portion(report)
        self.book.close()
        self.steering.refuse_late()

    def _change_rate(self) -> None:
        """Take the rate that is configured from this step on, unless one was wished at it."""
        step, before = self.progress.step, self.learner.base_rate
        done = {change.step for change in self.progress.rate_changes or ()}
        if step in self._rates and step not in done and self._rates[step] != before:
            self.book.note_rate(before, self._rates[step])
            self.learner.change_rate(self._rates[step])

    def _until_change(self) -> int:
        """Return the steps of the next portion, which ends where another rate begins."""
        step = self.progress.step
        return min([self._portion, *(at - step for at in self._rates if at > step)])

    def _next_portion(self, report: Report) -> int:
        """Return how many steps will take as long as a portion should."""
        speed = len(report.losses) / max(report.seconds, 1e-9)
        # At most doubled, so that one lucky portion does not make the next one long.
        return max(1, min(2 * self._portion, int(speed * CHUNK_SECONDS)))

    def _errors(self) -> Errors | None:
        """Return the errors on what is held out; none where nothing is."""
        valid = self.prepared.valid
        if not len(valid):
            return None
        found = errors(self.prepared.predicted(), valid)
        if not math.isfinite(found.mse):
            step = self.progress.step
            raise NonFiniteLoss(f"the validation error became {found.mse} after step {step}")
        return found

    def _finish_epoch(self) -> None:
        self.book.report_steps()
        found, lists = self._errors(), self._lists.judge(self.progress)
        draw = self._draw_figures()
        self.book.close_epoch(found, lists, len(self.prepared.training), self._least, draw)

    def _draw_figures(self) -> DrawFigures:
        if not isinstance(self.learner, Sampler):
            return DrawFigures()
        prepared, noise = self.prepared, self.learner.noise() * self.prepared.unit.squared
        if not len(prepared.valid):
            return DrawFigures(None, noise)
        last = prepared.unit.to_ratings(self.learner.last_draw())
        return DrawFigures(errors(last, prepared.valid).mse_clipped, noise)
