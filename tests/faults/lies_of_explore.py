"""What Explore says of users, movies and yourself, held against ratings and a run's weights."""

import re
from collections.abc import Callable, Iterator

from drawn import Drawn, Row, rounded
from known import Ratings, Weights, bundled, mean, profile_of, runs_on_disk
from lies_of_ratings import weights_that_answer
from textual.widgets import Static

from cftui.tui.app import CftuiApp
from cftui.tui.explore.movie import MovieView
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.user import UserView
from cftui.tui.explore.you import YouView
from cftui.tui.shared.grid import Grid

BY = re.compile(r"by (.+) (\d\d:\d\d), step ([\d,]+)")
Facts = Callable[[str, str, str], bool | None]
"""Whether what stands under a name is so of an item; none where that is not known."""


def _count(text: str) -> int:
    return int(text.strip().replace(",", ""))


def row_lies(name: str, row: Row, items: list[str], is_so: Facts) -> Iterator[str]:
    """Yield what a row says that is so of none of the items that its title may mean."""
    wrong: list[list[str]] = []
    for item in items:
        wrong.append([f"{key} {text.strip()!r}" for key, text in row.cells.items()
                      if is_so(item, key, text) is False])  # fmt: skip
    if not items:
        yield f"{name}: row {row.place} {row.cells} — no such title"
    elif all(wrong):
        yield f"{name}: row {row.place} {row.cells} — {', '.join(min(wrong, key=len))} is not so"


def _items(known: Ratings, row: Row) -> list[str]:
    return known.items_called(row.cells["title"], row.cells.get("year", ""))


def _titled(drawn: Drawn, grid: Grid) -> list[Row]:
    """Return the rows in view that tell which item they are of."""
    rows = drawn.table(grid) if drawn.shows(grid) else []
    # Without its year a title that is cut may be anything.
    return [row for row in rows if len(row.cells.get("title", "").strip(" …")) > 3]


def answerer_lies(app: CftuiApp, drawn: Drawn, grid: Grid) -> Iterator[str]:
    """Yield where a table is said to be of another run, or step, than the one that answers."""
    if not drawn.shows(grid):
        return
    told, row = BY.search(drawn.border(grid, top=False)), app.workspace.answering_run
    run = runs_on_disk().get(row.id) if row is not None else None
    if not told:
        return
    if run is None:
        yield f"answerer: {told[0]!r} — and none answers"
        return
    if (told[1], told[2]) != (run.label, run.began[-5:]):
        yield f"answerer: {told[0]!r} — it is {run.label} {run.began}"
    if run.weights and _count(told[3]) != run.weights.step:
        yield f"answerer: {told[0]!r} — its weights are of step {run.weights.step}"


# A user


def user_lies(app: CftuiApp, drawn: Drawn, pane: ExplorePane) -> Iterator[str]:
    """Yield what stands of a user that their ratings or the weights do not say."""
    view, known = pane.view, bundled()
    assert isinstance(view, UserView)
    yield from answerer_lies(app, drawn, view.first)
    about = drawn.words(view.query_one("#about", Static))
    told = re.match(r"User (\S+): ([\d,]+) ratings, mean ([\d.]+)", about)
    for row in drawn.table(view.finder.found):
        user = row.cells["user"].strip()
        of = known.by_user.get(user)
        if of is None or _count(row.cells["ratings"]) != len(of) or (
            not rounded(row.cells["mean"], mean(of))
        ):  # fmt: skip
            yield f"found: {row.cells}"
        if row.marked and told and told[1] != user:
            yield f"user: {about!r} — beside the mark at {user}"
    if not told:
        return
    theirs = known.by_user.get(told[1], {})
    if _count(told[2]) != len(theirs) or not rounded(told[3], mean(theirs)):
        yield f"user: {about!r} — {len(theirs)} ratings of mean {mean(theirs):.3f}"
    weights = weights_that_answer(app)
    for row in _titled(drawn, view.first):
        items = [item for item in _items(known, row) if item in theirs]
        yield from row_lies("rated", row, items, _of_rated(told[1], theirs, weights))
    for row in _titled(drawn, view.second):
        items = [item for item in _items(known, row) if item not in theirs]
        yield from row_lies("would like", row, items, _of_liked(told[1], known, weights))


def _of_rated(user: str, theirs: dict[str, float], weights: Weights | None) -> Facts:
    def is_so(item: str, key: str, text: str) -> bool | None:
        said = text.strip()
        if key == "rated":
            return float(said) == theirs[item]
        if weights is None or not said or "±" in said:
            return None
        if key == "model":
            return rounded(said, weights.rating(user, item))
        return rounded(said, weights.rating(user, item) - theirs[item]) if key == "error" else None

    return is_so


def _of_liked(user: str, known: Ratings, weights: Weights | None) -> Facts:
    def is_so(item: str, key: str, text: str) -> bool | None:
        said = text.strip()
        if key == "ratings":
            return _count(said) == len(known.by_item[item])
        if key == "stars" and weights is not None and said and "±" not in said:
            return rounded(said, weights.rating(user, item))
        return None

    return is_so


# A movie, and the biases


def movie_lies(app: CftuiApp, drawn: Drawn, pane: ExplorePane) -> Iterator[str]:
    """Yield what stands of a movie that its ratings or the weights do not say."""
    view, known = pane.view, bundled()
    assert isinstance(view, MovieView)
    weights = weights_that_answer(app)
    about = drawn.text(view.query_one("#about", Static))
    told = re.search(r"^ *(.+?\(\d{4}\))  .*\n *([\d,]+) ratings, mean ([\d.]+)", about)
    if not told:
        return
    yield from answerer_lies(app, drawn, view.space.grid)
    is_so = _of_item(known)
    these = [item for item in known.items_called(told[1])
             if len(known.by_item[item]) == _count(told[2])
             and rounded(told[3], mean(known.by_item[item]))]  # fmt: skip
    if not these:
        yield f"movie: {about!r} — is so of none"
        return
    for row in _titled(drawn, view.finder.found):
        yield from row_lies("found", row, _items(known, row), is_so)
        if row.marked and not set(_items(known, row)) & set(these):
            yield f"movie: {about!r} — beside the mark at {row.cells}"
    facts = _of_near(these[0], known, weights)
    for grid in (view.first, view.space.grid):
        for row in _titled(drawn, grid):
            yield from row_lies(f"near ({grid.id})", row, _items(known, row), facts)
    if drawn.shows(view.second):
        yield from _fan_lies(drawn, view.second, these[0], known, weights)


def _of_item(known: Ratings) -> Facts:
    def is_so(item: str, key: str, text: str) -> bool | None:
        if key == "ratings":
            return _count(text) == len(known.by_item[item])
        return rounded(text, mean(known.by_item[item])) if key == "mean" else None

    return is_so


def _of_near(this: str, known: Ratings, weights: Weights | None) -> Facts:
    def is_so(item: str, key: str, text: str) -> bool | None:
        if key == "ratings":
            return _count(text) == len(known.by_item[item])
        if key == "both":
            return _count(text) == len(known.by_item[item].keys() & known.by_item[this].keys())
        if key == "cosine" and weights is not None:
            return rounded(text, weights.cosine(this, item))
        return None

    return is_so


def _fan_lies(
    drawn: Drawn, grid: Grid, item: str, known: Ratings, weights: Weights | None
) -> Iterator[str]:
    for row in drawn.table(grid):
        user = row.cells["user"].strip()
        theirs, said = known.by_user.get(user, {}), row.cells.get("rated", "").strip()
        true = theirs.get(item)
        right = (
            bool(theirs)
            and (float(said) if said else None) == true
            and _count(row.cells.get("ratings", str(len(theirs)))) == len(theirs)
            and ("their mean" not in row.cells or rounded(row.cells["their mean"], mean(theirs)))
            and (weights is None or rounded(row.cells["model"], weights.rating(user, item)))
        )
        if not right:
            yield f"fans: {row.cells} — of item {item}, rated {true}"


def biases_lies(app: CftuiApp, drawn: Drawn, pane: ExplorePane) -> Iterator[str]:
    """Yield rows of the best and the worst that the ratings or the weights do not say."""
    known, weights = bundled(), weights_that_answer(app)
    of_item = _of_item(known)

    def is_so(item: str, key: str, text: str) -> bool | None:
        if key == "bias" and weights is not None:
            return rounded(text, weights.bias(item))
        return of_item(item, key, text)

    yield from answerer_lies(app, drawn, pane.view.first)
    for grid in (pane.view.first, pane.view.second):
        for row in _titled(drawn, grid):
            yield from row_lies(f"biases ({grid.id})", row, _items(known, row), is_so)


# You


def you_lies(app: CftuiApp, drawn: Drawn, pane: ExplorePane) -> Iterator[str]:
    """Yield what stands as rated by you that your profile's file does not say."""
    view, known, ratings = pane.view, bundled(), app.workspace.ratings
    assert isinstance(view, YouView) and ratings is not None
    whose = drawn.border(view.your_grid, top=True).removesuffix(" rated")
    if not whose:
        return
    kept = profile_of(ratings.fingerprint, "" if whose == "You" else whose)
    if len(kept) != len(view.your_grid.rows):
        yield f"yours: {len(view.your_grid.rows)} rows, {len(kept)} ratings are kept"
    listed = view.your_grid.order is None  # else they are sorted by a column
    for row in drawn.table(view.your_grid):
        fitting = [(item, value) for item, value in kept
                   if float(row.cells["you"]) == value and item in known.titles
                   and item in known.items_called(row.cells["title"])]  # fmt: skip
        if not fitting or (listed and row.place < len(kept) and kept[row.place] not in fitting):
            yield f"yours: row {row.place} {row.cells}, kept {kept[row.place : row.place + 1]}"
    told = re.match(r"(.+): (\d+) ratings?,", drawn.words(view.query_one("#about", Static)))
    if told and int(told[2]) != len(kept):
        yield f"yours: {told[0]!r} — {len(kept)} are kept"
    yours = {item for item, _ in kept}
    for row in _titled(drawn, view.list):
        items = [item for item in _items(known, row) if item not in yours]
        yield from row_lies("your list", row, items, _of_item(known))
    for row in _titled(drawn, view.offers.grid):
        yield from _offer_lies(row, known, dict(kept))


def _offer_lies(row: Row, known: Ratings, kept: dict[str, float]) -> Iterator[str]:
    told = re.match(r" *(?:\(([\d.]+)\) )?(.*)", row.cells["title"])
    assert told
    given = float(told[1]) if told[1] else None
    items = known.items_called(told[2], row.cells.get("year", ""))
    right = [item for item in items if kept.get(item) == given
             and ("ratings" not in row.cells
                  or _count(row.cells["ratings"]) == len(known.by_item[item]))]  # fmt: skip
    if not right:
        yield f"offers: {row.cells} — given {[kept.get(item) for item in items[:3]]}"
