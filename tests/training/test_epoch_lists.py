"""Lists at each epoch's end: figures as counted by hand, one sample a run, nothing disturbed."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from small import here, make_bench, open_small, small_config
from torch import nn

from cftui.hyperparameters import DataInfo
from cftui.hyperparameters.models import Dot, DotBias, Net
from cftui.models import build_model, module
from cftui.models.base import RatingModel
from cftui.models.errors import ModelError
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings, ValidRatings
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.event_log import read_events
from cftui.runs.events import Epoch
from cftui.runs.find import find_run
from cftui.training import lists
from cftui.training.build import build_trainer
from cftui.training.lists import ListFigures, ListJudge
from cftui.training.prepare import Prepared, prepare
from cftui.training.progress import Progress, read_state, write_state


@pytest.fixture
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small")


@pytest.fixture
def leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all the time be taken that it takes, on a machine however busy."""
    monkeypatch.setattr(lists, "LEAST_SECONDS", math.inf)


def epochs_of(events: list[Any]) -> list[Epoch]:
    return [event for event in events if isinstance(event, Epoch)]


def by_hand(
    prepared: Prepared, user: int, all_scores: np.ndarray | None = None
) -> tuple[float, float]:
    """Return recall and NDCG of a user's top 20 by a plain sort and a plain sum.

    By the model's scores unless others are given, shape (n_items,).
    """
    training, valid = prepared.training, prepared.valid
    seen = {int(i) for u, i in zip(training.user, training.item, strict=True) if u == user}
    wanted = {
        int(i)
        for u, i, value in zip(valid.user, valid.item, valid.value, strict=True)
        if u == user and value >= 4
    }
    candidates = [item for item in range(training.info.n_items) if item not in seen]
    scores = prepared.learner.score(Pairs.of_user(user, np.array(candidates)))
    scores = scores if all_scores is None else all_scores[candidates]
    best = [item for _, item in sorted(zip((-scores).tolist(), candidates, strict=True))][:20]
    gained = sum(1 / math.log2(rank + 2) for rank, item in enumerate(best) if item in wanted)
    most = sum(1 / math.log2(rank + 2) for rank in range(min(len(wanted), 20)))
    return len(wanted & set(best)) / len(wanted), gained / most


def liked_by(valid: ValidRatings) -> list[int]:
    return sorted({int(u) for u, v in zip(valid.user, valid.value, strict=True) if v >= 4})


@pytest.mark.usefixtures("leisure")
@pytest.mark.parametrize("model", ["dot-bias", "net"])
def test_an_epochs_figures_are_those_counted_by_hand(model: str, ratings: Ratings) -> None:
    config = small_config(model={"name": model}, optimizer={"name": "adam"})
    bench = make_bench(config, ratings)
    bench.trainer.train()
    prepared = bench.trainer.prepared
    users = liked_by(prepared.valid)
    assert sorted(bench.trainer.progress.list_users or ()) == users and len(users) > 50
    recall, ndcg = np.mean([by_hand(prepared, user) for user in users], axis=0)
    last = epochs_of(bench.events)[-1]
    assert last.recall == pytest.approx(recall, abs=1e-9) and 0 < recall < 1
    assert last.ndcg == pytest.approx(ndcg, abs=1e-9) and 0 < ndcg < 1
    assert [epoch.list_users for epoch in epochs_of(bench.events)] == [len(users)] * 2
    record = bench.run.status().record
    assert (record.valid_recall, record.valid_ndcg) == (last.recall, last.ndcg)
    assert record.list_users == len(users)
    likes = [np.count_nonzero(prepared.training.value[prepared.training.item == item] >= 4)
             for item in range(ratings.n_items)]  # fmt: skip
    popular = [by_hand(prepared, user, np.array(likes))[1] for user in users]
    assert last.most_liked_ndcg == pytest.approx(np.mean(popular), abs=1e-9)


@pytest.mark.usefixtures("leisure")
def test_a_resumed_run_judges_the_same_users(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where there would be time for others now; its figures are those without a pause."""
    monkeypatch.setattr(lists, "SIZES", (20, 50))
    config = small_config(training={"epochs": 3})
    whole = make_bench(config, ratings, "whole")
    whole.trainer.train()
    first = make_bench(small_config(training={"epochs": 1}), ratings, "first")
    first.trainer.train()
    sample = first.trainer.progress.list_users
    assert sample is not None and len(sample) == 50 < len(liked_by(first.trainer.prepared.valid))
    monkeypatch.setattr(lists, "SIZES", (20, 200))
    events: list[Any] = []
    again = build_trainer(
        first.run,
        first.trainer.book.record,
        prepare(config, ratings),
        events.append,
        checkpoint=load_checkpoint(first.run.last),
    )
    again.train()
    assert again.progress.list_users == sample == whole.trainer.progress.list_users
    expected = [(e.epoch, e.recall, e.ndcg, e.list_users) for e in epochs_of(whole.events)]
    assert [(e.epoch, e.recall, e.ndcg, e.list_users) for e in epochs_of(events)] == expected[1:]


OWN = """
import torch

class Noisy(torch.nn.Module):
    "Draws random numbers even where it does not train."

    def __init__(self, n_users, n_items):
        super().__init__()
        self.user, self.item = torch.nn.Embedding(n_users, 4), torch.nn.Embedding(n_items, 4)

    def forward(self, users, items):
        noise = torch.rand(len(users))
        return 3 + (self.user(users) * self.item(items)).sum(1) + 0.01 * noise
"""


@pytest.mark.usefixtures("leisure")
@pytest.mark.parametrize("model", ["dot-bias", "net", "own.py:Noisy"])
def test_training_goes_as_without_lists(
    model: str, ratings: Ratings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    found = []
    for name in ("judged", "not-judged"):
        if name == "not-judged":
            monkeypatch.setattr(ListJudge, "judge", lambda *_: ListFigures())
        words = ["--data", ratings.source, "--model", model, "--device", "cpu", "--epochs", "2"]
        assert here("train", *words, "--id", name) == 0
        run = find_run(name)
        epochs = epochs_of(list(read_events(run.events)))
        assert all((epoch.ndcg is not None) == (name == "judged") for epoch in epochs)
        arrays = load_checkpoint(run.last).arrays
        losses = [(epoch.train_loss, epoch.valid_mse) for epoch in epochs]
        found.append((losses, {key: array.tobytes() for key, array in arrays.items()}))
    assert found[0] == found[1] and len(found[0][0]) == 2


def ring(n_users: int, n_items: int = 40, value: float = 5.0) -> tuple[TrainingRatings, Any]:
    """Return ratings in which everybody trained on one item, and liked the next one."""
    users, values = np.arange(n_users), np.full(n_users, 3.0, np.float32)
    items = users % n_items
    training = TrainingRatings(users, items, values, DataInfo(n_users, n_items, 0.5, 5))
    held_out = np.full(n_users, value, np.float32)
    unseen = np.zeros(n_users, np.bool_)
    return training, ValidRatings(users, (items + 1) % n_items, held_out, unseen, 0.5, 5)


class Slow:
    """Scores everybody alike, and takes a time for each user by a clock of its own."""

    def __init__(self, each: float, n_items: int = 40) -> None:
        self.each, self.n_items, self.now, self.users = each, n_items, 0.0, 0

    def __call__(self, users: np.ndarray) -> np.ndarray:
        self.now += self.each * len(users)
        self.users += len(users)
        return np.tile(np.arange(self.n_items, dtype=np.float32), (len(users), 1))


def judge_of(
    slow: Slow, n_users: int, monkeypatch: pytest.MonkeyPatch, value: float = 5.0
) -> ListJudge:
    training, valid = ring(n_users, value=value)
    monkeypatch.setattr(lists, "time", SimpleNamespace(perf_counter=lambda: slow.now))
    values = np.array([0.5, 1, 2, 3, 4, 5], np.float32)
    return ListJudge(training, valid, values, slow)


@pytest.mark.parametrize(
    ("each", "taken"), [(0.0, 200), (0.001, 50), (0.0004, 200), (0.003, 20), (0.1, 0)]
)
def test_as_many_are_judged_as_a_tenth_of_an_epoch_allows(
    each: float, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(each)
    judge = judge_of(slow, 300, monkeypatch)
    progress = Progress(epoch_seconds=1.0)
    found = judge.judge(progress)
    assert found.users == taken == len(set(progress.list_users or ()))
    assert slow.now <= 0.1 or not taken
    assert (found.ndcg is None) == bool(found.why_none) == (taken == 0)
    spent = slow.users
    again = judge.judge(progress)
    assert again == replace(found, why_none="")  # said once
    assert slow.users == spent + taken


def test_a_machine_that_is_busy_for_a_moment_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hiccup(Slow):
        def __call__(self, users: np.ndarray) -> np.ndarray:
            self.now += 0.0 if self.users else 1.0
            return super().__call__(users)

    found = judge_of(Hiccup(0.0001), 300, monkeypatch).judge(Progress(epoch_seconds=1.0))
    assert found.users == 200


def test_few_users_are_judged_all(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judge_of(Slow(0.0), 7, monkeypatch).judge(Progress(epoch_seconds=1.0))
    assert found.users == 7 and not found.why_none


def test_where_nothing_held_out_is_liked_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow, progress = Slow(0.0), Progress(epoch_seconds=1.0)
    judge = judge_of(slow, 30, monkeypatch, value=2.0)
    assert judge.judge(progress).why_none == "no recall and NDCG: no held-out rating is a liked one"
    assert judge.judge(progress) == ListFigures() and not slow.users


def test_a_model_that_cannot_score_all_items_trains_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Slow):
        def __call__(self, users: np.ndarray) -> np.ndarray:
            raise ModelError("mine.py: too many pairs")

    judge, progress = judge_of(Refusing(0.0), 30, monkeypatch), Progress(epoch_seconds=1.0)
    assert "mine.py: too many pairs" in judge.judge(progress).why_none
    assert judge.judge(progress) == ListFigures() and progress.list_users == ()


def test_the_sample_is_part_of_the_training_state() -> None:
    progress = Progress(list_users=(3, 1, 2), valid_recall=0.25, valid_ndcg=0.5)
    assert read_state(write_state(progress, {}))[0] == progress
    old = json.loads(write_state(Progress(), {}))
    for name in ("list_users", "valid_recall", "valid_ndcg"):
        del old[name]  # as earlier versions wrote it
    assert read_state(json.dumps(old))[0] == Progress()


class Plain(RatingModel):
    """A model without a quicker way."""

    def __init__(self, info: DataInfo) -> None:
        super().__init__(info)
        self.users, self.items = nn.Embedding(info.n_users, 1), nn.Embedding(info.n_items, 1)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return (self.users(users) - self.items(items)).squeeze(1)


class Bilinear(nn.Module):
    """A module that takes pairs alone."""

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return torch.sin(users * 1.7 + items * 0.3)


INFO = DataInfo(30, 70, 0.5, 5)
MODELS = {
    "dot": lambda: build_model(Dot(n_factors=6), INFO),
    "dot-bias": lambda: build_model(DotBias(n_factors=6), INFO),
    "net": lambda: build_model(Net(n_factors=6), INFO),
    "linear net": lambda: build_model(Net(n_factors=6, hidden=()), INFO),
    "deep net": lambda: build_model(Net(n_factors=6, n_item_factors=4, hidden=(8, 5)), INFO),
    "plain": lambda: Plain(INFO),
    "no model of ours": Bilinear,
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("chunk", [65_536, 150])
def test_all_items_are_scored_as_pair_by_pair(
    name: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SCORE_CHUNK", chunk)
    torch.manual_seed(1)
    model, cpu = MODELS[name](), torch.device("cpu")
    for weights in model.parameters():
        nn.init.normal_(weights)
    users = np.array([3, 29, 0, 3, 11])
    expected = module.score(model, Pairs.crossed(users, np.arange(70)), cpu).reshape(5, 70)
    found = module.score_all_items(model.train(), users, 70, cpu)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)
