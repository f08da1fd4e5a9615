"""The crosstab against the lesson's and against pandas' own."""

import numpy as np
import pandas as pd
import pytest

from cftui.paths import BUNDLED, bundled_folder
from cftui.questions.errors import QuestionError
from cftui.ratings.crosstab import Crosstab, crosstab
from cftui.ratings.values import Ratings

LESSON_USERS = "15 30 73 212 213 294 311 380 452 468 509 547 564 580 624"
LESSON_ITEMS = "1 110 260 296 318 356 480 527 589 593 608 1196 1198 1270 2571"


def labelled(ratings: Ratings, table: Crosstab) -> pd.DataFrame:
    return pd.DataFrame(
        table.values,
        [int(ratings.users.id_of(int(code))) for code in table.users],
        [int(ratings.items.id_of(int(code))) for code in table.items],
    )


def by_pandas(n_users: int, n_items: int) -> pd.DataFrame:
    """Return the crosstab as the lesson makes it, ties by id."""
    rows = pd.read_csv(bundled_folder() / BUNDLED / "ratings.csv")

    def top(column: str, n: int) -> pd.Index:
        counts = rows.groupby(column)["rating"].count().reset_index(name="n")
        return pd.Index(counts.sort_values(["n", column], ascending=[False, True])[column][:n])

    kept = rows[
        rows.userId.isin(top("userId", n_users)) & rows.movieId.isin(top("movieId", n_items))
    ]
    return pd.crosstab(kept.userId, kept.movieId, kept.rating, aggfunc="sum")


def test_the_crosstab_is_the_lessons(bundled: Ratings) -> None:
    table = labelled(bundled, crosstab(bundled))
    assert list(table.index) == [int(word) for word in LESSON_USERS.split()]
    assert list(table.columns) == [int(word) for word in LESSON_ITEMS.split()]
    assert table.notna().to_numpy().sum() == 206


@pytest.mark.parametrize(("n_users", "n_items"), [(15, 15), (40, 60)])
def test_cell_for_cell_as_pandas_has_it(bundled: Ratings, n_users: int, n_items: int) -> None:
    ours = labelled(bundled, crosstab(bundled, n_users, n_items))
    pd.testing.assert_frame_equal(ours, by_pandas(n_users, n_items), check_names=False)


def test_by_activity_the_most_active_come_first(bundled: Ratings) -> None:
    table = crosstab(bundled, 40, 60, "activity")
    for codes, counts in (
        (table.users, bundled.by_user.counts()),
        (table.items, bundled.by_item.counts()),
    ):
        assert (np.diff(counts[codes]) <= 0).all()
    assert bundled.users.id_of(int(table.users[0])) == "547"  # 2,391 ratings


def test_all_users_by_one_item(bundled: Ratings) -> None:
    table = crosstab(bundled, bundled.n_users, 1)
    assert np.count_nonzero(~np.isnan(table.values)) == bundled.by_item.counts().max()


@pytest.mark.parametrize(("n_users", "n_items"), [(0, 15), (15, -1), (672, 15), (15, 9067)])
def test_a_size_that_is_not_there_is_refused(bundled: Ratings, n_users: int, n_items: int) -> None:
    with pytest.raises(QuestionError, match="choose 1 to"):
        crosstab(bundled, n_users, n_items)
