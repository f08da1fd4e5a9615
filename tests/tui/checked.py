"""A check's answer about a run, its figures computed plainly or, where no test cares, made up."""

import numpy as np

from cftui.library.trained import Trained, load_trained
from cftui.questions.check import (
    CalibrationPoint,
    CheckAnswer,
    Comparison,
    HeldOutPrediction,
    Interval,
    JointCounts,
    MethodRow,
    ResidualCell,
    SplitAudit,
)
from cftui.ratings.pairs import Pairs
from cftui.runs.directory import Run

ACTIVITY = ((1, 40), (41, 120), (121, 300), (301, 3000))
POPULARITY = ((0, 3), (4, 12), (13, 40), (41, 120), (121, 400))
VERDICT = "better than biases by 0.0210: RMSE [0.8819] against 0.9029 (95 %: 0.0170 to 0.0250)"
WARNING = "4.4 % of the held-out ratings are of movies that training has never seen"


def around(value: float, half: float) -> Interval:
    return Interval(value, value - half, value + half)


def checked(run: Run) -> CheckAnswer:
    """Return an answer about a run on the bundled ratings."""
    trained = load_trained(run)
    ratings, held = trained.ratings, trained.split.valid
    pairs = Pairs(ratings.user[held], ratings.item[held])
    predicted = np.asarray(trained.scorer.score(pairs), np.float64)
    actual = np.asarray(ratings.value[held], np.float64)
    error = predicted - actual
    return CheckAnswer(
        run=run.id,
        step=trained.step,
        weights="last",
        at=20,
        n_users=607,
        liked_from=4.0,
        methods=methods(float(np.sqrt((error**2).mean())), float(np.abs(error).mean())),
        comparisons=(
            Comparison("rmse", "biases", around(0.021, 0.004), VERDICT),
            Comparison("ndcg", "popularity", around(0.03, 0.01), "better than popularity"),
            Comparison("ndcg", "ease", around(-0.1, 0.02), "worse than EASE by 0.100"),
        ),
        joint=joint(predicted, actual),
        calibration=calibration(predicted, actual),
        residuals=residuals(trained, error),
        worst=worst(trained, predicted, actual),
        audit=SplitAudit(
            *("random", 80_668, 20_168, 0, 812, 890, 0, 0.41),
            (WARNING, "41 % of the training ratings are later than what they predict"),
        ),
    )


def methods(rmse: float, mae: float) -> tuple[MethodRow, ...]:
    def row(name: str, words: str, *values: float) -> MethodRow:
        names = ("rmse", "mae", "precision", "recall", "ndcg", "mrr", "coverage", "popularity")
        named = names[-len(values) :] if len(values) < 8 and len(values) > 2 else names
        pairs = zip(named, values, strict=False)
        return MethodRow(name, words, tuple((n, around(v, v / 40)) for n, v in pairs))  # type: ignore[misc]

    return (
        row("run", "this run", rmse, mae, 0.061, 0.052, 0.073, 0.151, 0.113, 112.4),
        row("mean", "mean", 1.043, 0.826),
        row("biases", "biases", 0.871, 0.668, 0.042, 0.038, 0.051, 0.118, 0.021, 98.1),
        row("popularity", "popularity", 0.113, 0.121, 0.138, 0.277, 0.012, 221.7),
        row("item-knn", "item k-NN", 0.142, 0.181, 0.183, 0.342, 0.213, 101.9),
        row("ease", "EASE", 0.151, 0.199, 0.201, 0.366, 0.174, 131.0),
    )


def joint(predicted: np.ndarray, actual: np.ndarray) -> JointCounts:
    edges = np.linspace(0.5, 5.0, 31)
    values = np.arange(0.25, 5.5, 0.5)
    counts, _, _ = np.histogram2d(predicted.clip(0.5, 5), actual, (edges, values))
    rows = tuple(tuple(map(int, row)) for row in counts)
    return JointCounts(tuple(edges.tolist()), tuple(values.tolist()), rows)


def calibration(predicted: np.ndarray, actual: np.ndarray) -> tuple[CalibrationPoint, ...]:
    points = []
    for part in np.array_split(np.argsort(predicted), 12):
        half = 1.96 * actual[part].std() / np.sqrt(len(part))
        mean = around(float(actual[part].mean()), float(half))
        points.append(CalibrationPoint(float(predicted[part].mean()), mean, len(part)))
    return tuple(points)


def residuals(trained: Trained, error: np.ndarray) -> tuple[tuple[ResidualCell, ...], ...]:
    ratings, split = trained.ratings, trained.split
    n_user = np.bincount(ratings.user[split.train], minlength=ratings.n_users)
    n_item = np.bincount(ratings.item[split.train], minlength=ratings.n_items)
    by_user, by_item = n_user[ratings.user[split.valid]], n_item[ratings.item[split.valid]]

    def cell(activity: tuple[int, int], popularity: tuple[int, int]) -> ResidualCell:
        inside = (by_user >= activity[0]) & (by_user <= activity[1])
        inside &= (by_item >= popularity[0]) & (by_item <= popularity[1])
        here = error[inside]
        if not len(here):
            return ResidualCell(activity, popularity, 0, 0.0, 0.0)
        rmse = float(np.sqrt((here**2).mean()))
        return ResidualCell(activity, popularity, len(here), float(here.mean()), rmse)

    return tuple(tuple(cell(a, p) for p in POPULARITY) for a in ACTIVITY)


def worst(
    trained: Trained, predicted: np.ndarray, actual: np.ndarray
) -> tuple[HeldOutPrediction, ...]:
    ratings, split = trained.ratings, trained.split
    titles = ratings.items.titles()
    n_user = np.bincount(ratings.user[split.train], minlength=ratings.n_users)
    n_item = np.bincount(ratings.item[split.train], minlength=ratings.n_items)
    rows = []
    for at in np.argsort(-np.abs(predicted - actual))[:100]:
        user, item = int(ratings.user[split.valid[at]]), int(ratings.item[split.valid[at]])
        rows.append(
            HeldOutPrediction(
                ratings.users.id_of(user),
                ratings.items.id_of(item),
                titles[item],
                float(predicted[at]),
                float(actual[at]),
                int(n_user[user]),
                int(n_item[item]),
            )
        )
    return tuple(rows)
