"""A prediction of any model taken apart: what is usual, what the user adds, and what the item adds.

Of a function of two, user and item, the Shapley value is exact with both orders in which they can
come (Shapley 1953; Strumbelj and Kononenko 2014): each gets the mean of what it adds to what is
usual, and of what it adds where the other is there already. Who is not there is averaged over:
an absent item over all that were trained on, an absent user over a sample of users.
"""

from functools import lru_cache

import numpy as np

from cftui.library.trained import Trained
from cftui.questions.likes import Effects
from cftui.ratings.pairs import Pairs

SAMPLE = 100
"""Users, at most, that stand for all; drawn once, always the same."""
SOURCE_EFFECTS = (
    "Shapley value of user and item, both orders (Shapley 1953; Strumbelj and Kononenko 2014)"
)


def effects_of(trained: Trained, user: int, item: int) -> Effects:
    """Return what a user and an item add to a prediction, in rating units.

    `usual + user + item` is the prediction exactly, whatever the sample.
    """
    users, means = _usual(trained)
    of_user = trained.scorer.score_all_items(user).astype(np.float64)
    predicted = float(of_user[item])
    of_item = trained.scorer.score(Pairs.of_item(users, item)).astype(np.float64)
    usual, alone = float(means.mean()), float(of_user[trained.trained_items].mean())
    item_alone = float(of_item.mean())
    together = predicted - alone - item_alone + usual
    return Effects(
        usual=usual,
        error=float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else 0.0,
        user=alone - usual + together / 2,
        item=item_alone - usual + together / 2,
        together=together,
    )


@lru_cache(maxsize=4)
def _usual(trained: Trained) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of sampled users, and each one's mean prediction over all trained items."""
    known = np.flatnonzero(trained.trained_users)
    drawn = np.random.default_rng(0).permutation(known)[:SAMPLE]
    items = trained.trained_items
    means = [
        float(trained.scorer.score_all_items(user)[items].astype(np.float64).mean())
        for user in drawn.tolist()
    ]
    return drawn, np.array(means)
