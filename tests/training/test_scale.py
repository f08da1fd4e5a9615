"""A recipe means the same on every scale of ratings, and old runs go on in their own."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small import (
    here,
    make_bench,
    open_small,
    record_of,
    rescaled,
    small_config,
    write_ratings,
    write_rescaled,
)

from cftui.config import RunConfig
from cftui.evaluation.errors import errors
from cftui.hyperparameters import OPTIMIZERS, CustomModel
from cftui.library.trained import load_trained
from cftui.ratings.pairs import Pairs
from cftui.ratings.store import open_ratings
from cftui.ratings.unit import IDENTITY, RatingUnit
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run, create_run
from cftui.runs.events import Epoch, Step
from cftui.runs.find import find_run
from cftui.runs.model_source import read_source, trust
from cftui.training.build import build_trainer
from cftui.training.endings import StopTraining
from cftui.training.engines.torch_engine import TorchEngine
from cftui.training.learners.gradient import begin_gradient_descent
from cftui.training.prepare import Prepared, prepare
from cftui.training.start import start_run

SCALES = ((20.0, 0.0), (0.2, 0.0), (4.0, -12.0))
NEAR = 1e-4
"""Relative; values such as 0.2 are rounded otherwise than 1, by an ulp."""


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    found = open_small(tmp_path_factory.mktemp("ratings"), users=60, items=90, n=1800)
    assert (found.low, found.high) == (0.5, 5.0)
    return found


def prepared(config: RunConfig, ratings: Ratings, **options: Any) -> Prepared:
    engine = TorchEngine("cpu", 1)
    return prepare(config, ratings, begin=partial(begin_gradient_descent, engine=engine), **options)


def an_epoch(config: RunConfig, ratings: Ratings) -> tuple[float, float]:
    """Return the mean of the steps' losses, in the unit, and the valid MSE after them."""
    begun = prepared(config, ratings)
    losses = begun.learner.advance(begun.learner.steps_per_epoch).losses
    return float(losses.mean()), errors(begun.predicted(), begun.valid).mse


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", ["dot", "dot-bias", "net"])
def test_every_model_and_optimizer_learns_the_same(
    ratings: Ratings, model: str, optimizer: str
) -> None:
    config = small_config(model={"name": model}, optimizer={"name": optimizer})
    loss, mse = an_epoch(config, ratings)
    for factor, shift in SCALES:
        same_loss, scaled_mse = an_epoch(config, rescaled(ratings, factor, shift))
        assert same_loss == pytest.approx(loss, rel=NEAR)
        assert scaled_mse / factor**2 == pytest.approx(mse, rel=NEAR)


@pytest.mark.parametrize(
    ("model", "optimizer"), [("dot-bias", "sgd"), ("dot", "adagrad"), ("net", "adam")]
)
def test_what_is_written_down_is_in_rating_units(
    ratings: Ratings, model: str, optimizer: str
) -> None:
    config = small_config(model={"name": model}, optimizer={"name": optimizer})
    base = make_bench(config, ratings, "base", finest=0.0)
    base.trainer.train()
    expected = [event for event in base.events if isinstance(event, Epoch)]
    for number, (factor, shift) in enumerate(SCALES):
        scaled = rescaled(ratings, factor, shift)
        bench = make_bench(config, scaled, f"scaled-{number}", finest=0.0)
        bench.trainer.train()
        found = [event for event in bench.events if isinstance(event, Epoch)]
        for ours, theirs in zip(found, expected, strict=True):
            for name in ("train_loss", "valid_mse", "valid_mse_clipped"):
                value = getattr(ours, name) / factor**2
                assert value == pytest.approx(getattr(theirs, name), rel=NEAR), name
            assert ours.valid_rmse / factor == pytest.approx(theirs.valid_rmse, rel=NEAR)
        steps = [event for event in bench.events if isinstance(event, Step)]
        assert steps[-1].smooth / factor**2 == pytest.approx(base.trainer.progress.smooth, rel=NEAR)
        record = bench.run.record()
        assert record.trained_in == "0.5-5" and record.valid_mse == found[-1].valid_mse
        for name, value in base.engine.parameters().items():
            np.testing.assert_allclose(bench.engine.parameters()[name], value, atol=1e-4)
        same_predictions(base.run, ratings, bench.run, scaled, factor, shift)


def same_predictions(
    base: Run, ratings: Ratings, run: Run, scaled: Ratings, factor: float, shift: float
) -> None:
    """Whoever opens the run sees rating units: the pairs and one user's list."""
    theirs = load_trained(base, find=lambda *_: ratings)
    ours = load_trained(run, find=lambda *_: scaled)
    pairs = Pairs(ratings.user[:500], ratings.item[:500])
    for found, expected in (
        (ours.scorer.score(pairs), theirs.scorer.score(pairs)),
        (ours.scorer.score_all_items(7), theirs.scorer.score_all_items(7)),
    ):
        np.testing.assert_allclose(found, expected * factor + shift, atol=1e-3 * factor)


def test_on_the_lessons_range_nothing_is_computed(ratings: Ratings) -> None:
    """Bit for bit what training in rating units gives: there is no map to go through."""
    config = small_config(optimizer={"name": "adam"})
    unit, plain = prepared(config, ratings), prepared(config, ratings, unit=IDENTITY)
    assert unit.unit.is_identity
    one, other = unit.learner.advance(60).losses, plain.learner.advance(60).losses
    assert one.tobytes() == other.tobytes()
    for name, value in unit.learner.parameters().items():
        assert value.tobytes() == plain.learner.parameters()[name].tobytes()
    assert unit.predicted().tobytes() == plain.learner.score(plain.valid.pairs).tobytes()


def test_patience_is_as_on_the_lessons_range(ratings: Ratings) -> None:
    config = small_config(
        optimizer={"name": "adam"},
        training={"epochs": 9, "patience": 1, "min_improvement": 0.05},
    )
    base = make_bench(config, ratings, "base")
    base.trainer.train()
    assert 1 < base.trainer.progress.epoch < 9
    for number, (factor, shift) in enumerate(SCALES):
        bench = make_bench(config, rescaled(ratings, factor, shift), f"scaled-{number}")
        bench.trainer.train()
        assert bench.trainer.progress.epoch == base.trainer.progress.epoch
        assert f"by more than {0.05 * factor**2:g}" in bench.trainer.why_early


def test_a_single_value_is_no_fault(ratings: Ratings) -> None:
    same = rescaled(ratings, 0.0, 4.0)
    for model in ("dot", "dot-bias", "net"):
        config = small_config(model={"name": model})
        assert np.isfinite(an_epoch(config, same)).all()
    assert prepared(small_config(), same).unit == RatingUnit(4.0, 4.0)


def old_bench(ratings: Ratings, name: str, **options: Any) -> Any:
    """Return a trainer as older versions made them: in rating units, and nothing said of it."""
    config = small_config(ratings.source, optimizer={"name": "adam"}, training={"epochs": 3})
    record = replace(record_of(name, ratings, epochs=3), trained_in="ratings")
    run, lock = create_run(record, config)
    begun = prepared(config, ratings, unit=record.unit)
    events: list[Any] = []
    trainer = build_trainer(run, record, begun, events.append, **options)
    return trainer, run, lock


def test_an_old_run_keeps_its_unit(tmp_path: Path) -> None:
    """It is resumed bit for bit, and its weights predict what they did."""
    source = write_rescaled(write_ratings(tmp_path / "base"), tmp_path / "scaled", 20.0)
    ratings = open_ratings(source)
    whole, run, lock = old_bench(ratings, "whole")
    whole.train()
    lock.release()
    forget_the_unit(run)
    asked = iter([False] * 5 + [True] * 100)
    part, stopped, lock = old_bench(ratings, "part", should_stop=lambda: next(asked))
    with pytest.raises(StopTraining):
        part.train()
    lock.release()
    forget_the_unit(stopped)
    assert here("runs", "resume", "part") == 0
    assert stopped.record().unit_words == "trained in rating units, as older versions did"
    rest, end = load_trained(stopped), load_trained(run)
    assert rest.step == end.step and rest.record.trained_in == "ratings"
    for name, table in end.tables.items():
        assert rest.tables[name].tobytes() == table.tobytes()
    assert stopped.record().valid_mse == run.record().valid_mse
    # As an older version predicts: the range of the ratings times the sigmoid of the sum.
    user, item = 3, 5
    t = end.tables
    raw = t["user_factors"][user] @ t["item_factors"][item]
    raw += t["user_bias"][user, 0] + t["item_bias"][item, 0]
    (found,) = end.scorer.score(Pairs(np.array([user]), np.array([item])))
    assert found == pytest.approx(10 + 90 / (1 + np.exp(-raw)), rel=1e-5)
    assert end.factors is not None and end.factors.in_unit() is end.factors


def forget_the_unit(run: Run) -> None:
    """Make the record what an older version wrote."""
    path = run.path / "run.json"
    told = json.loads(path.read_text())
    assert told.pop("trained_in") == "ratings"
    path.write_text(json.dumps(told))


OWN = """
import torch
from torch import nn


class Own(nn.Module):
    def __init__(self, n_users, n_items):
        super().__init__()
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, users, items):
        raw = self.user_bias(users) + self.item_bias(items)
        return torch.sigmoid(raw).squeeze(1) * (max_rating - min_rating) + min_rating
"""


def test_a_users_own_model_sees_ratings_and_a_loss_in_the_unit(tmp_path: Path) -> None:
    """`min_rating` and `max_rating` are the data's, and the same learning rate does the same."""
    (tmp_path / "own.py").write_text(OWN)
    trust(read_source(f"{tmp_path / 'own.py'}:Own"))
    base = write_ratings(tmp_path / "base")
    found = {}
    for factor, shift in ((1.0, 0.0), *SCALES):
        source = write_rescaled(base, tmp_path / f"x{factor}", factor, shift)
        config = small_config(
            source,
            optimizer={"name": "sgd", "learning_rate": 1.0},
        )
        own = CustomModel(name=f"{tmp_path / 'own.py'}:Own")
        config = config.model_copy(update={"model": own})
        start_run(config, lambda _: None, run_id=f"x{factor}", began=0.0)
        run = find_run(f"x{factor}")
        found[factor] = load_trained(run)
    expected = found.pop(1.0)
    pairs = Pairs(np.arange(50), np.arange(50))
    for factor, shift in SCALES:
        trained = found[factor]
        assert trained.record.valid_mse / factor**2 == pytest.approx(
            expected.record.valid_mse, rel=NEAR
        )
        for name, table in expected.tables.items():
            np.testing.assert_allclose(trained.tables[name], table, atol=1e-3)
        theirs = expected.scorer.score(pairs) * factor + shift
        np.testing.assert_allclose(trained.scorer.score(pairs), theirs, atol=1e-3 * factor)
