"""The crosstab as an answer, and what a run's model predicts for its cells."""

import numpy as np

from cftui.explore.rated_pairs import rated_pairs
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.sheet import (
    CrosstabAnswer,
    Labels,
    OpenCrosstab,
    PredictCells,
    PredictedCells,
)
from cftui.ratings.crosstab import Crosstab, crosstab
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings


@answers(OpenCrosstab)
def open_crosstab(library: Library, question: OpenCrosstab) -> CrosstabAnswer:
    """Make a crosstab of the ratings in a store."""
    ratings = library.ratings(question.store)
    table = crosstab(ratings, question.n_users, question.n_items, question.order)
    return describe_crosstab(ratings, table)


def describe_crosstab(ratings: Ratings, table: Crosstab) -> CrosstabAnswer:
    """Return a crosstab with ids and titles in place of codes."""
    user_counts, item_counts = ratings.by_user.counts(), ratings.by_item.counts()
    users, items = table.users.tolist(), table.items.tolist()
    return CrosstabAnswer(
        labels=Labels(
            users=tuple(ratings.users.id_of(code) for code in users),
            items=tuple(ratings.items.id_of(code) for code in items),
            titles=tuple(ratings.items.title_of(code) for code in items),
        ),
        user_counts=tuple(user_counts[table.users].tolist()),
        item_counts=tuple(item_counts[table.items].tolist()),
        values=table.values,
        low=ratings.low,
        high=ratings.high,
    )


@answers(PredictCells)
def answer_cells(library: Library, question: PredictCells) -> PredictedCells:
    """Predict for a crosstab's cells."""
    return predict_cells(library.trained(question.run), question.labels)


def predict_cells(trained: Trained, labels: Labels) -> PredictedCells:
    """Return what each of these users would give each of these items, shape (n, m).

    Raises UnknownId for an id that is not in the run's ratings.
    """
    rows = np.array([trained.ratings.users.code_of(user) for user in labels.users])
    columns = np.array([trained.ratings.items.code_of(item) for item in labels.items])
    pairs = Pairs.crossed(rows, columns)
    scores = trained.scorer.score(rated_pairs(trained.ratings, pairs.users, pairs.items))
    return PredictedCells(trained.step, scores.astype(np.float64).reshape(len(rows), len(columns)))
