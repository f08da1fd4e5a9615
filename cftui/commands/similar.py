"""`cftui similar`: the items nearest to an item, or to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands.console import (
    Debug,
    Json,
    UsageError,
    one_of,
    print_json,
    print_table,
    say,
)
from cftui.commands.opening import (
    Best,
    Data,
    MaybeRun,
    fit_told,
    open_ratings_and_run,
    open_run,
)
from cftui.commands.writing import checked_out, write_columns
from cftui.printing import put
from cftui.questions.item_sums import ItemArithmetic, ItemSum, NearSum, SumSpace
from cftui.questions.likes import AlikeAnswer, AlikeItem, AlikeItems, JudgeSpace
from cftui.questions.trained import METRICS, Metric, Neighbour, Similar, SimilarItems
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.library.door import Library
    from cftui.library.trained import Trained
    from cftui.ratings.values import Ratings

KINDS = ("tastes", *METRICS)
SUM_KINDS = ("tastes", "cosine")
Row = tuple[str, str, Neighbour | AlikeItem]
"""Id and title of an item, and one that is near it."""


def similar(
    item: Annotated[
        str | None, typer.Argument(metavar="ITEM", help="An item's id, or part of its title")
    ] = None,
    *,
    by: Annotated[
        str,
        typer.Option(
            help="tastes of those who rated both (needs no run), or a run's item factors by"
            " cosine, dot or euclid"
        ),
    ] = "tastes",
    metric: Annotated[str | None, typer.Option(hidden=True, help="As --by")] = None,
    plus: Annotated[
        list[str] | None,
        typer.Option(metavar="ITEM", help="Near ITEM as well; may be given many times"),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option(metavar="ITEM", help="Near it less what is near ITEM; many times"),
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many")] = 10,
    min_ratings: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Leave out items with fewer ratings than this; without it 20, or fewer on few"
            " ratings",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Of every item instead of one, into the file of --out")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="With --all: the .csv or .parquet file to write")
    ] = None,
    run: MaybeRun = None,
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the items that are nearest to an item, by tastes or in a run's item factors."""
    chosen = metric or by
    option = "--metric" if metric else "--by"
    kind = one_of(chosen, KINDS, f"{option} {chosen}: choose tastes, cosine, dot or euclid")
    if (item is None) != everything:
        raise UsageError("similar: give an ITEM, or --all with --out FILE")
    if out is not None and not everything:
        raise UsageError("similar: --out belongs to --all")
    summed = tuple(plus or ()), tuple(minus or ())
    if any(summed) and (everything or kind not in SUM_KINDS):
        raise UsageError("similar: --plus and --minus go with an ITEM, by tastes or cosine")
    target = checked_out("similar", out) if everything else None
    from cftui.library.door import Library

    library, asked = Library(), _NeighboursAsked(item, n, min_ratings, json, *summed)
    if kind == "tastes":
        opened = open_ratings_and_run(library, run, data, answers=False)
        rows = _by_tastes(library, asked, opened.ratings)
    else:
        trained = open_run(library, run or "latest", data, best=best, json=json)
        rows = _in_space(library, asked, trained, one_of(kind, METRICS, kind))
    if target is not None:
        _write(target, rows, json=json)


@dataclass(frozen=True)
class _NeighboursAsked:
    """What is looked for: the neighbours of one item, or of every."""

    item: str | None
    n: int
    min_ratings: int | None
    json: bool
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()

    def summed(self, store: str = "", run: str = "") -> ItemArithmetic | None:
        """Return the question what is near a sum, by tastes or in a run's space; none of one."""
        if self.item is None or not (self.plus or self.minus):
            return None
        plus, by = (self.item, *self.plus), _in_which_space(run)
        return ItemArithmetic(store, plus, self.minus, by, run, self.n, self.min_ratings)


def _in_which_space(run: str) -> SumSpace:
    return "cosine" if run else "tastes"


def _by_tastes(library: "Library", asked: _NeighboursAsked, ratings: "Ratings") -> list[Row]:
    """Print one item's neighbours by tastes, or return everybody's."""
    fit_told(library, ratings, json=asked.json)
    store, n = str(ratings.path), asked.n
    if sums := asked.summed(store):
        _print_sum(library.answer(sums), json=asked.json)
        return []
    if asked.item is not None:
        answer = library.answer(AlikeItems(store, asked.item, n, asked.min_ratings))
        _print_alike(answer, ratings.name, json=asked.json)
        return []
    floor = asked.min_ratings or _floor(ratings)
    found: list[Row] = []
    for item in _often_rated(ratings, floor):
        answer = library.answer(AlikeItems(store, item, n, floor))
        found += ((answer.item, answer.title, row) for row in answer.alike)
    return found


def _in_space(
    library: "Library", asked: _NeighboursAsked, trained: "Trained", metric: Metric
) -> list[Row]:
    """Print one item's neighbours in a run's item factors, or return everybody's.

    Says how far they can be trusted.
    """
    ratings, n = trained.ratings, asked.n
    fit_told(library, ratings, json=asked.json)
    judged = library.answer(JudgeSpace(trained.path, metric))
    if asked.json:
        print_json({"event": "judgement", "by": metric, "words": judged.words})
    else:
        say(judged.words)
    floor = asked.min_ratings or _floor(ratings)
    if sums := asked.summed(run=trained.path):
        _print_sum(library.answer(sums), json=asked.json)
        return []
    if asked.item is not None:
        question = Similar(trained.path, asked.item, metric, n, floor)
        _print_similar(library.answer(question), floor, json=asked.json)
        return []
    found: list[Row] = []
    for item in _often_rated(ratings, floor):
        if trained.trained_items[ratings.items.code_of(item)]:
            answer = library.answer(Similar(trained.path, item, metric, n, floor))
            found += ((answer.item, answer.title, row) for row in answer.neighbours)
    return found


def _floor(ratings: "Ratings") -> int:
    return ratings.usual_floor


def _print_alike(answer: AlikeAnswer, name: str, *, json: bool) -> None:
    if json:
        for row in answer.alike:
            print_json(row)
        return
    if not answer.alike:
        raise UsageError(f"{answer.title}: {answer.words} (--min-ratings)")
    put(
        f"nearest to {answer.item} {plain(answer.title)}, by tastes on {plain(name)}, among those"
        f" with {answer.min_ratings:,} ratings or more:"
    )
    headings = ("rank", "id", "score", "both", "lift", "ratings", "title", "genres")
    print_table(
        headings,
        [
            (
                *(str(r.rank), r.item, f"{r.score:.3f}", f"{r.common:,}", f"{r.lift:.1f}"),
                *(f"{r.n_ratings:,}", r.title, r.genres),
            )
            for r in answer.alike
        ],
        right=headings[:6],
        yielding=("genres", "title"),
    )


def _print_sum(answer: ItemSum, *, json: bool) -> None:
    if json:
        for row in answer.near:
            print_json(row)
        return
    if not answer.near:
        raise UsageError(f"nothing with {answer.min_ratings:,} ratings is near: --min-ratings")
    put(f"nearest to {plain(answer.words)}, {answer.way}:")
    _print_near(answer.near, "score" if answer.by == "tastes" else "cosine")


def _print_similar(answer: SimilarItems, floor: int, *, json: bool) -> None:
    if json:
        for row in answer.neighbours:
            print_json(row)
        return
    if not answer.neighbours:
        raise UsageError(f"no other item has {floor:,} ratings; lower --min-ratings")
    put(f"nearest to {answer.item} {plain(answer.title)}, by {answer.metric}:")
    _print_near(answer.neighbours, answer.metric)


def _print_near(rows: Sequence[Neighbour | NearSum], heading: str) -> None:
    print_table(
        ("rank", "id", heading, "ratings", "title", "genres"),
        [
            (str(r.rank), r.item, f"{r.score:.3f}", f"{r.n_ratings:,}", r.title, r.genres)
            for r in rows
        ],
        right=("rank", "id", heading, "ratings"),
        yielding=("genres", "title"),
    )


def _often_rated(ratings: "Ratings", floor: int) -> list[str]:
    """Return the ids of all items with so many ratings."""
    counts = ratings.by_item.counts().tolist()
    return [ratings.items.id_of(code) for code, count in enumerate(counts) if count >= floor]


def _write(out: Path, rows: Sequence[Row], *, json: bool) -> None:
    if not rows:
        raise UsageError("no two items have that many ratings; lower --min-ratings")
    columns: dict[str, list[str] | list[int] | list[float]] = {
        "item": [item for item, _, _ in rows],
        "title": [title for _, title, _ in rows],
        "rank": [row.rank for _, _, row in rows],
        "neighbour": [row.item for _, _, row in rows],
        "neighbour_title": [row.title for _, _, row in rows],
        "score": [row.score for _, _, row in rows],
    }
    write_columns(out, columns)
    n_items = len({item for item, _, _ in rows})
    if json:
        told = {"items": n_items, "rows": len(rows), "out": str(out)}
        print_json({"event": "neighbours", **told})
    else:
        put(f"neighbours of {n_items:,} items, {len(rows):,} rows, written to {out}")
