"""Questions about the map: items on a plane, by the principal components of their vectors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cftui.questions.items import ListOrder
from cftui.questions.newcomer import REGULARIZATION
from cftui.questions.question import Question

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

COMPONENTS = 6
"""Principal components that a map has, where the vectors have as many dimensions."""
ENDS = 20
"""Items in the list of each end of a component."""
COLOURED_GENRES = 8
"""Genres that have a colour of their own, the commonest ones."""


@dataclass(frozen=True)
class MapItems(Question["MappedItems"], answered_in="cftui.explore.item_map"):
    """What are the items that a map shows? The same whatever places them."""

    store: str


@dataclass(frozen=True, eq=False)
class MappedItems:
    """Every item of the data, in code order; arrays of shape (n_items,)."""

    items: tuple[str, ...]
    """Ids."""
    titles: tuple[str, ...]
    """As in the file."""
    genres: tuple[str, ...]
    """As in the file, such as `Adventure|Comedy`."""
    n_ratings: "Ints"
    mean: "Floats"
    """Mean rating."""
    years: "Ints"
    """0 where the title names none."""
    genre_names: tuple[str, ...]
    """The commonest genres, the commonest first."""
    genre: "Ints"
    """Which of those an item has, the rarest of several; `len(genre_names)` for none of them."""


@dataclass(frozen=True)
class MapOfItems(Question["ItemMap"], answered_in="cftui.explore.item_map"):
    """Where do items lie by the principal components of their vectors?

    The vectors are the item factors of `run`; without one, those of likes.
    """

    store: str
    run: str = ""
    at: int | None = None
    """A step of the run at which its item factors were kept; none for the weights it answers by."""
    min_ratings: int | None = None
    """Components are those of the items with so many ratings; none for what suits the data."""


@dataclass(frozen=True)
class AxisEnd:
    """An item at an end of a component."""

    item: str
    title: str
    value: float
    """Its coordinate."""
    n_ratings: int


@dataclass(frozen=True)
class MapAxis:
    """A principal component, told by what it goes with."""

    share: float
    """Of the variance of all components, 0 to 1."""
    meanings: tuple[tuple[str, float], ...]
    """What it correlates with, each with Pearson's r, the strongest first."""
    low: tuple[AxisEnd, ...]
    """Of the items that the components are of, the lowest coordinate first."""
    high: tuple[AxisEnd, ...]
    """The highest first."""


@dataclass(frozen=True, eq=False)
class ItemMap:
    """Where items lie."""

    step: int | None
    """Of the run; none by likes."""
    way: str
    """What the vectors are, in words."""
    min_ratings: int
    """That was used."""
    n_fitted: int
    """How many items the components are of; the others are placed by them."""
    axes: tuple[MapAxis, ...]
    """Two at the least, the one with the largest share first."""
    positions: "Floats"
    """Coordinates, shape (n_items, len(axes)), in code order."""
    bias: "Floats | None"
    """The run's item biases, shape (n_items,); none where there are none."""


@dataclass(frozen=True)
class MapMoments(Question["MomentsKept"], answered_in="cftui.explore.item_map"):
    """At which steps were a run's item factors kept?"""

    run: str


@dataclass(frozen=True)
class MomentsKept:
    """Steps at which a map can be drawn."""

    steps: tuple[int, ...]
    """Ascending; of a live run some may be later than its weights."""
    weights: int
    """The step of the weights that the run answers by."""
    best: int
    """The step of the best weights, or of those where there are none."""
    steps_per_epoch: int
    """0 where it is unknown."""


@dataclass(frozen=True)
class ScoreItems(Question["ItemScores"], answered_in="cftui.explore.item_map"):
    """How far up would every item be in the list of somebody who gave these ratings?"""

    store: str
    rated: tuple[tuple[str, float], ...]
    """(item id, value)."""
    run: str = ""
    """Whose stars weigh too, where it can predict them; empty for none."""
    order: ListOrder = "likes"
    regularization: float = REGULARIZATION
    threshold: float | None = None


@dataclass(frozen=True, eq=False)
class ItemScores:
    """How far up items are."""

    share: "Floats"
    """Of the items that are not above, shape (n_items,), in code order; 1 is the list's top."""
    words: str
    """What the list is ordered by."""


@dataclass(frozen=True)
class VectorsOfItems(Question["ItemVectors"], answered_in="cftui.explore.item_map"):
    """What are the vectors that a map is made from? As in `MapOfItems`."""

    store: str
    run: str = ""


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """Items as vectors."""

    vectors: "Floats"
    """Shape (n_items, k), in code order."""
    known: "NDArray[np.bool_]"
    """Which of them say anything, shape (n_items,): no others were trained on, or liked."""
    way: str
