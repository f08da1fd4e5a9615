"""A run's curves as charts: its losses beside what needs no model, its rate, its lists."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from cftui.charts import Chart, Level, Limits, Line, Note, Series, Spot
from cftui.runs.columns import letter
from cftui.runs.events import Epoch
from cftui.runs.happened import marks_of
from cftui.runs.history import History
from cftui.runs.list_words import below_most_liked, judged_users, of_users, why_no_lists_yet
from cftui.runs.loss_band import loss_band
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.shared.run_chart import (
    AXIS_WORDS,
    ChartChoice,
    ChartInk,
    Reach,
    curve_x,
    epoch_series,
    epoch_x,
    shown_reports,
    step_x,
    why_no_curve,
    x_limits,
)

BEST = "◆"
REACH: dict[Reach, Literal["all", "bulk", "none"]] = {"bulk": "bulk", "valid": "none", "all": "all"}
"""Of band and average, as `Series` has it."""
Rivals = Sequence[tuple[RunRow, History]]
ROOMY = 60
"""Cells of a chart's width from which on its legend has full words."""
LISTS = "Recall and NDCG of the top 20 lists, an epoch"
BASELINES = (("biases", "biases alone"), ("global_mean", "mean alone"))


def loss_chart(
    history: History,
    choice: ChartChoice,
    ink: ChartInk,
    width: int,
    height: int,
    *,
    bare: bool = False,
    rivals: Rivals = (),
) -> Chart:
    """Return most batch losses as a band, their average, validation, and what needs no model.

    `rivals`: marked runs, whose validation stands behind, its letter at its end.
    """
    others = [_rival(row, past, choice, ink, width) for row, past in rivals]
    told = [epoch for epoch in history.epochs if epoch.valid_mse is not None]
    rate = constant_rate(history)
    return Chart(
        width,
        height,
        (
            *_training(history, choice, ink, width),
            _validation(history, told, choice, ink, width),
            *_draws(history, choice, ink),
            *others,
        ),
        ink.foreground,
        title=f"{'loss (MSE)' if width >= ROOMY else 'MSE'}{choice.words}",
        y_label="" if rate is None else f"learning rate {rate:g}, constant",
        x_label=AXIS_WORDS[choice.x_axis],
        log_x=choice.log_x,
        log_y=choice.log_loss,
        x_limits=x_limits(history, choice),
        gutter=choice.gutter,
        bare=bare,
        lines=mark_lines(history, choice),
        levels=_baselines(history),
        spots=_best_spot(history, told, choice, ink),
        notes=(
            *_notes(history, told, choice, ink),
            *_letters(others, x_limits(history, choice), ink),
        ),
        marker=choice.marker,
        no_colour=ink.no_colour,
        empty=why_no_curve(history, "The curve begins with the first steps"),
    )


def _training(
    history: History, choice: ChartChoice, ink: ChartInk, width: int
) -> tuple[Series, Series]:
    """Return the band that four of five batches are in, and the debiased average."""
    from cftui.thin import floats, means, slices

    columns, reach = max(width, 20), REACH[choice.reach]
    first, last = shown_reports(history, choice.window)
    x = curve_x(history, choice)[first:last]
    edges = slices(x, columns // 2, choice.log_x)
    low, high = loss_band(history.curve, first, last, edges) if len(x) else (x, x)
    smooth_x, smooth = means(
        x, history.curve.smooth[first:last], 2 * columns, logarithmic=choice.log_x
    )
    return (
        Series(
            "80 % of batches" if width >= ROOMY else "batches",
            floats(x[edges]),
            floats(low),
            ink.series[0],
            kind="band",
            top=floats(high),
            reach=reach,
        ),
        Series(
            "average",
            floats(smooth_x),
            floats(smooth),
            ink.series[1],
            mark="+",
            thick=True,
            reach=reach,
        ),
    )


def _rival(row: RunRow, history: History, choice: ChartChoice, ink: ChartInk, width: int) -> Series:
    told = [epoch for epoch in history.epochs if epoch.valid_mse is not None]
    label = plain(f"{letter(row.mark)} {row.label}")
    own = _validation(history, told, choice, ink, width)
    return replace(
        own, label=label, colour=ink.foreground, faint=True, mark=letter(row.mark), reach="bulk"
    )


def _letters(others: Sequence[Series], ends: Limits | None, ink: ChartInk) -> tuple[Note, ...]:
    """Return each run's letter at the last of its points on show."""
    last = math.inf if ends is None else ends[1]
    shown = [(one, [place for place, x in enumerate(one.x) if x <= last]) for one in others]
    return tuple(
        Note(one.x[places[-1]], one.y[places[-1]], one.mark, ink.foreground)
        for one, places in shown
        if places
    )


def _validation(
    history: History, told: list[Epoch], choice: ChartChoice, ink: ChartInk, width: int
) -> Series:
    """Return the error an epoch; of very many the extremes, which has the best one."""
    from cftui.thin import extremes, floats

    x, y = extremes(
        [_x(history, choice, epoch) for epoch in told],
        [epoch.valid_mse or 0.0 for epoch in told],
        max(width, 20),
    )
    return Series(
        "validation",
        floats(x),
        floats(y),
        ink.series[2],
        kind="joined",
        mark="o",
    )


def _draws(history: History, choice: ChartChoice, ink: ChartInk) -> tuple[Series, ...]:
    """Return the error of a sampler's last draw alone, and the noise that it believes in."""
    epochs = [epoch for epoch in history.epochs if epoch.noise is not None]
    if not epochs:
        return ()
    x = [_x(history, choice, epoch) for epoch in epochs]
    return (
        epoch_series("last draw", x, [epoch.draw_mse for epoch in epochs], ink.series[3]),
        epoch_series("noise", x, [epoch.noise for epoch in epochs], ink.series[4]),
    )


def _x(history: History, choice: ChartChoice, epoch: Epoch) -> float:
    return epoch_x(history, choice, epoch.step, epoch.train_seconds)


def _best(told: list[Epoch]) -> Epoch:
    """Return the epoch of the least validation error, the first of equals."""
    return min(told, key=lambda epoch: math.inf if epoch.valid_mse is None else epoch.valid_mse)


def _best_spot(
    history: History, told: list[Epoch], choice: ChartChoice, ink: ChartInk
) -> tuple[Spot, ...]:
    if not told:
        return ()
    best = _best(told)
    return (Spot(_x(history, choice, best), best.valid_mse or 0.0, BEST, ink.foreground),)


def _notes(
    history: History, told: list[Epoch], choice: ChartChoice, ink: ChartInk
) -> tuple[Note, ...]:
    """Return the best and the last validation error as words beside their points."""
    if not told:
        return ()
    best, last = _best(told), told[-1]
    words = [
        (best, f"best {BEST} {best.valid_mse:.4f}, epoch {best.epoch}{_beaten(history, best)}")
    ]
    if last is not best:
        words.append((last, f"last {last.valid_mse:.4f}"))
    return tuple(
        Note(_x(history, choice, epoch), epoch.valid_mse or 0.0, text, ink.series[2])
        for epoch, text in words
    )


def _beaten(history: History, best: Epoch) -> str:
    """Return whether the best epoch is better than biases alone; empty where that is unknown."""
    biases = history.baselines.get("biases")
    if biases is None or best.valid_mse is None:
        return ""
    if best.valid_mse >= biases:
        return ", worse than biases"
    return ", beats biases" + (", lists below popularity's" if below_most_liked(best) else "")


def _baselines(history: History) -> tuple[Level, ...]:
    """Return the validation errors of what needs no model, where they were measured."""
    told = history.baselines
    return tuple(
        Level(told[name], f"{words} {told[name]:.4f}") for name, words in BASELINES if name in told
    )


def mark_lines(history: History, choice: ChartChoice) -> tuple[Line, ...]:
    """Return upright lines where the rate was changed, or the run paused, stopped or went on."""
    return tuple(Line(step_x(history, choice, mark.step), mark.words) for mark in marks_of(history))


def constant_rate(history: History) -> float | None:
    """Return the learning rate that all steps had so far; none where it changed, or is unknown."""
    import numpy as np

    rates = np.array(history.curve.learning_rate)
    if not len(rates) or not (rates == rates[0]).all():
        return None
    return float(rates[0])


def rate_chart(
    history: History, choice: ChartChoice, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return the learning rate."""
    from cftui.thin import extremes, floats

    first, last = shown_reports(history, choice.window)
    x, y = extremes(
        curve_x(history, choice)[first:last],
        history.curve.learning_rate[first:last],
        max(width, 20),
    )
    return Chart(
        width,
        height,
        (Series("learning rate", floats(x), floats(y), ink.series[0]),),
        ink.foreground,
        x_label=AXIS_WORDS[choice.x_axis],
        log_x=choice.log_x,
        x_limits=x_limits(history, choice),
        gutter=choice.gutter,
        lines=mark_lines(history, choice),
        marker=choice.marker,
        no_colour=ink.no_colour,
        empty=why_no_curve(history, "The learning rate"),
    )


def lists_chart(
    history: History, choice: ChartChoice, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return recall and NDCG of the top 20, an epoch a point."""
    x = [_x(history, choice, epoch) for epoch in history.epochs]
    recall = [epoch.recall for epoch in history.epochs]
    ndcg = [epoch.ndcg for epoch in history.epochs]
    return Chart(
        width,
        height,
        (
            epoch_series("recall@20", x, recall, ink.series[2]),
            epoch_series("NDCG@20", x, ndcg, ink.series[3]),
        ),
        ink.foreground,
        title=f"lists{of_users(judged_users(history))}" if any(recall) else "",
        x_label=AXIS_WORDS[choice.x_axis],
        log_x=choice.log_x,
        x_limits=x_limits(history, choice),
        gutter=choice.gutter,
        lines=mark_lines(history, choice),
        levels=_most_liked(history),
        marker=choice.marker,
        no_colour=ink.no_colour,
        empty=why_no_lists_yet([history], LISTS) if history.whole else why_no_curve(history, LISTS),
    )


def _most_liked(history: History) -> tuple[Level, ...]:
    """Return the NDCG of what most like, the same for all, where it was measured."""
    told = next((e.most_liked_ndcg for e in history.epochs if e.most_liked_ndcg is not None), None)
    return () if told is None else (Level(told, f"NDCG of the most liked {told:.3f}"),)
