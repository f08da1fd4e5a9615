"""`cftui similar`: the items nearest to an item."""

from typing import Annotated

import typer

from cftui.commands.console import (
    Debug,
    Json,
    RunWord,
    UsageError,
    one_of,
    print_json,
    print_table,
)
from cftui.commands.opening import Best, Data, open_run
from cftui.questions.trained import METRICS, Similar
from cftui.text import plain


def similar(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item's id, or part of its title")],
    *,
    metric: Annotated[str, typer.Option(help="cosine, dot or euclid")] = "cosine",
    n: Annotated[int, typer.Option("-n", min=1, help="How many")] = 10,
    min_ratings: Annotated[
        int, typer.Option(min=1, help="Leave out items with fewer ratings than this")
    ] = 1,
    run: RunWord = "latest",
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the items whose factors are nearest to an item's."""
    by = one_of(metric, METRICS, f"--metric {metric}: choose cosine, dot or euclid")
    from cftui.library.door import Library

    library = Library()
    trained = open_run(library, run, data, best=best, json=json)
    answer = library.answer(Similar(trained.path, item, by, n, min_ratings))
    if json:
        for row in answer.neighbours:
            print_json(row)
        return
    if not answer.neighbours:
        raise UsageError(f"no other item has {min_ratings:,} ratings; lower --min-ratings")
    print(f"nearest to {answer.item} {plain(answer.title)}, by {metric}:")
    print_table(
        ("rank", "id", metric, "ratings", "title", "genres"),
        [
            (str(r.rank), r.item, f"{r.score:.3f}", f"{r.n_ratings:,}", r.title, r.genres)
            for r in answer.neighbours
        ],
        right=("rank", "id", metric, "ratings"),
        yielding=("genres", "title"),
    )
