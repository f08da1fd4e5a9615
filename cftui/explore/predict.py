"""What a user would give an item."""

import numpy as np

from cftui.explore.search import find_item
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.trained import Predict, Prediction
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings


@answers(Predict)
def answer_predict(library: Library, question: Predict) -> Prediction:
    """Predict for a user and an item, which an id or a title names."""
    trained = library.trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return predict(trained, user, find_item(trained.ratings, question.item))


def predict(trained: Trained, user: int, item: int) -> Prediction:
    """Return the prediction for one pair of codes, beside the actual rating if there is one."""
    ratings = trained.ratings
    predicted = trained.scorer.score(Pairs.of_user(user, np.array([item])))[0]
    custom = ratings.by_user.of(user)
    known = custom[ratings.item[custom] == item]
    return Prediction(
        user=ratings.users.id_of(user),
        item=ratings.items.id_of(item),
        title=ratings.items.title_of(item),
        predicted=float(predicted),
        actual=float(ratings.value[known[0]]) if len(known) else None,
        user_seen=bool(trained.trained_users[user]),
        item_seen=bool(trained.trained_items[item]),
    )


def predict_valid(trained: Trained) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the held-out ratings and their predictions, shape (n_valid,)."""
    positions = trained.split.valid
    ratings = trained.ratings
    pairs = Pairs(ratings.user[positions], ratings.item[positions])
    return positions, trained.scorer.score(pairs)


def actual_values(ratings: Ratings, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return what each user gave each item, float32, NaN where they did not rate it."""
    known = {
        (int(user), int(ratings.item[position])): float(ratings.value[position])
        for user in np.unique(users)
        for position in ratings.by_user.of(int(user))
    }
    pairs = zip(users.tolist(), items.tolist(), strict=True)
    return np.array([known.get(pair, np.nan) for pair in pairs], dtype=np.float32)
