"""The time that a question names, as a run's model takes it."""

from datetime import UTC, datetime, timedelta

from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.text import plain

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""How many of them a second has."""


def time_of(trained: Trained, when: str) -> int | None:
    """Return the time that words name, in what the ratings' times count; none for no words.

    A day alone is its beginning; without a zone it is UTC. Raises QuestionError for words that name
    no time, and for a model that knows nothing of when.
    """
    if not when.strip():
        return None
    if trained.clock is None:
        raise QuestionError(
            f"{trained.config.model.name} of {trained.run} knows nothing of when: none of what it"
            " reads is told by a time; leave the time out, or train fm or bayes-fm on ratings that"
            " have times with --set model.fields=all"
        )
    try:
        found = datetime.fromisoformat(when.strip())
    except ValueError:
        raise QuestionError(
            f"{plain(when)!r} is no time: write a day as 2018-05-03, or a time as 2018-05-03 20:15"
        ) from None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    time = (aware - EPOCH) // timedelta(seconds=1) * UNITS[trained.clock.resolution]
    if abs(time) >= 2**63:
        raise QuestionError(f"{plain(when)!r} is further off than these ratings' times can tell")
    return time
