"""The query worker, which answers the screen's questions: `python -m cftui.brain`."""

from cftui.library.door import Library
from cftui.pipes import Failure, serve
from cftui.questions.question import A, Question

_library = Library()


def answer(question: Question[A]) -> A | Failure:
    """Return the answer to a question, or a Failure that says in words why there is none."""
    return _library.reply(question)


if __name__ == "__main__":
    serve(answer)
