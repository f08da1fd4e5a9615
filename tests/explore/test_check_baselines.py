"""Baselines know training ratings alone; item k-NN against brute force; figures known before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import open_small

from cftui.config import RunConfig, SplitConfig
from cftui.evaluation.baselines import fit_biases
from cftui.evaluation.measuring import Measurements, Predictor, measured
from cftui.explore import baselines as module
from cftui.explore.baselines import (
    NAMES,
    Trial,
    baseline_measurements,
    baselines,
    trial_of,
)
from cftui.explore.likes import item_knn
from cftui.explore.likes.item_knn import DAMPING, fit_item_knn
from cftui.explore.likes.residuals import SHRINKAGE
from cftui.library.kept_arrays import kept_arrays
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import split
from cftui.ratings.values import Ratings

SPLIT = SplitConfig()


@pytest.fixture
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small", users=40, items=60, n=900)


def unheard(share: float, words: str) -> None:
    pass


def fitted(trial: Trial) -> Iterator[Predictor]:
    return baselines(trial.training, trial.threshold, unheard)


def told(trial: Trial) -> dict[str, np.ndarray]:
    """All that each baseline says: of the held-out pairs, and of every user."""
    everybody = np.arange(trial.ratings.n_users)
    found = {}
    for one in fitted(trial):
        if one.rates is not None:
            found[f"{one.name} rates"] = one.rates(trial.valid.pairs)
        if one.ranks is not None:
            found[f"{one.name} ranks"] = one.ranks(everybody)
    return found


def altered(ratings: Ratings, places: np.ndarray) -> Ratings:
    value = np.array(ratings.value)
    value[places] = np.float32(ratings.low + ratings.high) - value[places]
    return replace(ratings, value=value)


@pytest.mark.parametrize("scale", [1, 20])  # of 20 what is liked follows from all values
@pytest.mark.parametrize(
    "kind", ["random", "per-user", "per-user-latest", "leave-last-out", "time"]
)
def test_no_baseline_has_seen_a_held_out_value(ratings: Ratings, kind: str, scale: int) -> None:
    config = SplitConfig(kind=kind)
    ends = {"low": ratings.low * scale, "high": ratings.high * scale}
    ratings = replace(ratings, value=ratings.value * np.float32(scale), **ends)
    parts = split(config, ratings)
    before = told(trial_of(config, ratings, 10))
    after = told(trial_of(config, altered(ratings, parts.valid), 10))
    assert {name.split()[0] for name in before} == set(NAMES)
    for name, said in before.items():
        np.testing.assert_array_equal(said, after[name], err_msg=name)
    trained = told(trial_of(config, altered(ratings, parts.train[:200]), 10))
    for name, said in before.items():
        assert not np.array_equal(said, trained[name]), name


def brute(ratings: Ratings, train: np.ndarray, user: int, item: int, neighbours: int) -> float:
    """Item k-NN as its description says, one pair at a time."""
    users, items, values = ratings.user[train], ratings.item[train], ratings.value[train]
    shape = (ratings.n_users, ratings.n_items)
    biases = fit_biases(Pairs(users, items), values, *shape)
    left = np.full(shape, np.nan)
    left[users, items] = values - biases.score(Pairs(users, items))
    near = np.zeros(ratings.n_items)
    for other in range(ratings.n_items):
        both = ~np.isnan(left[:, item]) & ~np.isnan(left[:, other])
        lengths = np.sqrt(np.nansum(left[:, item] ** 2) * np.nansum(left[:, other] ** 2))
        if other != item and both.any():
            cosine = (left[both, item] * left[both, other]).sum() / lengths
            near[other] = max(cosine, 0) * both.sum() / (both.sum() + SHRINKAGE)
    near[np.argsort(-near, kind="stable")[neighbours:]] = 0
    theirs = ~np.isnan(left[user])
    sums = (near[theirs] * left[user, theirs]).sum()
    own = biases.score(Pairs(np.array([user]), np.array([item])))[0]
    return float(own + sums / (near[theirs].sum() + DAMPING))


@pytest.mark.parametrize("neighbours", [4, 200])
@pytest.mark.parametrize("block", [1 << 22, 500])
def test_item_knn_is_its_description(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch, neighbours: int, block: int
) -> None:
    monkeypatch.setattr(item_knn, "NEIGHBOURS", neighbours)
    monkeypatch.setattr(item_knn, "BLOCK", block)
    parts = split(SPLIT, ratings)
    users, items = ratings.user[parts.train], ratings.item[parts.train]
    weights = np.where(ratings.value[parts.train] >= 4, 1.0, 0.15)
    found = fit_item_knn(
        *(Pairs(users, items), ratings.value[parts.train], weights),
        *(ratings.n_users, ratings.n_items),
    )
    held_out = parts.valid[:25]
    pairs = Pairs(ratings.user[held_out], ratings.item[held_out])
    expected = [
        brute(ratings, parts.train, user, item, neighbours)
        for user, item in zip(pairs.users.tolist(), pairs.items.tolist(), strict=True)
    ]
    np.testing.assert_allclose(found.score(pairs), expected, atol=1e-9)
    given = np.zeros((ratings.n_users, ratings.n_items))
    given[users, items] = weights
    worth = found.ranks(np.array([3, 0]))
    np.testing.assert_allclose(worth, given[[3, 0]] @ found.near.toarray().T, atol=1e-12)
    assert (found.near.toarray().diagonal() == 0).all()
    assert np.diff(found.near.indptr).max() <= neighbours


def test_item_knn_of_many_ratings_is_from_a_sample(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_knn, "MOST_WORK", 9_000)
    pairs = Pairs(ratings.user, ratings.item)
    shape = (ratings.n_users, ratings.n_items)
    found = fit_item_knn(pairs, ratings.value, np.ones(len(ratings)), *shape)
    assert found.sampled_users is not None and 5 < found.sampled_users < 40
    assert f"nearness from {found.sampled_users} users" in found.words
    assert np.isfinite(found.score(pairs)).all()


def test_they_are_measured_once_a_split(ratings: Ratings, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trial_of(SPLIT, ratings, 10)
    first = baseline_measurements(trial, unheard)
    other = trial_of(SplitConfig(seed=7), ratings, 10)
    different = baseline_measurements(other, unheard)
    assert different[0].errors is not None and first[0].errors is not None
    assert not np.array_equal(different[0].errors.squares, first[0].errors.squares)

    def never(*words: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(module, "baselines", never)
    again = baseline_measurements(trial_of(SPLIT, ratings, 10), unheard)
    assert [(one.name, one.words) for one in again] == [(one.name, one.words) for one in first]
    for one, kept in zip(first, again, strict=True):
        for name, array in one.to_arrays().items():
            np.testing.assert_array_equal(kept.to_arrays()[name], array)
    with pytest.raises(AssertionError, match="fitted again"):
        baseline_measurements(trial_of(SPLIT, ratings, 5), unheard)


def test_what_is_kept_and_damaged_is_made_again(ratings: Ratings, home: Path) -> None:
    trial = trial_of(SPLIT, ratings, 10)
    first = baseline_measurements(trial, unheard)
    (place,) = home.rglob("baselines-*.safetensors")
    whole = place.read_bytes()
    for damaged in (whole[:-9], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        place.write_bytes(damaged)
        assert kept_arrays(place, form=module.FORMAT) is None
        again = baseline_measurements(trial, unheard)
        for one, made in zip(first, again, strict=True):
            assert made.to_arrays().keys() == one.to_arrays().keys()
        assert kept_arrays(place, form=module.FORMAT) is not None


def test_a_sample_of_users_where_there_are_many(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_USERS", 9)
    trial = trial_of(SPLIT, ratings, 10)
    assert len(trial.likes) == 9 and trial.n_likers > 20


def test_known_figures_of_the_bundled_ratings(bundled: Ratings) -> None:
    """Measured before by other programs: popularity and EASE lists, and the MSE of biases.

    Those counted a list's places instead of what is relevant where that is more than 20 (recall).
    """
    trial = trial_of(RunConfig().split, bundled, 20)
    chosen = {}
    for one in baselines(trial.training, trial.threshold, unheard):
        if one.name == "item-knn":  # takes seconds, and has no known figure
            continue
        chosen[one.name] = trial.measure(one, unheard)
    made: list[Measurements] = list(chosen.values())
    found = dict(zip(chosen, measured(made), strict=True))
    assert found["biases"]["rmse"].value ** 2 == pytest.approx(0.785, abs=0.002)
    assert found["mean"]["rmse"].value ** 2 == pytest.approx(1.1238, abs=1e-4)
    assert found["popularity"]["ndcg"].value == pytest.approx(0.152, abs=0.01)
    assert found["ease"]["ndcg"].value == pytest.approx(0.300, abs=0.012)
    likes = trial.likes
    for name, known in (("popularity", 0.174), ("ease", 0.327)):
        lists = chosen[name].lists
        assert lists is not None
        sizes = np.array([len(items) for items in likes.relevant])
        recall = lists.recall * sizes / np.minimum(sizes, trial.at)
        assert recall.mean() == pytest.approx(known, abs=0.012), name
