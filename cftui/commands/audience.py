"""`cftui audience`: for whom an item would be that is not in the data."""

import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cftui.commands.console import Debug, Json, UsageError, one_of, print_json, print_table, say
from cftui.commands.opening import Best, Data, MaybeRun, fit_told, open_ratings_and_run
from cftui.commands.writing import checked_out, write_columns
from cftui.printing import put
from cftui.questions.new_item import (
    AUDIENCE_ORDERS,
    ITEM_REGULARIZATION,
    ForWhom,
    ForWhomAnswer,
    LikelyUser,
)
from cftui.text import plain

RATED_BY = re.compile(r"(.+?)=([^,=]+)(?:,|$)")
"""One of several `USER=VALUE`; an id may hold a comma."""


def audience(
    *,
    rated_by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USER=VALUE",
            help="A rating that a user of the data gave it; several with commas, or the option"
            " many times",
        ),
    ] = None,
    genres: Annotated[str, typer.Option(help="Its genres as the data has them: 'Drama|War'")] = "",
    year: Annotated[int | None, typer.Option(min=0, max=9999, help="Its year")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many users, and near items")] = 20,
    order: Annotated[
        str,
        typer.Option(
            help="stars, taste (by how much more than an average item) or sure (stars less their"
            " doubt; with a run)"
        ),
    ] = "stars",
    regularization: Annotated[
        float,
        typer.Option(help="With a run: how far it is held to the mean item, or to its genres; 0.5"),
    ] = ITEM_REGULARIZATION,
    out: Annotated[
        Path | None, typer.Option(help="Write the users to this .csv or .parquet")
    ] = None,
    run: MaybeRun = None,
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell for whom a new item would be, from a few ratings of it or its genres and year."""
    ratings = tuple(pair for text in rated_by or [] for pair in pairs_of(text))
    named = tuple(filter(None, (genre.strip() for genre in genres.split("|"))))
    if not (ratings or named or year is not None):
        raise UsageError("audience: give --rated-by USER=VALUE, --genres or --year")
    chosen = one_of(order, AUDIENCE_ORDERS, f"--order {order}: choose stars, taste or sure")
    target = None if out is None else checked_out("audience", out)
    from cftui.library.door import Library

    library = Library()
    opened = open_ratings_and_run(library, run, data, best=best)
    fit_told(library, opened.ratings, json=json)
    answer = library.answer(
        ForWhom(opened.store, opened.run, ratings, named, year, n, chosen, regularization)
    )
    if answer.no_run and (run is not None or chosen == "sure"):
        raise UsageError(f"audience: {answer.no_run}")
    if target is not None:
        _write(target, answer.audience)
    if json:
        _print_lines(answer, opened.run_id, opened.ratings.name)
    else:
        if answer.no_run and opened.run:
            say(f"no run answers: {answer.no_run}")
        _print(answer, opened.ratings.name)
        if target is not None:
            put(f"{len(answer.audience):,} users written to {target}")


def pairs_of(text: str) -> list[tuple[str, float]]:
    """Return users and values of `15=5,23=2`; raises UsageError for anything else."""
    pairs, end = [], 0
    for found in RATED_BY.finditer(text):
        end = found.end()
        try:
            pairs.append((found[1].strip(), float(found[2])))
        except ValueError:
            end = -1
            break
    if end != len(text) or not pairs or any(not u or math.isnan(v) for u, v in pairs):
        raise UsageError(f"--rated-by {text}: write USER=VALUE, such as 15=5 or 15=5,23=2")
    return pairs


def _print_lines(answer: ForWhomAnswer, run_id: str, name: str) -> None:
    told = asdict(answer)
    users, near = told.pop("audience"), told.pop("near")
    run = {"run": run_id} if answer.step is not None else {}
    print_json({"event": "new-item", "data": name, **run, **told})
    for row in users:
        print_json({"event": "audience", **row})
    for row in near:
        print_json({"event": "near", **row})


def _print(answer: ForWhomAnswer, name: str) -> None:
    put(f"a new item, on {plain(name)}: {answer.way}")
    put(
        f"expected mean {answer.expected:.2f} ± {answer.expected_doubt:.2f}"
        f" (all ratings: {answer.data_mean:.2f})"
    )
    if answer.explained:
        put(answer.explained)
    for row in answer.rated:
        unknown = "" if row.trained else " (never trained on: it tells the run nothing)"
        put(f"  {row.value:g} by user {plain(row.user)}, predicted {row.predicted:.2f}{unknown}")
    _print_users(answer)
    put(f"\nnearest, by {answer.near_way}:")
    print_table(
        ("rank", "id", "score", "ratings", "title", "genres"),
        [
            (str(r.rank), r.item, f"{r.score:.3f}", f"{r.n_ratings:,}", r.title, r.genres)
            for r in answer.near
        ],
        right=("rank", "id", "score", "ratings"),
        yielding=("genres", "title"),
    )
    put(answer.source)


def _print_users(answer: ForWhomAnswer) -> None:
    headings = ("rank", "user", "predicted", "doubt", "more", "mean", "ratings", "because")
    rows = [
        (
            *(str(r.rank), r.user, f"{r.predicted:.2f}", _number(r.doubt), f"{r.more:+.2f}"),
            *(f"{r.mean:.2f}", f"{r.n_ratings:,}", because(r)),
        )
        for r in answer.audience
    ]
    kept = [c for c, name in enumerate(headings) if any(row[c] for row in rows)]
    print_table(
        [headings[c] for c in kept],
        [[row[c] for c in kept] for row in rows],
        right=[headings[c] for c in kept if c < 7],
        yielding=[headings[c] for c in kept if c == 7],
    )


def because(row: LikelyUser) -> str:
    """Return whose rating speaks most for it, and by how much; empty where none does."""
    return f"user {row.because} {row.because_share:+.2f}" if row.because else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"±{value:.2f}"


def _write(out: Path, rows: Sequence[LikelyUser]) -> None:
    write_columns(
        out,
        {
            "rank": [r.rank for r in rows],
            "user": [r.user for r in rows],
            "predicted": [r.predicted for r in rows],
            "doubt": [r.doubt for r in rows],
            "more": [r.more for r in rows],
            "because": [r.because for r in rows],
            "because_share": [r.because_share for r in rows],
            "mean": [r.mean for r in rows],
            "ratings": [r.n_ratings for r in rows],
        },
    )
