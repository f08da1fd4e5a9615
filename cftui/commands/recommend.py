"""`cftui recommend`: what a user of the data, or a newcomer who rates a few items, would like."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cftui.commands.console import Debug, Json, RunWord, UsageError, print_json, print_table, say
from cftui.commands.opening import Best, Data, open_run
from cftui.questions.items import IdentifyItem, ItemFilter
from cftui.questions.newcomer import REGULARIZATION, FoldIn, FoldInAnswer
from cftui.questions.trained import Recommend, Recommendation
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.library.door import Library
    from cftui.library.trained import Trained

YEARS = re.compile(r"(\d{4})?(-)?(\d{4})?")


def recommend(
    *,
    user: Annotated[str | None, typer.Option(help="The user's id in the data")] = None,
    rated: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ITEM=VALUE",
            help="A rating of somebody who is not in the data; ITEM is an id or part of a title;"
            " may be given many times",
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many")] = 10,
    genre: Annotated[str, typer.Option(help="Only items of this genre")] = "",
    year: Annotated[str, typer.Option(help="Only items of 1999, 1990-1999, 1990- or -1999")] = "",
    min_ratings: Annotated[
        int, typer.Option(min=1, help="Leave out items with fewer ratings than this")
    ] = 1,
    regularization: Annotated[
        float | None,
        typer.Option(help="With --rated: how far the newcomer is held to the mean user; 3"),
    ] = None,
    run: RunWord = "latest",
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the items that a user, or whoever gave some ratings, would like best."""
    if (user is None) == (not rated):
        raise UsageError("recommend: give --user ID, or --rated ITEM=VALUE once or more")
    if user is not None and regularization is not None:
        raise UsageError("recommend: --regularization belongs to --rated")
    only = ItemFilter(genre, *_years(year), min_ratings)
    pairs = [_pair(text) for text in rated or []]
    from cftui.library.door import Library

    library = Library()
    trained = open_run(library, run, data, best=best, json=json)
    if user is not None:
        _print(library.answer(Recommend(trained.path, user, n, only)), json=json)
        return
    weight = REGULARIZATION if regularization is None else regularization
    question = FoldIn(trained.path, _named(library, trained, pairs), n, weight, only)
    answer = library.answer(question)
    _print_newcomer(answer, json=json)
    _print(answer.recommended, json=json)


def _years(text: str) -> tuple[int | None, int | None]:
    """Return the first and the last year of `1999`, `1990-1999`, `1990-` or `-1999`."""
    found = YEARS.fullmatch(text.strip())
    if found is None or (text and not (found[1] or found[3])):
        raise UsageError(f"--year {text}: write 1999, 1990-1999, 1990- or -1999")
    first, dash, last = found.groups()
    span = (int(first) if first else None, int(last) if last else None)
    if span[0] and span[1] and span[0] > span[1]:
        raise UsageError(f"--year {text}: the first year is after the last")
    return span if dash else (span[0], span[0])


def _pair(text: str) -> tuple[str, float]:
    """Return item and value of `ITEM=VALUE`; the item may itself hold `=`."""
    item, _, value = text.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not item.strip() or math.isnan(number):
        raise UsageError(f"--rated {text}: write ITEM=VALUE, such as 2571=5 or 'the matrix=4.5'")
    return item.strip(), number


def _named(
    library: "Library", trained: "Trained", pairs: Sequence[tuple[str, float]]
) -> tuple[tuple[str, float], ...]:
    """Return ratings by ids, where titles or parts of them may have been given."""
    store = str(trained.ratings.path)
    return tuple((library.answer(IdentifyItem(store, text)).item, value) for text, value in pairs)


def _print_newcomer(answer: FoldInAnswer, *, json: bool) -> None:
    """Say what was understood of a newcomer."""
    if json:
        print_json({"event": "newcomer", **_told(answer)})
    else:
        print(f"somebody new, by fold-in; regularization {answer.regularization:g}")
        for line in _rated_lines(answer):
            print(line)
    if answer.flat:
        say(
            "this model knows hardly any tastes, so that everybody gets this list; train longer,"
            " or cftui train --optimizer adam"
        )


def _told(answer: FoldInAnswer) -> dict[str, Any]:
    rated = [
        {"item": r.item, "title": r.title, "value": r.value, "predicted": r.predicted}
        for r in answer.rated
    ]
    return {"regularization": answer.regularization, "bias": answer.bias, "rated": rated}


def _rated_lines(answer: FoldInAnswer) -> list[str]:
    """Return a line for each rating of a newcomer, titles made plain."""
    return [
        f"  {r.value:g} for {r.item} {plain(r.title)}, predicted {r.predicted:.2f}"
        + ("" if r.trained else " (never trained on: this rating tells nothing)")
        for r in answer.rated
    ]


def _print(rows: Sequence[Recommendation], *, json: bool) -> None:
    if json:
        for row in rows:
            print_json(row)
        return
    print_table(
        ("rank", "id", "predicted", "ratings", "title", "genres"),
        [
            (str(r.rank), r.item, f"{r.predicted:.3f}", f"{r.n_ratings:,}", r.title, r.genres)
            for r in rows
        ],
        right=("rank", "id", "predicted", "ratings"),
        yielding=("genres", "title"),
    )
