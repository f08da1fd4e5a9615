"""What a question is, and how it is asked."""

from typing import Any, ClassVar, ForwardRef, Generic, Protocol, TypeVar, get_args, get_origin
from typing import get_type_hints as resolved

A_co = TypeVar("A_co", covariant=True)
A = TypeVar("A")


class Question(Generic[A_co]):
    """Base of a frozen dataclass that asks something; its parameter is the type of the answer.

    `answered_in`: the module whose function makes the answer, as a word, so that asking imports
    nothing of what answers; empty for what another process alone answers.
    """

    answered_in: ClassVar[str] = ""

    def __init_subclass__(cls, answered_in: str = "") -> None:
        super().__init_subclass__()
        cls.answered_in = answered_in


def answer_type(kind: type[Question[Any]]) -> Any:
    """Return the type of a question's answer, as its class names it."""
    bases: tuple[Any, ...] = getattr(kind, "__orig_bases__", ())
    asked = [base for base in bases if issubclass(get_origin(base) or object, Question)]
    (found,) = get_args(asked[0])
    if not isinstance(found, ForwardRef):
        return found
    named = type(kind.__name__, (), {"__annotations__": {"answer": found}})
    named.__module__ = kind.__module__
    return resolved(named)["answer"]


class Ask(Protocol):
    """Asks a question of another process, or of this one."""

    async def __call__(self, question: Question[A], group: str | None = None) -> A:
        """Return the answer; a newer question of `group` drops an older one that still waits."""
        ...
