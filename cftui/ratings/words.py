"""A data set's profile in words, the same on the screen and in the shell."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cftui.questions.data import (
    QUANTILES,
    DataProfile,
    DataSummary,
    Outlier,
    SplitSummary,
    Tail,
    ValueBar,
)
from cftui.text import bar

TAIL_HEADINGS = ("ratings per", *(name for name, _ in QUANTILES), "top 1% hold", "top 10% hold")
"""Above the rows that `tail_rows` returns."""

NARROW = 40
"""Cells below which a histogram has shares alone, so that its bars can be told apart."""


def size_words(data: DataSummary) -> str:
    """Return how many users, items and ratings there are, and how many of all pairs are rated."""
    density = 100 * data.n_ratings / (data.n_users * data.n_items)
    return (
        f"{data.n_ratings:,} ratings by {data.n_users:,} users of {data.n_items:,}"
        f" {data.items_word} ({density:.3g}% of all pairs)"
    )


def value_words(data: DataSummary) -> str:
    """Return the range, the step and the mean of the values."""
    step = f" in steps of {data.step:g}" if data.step else ", no common step"
    what = f"values, {data.scale}," if data.scale else "values"
    of_counts = f"; counts {_count(data.low)} to {_count(data.high)}" if data.scale else ""
    return f"{what} {data.low:g} to {data.high:g}{step}, mean {data.mean:.4f}{of_counts}"


def _count(value: float) -> str:
    """Return the count that a logarithm stands for."""
    return f"{round(2**value - 1):,}"


def outlier_words(profile: DataProfile) -> str:
    """Return which values lie far from all others, in which lines, and what to do; else empty."""
    if not profile.n_outliers or profile.inliers is None:
        return ""
    n, (low, high) = profile.n_outliers, profile.inliers
    places = [_place(outlier) for outlier in profile.outliers]
    more = f" and {n - len(places):,} more" if n > len(places) else ""
    lined = all(outlier.line for outlier in profile.outliers)
    remedy = "mend or delete them there" if lined else f"mend or delete them in {profile.source}"
    return (
        f"{n:,} outlier{'s' * (n > 1)}, far from all other values ({low:g} to {high:g}):"
        f" {', '.join(places)}{more}; they stretch the scale and spoil training:"
        f" {remedy}, and open the file again"
    )


def _place(outlier: Outlier) -> str:
    if outlier.line is None:
        return f"{outlier.value:g} of user {outlier.user}, item {outlier.item}"
    return f"{outlier.value:g} in {outlier.counted} {outlier.line:,}"


def count_words(profile: DataProfile, how: str) -> str:
    """Return that values look like counts, and `how` to read them as logarithms; else empty."""
    if not profile.counts:
        return ""
    return (
        f"these look like counts (half are {profile.middle:,.0f} or less, the largest is"
        f" {profile.high:,.0f}): a few large ones will drown the others; {how} reads them as"
        f" log2(1 + count)"
    )


def unrated_words(values: Sequence[ValueBar], n_ratings: int, how: str) -> str:
    """Return which values seem to mean that there is no rating, and `how` to leave them out."""
    if not values:
        return ""
    each = [f"{value.low:g} ({value.count / n_ratings:.1%} of all)" for value in values]
    they = "they mean" if len(values) > 1 else "it means"
    return (
        f"{' and '.join(each)} stand{'s' * (len(values) == 1)} apart from the other values: if"
        f" {they} not rated, {how}"
    )


def unrated_options(values: Sequence[ValueBar]) -> str:
    """Return the options that leave these values out."""
    given = ",".join(f"{value.low:g}" for value in values)
    option = f"--unrated={given}" if given.startswith("-") else f"--unrated {given}"
    return f"leave such rows out with {option} (to train: --set data.unrated={given})"


def left_out_words(data: DataSummary) -> str:
    """Return what of the file is not among the ratings, and what was done with it."""
    parts = []
    if data.unusable_rows:
        parts.append(f"{data.unusable_rows:,} unusable {_rows(data.unusable_rows)} skipped")
    if data.duplicates:
        parts.append(f"{data.duplicates:,} earlier of duplicate ratings dropped")
    if data.unrated:
        parts.append(f"{data.unrated:,} {_rows(data.unrated)} without a rating left out")
    if data.untimed:
        parts.append(f"{data.untimed:,} of {data.n_ratings:,} ratings without a time")
    return "; ".join(parts) or "every row is usable"


def _rows(n: int) -> str:
    return "row" if n == 1 else "rows"


def value_label(value: ValueBar) -> str:
    """Return a value, or the two ends of a bin."""
    return f"{value.low:g}" if value.low == value.high else f"{value.low:.4g} to {value.high:.4g}"


def value_lines(profile: DataProfile, width: int, height: int | None = None) -> list[str]:
    """Return the histogram of values as lines of at most `width` cells, a bar each.

    Neighbours share a bar where there are more of them than `height`.
    """
    values = _gathered(profile.values, height or len(profile.values))
    labels = [value_label(value) for value in values]
    counts = [f"{value.count:,}" for value in values]
    shares = [value.count / profile.n_ratings for value in values]
    wide, long = max(map(len, labels)), max(map(len, counts))
    if width < NARROW:
        counts, long = [""] * len(counts), 0
    if width - wide - long < NARROW // 2:
        labels = [
            f"{value.low:.3g}…" if value.low < value.high else f"{value.low:g}" for value in values
        ]
        wide = max(map(len, labels))
    room = max(width - wide - long - 11, 4)
    most = max(shares)
    return [
        f"{label:>{wide}}  {bar(share / most, room):<{room}}  {count:>{long}} {share:6.1%}"
        for label, count, share in zip(labels, counts, shares, strict=True)
    ]


def _gathered(values: Sequence[ValueBar], most: int) -> list[ValueBar]:
    each = -(-len(values) // most)
    groups = [values[start : start + each] for start in range(0, len(values), each)]
    return [
        ValueBar(group[0].low, group[-1].high, sum(value.count for value in group))
        for group in groups
    ]


def tail_rows(profile: DataProfile) -> list[tuple[str, ...]]:
    """Return a row of cells for users and one for items, under TAIL_HEADINGS."""
    item = profile.items_word.removesuffix("s")
    return [_tail_row("user", profile.users), _tail_row(item, profile.items)]


def _tail_row(name: str, tail: Tail) -> tuple[str, ...]:
    numbers = (f"{count:,.0f}" for count in tail.quantiles)
    return (name, *numbers, f"{tail.top_1_percent:.0%}", f"{tail.top_10_percent:.0%}")


def single_words(profile: DataProfile) -> str:
    """Return how many users and items have a single rating, of which little can be learned."""
    return (
        f"{profile.users.single:,} users and {profile.items.single:,} {profile.items_word}"
        " have a single rating"
    )


def time_words(profile: DataProfile) -> str:
    """Return from when to when ratings were given."""
    timeline = profile.timeline
    if timeline is None:
        return "no timestamps"
    outside = f"; {timeline.outside:,} lie centuries away" if timeline.outside else ""
    return f"{timeline.first} to {timeline.last}, per {timeline.unit}{outside}"


def split_lines(split: SplitSummary, items_word: str) -> list[str]:
    """Return how many ratings train and validate, and what validation has that training has not."""
    if not split.n_valid:
        return [f"{split.n_train:,} train, nothing is held out: no error can be measured"]
    lines = [
        f"{split.n_train:,} train, {split.n_valid:,} valid",
        f"{split.unseen_users:,} users and {split.unseen_items:,} {items_word} of these are never"
        f" seen in training: {split.unseen_pairs:,} ratings",
    ]
    if split.untimed:
        lines.append(f"{split.untimed:,} ratings without a time count as the oldest")
    if split.cut is not None:
        lines.append(f"validation begins with timestamp {split.cut}{_utc(split.cut)}")
    if split.offered:
        more = f" and {len(split.offered) - 1} more" if len(split.offered) > 1 else ""
        lines.append(f"kind given can take {split.offered[0]}{more}")
    return lines


def _utc(timestamp: int) -> str:
    """Return the time that a timestamp means if it counts seconds; empty where that cannot be."""
    try:
        moment = datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f" ({moment:%Y-%m-%d %H:%M:%S})"


def id_words(profile: DataProfile) -> str:
    """Return whose ids are text, and where titles are from."""
    parts = []
    if profile.text_users:
        parts.append(f"{profile.text_users:,} of {profile.n_users:,} user ids")
    if profile.text_items:
        parts.append(f"{profile.text_items:,} of {profile.n_items:,} item ids")
    ids = f"{' and '.join(parts)} are text" if parts else "all ids are whole numbers"
    return f"{ids}; titles from {profile.titles_from}" if profile.titles_from else ids


def problem_lines(profile: DataProfile) -> list[str]:
    """Return each problem found: where, what, and what was done with it."""
    lines = [
        f"{problem.counted} {problem.line:,}, {problem.column} {problem.value!r}:"
        f" {problem.reason}; skipped"
        for problem in profile.problems
    ]
    left = profile.unusable_rows - len(profile.problems)
    if left > 0:
        lines.append(f"and {left:,} more {_rows(left)}, skipped as well")
    if profile.duplicates:
        lines.append(
            f"{profile.duplicates:,} duplicates: the same user rated the same item again;"
            " the later rating counts"
        )
    return [*lines, *profile.warnings]
