"""Questions about a model of the user's own."""

from dataclasses import dataclass

from cftui.questions.question import Question


@dataclass(frozen=True)
class DescribeModel(
    Question["ModelDescription | NeedsAgreement"], answered_in="cftui.explore.custom_model"
):
    """Which parameters does the class in a file, `path.py:Class`, or an installed model take?

    The answer is a ModelDescription; or NeedsAgreement, where reading them would execute a source
    that this person never agreed to. With its hash as `agreed`, that is done, and remembered.
    """

    name: str
    store: str
    """Of the ratings, whose size and range a model is built for."""
    values: tuple[tuple[str, object], ...] = ()
    """Its parameters, by name, as far as they are given."""
    agreed: str = ""
    """The SHA-256 of the source that the user was asked about and agreed to."""


@dataclass(frozen=True)
class TrustRun(Question[str], answered_in="cftui.explore.custom_model"):
    """May a run's own model be executed here? Asking agrees; the answer is its source's path."""

    run: str


@dataclass(frozen=True)
class NeedsAgreement:
    """A source that would be executed."""

    name: str
    path: str
    sha256: str
    """Of the source as it is now: what an agreement is about."""


@dataclass(frozen=True)
class ModelDescription:
    """What a form needs to know of a user's model."""

    name: str
    about: str
    fields: tuple[dict[str, object], ...]
    """Each the keywords of a FieldSpec."""
    values: tuple[tuple[str, object], ...]
    """As they were asked about."""
    parameter_count: int | None
    """Trainable numbers with these values; none where there is a problem."""
    problem: str
    """Why the model cannot be built with these values; empty where it can."""
    notes: tuple[str, ...]
