"""A data set's profile for the shell: rich on a terminal, plain lines elsewhere."""

import shutil
import sys
from collections.abc import Iterable

from cftui.commands.console import print_table
from cftui.printing import put
from cftui.questions.data import DataProfile, SplitSummary, Timeline
from cftui.ratings import words
from cftui.ratings.oddity_words import SHELL, oddity_lines
from cftui.text import bar, plain

SHOWN_ROWS = 10
SHOWN_PROBLEMS = 30
SHOWN_PERIODS = 24
"""Periods a line each; a longer timeline is told in equal parts of it."""


def print_profile(profile: DataProfile) -> None:
    """Print a profile, a section each for values, users and items, times, rows and problems."""
    width = min(shutil.get_terminal_size().columns, 100)
    _lines([f"{profile.name}: {words.size_words(profile)}"])
    _lines(filter(None, against(profile)))
    _lines([words.value_words(profile), words.id_words(profile)])
    _lines([words.left_out_words(profile)])
    _heading("Values")
    _lines(words.value_lines(profile, width))
    _heading("Users and items")
    print_table(
        words.TAIL_HEADINGS,
        words.tail_rows(profile),
        right=words.TAIL_HEADINGS[1:],
        repeating=True,
    )
    _lines([words.single_words(profile)])
    _heading("Time")
    named = "" if profile.timeline else "; --timestamp-column names theirs, if there is one"
    _lines([words.time_words(profile) + named, *time_lines(profile.timeline, width)])
    _heading("First rows")
    _print_rows(profile)
    if problems := [*oddity_lines(profile, SHELL), *words.problem_lines(profile)]:
        _heading("Problems")
        _lines(problems[:SHOWN_PROBLEMS])
        if len(problems) > SHOWN_PROBLEMS:
            _lines([f"and {len(problems) - SHOWN_PROBLEMS} more; --json prints them"])


def against(profile: DataProfile) -> tuple[str, ...]:
    """Return what of the values will spoil training: outliers, counts, what is no rating."""
    logs = "--values log (to train: --set data.values=log)"
    values = profile.unrated_values
    unrated = words.unrated_words(values, profile.n_ratings, words.unrated_options(values))
    return words.outlier_words(profile), words.count_words(profile, logs), unrated


def print_split(split: SplitSummary, items_word: str) -> None:
    """Print what a split holds out, and what of it training would never see."""
    _heading(f"Split: {split.kind}")
    _lines(words.split_lines(split, items_word))


def time_lines(timeline: Timeline | None, width: int) -> list[str]:
    """Return a bar for each period, or for as many equal parts of the time as there is room for."""
    if timeline is None:
        return []
    labels, sums = _calendar_parts(timeline)
    long = len(f"{max(sums):,}")
    room = max(width - max(map(len, labels)) - long - 4, 4)
    return [
        f"{label}  {bar(count / max(*sums, 1), room):<{room}}  {count:>{long},}"
        for label, count in zip(labels, sums, strict=True)
    ]


def _calendar_parts(timeline: Timeline) -> tuple[list[str], list[int]]:
    """Return periods and their counts, of a coarser unit where there are many."""
    import numpy as np

    counts = np.array(timeline.counts)
    periods = np.datetime64(timeline.first) + np.arange(len(counts))
    for code in ("D", "M", "Y"):
        if len(periods) <= SHOWN_PERIODS:
            break
        periods, places = np.unique(periods.astype(f"datetime64[{code}]"), return_inverse=True)
        counts = np.bincount(places, counts).astype(np.int64)
    each = -(-len(counts) // SHOWN_PERIODS)
    starts = np.arange(0, len(counts), each)
    return periods[starts].astype(str).tolist(), np.add.reduceat(counts, starts).tolist()


def _heading(text: str) -> None:
    if not sys.stdout.isatty():
        put(f"\n{text}")
        return
    from rich.console import Console
    from rich.text import Text

    Console().print(Text(f"\n{text}", style="bold"))


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        put(plain(line))


def _print_rows(profile: DataProfile) -> None:
    columns = ["user", "item", "title", "rating", "time"]
    rows = [
        (row.user, row.item, row.title, f"{row.value:g}", row.time)
        for row in profile.rows[:SHOWN_ROWS]
    ]
    print_table(columns, rows, right=["rating"], yielding=["title"], dropping=["time", "title"])
