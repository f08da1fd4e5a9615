"""The words and the chart beside a crosstab."""

from itertools import pairwise
from math import isnan
from typing import TYPE_CHECKING, Any

from cftui.charts import Chart, Series
from cftui.text import plain
from cftui.tui.crosstab.shown_cells import Place
from cftui.tui.crosstab.state import CrosstabSettings, CrosstabState
from cftui.tui.shared.chart import series_colours, theme_foreground
from cftui.tui.shared.sized import NARROW

if TYPE_CHECKING:
    from cftui.runs.row import RunRow

BARS = "▁▂▃▄▅▆▇█"
SPARKS = 16


def cell_words(state: CrosstabState, place: Place, run: "RunRow | None") -> str:
    """Return what stands under the cursor, titles in full."""
    table = state.table
    if table is None:
        return ""
    row, column = state.at(place)
    k = 0 if state.answer is None else state.answer.sheet.n_factors
    user = f"user {table.labels.users[row]} ({table.user_counts[row]:,})" if row >= 0 else ""
    item = (
        f"{table.labels.titles[column]} ({table.item_counts[column]:,} ratings)"
        if column >= 0
        else ""
    )
    if row < 0 or column < 0:
        biased = state.answer is not None and state.answer.sheet.user_bias is not None
        width, back = k + biased, row if row < 0 else column
        what = "bias" if biased and back == -1 else f"factor {width + back + 1}"
        return plain(f"{what} of {user or item}; i changes it")
    return plain(f"{_numbers(state, row, column, run)} · {user} × {item}")


def _numbers(state: CrosstabState, row: int, column: int, run: "RunRow | None") -> str:
    actual, predicted = state.actual(), state.predicted()
    assert actual is not None
    known = not isnan(actual[row, column])
    words = f"actual {actual[row, column]:g}" if known else "not rated"
    if predicted is None:
        return words
    by = f" by {run.label}" if state.source == "run" and run is not None else ""
    words += f"  predicted {predicted[row, column]:.3f}{by}"
    if known:
        words += f"  error {predicted[row, column] - actual[row, column]:+.3f}"
    return words


def size_words(state: CrosstabState, room: Place | None, columns: int) -> str:
    """Return how many users and movies are shown, and for how many there is room beyond them.

    `columns`: of the screen; few have short words.
    """
    n, m = state.shape
    words = f"{n} × {m}" if columns < NARROW else f"{n} users × {m} movies"
    if room is not None and room != state.shape and columns >= NARROW:
        words += f" (r: {room[0]} × {room[1]})"
    return words


def state_words(
    state: CrosstabState, settings: CrosstabSettings, learning: str, run: "RunRow | None"
) -> str:
    """Return how the sheet stands, or how well the run that is shown predicts its cells."""
    import numpy as np

    answer = state.answer
    if answer is None:
        return ""
    actual = state.actual()
    if state.run_values is not None and actual is not None and state.source == "run" and run:
        errors = state.run_values - actual
        known, rmse = np.count_nonzero(~np.isnan(errors)), np.sqrt(np.nanmean(errors**2))
        parts = [f"{run.label} {run.clock}", f"RMSE {rmse:.4f} of {known:,} ratings on show"]
        if state.order_words:
            parts.append(f"sorted {state.order_words}")
        return plain(" · ".join(parts))
    sheet = answer.sheet
    known = np.count_nonzero(~np.isnan(sheet.actual))
    parts = [
        f"sheet: {sheet.n_factors} factors{' and biases' if sheet.user_bias is not None else ''}",
        f"RMSE {answer.rmse:.4f} of {known:,} ratings",
        f"step {sheet.step:,}",
    ]
    if len(state.rmses) > 1:
        parts.append(sparkline(state.rmses))
    if learning:
        pace = (
            f" {settings.rate(state.shape):g}, momentum {settings.momentum:g}"
            if "desc" in learning
            else ""
        )
        parts.append(f"{learning}{pace}; s pauses")
    elif state.order_words:
        parts.append(f"sorted {state.order_words}")
    return plain(" · ".join(parts))


def sparkline(values: list[float]) -> str:
    """Return a curve in one line: its highest point a full bar, its lowest the least."""
    n = min(len(values), SPARKS)
    edges = [round(place * len(values) / n) for place in range(n + 1)]
    picked = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges) if b > a]
    low, high = min(picked), max(picked)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in picked)


def rmse_chart(rmses: list[float], app: Any, marker: Any, width: int, height: int) -> Chart:
    """Return the sheet's RMSE by step."""
    from cftui.thin import extremes, floats

    x, y = extremes(range(len(rmses)), rmses, max(width, 20))
    return Chart(
        width,
        height,
        (Series("", floats(x), floats(y), series_colours(app, 4)[1]),),
        theme_foreground(app),
        title="RMSE",
        x_label="step",
        marker=marker,
        no_colour=bool(app.no_color),
        empty="s solves the sheet",
    )
