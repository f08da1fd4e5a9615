"""Items by their bias: how well liked they are once it is known who rated them."""

import numpy as np

from cftui.explore.items import counted, item_means
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.items import ItemFilter
from cftui.questions.trained import BiasAnswer, BiasRow, ExploreBiases
from cftui.ratings.facets import passing


@answers(ExploreBiases)
def answer_biases(library: Library, question: ExploreBiases) -> BiasAnswer:
    """Order a run's items by their biases."""
    return explore_biases(library.trained(question.run), question.n, question.only)


def explore_biases(trained: Trained, n: int, only: ItemFilter) -> BiasAnswer:
    """Return the n items of highest and of lowest bias among those the filter lets pass.

    Items never trained on are left out. Raises QuestionError for a model without item biases and
    for a filter that these ratings cannot serve.
    """
    ratings, bias = trained.ratings, trained.require("item_bias")
    codes = np.flatnonzero(passing(ratings, only) & trained.trained_items)
    means = item_means(ratings)
    order = codes[np.argsort(-bias[codes], kind="stable")]
    mean_rank = np.zeros(ratings.n_items, np.int64)
    mean_rank[codes[np.argsort(-means[codes], kind="stable")]] = np.arange(1, len(codes) + 1)

    def row(place: int) -> BiasRow:
        code = int(order[place])
        return BiasRow(
            rank=place + 1,
            **counted(ratings, code),
            bias=float(bias[code]),
            mean=float(means[code]),
            mean_rank=int(mean_rank[code]),
        )

    shown = min(n, len(order))
    return BiasAnswer(
        step=trained.step,
        n_items=len(order),
        best=tuple(row(place) for place in range(shown)),
        worst=tuple(row(len(order) - 1 - place) for place in range(shown)),
    )
