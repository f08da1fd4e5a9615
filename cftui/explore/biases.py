"""Items by their bias: how well liked they are once it is known who rated them."""

import numpy as np

from cftui.explore.search import item_means
from cftui.explore.trained import Trained
from cftui.questions.items import ItemFilter
from cftui.questions.trained import BiasAnswer, BiasRow
from cftui.ratings.features import passing


def explore_biases(trained: Trained, n: int, only: ItemFilter) -> BiasAnswer:
    """Return the n items of highest and of lowest bias among those the filter lets pass.

    Items never trained on are left out. Raises QuestionError for a model without item biases and
    for a filter that these ratings cannot serve.
    """
    ratings, bias = trained.ratings, trained.require("item_bias")
    codes = np.flatnonzero(passing(ratings, only) & trained.trained_items)
    means, counts = item_means(ratings), ratings.by_item.counts()
    order = codes[np.argsort(-bias[codes], kind="stable")]
    mean_rank = np.zeros(ratings.n_items, np.int64)
    mean_rank[codes[np.argsort(-means[codes], kind="stable")]] = np.arange(1, len(codes) + 1)

    def row(place: int) -> BiasRow:
        code = int(order[place])
        return BiasRow(
            rank=place + 1,
            item=ratings.items.id_of(code),
            title=ratings.items.title_of(code),
            genres=ratings.items.genres_of(code),
            bias=float(bias[code]),
            mean=float(means[code]),
            mean_rank=int(mean_rank[code]),
            n_ratings=int(counts[code]),
        )

    shown = min(n, len(order))
    return BiasAnswer(
        step=trained.step,
        n_items=len(order),
        best=tuple(row(place) for place in range(shown)),
        worst=tuple(row(len(order) - 1 - place) for place in range(shown)),
    )
