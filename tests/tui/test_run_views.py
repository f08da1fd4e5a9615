"""What the Train pane says and draws of a run."""

from dataclasses import replace

import pytest

from cftui.config import make_config
from cftui.hyperparameters import MODELS, specs_of
from cftui.questions.data import DataSummary
from cftui.runs.events import Control, Epoch, Failed, Finished, Resumed, Started, Step
from cftui.runs.happened import marks_of
from cftui.runs.history import History
from cftui.runs.row import RunRow
from cftui.tui.runs.overlay_chart import Overlay
from cftui.tui.shared.run_chart import ChartChoice, ChartInk, StepWindow, step_at
from cftui.tui.shared.run_words import cost_words, run_words
from cftui.tui.train.pictures import lists_chart, loss_chart, rate_chart
from cftui.tui.train.reading import neighbour, reading_words
from cftui.tui.train.windows import moved, zoomed

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
    band, smooth, valid = chart.series
    assert smooth.x == (10, 20, 30, 40, 50, 60, 70)
    assert smooth.y[-1] == 2.0
    assert valid.x == ()
    assert band.y[0] < 1.0 < band.top[0] and band.y[-1] < 2.0 < band.top[-1]
    assert [(line.x, line.label) for line in chart.lines] == [(60, "went on")]


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
    chart = lists_chart(told, ChartChoice(), INK, 80, 8)
    assert chart.title == "lists of 50 users" and not chart.levels
    assert reading_words(told, 200).endswith("NDCG 0.100 of 50 users")
    recall, ndcg = chart.series
    assert (recall.label, recall.x, recall.y) == ("recall@20", (200,), (0.2,))
    assert (ndcg.label, ndcg.x, ndcg.y) == ("NDCG@20", (200,), (0.1,))
    assert lists_chart(history(started()), ChartChoice(), INK, 80, 8).series[0].x == ()


def test_a_run_that_beats_biases_with_lists_below_popularitys_says_both() -> None:
    judged = replace(epoch(1, 100, 0.8, 5.0), recall=0.2, ndcg=0.1, list_users=50)
    begun = replace(started(), baselines={"global_mean": 1.1, "biases": 0.9})
    for most_liked, words in (
        (0.15, "beats biases, lists below popularity's"),
        (0.05, "beats biases"),
        (None, "beats biases"),
    ):
        told = history(begun, step(100, 5.0), replace(judged, most_liked_ndcg=most_liked))
        (best,) = loss_chart(told, ChartChoice(), INK, 80, 20).notes
        assert best.text.endswith(f", epoch 1, {words}")
        levels = [level.y for level in lists_chart(told, ChartChoice(), INK, 80, 8).levels]
        assert levels == ([] if most_liked is None else [most_liked])


def test_lists_that_were_not_judged_say_why() -> None:
    why = "no recall and NDCG: the lists of 20 users take more than a tenth of an epoch"
    told = history(started(), step(100, 5.0), replace(epoch(1, 100, 0.8, 5.0), no_lists=why))
    told.whole = True
    assert lists_chart(told, ChartChoice(), INK, 80, 8).empty == why
    overlay = Overlay().chart([(row(), told)], "ndcg", ChartChoice(), INK, 80, 8)
    assert overlay.empty == why


def test_zoom_keeps_the_latest_part() -> None:
    told = history(started(), *(step(number, float(number)) for number in range(1, 101)))
    chart = loss_chart(told, ChartChoice(window=StepWindow(76)), INK, 80, 20)
    assert chart.series[1].x[0] == 76 and chart.series[1].x[-1] == 100
    assert chart.x_limits == (76, 100) and "zoomed" in chart.title
    early = loss_chart(told, ChartChoice(window=StepWindow(10, 20)), INK, 80, 20)
    assert (
        early.x_limits
        == (10, 20)
        == rate_chart(told, ChartChoice(window=StepWindow(10, 20)), INK, 80, 8).x_limits
    )


def test_a_long_run_is_thinned_and_one_spike_moves_no_band() -> None:
    spike = Step(5000, 50.0, 50.0, 50.0, 1.0, 0.1, 500.0)
    steps = [step(number, number / 10) for number in range(1, 10_001) if number != 5000]
    told = history(started(), *sorted([*steps, spike], key=lambda event: event.step))
    band, smooth, _ = loss_chart(told, ChartChoice(), INK, 80, 20).series
    assert len(band.x) == 40 and len(smooth.x) == 160
    assert max(band.top) < 2.0


def test_a_spike_of_the_learning_rate_is_kept() -> None:
    steps = [step(n, n / 10, rate=9.0 if n == 777 else 0.1) for n in range(1, 10_001)]
    drawn = rate_chart(history(started(), *steps), ChartChoice(), INK, 80, 8).series[0]
    assert max(drawn.y) == 9.0 and drawn.x[drawn.y.index(9.0)] == 777


def test_best_and_last_epoch_stand_beside_what_needs_no_model() -> None:
    measured = replace(started(), baselines={"global_mean": 1.12, "biases": 0.785})
    told = history(
        measured,
        *(step(n, n / 10) for n in (100, 200, 300)),
        *(epoch(n, 100 * n, mse, n * 10.0) for n, mse in ((1, 0.8), (2, 0.76), (3, 0.79))),
    )
    chart = loss_chart(told, ChartChoice(), INK, 80, 20)
    assert [(note.x, note.text) for note in chart.notes] == [
        (200, "best ◆ 0.7600, epoch 2, beats biases"),
        (300, "last 0.7900"),
    ]
    assert [(spot.x, spot.y) for spot in chart.spots] == [(200, 0.76)]
    assert [level.label for level in chart.levels] == ["biases alone 0.7850", "mean alone 1.1200"]
    assert "learning rate 0.1, constant" in chart.y_label


def test_controls_are_marked_where_they_were_obeyed() -> None:
    def control(
        step: int, wish: str, value: float | None = None, outcome: str = "obeyed"
    ) -> Control:
        return Control(0.0, step, wish, value, "me", 1, outcome)

    told = history(
        started(),
        *(step(n, n / 10) for n in (10, 20, 30, 40)),
        control(10, "learning-rate", 0.002),
        control(20, "pause"),
        control(20, "resume"),
        control(25, "learning-rate", -1.0, "refused: a learning rate is a number above 0"),
        control(30, "checkpoint"),
        control(40, "learning-rate", 0.5),
        Resumed("r", 0.0, 2, "box", "cpu", 30, 0),
    )
    assert [(mark.step, mark.words) for mark in marks_of(told)] == [
        (10, "lr 0.002"),
        (20, "paused, went on"),
        (30, "went on"),
    ]
    chart = rate_chart(told, ChartChoice(x_axis="time"), INK, 80, 8)
    assert [line.x for line in chart.lines] == [1.0, 2.0, 3.0]


def test_windows_zoom_move_and_follow() -> None:
    told = history(started(), *(step(n, n / 10) for n in range(1, 1001)))
    late = zoomed(told, None, 2, None)
    assert late == StepWindow(500, None) or late == StepWindow(501, None)
    around = zoomed(told, None, 2, 201)
    assert around is not None and around.last is not None
    assert around.first < 201 < around.last and around.last - around.first in (499, 500)
    assert (201 - around.first) / 500 == pytest.approx(0.2, abs=0.01)
    assert zoomed(told, late, -2, None) is None
    earlier = moved(told, late, -1)
    assert earlier is not None and earlier.last is not None and earlier.last < 1000
    assert moved(told, StepWindow(1, 100), -1) == StepWindow(1, 100)
    assert moved(told, None, 1) is None
    deep: StepWindow | None = None
    for _ in range(40):
        deep = zoomed(told, deep, 2, 500)
    assert deep is not None and deep.last is not None and deep.last - deep.first >= 7
    assert zoomed(history(started()), None, 2, None) is None


def test_values_are_read_at_a_reported_step() -> None:
    told = history(started(), *(step(n, n / 10) for n in (10, 100, 150)), epoch(1, 100, 0.8, 10.0))
    assert step_at(told, ChartChoice(), 60.0) == 100
    assert step_at(told, ChartChoice(x_axis="epoch"), 0.9) == 100
    assert step_at(told, ChartChoice(x_axis="time"), 1.2) == 10
    words = reading_words(told, 150)
    assert words == (
        "step 150  epoch 1.50  average 1.0000  validation 0.8000 (epoch 1)  lr 0.1"
        "  batches 0.500 to 1.500"
    )
    assert "validation" not in reading_words(told, 10)
    assert neighbour(told, 10, 1) == 100 and neighbour(told, 150, 5) == 150


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
    plainly = make_config({"model": {"name": "fm"}})
    assert cost_words(plainly, SUMMARY) == "parameters counted at the start\n1 steps an epoch"


def test_fields_of_no_use_for_ratings_to_come_are_not_called_future() -> None:
    timed = ("calendar", "user-day", "since-first", "place", "film-age")
    for fields, said in (
        ("future user-day", "user-day uses when it was rated, unknown"),
        ("future user-day place", "user-day, place use when it was rated, unknown"),
        ("all", "5 fields use when it was rated, unknown"),
    ):
        config = make_config({"model": {"name": "fm", "fields": fields}})
        without = "it" if said.startswith("user-day uses") else "them"
        rest = f"of ratings to come; future: without {without}"
        assert cost_words(config, SUMMARY) == f"{said} {rest}\n1 steps an epoch"
        untold = cost_words(config, replace(SUMMARY, untold=timed))
        assert "to come" not in untold and "left out: " in untold
    net = make_config({"model": {"name": "net", "calendar": True}})
    assert cost_words(net, SUMMARY).startswith(
        "calendar uses when it was rated, unknown of ratings to come\n"
    )
    help_ = {spec.name: spec.help for spec in specs_of(MODELS["fm"])}["fields"]
    assert help_.startswith("future: what holds for ratings to come; all: also when it was rated")
    assert "future is user item history raters genres year popularity; all adds" in help_
    assert all(field in help_.partition("adds")[2] for field in timed)
