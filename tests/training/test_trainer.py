"""The trainer: smoothing, portions, checkpoints, wishes, and how it ends."""

import errno
import json
import math
import os
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from small import Bench, make_bench, open_small, small_config

from cftui import files
from cftui.evaluation.errors import Errors
from cftui.ratings.values import Ratings
from cftui.runs import control
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.control import Inbox, Wish, names_waiting, send
from cftui.runs.event_log import EventLog, read_events
from cftui.runs.events import Checkpointed, Control, Epoch, Event, Step
from cftui.runs.rates import as_setting, changes_in
from cftui.runs.record import RateChange
from cftui.training import bookkeeping
from cftui.training import trainer as trainer_module
from cftui.training.endings import NonFiniteLoss, StopTraining
from cftui.training.progress import Progress, read_state, write_state


@pytest.fixture
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small")


def steps_of(events: list[Event]) -> list[Step]:
    return [event for event in events if isinstance(event, Step)]


@pytest.mark.parametrize("finest", [0.0, 0.05])
def test_step_events_sum_up_every_step(ratings: Ratings, finest: float) -> None:
    bench = make_bench(small_config(training={"epochs": 6}), ratings, finest=finest)
    bench.trainer.train()
    losses = bench.engine.losses
    smooth, average = [], 0.0
    for number, loss in enumerate(losses, start=1):
        average = average * 0.98 + loss * 0.02  # lesson 5: avg_mom = 0.98, debiased
        smooth.append(average / (1 - 0.98**number))
    reported = steps_of(bench.events)
    assert len(losses) == 6 * 63 and reported[-1].step == len(losses)
    begins = [0, *(event.step for event in reported[:-1])]
    for begin, event in zip(begins, reported, strict=True):
        custom = losses[begin : event.step]
        assert event.smooth == pytest.approx(smooth[event.step - 1], abs=1e-6)
        assert event.loss == pytest.approx(sum(custom) / len(custom), abs=1e-9)
        assert (event.low, event.high) == (min(custom), max(custom))


def test_the_two_reporting_rates_differ(ratings: Ratings) -> None:
    counts = []
    for name, finest in (("often", 0.0), ("seldom", 0.2)):
        bench = make_bench(small_config(training={"epochs": 6}), ratings, name, finest=finest)
        bench.trainer.train()
        counts.append(len(steps_of(bench.events)))
    assert counts[0] > counts[1] >= 6  # an epoch's end is always told


def test_at_most_twenty_step_events_a_second(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 8}), ratings)
    bench.trainer.train()
    forced = {e.step for e in bench.events if isinstance(e, Checkpointed)}
    times = [event.seconds for event in steps_of(bench.events)]
    timed = [
        after - before
        for (before, after), event in zip(pairwise(times), steps_of(bench.events)[1:], strict=True)
        if event.step not in forced
    ]
    assert all(gap >= 0.05 - 1e-5 for gap in timed)


def test_portions_do_not_change_the_outcome(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Portions are as long as time allows, so weights must not depend on them."""
    config = small_config(
        optimizer={"name": "adam"}, schedule={"name": "cosine-restarts"}, training={"epochs": 3}
    )
    weights, rates = [], []
    for name, seconds in (("one", 0.0), ("many", 10.0)):
        monkeypatch.setattr(trainer_module, "CHUNK_SECONDS", seconds)
        bench = make_bench(config, ratings, name)
        bench.trainer.train()
        weights.append(bench.engine.parameters())
        rates.append(bench.engine.rates)
        assert (max(bench.engine.portions) > 10) == (name == "many")
    assert rates[0] == rates[1]
    for table, values in weights[0].items():
        assert values.tobytes() == weights[1][table].tobytes()


def test_validation_error_is_that_of_the_scores(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    bench.trainer.train()
    epoch = next(event for event in bench.events if isinstance(event, Epoch))
    tables = bench.engine.parameters()
    valid = bench.trainer.prepared.valid
    raw = (
        (tables["user_factors"][valid.user] * tables["item_factors"][valid.item]).sum(1)
        + tables["user_bias"][valid.user, 0]
        + tables["item_bias"][valid.item, 0]
    ).astype(np.float64)
    predicted = ratings.low + (ratings.high - ratings.low) / (1 + np.exp(-raw))
    mse = float(((predicted - valid.value) ** 2).mean())
    assert epoch.valid_mse == pytest.approx(mse, abs=1e-6)
    assert epoch.valid_rmse == pytest.approx(math.sqrt(mse), abs=1e-6)
    losses, size = bench.engine.losses, 64
    n = len(bench.trainer.prepared.training)
    sizes = [min(size, n - start) for start in range(0, n, size)]
    weighted = sum(loss * count for loss, count in zip(losses, sizes, strict=True)) / n
    assert epoch.train_loss == pytest.approx(weighted, abs=1e-9)


@pytest.mark.parametrize(("batch_size", "steps"), [(64, 63), (100, 40)])
def test_checkpoints_come_by_the_clock_within_an_epoch(
    batch_size: int, steps: int, ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step takes a second here: a checkpoint every 5 s, and one at the epoch's end."""
    now = 0.0

    def tick(losses: np.ndarray) -> np.ndarray:
        nonlocal now
        now += len(losses)
        return losses

    clock = SimpleNamespace(**{**vars(time), "monotonic": lambda: now})
    monkeypatch.setattr(bookkeeping, "time", clock)
    monkeypatch.setattr(trainer_module, "CHUNK_SECONDS", 0.0)  # a step a portion
    config = small_config(training={"epochs": 1, "batch_size": batch_size})
    bench = make_bench(config, ratings, spoil=tick)
    bench.trainer.train()
    at = [event.step for event in bench.events if isinstance(event, Checkpointed)]
    assert at == [0, *range(5, steps, 5), steps]


def test_the_record_on_disk_is_never_much_behind(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step takes half a second here: the record comes with each checkpoint."""
    now, seen = 0.0, []

    def tick(losses: np.ndarray) -> np.ndarray:
        nonlocal now
        now += 0.5
        record = bench.run.record()
        seen.append((record.step, record.epoch))
        return losses

    clock = SimpleNamespace(**{**vars(time), "monotonic": lambda: now})
    monkeypatch.setattr(bookkeeping, "time", clock)
    monkeypatch.setattr(trainer_module, "CHUNK_SECONDS", 0.0)  # a step a portion
    bench = make_bench(small_config(training={"epochs": 2}), ratings, spoil=tick)
    bench.trainer.train()
    assert len(seen) == 126 and sorted(set(seen)) == [
        *((step, 0) for step in range(0, 63, 10)),
        *((step, 1) for step in range(63, 126, 10)),
    ]


def test_portions_double_until_they_take_as_long_as_they_may(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,024 steps a second here: 40 of them in 0.04 s."""
    now = 0.0

    def tick(losses: np.ndarray) -> np.ndarray:
        nonlocal now
        now += len(losses) / 1024
        return losses

    clock = SimpleNamespace(**{**vars(time), "perf_counter": lambda: now})
    monkeypatch.setattr("cftui.training.learners.gradient.time", clock)
    bench = make_bench(small_config(training={"epochs": 3}), ratings, spoil=tick)
    bench.trainer.train()
    assert bench.engine.portions == [1, 2, 4, 8, 16, 32, 40, 23, 40, 23]


def test_the_steps_of_an_epoch_are_told_before_its_end(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 2}), ratings)
    bench.trainer.train()
    before = [
        (step.step, epoch.step)
        for step, epoch in pairwise(bench.events)
        if isinstance(step, Step) and isinstance(epoch, Epoch)
    ]
    assert before == [(63, 63), (126, 126)]


def test_the_seconds_told_are_those_of_the_steps(ratings: Ratings) -> None:
    began = time.monotonic()
    bench = make_bench(small_config(training={"epochs": 3}), ratings)
    bench.trainer.train()
    took = time.monotonic() - began
    epochs = [event for event in bench.events if isinstance(event, Epoch)]
    total = 0.0
    for epoch in epochs:
        total += epoch.seconds
        assert epoch.seconds > 0 and epoch.train_seconds == pytest.approx(total)
    assert total < took
    steps = [event.seconds for event in steps_of(bench.events)]
    assert steps == sorted(steps) and steps[0] > 0
    assert steps[-1] == pytest.approx(total, abs=1e-6)
    saved = [event.seconds for event in bench.events if isinstance(event, Checkpointed)]
    assert len(saved) == 4 and all(0 <= seconds < took for seconds in saved)


def test_the_default_clock_allows_ten_seconds_of_steps() -> None:
    assert bookkeeping.CHECKPOINT_SECONDS + 2 * trainer_module.CHUNK_SECONDS < 10


def resumed(bench: Bench, ratings: Ratings, name: str) -> Bench:
    checkpoint = load_checkpoint(bench.run.last)
    return make_bench(bench.trainer.prepared.config, ratings, name, checkpoint=checkpoint)


RECIPES: dict[str, dict[str, dict[str, object]]] = {
    "sgd": {"optimizer": {"name": "sgd"}, "schedule": {"name": "cosine-restarts"}},
    "adam": {"optimizer": {"name": "adam"}, "schedule": {"name": "cosine-restarts"}},
    "adamw, one cycle": {"optimizer": {"name": "adamw"}, "schedule": {"name": "one-cycle"}},
    "rmsprop": {"optimizer": {"name": "rmsprop"}},
    "adagrad, one cycle": {"optimizer": {"name": "adagrad"}, "schedule": {"name": "one-cycle"}},
    "net with dropout, adam": {
        "model": {"name": "net", "n_item_factors": 5, "hidden": [10, 4]},
        "optimizer": {"name": "adam"},
    },
    "patience": {"training": {"patience": 4, "min_improvement": 1e-3}},
    "factorization machines": {
        "model": {"name": "fm", "fields": "all", "members": 2},
        "training": {"batch_size": 64},
    },
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_checkpoint_in_mid_epoch_resumes_exactly(ratings: Ratings, recipe: str) -> None:
    sections = RECIPES[recipe]
    config = small_config(**{**sections, "training": {"epochs": 4, **sections.get("training", {})}})
    whole = make_bench(config, ratings, "whole")
    whole.trainer.train()
    asked = iter([False] * 5 + [True] * 100)
    part = make_bench(config, ratings, "part", should_stop=lambda: next(asked))
    with pytest.raises(StopTraining):
        part.trainer.train()
    assert 0 < part.trainer.learner.place()["position"] < 63
    rest = resumed(part, ratings, "rest")
    rest.trainer.train()
    assert part.engine.losses + rest.engine.losses == whole.engine.losses
    for name, values in whole.engine.parameters().items():
        assert values.tobytes() == rest.engine.parameters()[name].tobytes()
    for name, values in whole.engine.state().items():
        assert values.tobytes() == rest.engine.state()[name].tobytes(), name
    same = ("average", "squares", "step", "best_valid_mse", "best_step", "valid_mse")
    for line in (*same, "stale_epochs", "stale_from"):
        assert getattr(whole.trainer.progress, line) == getattr(rest.trainer.progress, line)


def scripted(
    ratings: Ratings,
    monkeypatch: pytest.MonkeyPatch,
    errors: list[float],
    name: str,
    **training: Any,
) -> Bench:
    """Return a trainer whose validation errors are these, epoch by epoch."""
    told = iter(errors)
    monkeypatch.setattr(trainer_module, "errors", lambda *_: Errors(next(told), 0.0, 0, None))
    return make_bench(small_config(training={"epochs": len(errors), **training}), ratings, name)


@pytest.mark.parametrize(
    ("training", "epochs", "why"),
    [
        ({}, 7, ""),
        ({"patience": 3}, 7, ""),
        ({"patience": 2}, 4, "no better for 2 epochs than 0.8000"),
        ({"patience": 1}, 3, "no better for 1 epoch than 0.8000"),
        # 1.0, 0.8, and then none that is 0.15 below 0.8.
        ({"patience": 4, "min_improvement": 0.15}, 6, "no better by more than 0.15 for 4 epochs"),
    ],
)
def test_it_ends_when_patience_does(
    ratings: Ratings,
    monkeypatch: pytest.MonkeyPatch,
    training: dict[str, Any],
    epochs: int,
    why: str,
) -> None:
    errors = [1.0, 0.8, 0.85, 0.81, 0.7, 0.75, 0.72]
    bench = scripted(ratings, monkeypatch, errors, "r", **training)
    bench.trainer.train()
    assert bench.trainer.progress.epoch == epochs
    assert bench.trainer.why_early.startswith(why) and bool(bench.trainer.why_early) == bool(why)
    best = load_checkpoint(bench.run.best)
    assert best.step == 63 * (errors[:epochs].index(min(errors[:epochs])) + 1)


def test_of_equal_errors_the_first_is_the_best(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = scripted(ratings, monkeypatch, [1.0, 0.8, 0.8], "r")
    bench.trainer.train()
    assert load_checkpoint(bench.run.best).step == 2 * 63
    assert (bench.trainer.progress.best_epoch, bench.trainer.progress.stale_epochs) == (2, 1)


def test_a_death_after_the_last_look_does_not_train_on(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last checkpoint knows that patience is at its end."""
    bench = scripted(ratings, monkeypatch, [1.0, 1.1, 1.2, 0.1], "r", patience=2)
    bench.trainer.train()
    again = resumed(bench, ratings, "again")
    again.trainer.train()
    assert again.trainer.progress.epoch == 3 and not again.engine.losses


def test_a_checkpoint_without_patience_in_it_still_resumes(ratings: Ratings) -> None:
    """As the first version wrote them."""
    progress, place = Progress(epoch=2, step=126), {"epoch": 2, "position": 0, "base_rate": 0.1}
    text = write_state(progress, place)
    old = {k: v for k, v in json.loads(text).items() if "stale" not in k}
    read, found = read_state(json.dumps(old))
    assert read == progress and {key: found[key] for key in place} == place
    with pytest.raises(ValueError, match="not a training state"):
        read_state(json.dumps({k: v for k, v in old.items() if k != "step"}))


def test_a_death_between_last_and_best_is_mended(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    bench.trainer.train()
    assert bench.trainer.progress.best_step == 63
    best = load_checkpoint(bench.run.best)
    bench.run.best.unlink()
    bench.trainer.book.restore(load_checkpoint(bench.run.last))
    mended = load_checkpoint(bench.run.best)
    assert mended.metadata == best.metadata and mended.arrays.keys() == best.arrays.keys()
    assert all(mended.arrays[name].tobytes() == best.arrays[name].tobytes() for name in best.arrays)


def test_resuming_leaves_a_better_epoch_than_the_last_alone(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = scripted(ratings, monkeypatch, [0.5, 0.9], "r")
    bench.trainer.train()
    best = bench.run.best.read_bytes()
    bench.trainer.book.restore(load_checkpoint(bench.run.last))
    assert bench.run.best.read_bytes() == best and load_checkpoint(bench.run.best).step == 63


def test_a_loss_that_is_not_finite_keeps_the_last_good_weights(ratings: Ratings) -> None:
    done = 0

    def poison(losses: np.ndarray) -> np.ndarray:
        nonlocal done
        done += len(losses)
        return np.where(np.arange(done - len(losses), done) >= 100, np.nan, losses)

    bench = make_bench(small_config(training={"epochs": 3}), ratings, spoil=poison)
    with pytest.raises(NonFiniteLoss, match="nan at step 101"):
        bench.trainer.train()
    kept = load_checkpoint(bench.run.last)
    assert kept.step == 63
    assert all(np.isfinite(array).all() for array in kept.arrays.values())


def test_weights_that_are_not_finite_are_never_saved(ratings: Ratings) -> None:
    bench = make_bench(small_config(), ratings)
    bench.trainer.book.checkpoint()
    before = bench.run.last.read_bytes()
    tables = bench.engine.parameters()
    tables["item_bias"][3] = np.inf
    bench.engine.restore(tables, bench.engine.state())
    with pytest.raises(NonFiniteLoss, match="item_bias is not finite"):
        bench.trainer.book.checkpoint()
    assert bench.run.last.read_bytes() == before


def test_a_full_disk_keeps_the_last_checkpoint(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(small_config(training={"epochs": 3}), ratings)
    bench.trainer.book.checkpoint()
    before = bench.run.last.read_bytes()

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        bench.trainer.train()
    assert bench.run.last.read_bytes() == before
    assert not list(bench.run.path.glob(".last*"))


def test_wishes_are_obeyed_in_order_and_recorded(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 2}), ratings)
    sent = [
        send(bench.run.path, "learning-rate", 0.02),
        send(bench.run.path, "checkpoint"),
        send(bench.run.path, "learning-rate", 0.03),
    ]
    time.sleep(0.02)
    bench.trainer.train()
    controls = [event for event in bench.events if isinstance(event, Control)]
    assert [c.sent_ns for c in controls] == [wish.sent_ns for wish in sent]
    assert {c.outcome for c in controls} == {"obeyed"}
    assert set(bench.engine.rates) == {0.03}
    assert not list((bench.run.path / "control").glob("[!.]*"))


def test_wishes_that_make_no_sense_are_refused_and_removed(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    folder = bench.run.path / "control"
    now = time.time_ns()
    for number, text in enumerate(
        [
            "not json",
            "[1]",
            json.dumps({"kind": "dance", "sent_ns": now}),
            json.dumps({"kind": "learning-rate", "value": -1, "sent_ns": now}),
            json.dumps({"kind": "learning-rate", "value": "fast", "sent_ns": now}),
            json.dumps({"kind": "learning-rate", "value": None, "sent_ns": now}),
            json.dumps({"kind": ["pause"], "sent_ns": now}),
            json.dumps({"kind": "learning-rate", "value": math.nan, "sent_ns": now}),
        ]
    ):
        (folder / f"{now + number:020d}-1.json").write_text(text)
    (folder / "a-folder.json").mkdir()
    time.sleep(0.02)
    bench.trainer.train()
    outcomes = [event.outcome for event in bench.events if isinstance(event, Control)]
    assert len(outcomes) == 8
    assert all(outcome.startswith("refused: ") for outcome in outcomes)
    assert [path.name for path in folder.glob("[!.]*")] == ["a-folder.json"]
    assert set(bench.engine.rates) == {0.1}


def later_inbox(run: Path) -> Inbox:
    """Return what a trainer has that starts now, in the folder of another."""
    return Inbox(run, names_waiting(run))


@pytest.mark.parametrize("hours", [-1, 24])
def test_a_clock_set_anew_makes_no_wish_older(
    hours: int, ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    send(bench.run.path, "learning-rate", 0.3)
    inbox = bench.trainer.steering.inbox = later_inbox(bench.run.path)
    there = time.time_ns() + hours * 3_600 * 10**9
    monkeypatch.setattr(control, "_last_ns", 0)
    monkeypatch.setattr(control.time, "time_ns", lambda: there)
    send(bench.run.path, "learning-rate", 0.02)
    monkeypatch.setattr(control, "SETTLE_NS", 0)
    assert sorted(wish.meant_for_another for wish in inbox.take()) == [False, True]
    inbox._taken.clear()
    bench.trainer.steering.obey()
    outcomes = {e.value: e.outcome for e in bench.events if isinstance(e, Control)}
    assert outcomes[0.02] == "obeyed" and outcomes[0.3].startswith("discarded")


def test_older_wishes_are_discarded_with_an_event(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    send(bench.run.path, "stop")
    time.sleep(0.02)
    late = make_bench(small_config(training={"epochs": 1}), ratings, "l")
    late.trainer.steering.inbox = later_inbox(bench.run.path)
    late.trainer.train()
    (control,) = [event for event in late.events if isinstance(event, Control)]
    assert control.outcome.startswith("discarded") and control.wish == "stop"
    assert late.trainer.progress.epoch == 1


def test_a_wish_that_the_checkpoint_knows_is_not_told_again(ratings: Ratings) -> None:
    """The trainer may die after a checkpoint but before the wish's file is gone."""
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    send(bench.run.path, "learning-rate", 0.02)
    (file,) = bench.run.path.glob("control/*.json")
    content = file.read_bytes()
    time.sleep(0.02)
    bench.trainer.train()
    file.write_bytes(content)
    checkpoint = load_checkpoint(bench.run.last)
    config = bench.trainer.prepared.config
    again = make_bench(config, ratings, "again", checkpoint=checkpoint)
    again.trainer.steering.inbox = later_inbox(bench.run.path)
    again.trainer.steering.obey()
    assert not [event for event in again.events if isinstance(event, Control)]
    assert not file.exists() and again.trainer.learner.base_rate == 0.02


def test_a_wish_after_the_last_epoch_is_told_that_it_is_late(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    closed = bench.trainer.book.close_epoch

    def send_and_close(*found: Any) -> None:
        send(bench.run.path, "pause")
        time.sleep(0.02)
        closed(*found)

    monkeypatch.setattr(bench.trainer.book, "close_epoch", send_and_close)
    bench.trainer.train()
    (control,) = [event for event in bench.events if isinstance(event, Control)]
    assert control.outcome == "refused: the last epoch is done"
    assert bench.trainer.book.record.state == "running"


@pytest.mark.parametrize("kind", ["stop", "checkpoint"])
def test_what_the_end_does_anyway_is_obeyed_by_it(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    bench = scripted(ratings, monkeypatch, [1.0], "r")
    emit = bench.trainer.book._emit

    def wish_at_the_end(event: Event) -> None:
        emit(event)
        if isinstance(event, Epoch):
            send(bench.run.path, kind)  # type: ignore[arg-type]
            time.sleep(0.02)

    monkeypatch.setattr(bench.trainer.book, "_emit", wish_at_the_end)
    bench.trainer.train()
    (control,) = [event for event in bench.events if isinstance(event, Control)]
    assert (control.wish, control.outcome) == (kind, "obeyed")


@pytest.mark.parametrize("kind", ["checkpoint", "learning-rate"])
def test_what_a_wish_changed_is_safe_at_once(ratings: Ratings, kind: str) -> None:
    """Its file is gone then: a death a moment later must not lose it."""
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    sent = send(bench.run.path, kind, 0.02 if kind == "learning-rate" else None)  # type: ignore[arg-type]
    (bench.run.path / "control" / "later.json").write_text("not json")
    time.sleep(0.02)
    bench.trainer.steering.obey()
    assert not list((bench.run.path / "control").glob("[!.]*"))
    kept, place = read_state(load_checkpoint(bench.run.last).metadata["progress"])
    assert place["base_rate"] == (0.02 if kind == "learning-rate" else 0.1)
    assert kept.wishes_ns == sent.sent_ns


def test_a_rate_given_on_resuming_is_told_and_safe(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    bench.trainer.steering.obey_at_start(Wish("learning-rate", 0.004, "me", time.time_ns()))
    (control,) = [event for event in bench.events if isinstance(event, Control)]
    assert (control.value, control.outcome) == (0.004, "obeyed")
    again = resumed(bench, ratings, "again")
    again.trainer.train()
    assert set(again.engine.rates) == {0.004}


def test_changes_of_the_rate_are_part_of_the_run(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 2}), ratings)
    for value in (0.02, 0.03):  # at one step: the first never trained anything
        bench.trainer.steering.obey_at_start(Wish("learning-rate", value, "me", time.time_ns()))
    first = (RateChange(0, 0.03),)
    assert bench.run.record().rate_changes == first
    asked = iter([False] * 3 + [True] * 100)
    bench.trainer.steering._should_stop = lambda: next(asked)
    with pytest.raises(StopTraining):
        bench.trainer.train()
    again = resumed(bench, ratings, "again")
    step = again.trainer.progress.step
    again.trainer.steering.obey_at_start(Wish("learning-rate", 0.004, "me", time.time_ns()))
    again.trainer.steering.obey_at_start(Wish("learning-rate", 0.004, "me", time.time_ns()))
    again.trainer.train()
    assert step > 0 and again.run.record().rate_changes == (*first, RateChange(step, 0.004))


def test_a_run_whose_rate_was_changed_live_is_repeated_exactly(ratings: Ratings) -> None:
    """By the setting that its command line has; also where the repetition is cut right there."""
    sections = {"optimizer": {"name": "adam"}, "schedule": {"name": "one-cycle"}}
    asked = iter([False] * 6 + [True] * 100)
    live = make_bench(
        small_config(**sections, training={"epochs": 2}), ratings, should_stop=lambda: next(asked)
    )
    with pytest.raises(StopTraining):
        live.trainer.train()
    rest = resumed(live, ratings, "rest")
    rest.trainer.steering.obey_at_start(Wish("learning-rate", 0.2, "me", time.time_ns()))
    rest.trainer.train()
    changes = rest.run.record().rate_changes
    assert changes == (RateChange(live.trainer.progress.step, 0.2),) and changes[0].step > 6
    config = small_config(**sections, training={"epochs": 2, "rate_changes": as_setting(changes)})
    again = make_bench(config, ratings, "again")
    again.trainer.train()
    assert again.run.record().rate_changes == changes
    cut = make_bench(
        config,
        ratings,
        "cut",
        should_stop=lambda: cut.trainer.progress.step == changes[0].step,
    )
    with pytest.raises(StopTraining):
        cut.trainer.train()
    cut_rest = resumed(cut, ratings, "cut-rest")
    cut_rest.trainer.train()
    for name, values in rest.engine.parameters().items():
        assert values.tobytes() == again.engine.parameters()[name].tobytes()
        assert values.tobytes() == cut_rest.engine.parameters()[name].tobytes()


def test_a_wish_at_the_step_of_a_configured_rate_holds(ratings: Ratings) -> None:
    config = small_config(training={"epochs": 1, "rate_changes": "0=0.02 10=0.03"})
    bench = make_bench(config, ratings)
    bench.trainer.steering.obey_at_start(Wish("learning-rate", 0.004, "me", time.time_ns()))
    bench.trainer.train()
    assert bench.engine.rates == [0.004] * 10 + [0.03] * 53
    assert bench.run.record().rate_changes == (RateChange(0, 0.004), RateChange(10, 0.03))


def test_a_run_begun_by_an_older_version_leaves_changes_to_the_events(ratings: Ratings) -> None:
    bench = make_bench(small_config(training={"epochs": 1}), ratings)
    state = json.loads(write_state(bench.trainer.progress, {}))
    del state["rate_changes"]
    bench.trainer.book.progress, _ = read_state(json.dumps(state))
    bench.trainer.steering.obey_at_start(Wish("learning-rate", 0.004, "me", time.time_ns()))
    assert bench.run.record().rate_changes is None
    assert changes_in(bench.events) == (RateChange(0, 0.004),)


def test_events_are_on_disk_before_the_checkpoint_they_belong_to(ratings: Ratings) -> None:
    """Else a power cut could leave a checkpoint whose steps nobody can read about."""
    order: list[str] = []
    bench = make_bench(small_config(), ratings, sync=lambda: order.append("sync"))
    replaced = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if target.parent == bench.run.path:  # a moment of the map belongs to nothing else
            order.append(target.name)
        return replaced(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        bench.trainer.book.checkpoint()
    assert order == ["sync", "last.safetensors", "run.json"]


def test_a_write_that_fails_leaves_no_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.write(Checkpointed(1, 1, 0.5))
    write, calls = os.write, 0

    def half_then_full(file: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            return write(file, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", half_then_full)
    with pytest.raises(OSError, match="No space"):
        log.write(Checkpointed(2, 1, 0.5))
    monkeypatch.setattr(os, "write", write)
    log.write(Checkpointed(3, 1, 0.5))
    assert [e.step for e in read_events(tmp_path / "events.jsonl")] == [1, 3]  # type: ignore[attr-defined]
    assert (tmp_path / "events.jsonl").read_bytes().count(b"\n") == 2
