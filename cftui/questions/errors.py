"""Why a question has no answer."""


class QuestionError(ValueError):
    """A question that cannot be answered; the message says what to do instead."""


class Untrusted(QuestionError):
    """A model that this person never agreed to execute; the message says how to."""

    def __init__(self, words: str, source: object = None) -> None:
        """`source`: the ModelSource that is asked about, where the error has not been sent."""
        super().__init__(words)
        self.source = source


class Ambiguous(QuestionError):
    """Several items fit a title equally well; the message lists them."""
