"""A Library: opens stores and runs, remembers the last few, and answers questions about them."""

import traceback
from collections.abc import Callable, Hashable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cftui.library.kept import keep, kept
from cftui.paths import resolve_source
from cftui.pipes import Failure
from cftui.questions.data import AS_RECOGNISED, ColumnMapping
from cftui.questions.job import Job, Progress
from cftui.questions.question import A, Question
from cftui.ratings.store import Progress as BytesRead
from cftui.ratings.store import open_ratings, open_store
from cftui.ratings.values import Ratings
from cftui.remedies import words_of

if TYPE_CHECKING:  # reading ratings takes no runs, and should not wait for what they need
    from cftui.config import RunConfig
    from cftui.library.trained import Trained
    from cftui.runs.directory import Run
    from cftui.runs.record import RunRecord

REMEMBERED = 4
"""Stores, and as many runs, that stay open."""

Q_co = TypeVar("Q_co", covariant=True)
V = TypeVar("V")

_answering: dict[type, Callable[..., Any]] = {}
"""The function that answers each question, as far as its module is imported."""


def _unheard(done: int, total: int, words: str) -> None:
    """Take note of no progress."""


class Library:
    """Opens stores and runs, remembers the last few, and answers questions about them."""

    def __init__(self) -> None:
        self._stores: _LastUsed[Ratings] = _LastUsed()
        self._runs: _LastUsed[Trained] = _LastUsed()

    def answer(self, question: Question[A], progress: Progress = _unheard) -> A:
        """Return the answer; `progress` hears how far a Job is.

        Raises ValueError (QuestionError, RunError, ConfigError …) or OSError, in words for the
        user, where there is none.
        """
        if isinstance(question, Job):
            done: A = self._perform(question, progress)
            return done
        found: A = _function_for(type(question))(self, question)
        return found

    def reply(self, question: Question[A], progress: Progress = _unheard) -> A | Failure:
        """Return the answer, or a Failure that says in words why there is none."""
        try:
            return self.answer(question, progress)
        except (ValueError, OSError) as error:
            return Failure(words_of(error), traceback.format_exc(), type(error).__name__)
        except Exception as error:
            return Failure(f"{type(error).__name__}: {error}", traceback.format_exc())

    def ratings(self, store: str | Path) -> Ratings:
        """Return the ratings in a store; raises DataError if it is damaged."""
        return self._stores.get(str(store), partial(open_store, Path(store)))

    def open(
        self,
        source: str,
        mapping: ColumnMapping = AS_RECOGNISED,
        progress: BytesRead | None = None,
    ) -> Ratings:
        """Return the ratings that a name or a path means, read into a store where they are not.

        Raises FileNotFoundError where there are none, DataError where they cannot be read.
        """
        return self._same(open_ratings(resolve_source(source), mapping, progress))

    def ratings_of(self, run: "Run") -> Ratings:
        """Return the ratings that a run was trained on; raises RunError where they are gone."""
        from cftui.runs.ratings_of import read_whole

        return self._found_again(*read_whole(run))

    def trained(self, run: str | Path, *, best: bool = False) -> "Trained":
        """Return a run's weights, beside its ratings; a newer checkpoint is noticed by its time.

        `run`: its directory, or its checkpoint of the best weights, which is as good as `best`.
        Raises as `load_trained`.
        """
        from cftui.library.trained import load_trained
        from cftui.runs.directory import Run

        path = Path(run)
        if path == Run(path.parent).best:
            path, best = path.parent, True
        opened = Run(path)
        written = _written_ns(opened.best if best else opened.last)
        load = partial(load_trained, opened, best=best, find=self._found_again)
        return self._runs.get((path, best, written), load)

    def _perform(self, job: Job[A], progress: Progress) -> A:
        """Return the answer that is kept; makes and keeps it where there is none."""
        fingerprint = self.ratings(job.store).fingerprint
        answer = kept(job, fingerprint)
        if answer is None:
            answer = _function_for(type(job))(self, job, progress)
            keep(job, fingerprint, answer)
        made: A = answer
        return made

    def _found_again(self, record: "RunRecord", config: "RunConfig") -> Ratings:
        from cftui.runs.ratings_of import ratings_of

        return self._same(ratings_of(record, config))

    def _same(self, ratings: Ratings) -> Ratings:
        """Return the remembered object for these ratings: what is derived from it is cached."""
        known = self._stores.get(str(ratings.path), lambda: ratings)
        return known if known.fingerprint == ratings.fingerprint else ratings


class answers(Generic[Q_co]):
    """Marks the function that answers a question: `@answers(Predict)`.

    It takes a Library and the question. mypy reports another question's, and one that returns
    something else than the question's answer.
    """

    def __init__(self, kind: type[Q_co]) -> None:
        self._kind = kind

    def __call__(
        self: "answers[Question[A]]", function: Callable[[Library, Q_co], A]
    ) -> Callable[[Library, Q_co], A]:
        """Take the function in."""
        if issubclass(self._kind, Job):
            raise TypeError(f"{self._kind.__name__} is a job: mark what does it with @performs")
        _take_in(self._kind, function)
        return function


class performs(Generic[Q_co]):
    """Marks the function that does a Job: it takes a Library, the Job, and whom to tell."""

    def __init__(self, kind: type[Q_co]) -> None:
        self._kind = kind

    def __call__(
        self: "performs[Job[A]]", function: Callable[[Library, Q_co, Progress], A]
    ) -> Callable[[Library, Q_co, Progress], A]:
        """Take the function in."""
        _take_in(self._kind, function)
        return function


def _take_in(kind: type[Question[Any]], function: Callable[..., Any]) -> None:
    if kind.answered_in != function.__module__:
        raise TypeError(f"{kind.__name__} says that it is answered in {kind.answered_in!r}")
    if kind in _answering:
        raise TypeError(f"{kind.__name__} is answered by {_answering[kind].__name__} already")
    _answering[kind] = function


def _function_for(kind: type[Question[Any]]) -> Callable[..., Any]:
    """Return what answers such a question; its module is imported by the first of them."""
    if kind not in _answering:
        if not kind.answered_in:
            raise TypeError(f"{kind.__name__} does not say in which module it is answered")
        import_module(kind.answered_in)
    return _answering[kind]


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


class _LastUsed(Generic[V]):
    """The values used last."""

    def __init__(self) -> None:
        self._values: dict[Hashable, V] = {}

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        value = self._values.pop(key) if key in self._values else make()
        self._values[key] = value
        while len(self._values) > REMEMBERED:
            del self._values[next(iter(self._values))]
        return value
