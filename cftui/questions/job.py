"""Questions that take long."""

from collections.abc import Callable

from cftui.questions.question import A_co, Question

Progress = Callable[[int, int, str], None]
"""Told how much is done, of how much, and in words what is being done."""


class Job(Question[A_co]):
    """Base of a question that takes long and tells how far it is.

    Asked of `python -m cftui.jobs` it has a process of its own; ending that cancels it.
    """

    store: str
    """Of the ratings that it is about."""

    @property
    def key(self) -> str:
        """What the answer is kept as, beside others about the same ratings; empty: it is not.

        Part of a file's name. It tells all that the answer depends on but the ratings, which are
        known by their fingerprint.
        """
        return ""
