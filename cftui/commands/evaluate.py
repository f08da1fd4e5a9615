"""`cftui evaluate`: how right a run is, beside what needs no model."""

import json as jsonlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cftui.commands.console import (
    CommandError,
    Debug,
    Json,
    RunWord,
    UsageError,
    print_json,
    print_table,
    print_words,
    say,
)
from cftui.commands.meter import job_told
from cftui.commands.opening import Best, Data, open_run
from cftui.commands.twins import tell_twins, train_twin
from cftui.commands.writing import write_columns
from cftui.printing import put
from cftui.questions.check import AT, CheckAnswer, CheckRun, Measure, MethodRow
from cftui.remedies import cause

SHOWN: tuple[tuple[Measure, str, str], ...] = (
    ("rmse", "RMSE", ".3f"),
    ("mae", "MAE", ".3f"),
    ("ndcg", "NDCG", ".3f"),
    ("recall", "recall", ".3f"),
    ("precision", "prec.", ".3f"),
    ("mrr", "MRR", ".3f"),
    ("coverage", "cover", ".1%"),
    ("popularity", "popul.", ".0f"),
)
"""Columns of the table, 80 cells of a terminal."""
WITH_INTERVAL = ("rmse", "ndcg")
ENDINGS = (".csv", ".json")
FITTED = ("item-knn", "ease")
"""Baselines that are fitted another way where ratings are many, and say so."""


def evaluate(
    *,
    run: RunWord = "latest",
    data: Data = None,
    best: Best = False,
    at: Annotated[int, typer.Option("--at", min=1, help="Places of a list that are judged")] = AT,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write a file: .csv the table with its intervals, .json all there is"
        ),
    ] = None,
    both_splits: Annotated[
        bool,
        typer.Option(
            "--both-splits",
            help="Train the same settings on each user's latest ratings, or on some drawn at"
            " random, where no run is there; then both stand side by side",
        ),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell how right a run is on its held-out ratings, beside baselines on the same split.

    Errors in rating units; lists of all that a user has no training rating of, right where a
    held-out rating says liked. Intervals are 95 % of a bootstrap over users. The held-out ratings
    themselves, beside their predictions: cftui predict --split valid --out FILE.
    """
    if out is not None and out.suffix not in ENDINGS:
        raise UsageError("evaluate: --out needs a file name that ends in .csv or .json")
    from cftui.library.door import Library

    library = Library()
    trained = open_run(library, run, data, best=best, json=json)
    if run == "latest" and trained.record.refit_of:
        say("nothing was held out from a refit: the run that it repeats is checked")
        trained = open_run(library, trained.record.refit_of, data, best=best, json=json)
    if both_splits:
        train_twin(trained.run, json=json)
    job = CheckRun(str(trained.ratings.path), trained.path, trained.step, at)
    with job_told(json=json) as progress:
        answer = library.answer(job, progress)
    if not json:
        _print(answer)
    if trained.ratings.timestamp is not None:
        tell_twins(trained.run, json=json)
    if json:
        print_json({"event": "check", **asdict(answer)})
    if out is not None:
        _write(out, answer)
        print_json({"event": "written", "out": str(out)}) if json else put(f"written to {out}")


def _print(answer: CheckAnswer) -> None:
    audit = answer.audit
    headings = [heading for _, heading, _ in SHOWN]
    put(
        f"{answer.weights} weights; {audit.n_held_out:,} held-out ratings ({audit.kind}), lists of"
        f" {answer.at} for {answer.n_users:,} users"
    )
    print_table(
        ("method", *headings),
        [(method.name, *_cells(method)) for method in answer.methods],
        right=headings,
        yielding=(),
        dropping=("popul.", "cover", "MRR", "prec.", "MAE", "recall"),
    )
    for comparison in answer.comparisons[:3]:
        print_words(comparison.words)
    print_words(_calibration(answer))
    fitted = (method.words for method in answer.methods if method.name in FITTED)
    print_words("; ".join(fitted))
    print_words(f"lists: right is what was held out and given {answer.liked_from:g} or more")
    for warning in audit.warnings:
        print_words(f"mind: {warning}")


def _cells(method: MethodRow) -> Iterator[str]:
    for measure, _, form in SHOWN:
        found = method.measured(measure)
        if found is None:
            yield ""
            continue
        half = (found.high - found.low) / 2
        shorter = ".0%" if measure == "coverage" and found.value > 0.0995 else form
        yield f"{found.value:{shorter}}" + (f"±{half:.3f}" if measure in WITH_INTERVAL else "")


def _calibration(answer: CheckAnswer) -> str:
    """Return what was really given where little, middling and much was predicted."""
    points = answer.calibration
    chosen = sorted({0, len(points) // 2, len(points) - 1})
    said = (f"{points[place].predicted:.2f} → {points[place].actual.value:.2f}" for place in chosen)
    return f"calibration, predicted → given: {', '.join(said)}"


def _write(out: Path, answer: CheckAnswer) -> None:
    """Write the table, a line for each method and measure, or the whole answer."""
    if out.suffix == ".json":
        from cftui.files import replace_file

        text = jsonlib.dumps(asdict(answer), indent=1, ensure_ascii=False)
        try:
            replace_file(out, text.encode())
        except OSError as error:
            raise CommandError(f"{out}: cannot be written: {cause(error)}") from None
        return
    rows = [(method.name, *pair) for method in answer.methods for pair in method.measures]
    columns: dict[str, Iterable[object]] = {
        "method": [name for name, _, _ in rows],
        "measure": [measure for _, measure, _ in rows],
        "value": [found.value for _, _, found in rows],
        "low": [found.low for _, _, found in rows],
        "high": [found.high for _, _, found in rows],
    }
    write_columns(out, columns)
