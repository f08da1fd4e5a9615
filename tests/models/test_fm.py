"""The factorization machine against its equation, term by term, and finite differences."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from cftui.config import SplitConfig, make_config
from cftui.hyperparameters import Fm, Net
from cftui.hyperparameters.fields import FIELDS
from cftui.models import build_model, features
from cftui.models.fm import FactorizationMachine
from cftui.models.initial import initial_values
from cftui.models.module import ModuleScorer, inputs_of, load_arrays, score, score_all_items
from cftui.ratings.features import Features, features_of
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import Split, split
from cftui.ratings.store import open_ratings
from cftui.ratings.unit import RatingUnit
from cftui.ratings.values import Ratings
from tests.small import write_ratings

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    return open_ratings(write_ratings(tmp_path_factory.mktemp("fm") / "small", 10, 15, 90))


@pytest.fixture(scope="module")
def known(ratings: Ratings) -> Features:
    return features_of(ratings, split(SplitConfig(kind="none"), ratings), FIELDS)


@pytest.fixture(params=[8, 0], ids=["all rows", "the batch's rows"])
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Multiply sets for everybody at once, or for those of a batch alone."""
    monkeypatch.setattr(features, "OFTEN", request.param)
    yield


def machine(known: Features, ratings: Ratings, members: int = 1) -> FactorizationMachine:
    """Return a machine in float64 with larger weights than one begins with."""
    parameters = Fm(fields="all", n_factors=3, members=members, init_range=0.5)
    info = replace(known.sized(ratings.info()), mean=3.25)
    built = build_model(parameters, info, None, known)
    load_arrays(built, initial_values(parameters, info, 7))
    assert isinstance(built, FactorizationMachine)
    return built.double()


def by_the_equation(
    built: FactorizationMachine, known: Features, member: int, x: dict[int, float]
) -> float:
    """Return w0 + sum of w x + sum over pairs of <v, v> x x (Rendle 2010, eq. 1)."""
    tables = [built.tables[name][:, member].detach().numpy() for name in known.names]
    table = np.concatenate(tables)
    total = 3.25 + sum(table[i, -1] * value for i, value in x.items())
    for i, j in combinations(x, 2):
        total += float(table[i, :-1] @ table[j, :-1]) * x[i] * x[j]
    return float(total)


def columns(known: Features, positions: np.ndarray) -> list[dict[int, float]]:
    found = known.rows_of(positions)
    edges = zip(found.indptr[:-1], found.indptr[1:], strict=True)
    return [
        dict(zip(found.columns[a:b].tolist(), found.values[a:b].tolist(), strict=True))
        for a, b in edges
    ]


@pytest.mark.usefixtures("rows")
def test_it_is_the_equation(known: Features, ratings: Ratings) -> None:
    built, positions = machine(known, ratings, members=2), np.arange(len(ratings))
    expected = [
        np.mean([by_the_equation(built, known, member, x) for member in range(2)])
        for x in columns(known, positions)
    ]
    pairs = Pairs(ratings.user, ratings.item, positions)
    np.testing.assert_allclose(score(built, pairs, CPU), expected, rtol=1e-5)


def test_a_prediction_is_the_sum_of_its_fields(known: Features, ratings: Ratings) -> None:
    """Each part against the double sum over the pairs of its columns; all against the score."""
    built, position = machine(known, ratings, members=2), 7
    x = columns(known, np.array([position]))[0]
    of_field = np.searchsorted(known.offsets, list(x), side="right") - 1
    expected: dict[tuple[int, ...], float] = {}
    for member in range(2):
        table = np.concatenate([built.tables[n][:, member].detach().numpy() for n in known.names])
        for column, field in zip(x, of_field, strict=True):
            alone = expected.get((field,), 0.0)
            expected[field,] = alone + table[column, -1] * x[column] / 2
        for (i, f), (j, g) in combinations(zip(x, of_field, strict=True), 2):
            product = float(table[i, :-1] @ table[j, :-1]) * x[i] * x[j]
            expected[f, g] = expected.get((f, g), 0.0) + product / 2
    unit = RatingUnit(10.0, 100.0)
    scorer = ModuleScorer(built, ratings.n_items, unit)
    one = slice(position, position + 1)
    pair = Pairs(ratings.user[one], ratings.item[one], np.array([position]))
    summed = scorer.summed(pair)
    assert summed is not None and summed.told == "mean of 2 members"
    found, names = {frozenset(w.split(" × ")): v for w, v in summed.parts()}, known.names
    for (f, *g), value in expected.items():
        words = {names[f], names[g[0]]} if g and g[0] != f else {f"{names[f]} with itself"}
        part = found.pop(frozenset(words if g else {f"{names[f]} alone"}))
        assert part == pytest.approx(20 * value, abs=1e-5)
    assert not any(map(abs, found.values()))  # what the rating has no columns of
    total = summed.base + sum(value for _, value in summed.parts())
    assert total == pytest.approx(float(scorer.score(pair)[0]), rel=1e-6)
    assert summed.base == pytest.approx(10 + (3.25 - 0.5) * 20)


def test_a_list_leaves_out_what_nobody_trained_on_for_now(
    known: Features, ratings: Ratings
) -> None:
    """All of the time is left out but the film's age, on the last day of the training ratings."""
    assert ratings.timestamp is not None
    built = machine(known, ratings)
    with torch.no_grad():  # what any user's day, place and half-year would say
        for name in ("calendar", "user-day", "since-first", "place"):
            built.tables[name].fill_(1e3)
    pairs = Pairs.crossed(np.arange(4), np.arange(ratings.n_items))
    found = known.rows_of_pairs(pairs.users, pairs.items)
    expected = []
    for a, b in zip(found.indptr[:-1], found.indptr[1:], strict=True):
        x = dict(zip(found.columns[a:b].tolist(), found.values[a:b].tolist(), strict=True))
        assert sum(column >= known.offsets[-2] for column in x) == 1  # a film's age
        assert not any(known.offsets[7] <= column < known.offsets[-2] for column in x)
        expected.append(by_the_equation(built, known, 0, x))
    np.testing.assert_allclose(score(built, pairs, CPU), expected, rtol=1e-5)
    everything = score_all_items(built, np.arange(4), ratings.n_items, CPU)
    np.testing.assert_allclose(everything.reshape(-1), expected, rtol=1e-5)


@pytest.mark.usefixtures("rows")
def test_whom_nobody_trained_on_is_predicted_as_others_with_what_is_told(
    ratings: Ratings,
) -> None:
    """A user's predictions of items, regressed on their genres and year, tell of one unrated.

    Ridge regression weighted by the root of ratings, by least squares with rows added; a user, of
    whom nothing is told, gets the weighted mean.
    """
    lost_item, lost_user = 3, 2
    kept = np.flatnonzero((ratings.item != lost_item) & (ratings.user != lost_user))
    known = features_of(ratings, Split(kept, np.zeros(0, np.int64)), FIELDS[:7])
    built = machine(known, ratings)
    users, items = np.arange(ratings.n_users), np.arange(ratings.n_items)
    weights = np.sqrt(known.item_counts)
    told = _told(known, items)
    pairs = Pairs.crossed(users[users != lost_user], items)
    everything = _by_the_equation(built, known, pairs).reshape(-1, len(items))
    expected = np.array([_ridge(told, row, weights)[lost_item] for row in everything])
    asked = Pairs(users[users != lost_user], np.full(len(users) - 1, lost_item))
    np.testing.assert_allclose(score(built, asked, CPU), expected, rtol=1e-5)
    crossed = score_all_items(built, users, len(items), CPU)
    np.testing.assert_allclose(np.delete(crossed[:, lost_item], lost_user), expected, rtol=1e-5)
    summed = ModuleScorer(built, len(items)).summed(asked[:1])
    assert summed is not None
    parts = dict(summed.parts())
    assert summed.base + sum(parts.values()) == pytest.approx(expected[0], abs=5e-6)
    assert "the item's, never trained on: as expected of it alone" in parts
    others = _by_the_equation(built, known, Pairs(users, np.full(len(users), 5)))
    pair = Pairs(np.array([lost_user]), np.array([5]))
    usual = np.average(others, weights=np.sqrt(known.user_counts))
    assert score(built, pair, CPU)[0] == pytest.approx(usual, rel=1e-5)


def _by_the_equation(built: FactorizationMachine, known: Features, pairs: Pairs) -> np.ndarray:
    found = known.rows_of_pairs(pairs.users, pairs.items)
    edges = zip(found.indptr[:-1], found.indptr[1:], strict=True)
    rows = [(found.columns[a:b].tolist(), found.values[a:b].tolist()) for a, b in edges]
    told = [dict(zip(columns, values, strict=True)) for columns, values in rows]
    return np.array([by_the_equation(built, known, 0, x) for x in told])


def _told(known: Features, items: np.ndarray) -> np.ndarray:
    found = []
    for name in ("genres", "year"):
        rows, width = known.named(name).rows, known.named(name).width
        table = np.zeros((len(items), width))
        table[np.repeat(items, np.diff(rows.indptr)), rows.columns] = rows.values
        found.append(table)
    return np.concatenate(found, axis=1)


def _ridge(told: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return what a weighted ridge regression with an intercept, which is free, fits to values."""
    weights = weights * np.count_nonzero(weights) / weights.sum()
    table = np.column_stack([np.ones(len(told)), told])
    prior = np.sqrt(5.0) * np.eye(table.shape[1])[1:]
    rows = np.concatenate([np.sqrt(weights)[:, None] * table, prior])
    aims = np.concatenate([np.sqrt(weights) * values, np.zeros(len(prior))])
    return np.asarray(table @ np.linalg.lstsq(rows, aims, rcond=None)[0])


@pytest.mark.usefixtures("rows")
def test_derivatives_are_those_of_finite_differences(known: Features, ratings: Ratings) -> None:
    built, draw = machine(known, ratings, members=2), np.random.default_rng(1)
    users, items = (torch.from_numpy(a[:40].astype(np.int64)) for a in (ratings.user, ratings.item))
    values = torch.from_numpy(ratings.value[:40].astype(np.float64))

    def lowered() -> torch.Tensor:
        inputs = inputs_of(built, users, items, torch.arange(40))
        return built.loss(values, *inputs)[0]

    lowered().backward()  # type: ignore[no-untyped-call]
    for name, table in built.tables.items():
        assert table.grad is not None
        for _ in range(6):
            place = tuple(int(draw.integers(n)) for n in table.shape)
            with torch.no_grad():
                table[place] += 1e-5
                above = lowered()
                table[place] -= 2e-5
                below = lowered()
                table[place] += 1e-5
            numeric = float(above - below) / 2e-5
            assert float(table.grad[place]) == pytest.approx(numeric, abs=1e-7), name


def test_members_learn_as_if_alone(known: Features, ratings: Ratings) -> None:
    """A step lowers the sum of their errors, each on ratings of its own."""
    built, draw = machine(known, ratings, members=3), np.random.default_rng(2)
    meets = draw.integers(0, len(ratings), (50, 3))
    users, items, values = (torch.from_numpy(a[meets]) for a in _columns(ratings))
    lowered, told = built.loss(values, *inputs_of(built, users, items, torch.from_numpy(meets)))
    errors = []
    for member in range(3):
        rated = columns(known, meets[:, member])
        found = [by_the_equation(built, known, member, x) for x in rated]
        errors.append(np.mean((found - ratings.value[meets[:, member]]) ** 2))
    assert float(lowered.detach()) == pytest.approx(sum(errors), rel=1e-5)
    assert float(told.detach()) == pytest.approx(np.mean(errors), rel=1e-5)


def test_members_differ_by_their_spread(known: Features, ratings: Ratings) -> None:
    built, pairs = machine(known, ratings, members=3), Pairs(ratings.user[:9], ratings.item[:9])
    found = known.rows_of_pairs(pairs.users, pairs.items)
    own = []
    for a, b in zip(found.indptr[:-1], found.indptr[1:], strict=True):
        x = dict(zip(found.columns[a:b].tolist(), found.values[a:b].tolist(), strict=True))
        own.append([by_the_equation(built, known, member, x) for member in range(3)])
    spread = ModuleScorer(built, ratings.n_items, RatingUnit(1.0, 10.0)).spread(pairs)
    np.testing.assert_allclose(spread, 2 * np.std(own, axis=1, ddof=1), rtol=1e-4)
    assert ModuleScorer(machine(known, ratings), ratings.n_items).spread(pairs) is None


def _columns(ratings: Ratings) -> tuple[np.ndarray, ...]:
    return ratings.user.astype(np.int64), ratings.item.astype(np.int64), np.array(ratings.value)


def test_net_adds_columns_for_features(known: Features, ratings: Ratings) -> None:
    """Genres, year and half-year are inputs of the first layer, beside both embeddings."""
    parameters = Net(n_factors=2, hidden=(4,), genres=True, year=True, calendar=True)
    assert parameters.reads == ("genres", "year", "calendar")
    chosen = features_of(ratings, split(SplitConfig(), ratings), parameters.reads)
    info = chosen.sized(ratings.info())
    net = build_model(parameters, info, None, chosen).eval()
    tables = initial_values(parameters, info, 5)
    load_arrays(net, tables)
    positions = np.arange(30)
    x = np.zeros((30, chosen.n_features))
    for row, own in enumerate(columns(chosen, positions)):
        x[row, list(own)] = list(own.values())
    user, item = ratings.user[:30], ratings.item[:30]
    whole = np.hstack([tables["user_factors"][user], tables["item_factors"][item], x])
    hidden = np.maximum(whole @ tables["layers.0.weight"].T + tables["layers.0.bias"], 0)
    raw = hidden @ tables["layers.1.weight"].T + tables["layers.1.bias"]
    low, high = ratings.low - 0.5, ratings.high + 0.5
    expected = low + (high - low) / (1 + np.exp(-raw[:, 0]))
    found = score(net, Pairs(user, item, positions), CPU)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    everything = score_all_items(net, user[:3], ratings.n_items, CPU)
    pairs = Pairs.crossed(user[:3], np.arange(ratings.n_items))
    np.testing.assert_allclose(everything.reshape(-1), score(net, pairs, CPU), rtol=1e-5)


def test_what_suits_it_is_taken_where_nothing_is_said() -> None:
    config = make_config({"model": {"name": "fm"}})
    assert (config.optimizer.name, config.schedule.name) == ("adam", "cosine")
    assert (config.training.epochs, config.training.batch_size) == (6, 0)
    for n_train, size in ((500, 2048), (80_004, 2048), (1_600_000, 40_960)):
        assert config.settled(n_train).training.batch_size == size
    said = make_config({"model": "fm", "optimizer": "sgd", "training": {"epochs": 2}})
    assert (said.optimizer.name, said.training.epochs, said.training.batch_size) == ("sgd", 2, 0)
