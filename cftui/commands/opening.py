"""What the commands share that ask of ratings and of runs: opening them by the words given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands.console import UsageError, print_json, run_words, say
from cftui.commands.meter import meter
from cftui.printing import put
from cftui.questions.data import AS_RECOGNISED, ColumnMapping

if TYPE_CHECKING:
    from cftui.library.door import Library
    from cftui.library.trained import Trained
    from cftui.ratings.values import Ratings
    from cftui.runs.directory import Run

Data = Annotated[str | None, typer.Option(help="Only runs on this data set are meant by `latest`")]
MaybeRun = Annotated[
    str | None,
    typer.Option(
        "--run",
        help="A run's id, a unique prefix, its name, or latest, which is usual",
        autocompletion=run_words,
    ),
]
Best = Annotated[bool, typer.Option("--best", help="Use the weights at the best validation error")]


def open_told(
    library: "Library", source: str, mapping: ColumnMapping = AS_RECOGNISED, *, json: bool = False
) -> "Ratings":
    """Return the ratings; where they must be read first, tell how far that is."""
    with meter("read", json=json) as progress:
        return library.open(source, mapping, progress)


def open_known(library: "Library", data: str) -> "Ratings":
    """Return a data set's ratings, columns mapped as when they were last opened."""
    from cftui.ratings.sources.recent import last_mapping

    return library.open(data, last_mapping(data))


def print_summary(ratings: "Ratings") -> None:
    """Print the size of ratings, their values, and what was left out."""
    from cftui.ratings.unrated import seeming_unrated
    from cftui.ratings.words import (
        left_out_words,
        size_words,
        unrated_options,
        unrated_words,
        value_words,
    )

    summary = ratings.summary()
    for words in (size_words(summary), value_words(summary), left_out_words(summary)):
        put(words)
    seeming = seeming_unrated(ratings)
    unrated = unrated_words(seeming, len(ratings), unrated_options(seeming))
    for words in filter(None, (unrated, *ratings.warnings)):
        put(words)


def find(word: str, fingerprint: str | None = None, *, weights: bool = False) -> "Run":
    """Return the run that a word means; raises UsageError where none or several fit."""
    from cftui.runs.directory import RunError
    from cftui.runs.find import find_run

    try:
        return find_run(word, fingerprint, weights=weights)
    except RunError as error:
        raise UsageError(str(error)) from None


def open_run(
    library: "Library", word: str, data: str | None, *, best: bool, json: bool
) -> "Trained":
    """Open a run's weights and say which run answers."""
    fingerprint = None if data is None else open_known(library, data).fingerprint
    run = find(word, fingerprint, weights=True)
    trained = library.trained(run.path, best=best)
    if json:
        print_json({"event": "run", "run": run.id, "step": trained.step})
    else:
        refit = f", a refit of {trained.record.refit_of}" if trained.record.refit_of else ""
        put(f"run {run.id}, step {trained.step:,}, on {trained.record.data_name}{refit}")
    say_doubts(run)
    return trained


def say_doubts(run: "Run") -> None:
    """Say on stderr, before a run answers, that it is untrained or worse than the mean."""
    from cftui.runs.checkpoint import checkpoint_step
    from cftui.runs.directory import RunError
    from cftui.runs.judging import verdict_of

    try:
        epochs, step = run.record().epoch, checkpoint_step(run.last)
    except (RunError, OSError):
        return  # who asks it is told
    if not run.has_weights:
        return  # likewise
    if not epochs:
        untrained = "hardly trained" if step else "untrained"
        say(f"{run.id} is at step {step:,}, {untrained}: its answers mean nothing yet")
    elif (verdict := verdict_of(run)) is not None and verdict.worse_than == "mean":
        say(f"{run.id}: {verdict.words}")


@dataclass(frozen=True)
class RatingsAndRun:
    """Ratings to ask about, and a run on them where there is one."""

    ratings: "Ratings"
    run: str = ""
    """What questions call it; empty for none."""
    run_id: str = ""

    @property
    def store(self) -> str:
        """Return what questions call the ratings."""
        return str(self.ratings.path)


def open_ratings_and_run(
    library: "Library",
    word: str | None,
    data: str | None,
    *,
    best: bool = False,
    answers: bool = True,
) -> RatingsAndRun:
    """Return ratings and a run on them for what needs no run: those named, else the latest.

    Without `word` there may be no run; without `data` and any run the bundled ratings are meant.
    `answers`: whether the run has a say in what follows, or tells the ratings alone.
    Raises UsageError where a run that was named is not there.
    """
    from cftui.paths import BUNDLED
    from cftui.runs.directory import RunError
    from cftui.runs.find import find_run

    ratings = None if data is None else open_known(library, data)
    fingerprint = None if ratings is None else ratings.fingerprint
    try:
        run = find_run(word or "latest", fingerprint, weights=True)
    except RunError as error:
        if word is not None:
            raise UsageError(str(error)) from None
        return RatingsAndRun(ratings or open_known(library, BUNDLED))
    path = run.best if best else run.path
    if answers:
        say_doubts(run)
    return RatingsAndRun(ratings or library.ratings_of(run), str(path), run.id)


def fit_told(
    library: "Library", ratings: "Ratings", threshold: float | None = None, *, json: bool = False
) -> None:
    """Have tastes fitted; where that takes long, tell how far it is."""
    from cftui.explore.likes.kept import at_hand
    from cftui.questions.likes import FitTastes

    def tell(done: int, total: int, words: str) -> None:
        if json:
            print_json({"event": "progress", "done": done, "of": total, "words": words})
        else:
            say(f"{done / max(total, 1):.0%} of {words}")

    quiet = at_hand(ratings, threshold)
    job = FitTastes(str(ratings.path), threshold)
    library.answer(job) if quiet else library.answer(job, tell)
