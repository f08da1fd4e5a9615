"""A second method of training has a place: its settings, its learner, its runs."""

import json
import time
import tomllib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from small import here, write_ratings

from cftui.config import ConfigError, RunConfig, make_config, merge
from cftui.hyperparameters import methods, parameter
from cftui.library.trained import load_trained
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings
from cftui.runs.compare import changed, settings_of
from cftui.runs.control import send
from cftui.runs.event_log import read_events
from cftui.runs.events import Control, Event, Step
from cftui.runs.find import find_run
from cftui.runs.history import read_history
from cftui.training.endings import NonFiniteLoss
from cftui.training.faults import explain
from cftui.training.learners import choose
from cftui.training.learners.protocol import Place, Report
from cftui.training.start import resume_run, start_run


class Alternating(methods.TrainingMethod):
    """Least squares for the users' biases, then for the items'; a step solves one of the two."""

    name: Literal["alternating"] = "alternating"
    damping: float = parameter(5.0, "Ratings at the mean added to each bias's own", gt=0)


class AlternatingLearner:
    """Biases alone, in the tables of dot-bias; no engine, optimizer, schedule or learning rate."""

    device, threads, steps_per_epoch = "cpu", 1, 2
    base_rate = None

    def __init__(self, config: RunConfig, ratings: TrainingRatings) -> None:
        assert isinstance(config.method, Alternating)
        self.damping, self.ratings, self.step = config.method.damping, ratings, 0
        tables = config.model.tables(ratings.info)
        self.tables = {table.name: np.zeros(table.shape, np.float32) for table in tables}
        self.parameter_count = sum(table.size for table in self.tables.values())

    def change_rate(self, rate: float) -> None:
        raise AssertionError("there is none")

    def predicted(self, pairs: Pairs) -> np.ndarray:
        info = self.ratings.info
        raw = self.tables["user_bias"][pairs.users, 0] + self.tables["item_bias"][pairs.items, 0]
        share: np.ndarray = 1 / (1 + np.exp(-raw))
        return info.low + (info.high - info.low) * share

    def advance(self, steps: int) -> Report:
        losses = []
        for _ in range(min(steps, 2 - self.step % 2)):
            r = self.ratings
            error = r.value - self.predicted(r.pairs)
            losses.append(float((error.astype(np.float64) ** 2).mean()))
            name, codes = ("item_bias", r.item) if self.step % 2 else ("user_bias", r.user)
            table = self.tables[name]
            counts = np.bincount(codes, minlength=len(table)) + self.damping
            table[:, 0] += (np.bincount(codes, error, len(table)) / counts).astype(np.float32)
            self.step += 1
        counts = np.full(len(losses), len(self.ratings))
        return Report(np.array(losses), counts, None, 0.001, self.step % 2 == 0)

    def score(self, pairs: Pairs) -> np.ndarray:
        return self.predicted(pairs).astype(np.float32)

    def score_all_items(self, users: np.ndarray) -> np.ndarray:
        items = np.arange(self.ratings.info.n_items)
        return self.score(Pairs.crossed(users, items)).reshape(len(users), len(items))

    def parameters(self) -> dict[str, np.ndarray]:
        return {name: table.copy() for name, table in self.tables.items()}

    def state(self) -> dict[str, np.ndarray]:
        return {}

    def place(self) -> Place:
        return {"solved": self.step}

    def restore(self, parameters: Any, state: Any, place: Place) -> None:
        self.tables = {name: table.copy() for name, table in parameters.items()}
        self.step = int(place["solved"])


@pytest.fixture(autouse=True)
def alternating(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(methods.METHODS, "alternating", Alternating)
    begin = lambda config, ratings, custom=None, *, threads=0: AlternatingLearner(config, ratings)  # noqa: E731
    monkeypatch.setitem(choose.LEARNERS, "alternating", begin)


def settings(source: Path, epochs: int = 3) -> RunConfig:
    return make_config(
        {
            "data": {"source": str(source)},
            "model": {"n_factors": 2},
            "method": {"name": "alternating", "damping": 2},
            "training": {"epochs": epochs},
        }
    )


def test_a_run_of_it_is_a_run_like_any_other(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small")
    heard: list[Event] = []
    start_run(settings(source), heard.append, run_id="r", began=0.0)
    run = find_run("r")
    assert run.record().state == "finished" and run.record().step == 6
    steps = [event for event in read_events(run.events) if isinstance(event, Step)]
    assert steps and {step.learning_rate for step in steps} == {None}
    assert np.isnan(read_history(run.events).curve.learning_rate).all()
    baselines = run.record().baselines
    assert baselines is not None
    # The same biases fitted otherwise: without a sigmoid, and damped by another number.
    assert run.record().best_valid_mse == pytest.approx(baselines["biases"], rel=0.03)
    written = tomllib.loads((run.path / "config.toml").read_text())
    assert written["method"] == {"name": "alternating", "damping": 2}
    assert not {"optimizer", "schedule"} & written.keys()
    assert changed(settings_of(run))["method.damping"] == 2
    trained = load_trained(run)
    assert len(trained.scorer.score_all_items(0)) == 200
    assert here("runs", "list") == 0 and here("runs", "show", "r") == 0


def test_it_stops_and_goes_on(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small")
    start_run(settings(source, 40), lambda _: None, run_id="whole", began=0.0)

    def watch(event: Event) -> None:
        if isinstance(event, Step) and event.step == 2:
            send(find_run("part").path, "learning-rate", 0.1)
            send(find_run("part").path, "stop")

    slow = AlternatingLearner.advance

    def advance(self: AlternatingLearner, steps: int) -> Report:
        time.sleep(0.003)
        return slow(self, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AlternatingLearner, "advance", advance)
        start_run(settings(source, 40), watch, run_id="part", began=0.0)
    part = find_run("part")
    assert part.record().state == "stopped" and 0 < part.record().step < 80
    outcomes = [e.outcome for e in read_events(part.events) if isinstance(e, Control)]
    assert outcomes == ["refused: this run is trained without a learning rate", "obeyed"]
    resume_run(part, lambda _: None, began=0.0)
    whole, rest = load_trained(find_run("whole")), load_trained(part)
    for name, table in whole.tables.items():
        assert table.tobytes() == rest.tables[name].tobytes()


def test_its_settings(tmp_path: Path) -> None:
    config = settings(tmp_path)
    assert make_config(config.to_settings()) == config
    assert json.loads(json.dumps(config.to_settings())) == config.to_settings()
    for part in ("optimizer", "schedule"):
        with pytest.raises(ConfigError, match="alternating has neither optimizer nor schedule"):
            getattr(config, part)
    with pytest.raises(ConfigError, match=r"method\.damping = 0: must be greater than 0"):
        make_config({"method": {"name": "alternating", "damping": 0}})
    with pytest.raises(ConfigError, match=r"method\.damp: unknown key; did you mean damping"):
        make_config({"method": {"name": "alternating", "damp": 1}})
    with pytest.raises(ConfigError, match=r"method: it takes no optimizer; leave that out"):
        make_config({"method": "alternating", "optimizer": "adam"})
    with pytest.raises(ConfigError, match="method: 'gibs' is not one of alternating, gibbs, gra"):
        make_config({"method": "gibs"})
    assert make_config({"method": "gradient-descent"}) == RunConfig()


def test_changing_to_it_and_back_leaves_nothing_behind(tmp_path: Path) -> None:
    usual = make_config({"optimizer": "adam", "schedule": "one-cycle"}).to_settings()
    there = make_config(merge(usual, {"method": {"name": "alternating"}})).to_settings()
    assert there["method"] == {"name": "alternating", "damping": 5.0} and "optimizer" not in there
    back = make_config(merge(there, {"method": {"name": "gradient-descent"}}))
    assert back == RunConfig()


def test_no_advice_on_a_rate_that_is_not_there(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small")
    start_run(settings(source), lambda _: None, run_id="r", began=0.0)
    words = explain(NonFiniteLoss("the loss became nan"), find_run("r"), settings(source), None)
    assert words == "the loss became nan; the weights of the last checkpoint are kept."
