"""The map: every item by the principal components of a run's item factors, or of likes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from cftui.explore.components import (
    Components,
    aligned,
    meanings_of,
    principal_components,
    shares_along,
)
from cftui.explore.for_you import NewcomerLists
from cftui.explore.items import item_means
from cftui.explore.likes.kept import tastes_of
from cftui.explore.likes.vectors import like_vectors
from cftui.explore.stars import run_for_stars
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.item_map import (
    COLOURED_GENRES,
    COMPONENTS,
    ENDS,
    AxisEnd,
    ItemMap,
    ItemScores,
    ItemVectors,
    MapAxis,
    MapItems,
    MapMoments,
    MapOfItems,
    MappedItems,
    MomentsKept,
    ScoreItems,
    VectorsOfItems,
)
from cftui.ratings.facets import facets
from cftui.ratings.values import Ratings, TextColumn
from cftui.regular import is_regular
from cftui.runs.checkpoint import checkpoint_step
from cftui.runs.directory import Run
from cftui.runs.moments import moment_steps, read_moment

FEWEST = 3
"""Items whose components are any."""


@dataclass(frozen=True, eq=False)
class ItemSpace:
    """Items as vectors, and those of them that components are of."""

    vectors: np.ndarray
    """Shape (n_items, k)."""
    fitted: np.ndarray
    """Shape (n_items,), bool."""
    components: Components
    way: str
    step: int | None = None
    bias: np.ndarray | None = None


@answers(MapItems)
def answer_map_items(library: Library, question: MapItems) -> MappedItems:
    """Return what a map tells of its items."""
    return mapped_items(library.ratings(question.store))


def mapped_items(ratings: Ratings) -> MappedItems:
    """Return every item of the data, in code order."""
    items, own, n = ratings.items, facets(ratings), ratings.n_items
    names = tuple(own.genres)[:COLOURED_GENRES]
    genre = np.full(n, len(names), np.int32)
    for place, name in enumerate(names):  # the commonest first: the rarest of an item's stands
        genre[own.genres[name]] = place
    ids = items.ids.all() if isinstance(items.ids, TextColumn) else map(str, items.ids.tolist())
    column = items.genres_column
    return MappedItems(
        items=tuple(ids),
        titles=tuple(items.titles()),
        genres=tuple(column.all()) if column is not None else ("",) * n,
        n_ratings=ratings.by_item.counts().astype(np.int32),
        mean=item_means(ratings).astype(np.float32),
        years=own.years,
        genre_names=names,
        genre=genre,
    )


@answers(MapOfItems)
def answer_map(library: Library, question: MapOfItems) -> ItemMap:
    """Place items by a run's factors, as they are or were at a step, or by likes."""
    ratings = library.ratings(question.store)
    floor = ratings.usual_floor if question.min_ratings is None else question.min_ratings
    if not question.run:
        return map_of(ratings, space_of_likes(ratings, floor), floor)
    trained = _trained(library, question.run, ratings)
    space, at = space_of_run(trained, floor), question.at
    if at is None or at == trained.step:
        return map_of(ratings, space, floor)
    former = _factors_at(library, question.run, at, space.vectors.shape)
    return replace(map_of(ratings, space, floor, former), step=at)


def _trained(library: Library, run: str, ratings: Ratings) -> Trained:
    """Return a run's weights; raises QuestionError for one on other ratings."""
    trained = library.trained(run)
    if trained.ratings.fingerprint != ratings.fingerprint:
        raise QuestionError(
            f"{trained.run} was trained on {trained.ratings.name}, not on these ratings: choose"
            " another run"
        )
    return trained


def _factors_at(library: Library, run: str, step: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return a run's item factors at a step; raises CheckpointError where they were not kept."""
    own = _run_of(run)
    if step not in moment_steps(own) and checkpoint_step(own.best) == step:
        best = library.trained(own.path, best=True).require("item_factors")
        if best.shape == shape:
            return best
    return read_moment(own, step, shape)


def _run_of(path: str) -> Run:
    """Return the run that questions call by its directory or its best checkpoint."""
    named = Path(path)
    return Run(named.parent) if named == Run(named.parent).best else Run(named)


@answers(MapMoments)
def answer_moments(library: Library, question: MapMoments) -> MomentsKept:
    """Return at which steps a run's item factors can be drawn: kept, best, and the weights' own."""
    trained, run = library.trained(question.run), _run_of(question.run)
    best = checkpoint_step(run.best) if is_regular(run.best) else trained.step
    steps = {*moment_steps(run), best, trained.step}
    per_epoch = trained.record.steps_per_epoch or 0
    return MomentsKept(tuple(sorted(steps)), trained.step, best, per_epoch)


@answers(VectorsOfItems)
def answer_vectors(library: Library, question: VectorsOfItems) -> ItemVectors:
    """Return a run's item factors, or vectors by likes."""
    ratings = library.ratings(question.store)
    if question.run:
        trained = _trained(library, question.run, ratings)
        space, known = space_of_run(trained, 1), trained.trained_items
    else:
        space = space_of_likes(ratings, 1)
        known = np.abs(space.vectors).max(1) > 0
    return ItemVectors(space.vectors.astype(np.float32), known, space.way)


@answers(ScoreItems)
def answer_scores(library: Library, question: ScoreItems) -> ItemScores:
    """Tell how far up every item would be in somebody's list."""
    ratings = library.ratings(question.store)
    trained, _ = run_for_stars(library, question.run, ratings)
    order = "likes" if trained is None and question.order == "stars" else question.order
    tastes = tastes_of(ratings, question.threshold)
    lists = NewcomerLists(ratings, tastes, trained, order, question.regularization)
    worth = lists.of(question.rated).worth
    places = np.argsort(np.argsort(worth, kind="stable"), kind="stable")
    share = (places / max(len(places) - 1, 1)).astype(np.float32)
    stars = " and stars" if trained is not None and order == "likes" else ""
    return ItemScores(share, f"{order}{stars}")


def space_of_likes(ratings: Ratings, floor: int) -> ItemSpace:
    """Return items as vectors by likes; raises QuestionError for a floor that leaves too few."""
    return _space_of_likes(ratings, floor)


@lru_cache(maxsize=2)
def _space_of_likes(ratings: Ratings, floor: int) -> ItemSpace:
    vectors = like_vectors(tastes_of(ratings).ease.kernel)
    way = f"by who likes both (EASE's kernel, rank {vectors.shape[1]})"
    return _space(ratings, vectors, ratings.by_item.counts() >= floor, floor, way)


def space_of_run(trained: Trained, floor: int) -> ItemSpace:
    """Return a run's item factors; components are of the items that were trained on.

    Raises QuestionError for a model without item factors, and a floor that leaves too few items.
    """
    return _space_of_run(trained, floor)


@lru_cache(maxsize=2)
def _space_of_run(trained: Trained, floor: int) -> ItemSpace:
    table = trained.require("item_factors")
    fitted = (trained.ratings.by_item.counts() >= floor) & trained.trained_items
    way = f"{table.shape[1]:,} item factors"
    return _space(trained.ratings, table, fitted, floor, way, trained.step, trained.item_bias)


def _space(
    ratings: Ratings,
    vectors: np.ndarray,
    fitted: np.ndarray,
    floor: int,
    way: str,
    step: int | None = None,
    bias: np.ndarray | None = None,
) -> ItemSpace:
    n = int(fitted.sum())
    if n < FEWEST:
        raise QuestionError(
            f"{n} items with {floor:,} ratings or more have vectors, and axes need {FEWEST}: ask"
            " for fewer ratings"
        )
    components = principal_components(vectors[fitted], COMPONENTS)
    codes = np.flatnonzero(fitted)
    along = components.place(vectors[codes]).T
    kept = {name: values[codes] for name, values in measures_of(ratings, bias).items()}
    # An axis is read with ease where what it goes with most grows along it.
    turned = [-1.0 if (told := meanings_of(one, kept)) and told[0][1] < 0 else 1.0 for one in along]
    components = replace(components, directions=components.directions * np.array(turned)[:, None])
    return ItemSpace(vectors, fitted, components, way, step, bias)


def map_of(
    ratings: Ratings, space: ItemSpace, floor: int, moment: np.ndarray | None = None
) -> ItemMap:
    """Return every item's place, and what the axes mean.

    `moment`: former vectors of the same items, which are aligned to those of the space.
    """
    vectors, shares = space.vectors, space.components.shares
    if moment is not None:
        vectors = aligned(moment, space.vectors, space.fitted)
        shares = shares_along(space.components, vectors[space.fitted])
    positions = space.components.place(vectors)
    measures = measures_of(ratings, space.bias)
    codes = np.flatnonzero(space.fitted)
    kept = {name: values[codes] for name, values in measures.items()}
    axes = tuple(
        _axis(ratings, codes, along, float(share), kept)
        for along, share in zip(positions[codes].T, shares, strict=True)
    )
    return ItemMap(
        step=space.step,
        way=space.way,
        min_ratings=floor,
        n_fitted=len(codes),
        axes=axes,
        positions=positions.astype(np.float32),
        bias=None if space.bias is None else space.bias.astype(np.float32),
    )


def measures_of(ratings: Ratings, bias: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Return what an axis may go with, by name, shape (n_items,) each; NaN where unknown.

    The run's bias stands for the mean rating where there is one.
    """
    own = facets(ratings)
    years = np.where(own.years > 0, own.years, np.nan)
    liking = item_means(ratings) if bias is None else bias.astype(np.float64)
    return {
        "year": years,
        "log ratings": np.log(ratings.by_item.counts()),
        "mean rating" if bias is None else "bias": liking,
        **own.genres,
    }


def _axis(
    ratings: Ratings,
    codes: np.ndarray,
    along: np.ndarray,
    share: float,
    measures: Mapping[str, np.ndarray],
) -> MapAxis:
    """Return a component told by what items of some codes are along it."""
    order = np.argsort(along, kind="stable")

    def end(place: int) -> AxisEnd:
        code = int(codes[place])
        return AxisEnd(
            ratings.items.id_of(code),
            ratings.items.title_of(code),
            float(along[place]),
            ratings.by_item.count_of(code),
        )

    return MapAxis(
        share,
        meanings_of(along, measures),
        low=tuple(map(end, order[:ENDS].tolist())),
        high=tuple(map(end, order[::-1][:ENDS].tolist())),
    )
