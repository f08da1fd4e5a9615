"""Wishes and signals: decided in one place, then followed.

What is decided is a value, so that several processes which train one run can follow the same.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cftui.runs.control import UNREADABLE, Inbox, Wish
from cftui.training.bookkeeping import Book
from cftui.training.endings import StopTraining
from cftui.training.learners.protocol import Learner

POLL_SECONDS = 0.05
OBEYED = "obeyed"
SAVED = {"checkpoint", "learning-rate", "pause"}
"""Wishes whose outcome is safe on disk before training goes on."""


@dataclass(frozen=True)
class Decision:
    """What becomes of one wish: `obeyed`, or why it is not."""

    wish: Wish
    outcome: str


@dataclass(frozen=True)
class Orders:
    """What is to be done before the next steps."""

    decisions: tuple[Decision, ...] = ()
    """In the order in which the wishes were sent."""
    stop: bool = False
    """Whether a signal asks to stop."""

    @property
    def obeyed(self) -> set[str]:
        """Return the kinds of wishes that are obeyed."""
        return {one.wish.kind for one in self.decisions if one.outcome == OBEYED}


class Steering:
    """Has a learner do what is wished and signalled."""

    def __init__(
        self,
        book: Book,
        learner: Learner,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        before: frozenset[str] = frozenset(),
    ) -> None:
        """Take whom to steer, and the book where that is written down.

        `should_stop` is asked a few times a second; wishes in the files `before` are discarded.
        """
        self.inbox = Inbox(book.run.path, before)
        self._book, self._learner = book, learner
        self._should_stop = should_stop

    def obey(self) -> None:
        """Do what is asked now; while paused, wait. Raises StopTraining, a checkpoint written."""
        while True:
            orders = self.decide()
            self._follow(orders)
            if orders.stop or "stop" in orders.obeyed:
                self._book.checkpoint()
                raise StopTraining
            if self._book.record.state != "paused":
                return
            time.sleep(POLL_SECONDS)

    def decide(self) -> Orders:
        """Return what is to be done; nothing else reads wishes or signals."""
        return Orders(tuple(self._judged(self.inbox.take())), self._should_stop())

    def obey_at_start(self, wish: Wish) -> None:
        """Obey a wish that came with the command to train, safe on disk before the first step."""
        self._follow(Orders(tuple(self._judged([wish]))))
        self._book.checkpoint()

    def refuse_late(self) -> None:
        """Answer what is wished after the last step."""
        for wish in self.inbox.take():
            late = wish.kind not in ("stop", "checkpoint")
            self._book.tell(wish, "refused: the last epoch is done" if late else OBEYED)
        self.inbox.clear()

    def _judged(self, wishes: Iterable[Wish]) -> Iterator[Decision]:
        known_ns = self._book.progress.wishes_ns
        for wish in wishes:
            outcome = wish.objection or self._refusal(wish) or OBEYED
            if wish.kind != UNREADABLE and wish.meant_for_another:
                if wish.sent_ns <= known_ns:
                    continue  # its outcome is in the checkpoint; only its file was left
                outcome = "discarded: sent before this trainer started"
            known_ns = max(known_ns, wish.sent_ns)
            yield Decision(wish, outcome)

    def _refusal(self, wish: Wish) -> str:
        if wish.kind == "learning-rate" and self._learner.base_rate is None:
            return "refused: this run is trained without a learning rate"
        return ""

    def _follow(self, orders: Orders) -> None:
        for one in orders.decisions:
            self._book.tell(one.wish, one.outcome)
            if one.outcome == OBEYED:
                self._do(one.wish)
        if orders.obeyed & SAVED:
            self._book.checkpoint()
        self.inbox.clear()

    def _do(self, wish: Wish) -> None:
        match wish.kind:
            case "pause":
                self._book.set_state("paused")
            case "resume":
                self._book.set_state("running")
            case "learning-rate":
                assert wish.value is not None
                self._book.note_rate(self._learner.base_rate, wish.value)
                self._learner.change_rate(wish.value)
