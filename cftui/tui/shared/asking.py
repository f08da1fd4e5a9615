"""Asking from a pane: a failure is shown where its owner wants it, a dropped question forgotten."""

from collections.abc import Callable
from dataclasses import dataclass

from cftui.questions.question import A, Ask, Question
from cftui.tui.services.child import ChildError, Superseded


@dataclass(frozen=True)
class Asker:
    """Asks by `ask`; tells `failed` why there is no answer."""

    ask: Ask
    failed: Callable[[ChildError], None]

    async def __call__(self, question: Question[A], group: str | None = None) -> A | None:
        """Return the answer; none where it failed, or where a newer question of `group` came."""
        try:
            return await self.ask(question, group)
        except Superseded:
            return None
        except ChildError as error:
            self.failed(error)
            return None


def say_nothing(error: ChildError) -> None:
    """Let a failure go unsaid: what is on screen holds without the answer."""
