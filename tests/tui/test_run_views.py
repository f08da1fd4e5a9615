"""What the Train pane says and draws of a run."""

from dataclasses import replace

import pytest

from cftui.config import make_config
from cftui.questions.data import DataSummary
from cftui.runs.events import Epoch, Failed, Finished, Resumed, Started, Step
from cftui.runs.history import History
from cftui.runs.row import RunRow
from cftui.tui.shared.run_chart import ChartChoice, ChartInk, lists_chart, loss_chart, rate_chart
from cftui.tui.shared.run_words import cost_words, run_words

INK = ChartInk((200, 200, 200), ((1, 2, 3), (4, 5, 6), (7, 8, 9), (9, 9, 9)), False)
SUMMARY = DataSummary(
    name="small",
    source="ratings.csv",
    store="",
    fingerprint="f",
    n_users=10,
    n_items=20,
    n_ratings=1000,
    low=1,
    high=5,
    step=1,
    mean=3,
    unusable_rows=0,
    duplicates=0,
    titled=False,
)


def row(**changes: object) -> RunRow:
    values: dict[str, object] = {
        "id": "20261101-203000-dot-bias-adam-k7w2",
        "name": "",
        "shown": "running",
        "alive": True,
        "epoch": 1,
        "epochs": 4,
        "step": 150,
        "valid_mse": 0.8,
        "best_valid_mse": 0.8,
        "fingerprint": "f",
        "has_weights": True,
    }
    return RunRow(**{**values, **changes})  # type: ignore[arg-type]


def started() -> Started:
    return Started("r", 0.0, 1, "box", "cpu", 500, 6400, 1600, 3, 100, 4)


def step(number: int, seconds: float, *, loss: float = 1.0, rate: float = 0.1) -> Step:
    return Step(number, loss, loss - 0.5, loss + 0.5, loss, rate, seconds)


def epoch(number: int, at_step: int, valid: float, seconds: float) -> Epoch:
    return Epoch(number, at_step, 0.9, valid, valid**0.5, valid, 3, 1.1, 0.1, 1.0, seconds)


def history(*events: object) -> History:
    told = History()
    told.feed(events)  # type: ignore[arg-type]
    return told


def test_the_cost_of_a_run_is_counted_by_hand() -> None:
    config = make_config({"model": {"n_factors": 3}, "training": {"batch_size": 64}})
    words = cost_words(config, SUMMARY)
    # (10 + 20) * (3 factors + 1 bias) parameters; weights, gradients and momentum of 4 bytes;
    # 800 training ratings of 20 bytes: 120 * 12 + 16,000 = 17,440 bytes in 13 steps (800 / 64)
    assert words == "120 parameters, 17.4 kB\n13 steps an epoch"


def test_speed_and_time_left_come_from_the_last_seconds() -> None:
    # 100 steps in the last 5 s: 20 a second; 400 in all, 150 done, so 12.5 s are left
    told = history(started(), step(50, 10.0), step(150, 15.0))
    words = " ".join(run_words(row(), told, 64))
    assert "20 steps/s" in words
    assert "1,280 ratings/s" in words
    assert "0:13 left" in words
    assert "step 150/400" in words


@pytest.mark.parametrize(
    ("shown", "end", "said"),
    [
        ("failed", Failed("r", 0.0, 9, "the loss became nan; lower the rate"), "lower the rate"),
        ("died", None, "p goes on from its checkpoint"),
    ],
)
def test_the_end_says_what_to_do(shown: str, end: Failed | None, said: str) -> None:
    told = history(started(), step(9, 1.0), *([end] if end else []))
    assert said in " ".join(run_words(row(shown=shown, alive=False), told, 64))


def test_a_resumed_run_is_drawn_without_what_was_undone() -> None:
    told = history(
        started(),
        *(step(number, number / 10) for number in range(10, 101, 10)),
        epoch(1, 100, 0.8, 10.0),
        step(110, 11.0),
        Resumed("r", 0.0, 2, "box", "cpu", 60, 0),
        step(70, 7.0, loss=2.0),
    )
    chart = loss_chart(told, ChartChoice(), INK, 80, 20)
    raw, smooth, valid = chart.series
    assert smooth.x == (10, 20, 30, 40, 50, 60, 70)
    assert smooth.y[-1] == 2.0
    assert valid.x == ()
    assert min(raw.y) == 0.5 and max(raw.y) == 2.5


@pytest.mark.parametrize(
    ("axis", "smooth_x", "valid_x"),
    [("step", (50, 100), (100,)), ("epoch", (0.5, 1.0), (1.0,)), ("time", (5.0, 10.0), (10.0,))],
)
def test_every_axis_puts_the_epoch_where_its_last_step_is(
    axis: str, smooth_x: tuple[float, ...], valid_x: tuple[float, ...]
) -> None:
    told = history(started(), step(50, 5.0), step(100, 10.0), epoch(1, 100, 0.8, 10.0))
    chart = loss_chart(told, ChartChoice(x_axis=axis), INK, 80, 20)
    assert chart.series[1].x == smooth_x
    assert chart.series[2].x == valid_x
    assert rate_chart(told, ChartChoice(x_axis=axis), INK, 80, 8).series[0].y == (0.1, 0.1)


def test_the_lists_of_an_epoch_are_drawn_where_they_were_judged() -> None:
    judged = replace(epoch(2, 200, 0.8, 10.0), recall=0.2, ndcg=0.1, list_users=50)
    told = history(started(), step(100, 5.0), epoch(1, 100, 0.9, 5.0), step(200, 10.0), judged)
    recall, ndcg = lists_chart(told, ChartChoice(), INK, 80, 8).series
    assert (recall.label, recall.x, recall.y) == ("recall@20", (200,), (0.2,))
    assert (ndcg.label, ndcg.x, ndcg.y) == ("NDCG@20", (200,), (0.1,))
    assert lists_chart(history(started()), ChartChoice(), INK, 80, 8).series[0].x == ()


def test_zoom_keeps_the_latest_part() -> None:
    told = history(started(), *(step(number, float(number)) for number in range(1, 101)))
    chart = loss_chart(told, ChartChoice(zoom=4), INK, 80, 20)
    assert chart.series[1].x[0] == 76 and chart.series[1].x[-1] == 100


def test_a_long_run_is_thinned_and_keeps_its_spikes() -> None:
    spike = Step(5000, 1.0, 0.9, 50.0, 1.0, 0.1, 500.0)
    steps = [step(number, number / 10) for number in range(1, 10_001) if number != 5000]
    told = history(started(), *sorted([*steps, spike], key=lambda event: event.step))
    raw, smooth, _ = loss_chart(told, ChartChoice(), INK, 80, 20).series
    assert len(raw.x) == 160 and len(smooth.x) == 160
    assert max(raw.y) == 50.0


def test_a_run_that_ended_early_says_why_beside_what_biases_alone_give() -> None:
    end = Finished(
        run="r",
        time=0.0,
        outcome="finished",
        epochs=2,
        step=200,
        valid_mse=0.81,
        valid_rmse=0.9,
        valid_mse_clipped=0.81,
        best_valid_mse=0.8,
        best_epoch=1,
        unseen_pairs=0,
        unseen_mse=None,
        train_seconds=1.0,
        wall_seconds=2.0,
        why="no better for 1 epoch than 0.8000",
        baselines={"global_mean": 1.1, "biases": 0.785},
    )
    told = history(started(), epoch(1, 100, 0.8, 1.0), epoch(2, 200, 0.81, 2.0), end)
    finished = row(shown="finished", alive=False, epoch=2, epochs=4)
    state, progress, rest = run_words(finished, told, 64)
    assert state.endswith("finished early") and progress.startswith("epoch 2/4")
    assert rest.startswith("best MSE 0.8000 (biases alone 0.7850)  no better for 1 epoch than")
    assert "RMSE 0.8944  in epoch 1" in rest  # that of the best epoch too


def test_fields_that_ratings_do_not_tell_are_named_before_training() -> None:
    config = make_config({"model": {"name": "fm", "fields": "user item genres calendar"}})
    untold = replace(SUMMARY, untold=("genres", "year", "calendar"))
    words = cost_words(config, untold)
    assert words == "not told by these ratings, left out: genres, calendar\n1 steps an epoch"
    assert cost_words(config, SUMMARY) == "parameters counted at the start\n1 steps an epoch"
