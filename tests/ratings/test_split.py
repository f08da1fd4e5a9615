import numpy as np
import pandas as pd
import pytest

from cftui.config import SplitConfig
from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.split import split, unseen
from cftui.ratings.values import Ratings


def test_the_random_split_is_the_lessons(bundled: Ratings) -> None:
    parts = split(SplitConfig(), bundled)
    drawn = np.random.RandomState(42).permutation(100_004)
    np.testing.assert_array_equal(parts.valid, drawn[:20_000])
    np.testing.assert_array_equal(parts.train, np.setdiff1d(np.arange(100_004), drawn[:20_000]))


@pytest.mark.parametrize(("n", "fraction"), [(1, 0.2), (2, 0.5), (10, 0.999), (1000, 0.37)])
def test_every_rating_is_in_exactly_one_part(n: int, fraction: float) -> None:
    parts = split(SplitConfig(fraction=fraction, seed=7), n)
    assert len(parts.valid) == int(fraction * n)
    assert sorted([*parts.train, *parts.valid]) == list(range(n))
    assert parts.train.dtype == parts.valid.dtype == np.int64
    assert not parts.train.flags.writeable
    assert not parts.valid.flags.writeable


def test_another_seed_draws_others() -> None:
    first, second = (split(SplitConfig(seed=seed), 1000).valid for seed in (1, 2))
    assert set(first) != set(second)


def test_unseen_pairs_are_those_without_a_training_rating(bundled: Ratings) -> None:
    parts = split(SplitConfig(), bundled)
    found = unseen(bundled, parts)

    raw = pd.read_csv(bundled_folder() / BUNDLED / "ratings.csv")
    train, valid = raw.iloc[parts.train], raw.iloc[parts.valid]
    known = valid.userId.isin(train.userId) & valid.movieId.isin(train.movieId)
    np.testing.assert_array_equal(found, ~known.to_numpy())
    assert found.sum() == 742  # counted when the lesson was measured
