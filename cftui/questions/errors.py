"""Why a question has no answer."""


class QuestionError(ValueError):
    """A question that cannot be answered; the message says what to do instead."""


class Untrusted(QuestionError):
    """A run's own model that nobody agreed here to execute; the message says how to."""


class Ambiguous(QuestionError):
    """Several items fit a title equally well; the message lists them."""
