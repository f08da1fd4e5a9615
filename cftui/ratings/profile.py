"""The profile of a data set: how its values, users, items and times are spread; numpy alone."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import QUANTILES, DataProfile, FirstRow, Tail, Timeline, ValueBar
from cftui.ratings.outliers import named, outliers_of, shape_of
from cftui.ratings.unrated import seeming_unrated
from cftui.ratings.values import INTEGER_ID, UNKNOWN_TIME, Grouping, Ratings, TextColumn, Vocabulary

MOST_VALUES = 24
"""Up to so many values each have a bar of their own; more are put into bins."""
BINS = 20
FIRST_ROWS = 100
TAIL_POINTS = 160
MOST_PERIODS = 400
"""A timeline takes the finest unit that needs no more of them."""
CHUNK = 1 << 20
"""Ratings looked at together, so that the memory needed does not grow with the data."""
PERIODS = (("hour", "h"), ("day", "D"), ("month", "M"), ("year", "Y"))
"""Units of a timeline, each with numpy's name for it."""


def profile(
    ratings: Ratings, progress: Callable[[int, int, str], None] = lambda *_: None
) -> DataProfile:
    """Return the profile of ratings; about a tenth of a second a million."""
    progress(0, 3, "values")
    values, shape = _values(ratings), shape_of(ratings)
    n_outliers, positions = outliers_of(ratings, shape)
    progress(1, 3, "users and items")
    users, items = _tail(ratings.by_user), _tail(ratings.by_item)
    progress(2, 3, "times")
    timeline = None if ratings.timestamp is None else _timeline(_known(ratings))
    progress(3, 3, "rows")
    return DataProfile(
        **vars(ratings.summary()),
        density=len(ratings) / (ratings.n_users * ratings.n_items),
        text_users=_text_ids(ratings.users),
        text_items=_text_ids(ratings.items),
        values=values,
        users=users,
        items=items,
        timeline=timeline,
        rows=_rows(ratings),
        problems=ratings.problems,
        warnings=ratings.warnings,
        n_outliers=n_outliers,
        outliers=tuple(named(ratings, position) for position in positions),
        inliers=(shape.low, shape.high) if n_outliers else None,
        counts=shape.counts,
        unrated_values=() if shape.counts else seeming_unrated(ratings),
        middle=shape.middle,
    )


def _text_ids(vocabulary: Vocabulary) -> int:
    if not isinstance(vocabulary.ids, TextColumn):
        return 0
    return sum(INTEGER_ID.fullmatch(text) is None for text in vocabulary.ids.all())


def _chunks(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(array), CHUNK):
        yield array[start : start + CHUNK]


# Values


def _values(ratings: Ratings) -> tuple[ValueBar, ...]:
    low, high, step = ratings.low, ratings.high, ratings.step
    steps = round((high - low) / step) if step else 0
    if low == high or 0 < steps < MOST_VALUES:
        return _single_values(ratings, steps)
    width = (high - low) / BINS
    if step:
        width = -(-(steps + 1) // BINS) * step  # a bin holds whole steps, all bins equally many
    n_bins = max(-(-(steps + 1) // round(width / step)), 1) if step else BINS
    counts = np.zeros(n_bins, np.int64)
    for chunk in _chunks(ratings.value):
        # half a step up, so that a value that float32 rounded down stays in its bin
        places = ((chunk - (low - (step or 0.0) / 2)) / width).astype(np.int64)
        counts += np.bincount(places.clip(0, n_bins - 1), minlength=n_bins)
    edges = [low + index * width for index in range(n_bins)]
    ends = [*edges[1:], max(high, edges[-1])]
    return tuple(map(ValueBar, edges, ends, counts.tolist()))


def _single_values(ratings: Ratings, steps: int) -> tuple[ValueBar, ...]:
    counts = np.zeros(steps + 1, np.int64)
    step = ratings.step or 1.0
    for chunk in _chunks(ratings.value):
        places = np.rint((chunk - ratings.low) / step).astype(np.int64)
        counts += np.bincount(places, minlength=steps + 1)
    values = [round(ratings.low + index * step, 10) for index in range(steps + 1)]
    return tuple(map(ValueBar, values, values, counts.tolist()))


# Users and items


def _tail(grouping: Grouping) -> Tail:
    counts = np.sort(np.diff(grouping.indptr))[::-1]
    n, total = len(counts), int(counts.sum())
    ranks = np.unique(np.geomspace(1, n, TAIL_POINTS).round().astype(np.int64))
    return Tail(
        quantiles=tuple(np.quantile(counts, [share for _, share in QUANTILES]).tolist()),
        ranks=tuple(ranks.tolist()),
        counts=tuple(counts[ranks - 1].tolist()),
        top_1_percent=int(counts[: -(-n // 100)].sum()) / total,
        top_10_percent=int(counts[: -(-n // 10)].sum()) / total,
        single=int((counts == 1).sum()),
    )


# Time


def _known(ratings: Ratings) -> NDArray[np.int64]:
    """Return the times of those ratings that have one."""
    times = ratings.timestamp
    assert times is not None
    return times[times != UNKNOWN_TIME] if ratings.untimed else times


def _timeline(timestamp: NDArray[np.int64]) -> Timeline:
    resolution, middle = resolution_of(timestamp)
    ends = np.array([timestamp.min(), timestamp.max()])
    for unit, code in PERIODS:  # noqa: B007 (used after the loop)
        first, last = (int(period) for period in _periods(ends, resolution, code))
        if last - first < MOST_PERIODS:
            break
    else:
        centre = int(_periods(np.array([middle]), resolution, code)[0])
        first = max(first, centre - MOST_PERIODS // 2)
        last = min(last, first + MOST_PERIODS - 1)
    counts = np.zeros(last - first + 1, np.int64)
    for chunk in _chunks(timestamp):
        periods = _periods(chunk, resolution, code)
        inside = periods[(periods >= first) & (periods <= last)]
        counts += np.bincount(inside - first, minlength=len(counts))
    return Timeline(
        unit=unit,  # type: ignore[arg-type]
        first=_written(first, code),
        last=_written(last, code),
        counts=tuple(counts.tolist()),
        outside=len(timestamp) - int(counts.sum()),
    )


def resolution_of(timestamp: NDArray[np.int64]) -> tuple[str, int]:
    """Return what timestamps count, seconds or parts of them, by their size; and the median."""
    known = timestamp[timestamp != UNKNOWN_TIME] if (timestamp == UNKNOWN_TIME).any() else timestamp
    middle = int(np.median(known[:: max(len(known) // 10_000, 1)]))
    for resolution, least in (("ns", 10**17), ("us", 10**14), ("ms", 10**11)):
        if abs(middle) >= least:
            return resolution, middle
    return "s", middle


def _periods(timestamp: NDArray[np.int64], resolution: str, code: str) -> NDArray[np.int64]:
    """Return the year, month, day or hour of each timestamp, counted from 1970."""
    times = timestamp.astype(f"datetime64[{resolution}]")
    periods: NDArray[np.int64] = times.astype(f"datetime64[{code}]").astype(np.int64)
    return periods


def _written(period: int, code: str) -> str:
    return str(np.array([period]).astype(f"datetime64[{code}]")[0])


# Rows


def _rows(ratings: Ratings) -> tuple[FirstRow, ...]:
    n = min(FIRST_ROWS, len(ratings))
    titled = ratings.items.titles_column is not None
    return tuple(
        FirstRow(
            user=ratings.users.id_of(user),
            item=ratings.items.id_of(item),
            title=ratings.items.title_of(item) if titled else "",
            value=round(value, 6),  # as the file wrote it: float32 has about 7 digits
            time=time,
        )
        for user, item, value, time in zip(
            ratings.user[:n].tolist(),
            ratings.item[:n].tolist(),
            ratings.value[:n].tolist(),
            _times(ratings, n),
            strict=True,
        )
    )


def _times(ratings: Ratings, n: int) -> list[str]:
    if ratings.timestamp is None:
        return [""] * n
    resolution, _ = resolution_of(ratings.timestamp)
    times = ratings.timestamp[:n].astype(f"datetime64[{resolution}]").astype("datetime64[m]")
    return ["" if np.isnat(time) else str(time).replace("T", " ") for time in times]
