"""`cftui recommend`: what a user of the data, or newcomers who rate a few items, would like."""

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cftui.commands.console import Debug, Json, UsageError, one_of, print_json, print_table, say
from cftui.commands.opening import (
    Best,
    Data,
    MaybeRun,
    RatingsAndRun,
    fit_told,
    open_ratings_and_run,
    open_run,
)
from cftui.commands.profiles import recommend_to_profiles
from cftui.commands.reasons import print_why_liked, print_why_stars
from cftui.commands.together import as_asked, people_named, recommend_together
from cftui.printing import put
from cftui.questions.band import stars_words
from cftui.questions.errors import QuestionError
from cftui.questions.items import ORDERS, IdentifyItem, ItemFilter, ListOrder
from cftui.questions.likes import ForYou, ForYouAnswer, LikelyItem, WhyLiked, WhyStars
from cftui.questions.newcomer import REGULARIZATION
from cftui.questions.people import Person
from cftui.questions.trained import Recommend, Recommendation
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.library.door import Library

YEARS = re.compile(r"(\d{4})?(-)?(\d{4})?")


def recommend(
    *,
    user: Annotated[str | None, typer.Option(help="The user's id in the data")] = None,
    rated: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ITEM=VALUE",
            help="A rating of somebody who is not in the data; ITEM is an id or part of a title;"
            " may be given many times; needs no run",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[,NAME]",
            help="Somebody known by name (cftui you list); two or more get one list together",
        ),
    ] = None,
    profiles: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file of many newcomers' ratings: columns profile, item (an id), rating"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="With --profiles: the .csv or .parquet file to write")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many")] = 10,
    order: Annotated[
        str,
        typer.Option(help="likes (for them; with a run also by its stars), stars or popular"),
    ] = "likes",
    why: Annotated[
        str | None,
        typer.Option(metavar="ITEM", help="Instead of a list: what speaks for and against ITEM"),
    ] = None,
    genre: Annotated[str, typer.Option(help="Only items of this genre")] = "",
    year: Annotated[str, typer.Option(help="Only items of 1999, 1990-1999, 1990- or -1999")] = "",
    min_ratings: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Leave out items with fewer ratings than this; for newcomers 20 without it, or"
            " fewer on few ratings",
        ),
    ] = None,
    liked_from: Annotated[
        float | None,
        typer.Option(help="For newcomers: from which rating on somebody liked what they rated"),
    ] = None,
    regularization: Annotated[
        float | None,
        typer.Option(help="For newcomers: how far a run's stars are held to the mean user; 3"),
    ] = None,
    run: MaybeRun = None,
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the items that a user, or whoever gave some ratings, would like best."""
    if sum(map(bool, (user is not None, rated, profile is not None, profiles is not None))) != 1:
        raise UsageError(
            "recommend: give --user ID, or --rated ITEM=VALUE once or more, or --profile NAME, or"
            " --profiles FILE"
        )
    for value, option, whose, fits in (
        (regularization, "--regularization", "--rated and --profiles", user is None),
        (liked_from, "--liked-from", "--rated and --profiles", user is None),
        (out, "--out", "--profiles", profiles is not None),
        (why, "--why", "--user and --rated", profiles is None),
    ):
        if value is not None and not fits:
            raise UsageError(f"recommend: {option} belongs to {whose}")
    by = one_of(order, ORDERS, f"--order {order}: choose likes, stars or popular")
    only = ItemFilter(genre, *_years(year), min_ratings or 1)
    pairs = tuple(_pair(text) for text in rated or [])
    from cftui.library.door import Library

    library = Library()
    if user is not None:
        _to_user(library, user, run, data, n, only, by, why, best=best, json=json)
        return
    opened = open_ratings_and_run(library, run, data, best=best)
    fit_told(library, opened.ratings, liked_from, json=json)
    only = replace(only, min_ratings=min_ratings or opened.ratings.usual_floor)
    asked = ForYou(
        opened.store,
        tuple((library.answer(IdentifyItem(opened.store, item)).item, v) for item, v in pairs),
        opened.run,
        by,
        n,
        only,
        regularization=REGULARIZATION if regularization is None else regularization,
        threshold=liked_from,
    )
    if profiles is not None:
        recommend_to_profiles(library, opened.ratings, asked, profiles, out, json=json)
    elif profile is not None:
        people = people_named(opened, profile, regularization, liked_from)
        _to_people(library, opened, asked, people, why, json=json)
    elif why is not None:
        _print_why(library, opened, asked, why, json=json)
    else:
        _to_newcomer(library, opened, asked, json=json)


def _to_people(
    library: "Library",
    opened: RatingsAndRun,
    asked: ForYou,
    people: tuple[Person, ...],
    why: str | None,
    *,
    json: bool,
) -> None:
    """Print the list of one who is known by name, or of several together; or why, for each."""
    if why is not None:
        for person in people:
            if json:
                print_json({"event": "to", "profile": person.name})
            else:
                put(f"to {plain(person.name)}:")
            _print_why(library, opened, as_asked(asked, person), why, json=json)
    elif len(people) > 1:
        recommend_together(library, opened, asked, people, json=json)
    else:
        _to_newcomer(library, opened, as_asked(asked, people[0]), json=json)


def _to_user(
    library: "Library",
    user: str,
    run: str | None,
    data: str | None,
    n: int,
    only: ItemFilter,
    order: ListOrder,
    why: str | None,
    *,
    best: bool,
    json: bool,
) -> None:
    opened = open_ratings_and_run(library, run, data, best=best, answers=False)
    path, store = opened.run, opened.store
    if path:
        trained = open_run(library, opened.run_id, None, best=best, json=json)
        path, store = trained.path, str(trained.ratings.path)
    elif not json:
        put(f"by likes alone, on {plain(opened.ratings.name)}; a run adds stars: cftui train")
    fit_told(library, opened.ratings, json=json)
    if why is None:
        _print(library.answer(Recommend(path, user, n, only, order, store)), json=json)
        return
    item = library.answer(IdentifyItem(store, why)).item
    print_why_liked(library.answer(WhyLiked(store, item, user=user)), json=json)
    if not path:
        return
    try:
        print_why_stars(library.answer(WhyStars(path, item, user=user)), json=json)
    except QuestionError as error:
        say(f"no parts of the predicted rating: {error}")


def _to_newcomer(library: "Library", opened: RatingsAndRun, asked: ForYou, *, json: bool) -> None:
    answer = library.answer(asked)
    if answer.order != asked.order:
        raise UsageError(f"--order {asked.order}: {answer.no_stars}")
    _print_newcomer(answer, opened, asked, json=json)
    _print(answer.recommended, json=json)


def _print_why(
    library: "Library", opened: RatingsAndRun, asked: ForYou, why: str, *, json: bool
) -> None:
    item = library.answer(IdentifyItem(opened.store, why)).item
    liked = WhyLiked(opened.store, item, asked.rated, threshold=asked.threshold)
    print_why_liked(library.answer(liked), json=json)
    if not opened.run:
        return
    stars = WhyStars(opened.run, item, asked.rated, regularization=asked.regularization)
    try:
        answer = library.answer(stars)
    except (ValueError, OSError) as error:  # any run that cannot answer: the likes stand
        say(f"no parts of predicted stars: {error}")
        return
    print_why_stars(answer, json=json)


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


def _print_newcomer(
    answer: ForYouAnswer, opened: RatingsAndRun, asked: ForYou, *, json: bool
) -> None:
    """Say what was understood of a newcomer."""
    if json:
        if answer.step is not None:
            print_json({"event": "run", "run": opened.run_id, "step": answer.step})
        print_json({"event": "newcomer", **_told(answer, opened, asked)})
    else:
        for line in _newcomer_lines(answer, opened):
            put(line)
    if answer.no_stars and opened.run:
        say(f"no stars beside: {answer.no_stars}")
    if answer.order == "stars" and answer.flat:
        say(
            "this model knows hardly any tastes, so that everybody gets this list; use --order"
            " likes, train longer, or cftui train --optimizer adam"
        )


def _told(answer: ForYouAnswer, opened: RatingsAndRun, asked: ForYou) -> dict[str, Any]:
    rated = [
        {
            **{"item": r.item, "title": r.title, "value": r.value, "predicted": r.predicted},
            **({"band": asdict(r.band)} if r.band else {}),
        }
        for r in answer.rated
    ]
    return {
        "data": opened.ratings.name,
        "order": answer.order,
        "liked_from": answer.threshold,
        "way": answer.way,
        "regularization": asked.regularization,
        "no_stars": answer.no_stars,
        "rated": rated,
    }


def _newcomer_lines(answer: ForYouAnswer, opened: RatingsAndRun) -> list[str]:
    """Return what a list is made from, a line each, titles made plain."""
    stars = (
        f"; stars by run {opened.run_id}, step {answer.step:,}" if answer.step is not None else ""
    )
    lines = [
        f"somebody new, on {plain(opened.ratings.name)}{stars}",
        f"{answer.threshold_words}; {answer.way}",
    ]
    for r in answer.rated:
        predicted = "" if r.predicted is None else f", predicted {stars_words(r)}"
        unknown = "" if r.trained else " (never trained on: it tells the run nothing)"
        lines.append(f"  {r.value:g} for {r.item} {plain(r.title)}{predicted}{unknown}")
    if answer.rated and all(r.value < answer.threshold for r in answer.rated):
        lines.append(
            "none of these is liked, so that this is what others chose: rate what you like"
        )
    return lines


def _print(rows: Sequence[Recommendation | LikelyItem], *, json: bool) -> None:
    if json:
        for row in rows:
            print_json(row)
        return
    print_table(
        ("rank", "id", "score", "predicted", "ratings", "title", "genres"),
        [
            (
                *(str(r.rank), r.item, _number(r.score), stars_words(r, digits=3)),
                *(f"{r.n_ratings:,}", r.title, r.genres),
            )
            for r in rows
        ],
        right=("rank", "id", "score", "predicted", "ratings"),
        yielding=("genres", "title"),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
