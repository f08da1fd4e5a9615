"""What a question is, and how it is asked."""

from typing import Generic, Protocol, TypeVar

A_co = TypeVar("A_co", covariant=True)
A = TypeVar("A")


class Question(Generic[A_co]):
    """Base of a frozen dataclass that asks something; its parameter is the type of the answer."""


class Ask(Protocol):
    """Asks a question of another process, or of this one."""

    async def __call__(self, question: Question[A], group: str | None = None) -> A:
        """Return the answer; a newer question of `group` drops an older one that still waits."""
        ...
