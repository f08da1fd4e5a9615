"""What is said about the map: on the help screen, around it, under it."""

from collections.abc import Sequence

from cftui.questions.item_map import ItemMap, MapAxis, MappedItems, MomentsKept
from cftui.text import plain
from cftui.tui.explore.item_map.points import Tally

ABOUT = (
    "Every movie is a point: those that are alike lie together. The plane is that of two"
    " principal components (PCA) of the run's item factors, or without a run (s) of vectors"
    " made from who likes both; components are of the movies with enough ratings, and place all"
    " others. Each axis tells its share of the variance and what it goes with, with Pearson's"
    " r; a takes other components, e lists both ends. Arrows or hjkl move the map, with shift"
    " far; + and - zoom, 0 shows all of it; / brings a movie to the middle, which is the"
    " cursor: what is near it in all dimensions stands beside, enter opens it. Titles of the"
    " most rated come first, more as you zoom in. c colours by genre, year, number of ratings,"
    " bias, what you would like (rate some under y), or how many lie together. A run keeps its"
    " item factors as it trains: , and . go to the moment before and after, space plays how the"
    " space formed, each moment turned to fit the last (Procrustes)."
)


LOW_SHARE = 0.5
"""Of the variance: where the axes hold less, more of what tells items apart is lost than shown."""


def share_words(axes: Sequence[MapAxis]) -> str:
    """Return what a plane hides, where it is much; empty where it shows most of the variance."""
    share = sum(axis.share for axis in axes)
    if share >= LOW_SHARE:
        return ""
    return f"together {share:.1%} of the variance: near here need not be alike in the rest"


def made_of(found: ItemMap, whose: str) -> str:
    """Return what a map was made of."""
    told = ", ".join(filter(None, (found.way, whose)))
    return f"{told}; axes of {found.n_fitted:,} rated {found.min_ratings:,}+ times"


def item_words(items: MappedItems, found: ItemMap, point: int) -> str:
    """Return the movie at the cursor in a line."""
    genres = items.genres[point].replace("|", ", ")
    bias = "" if found.bias is None else f", bias {found.bias[point]:+.2f}"
    return plain(
        f"◆ {items.titles[point]}  {items.n_ratings[point]:,} ratings, mean"
        f" {items.mean[point]:.2f}{bias}  {genres}"
    )


def tally_words(tally: Tally, only: str) -> str:
    """Return what became of all points; the parts add up to all of them."""
    whole = tally.in_view + tally.beyond + tally.left_out
    if tally.in_view == whole:
        return f"{whole:,} in view"
    beyond = f" + {tally.beyond:,} beyond" if tally.beyond else ""
    left_out = f" + {tally.left_out:,} left out ({only.lstrip(', ')})" if tally.left_out else ""
    return f"{whole:,} = {tally.in_view:,} in view{beyond}{left_out}"


def moment_words(moments: MomentsKept | None, at: int | None) -> str:
    """Return which of a run's moments is on show; empty for the last of them."""
    if moments is None or at is None or at not in moments.steps:
        return ""
    place = moments.steps.index(at) + 1
    epoch = f", epoch {at / moments.steps_per_epoch:.1f}" if moments.steps_per_epoch else ""
    best = ", the best" if at == moments.best != moments.weights else ""
    return f"moment {place} of {len(moments.steps)}{epoch}{best}"
