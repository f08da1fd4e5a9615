"""Questions about ratings: what there is, what is in them, how they are parted."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import PurePath
from typing import Any, Literal

from cftui.questions.job import Job
from cftui.questions.question import Question


@dataclass(frozen=True)
class Problem:
    """A row that was left out, and why."""

    line: int
    """Counted from 1, the header included."""
    column: str
    value: str
    reason: str
    counted: str = "line"
    """What is counted: `line`, or `row` where a file has no lines."""


@dataclass(frozen=True)
class ColumnMapping:
    """Which columns of a file mean what: names of its header, or numbers counted from 1.

    Whatever is empty is recognised by looking.
    """

    user: str = ""
    item: str = ""
    rating: str = ""
    timestamp: str = ""
    """`none`: the ratings are taken without times; `date+time`, `year+month+day`: are joined."""
    separator: str = ""
    """What stands between two columns: one character, `::`, or `tab`."""
    values: str = ""
    """`log` reads counts as log2(1 + count); empty takes values as they are."""
    titles: str = ""
    """Path of a file with the items' titles; empty takes the one that fits among those beside."""
    unrated: str = ""
    """Values that mean that there is no rating, such as `0` or `-1,99`: their rows are left out."""
    dates: str = ""
    """`day-first` or `month-first`: how dates such as 01/02/2015 are read; `excel`, `days` or
    `numbers`: what times that are numbers are; empty: as they tell.
    """

    @property
    def unrated_values(self) -> tuple[float, ...]:
        """Return the values that mean that there is no rating; raises ValueError for no numbers."""
        values = tuple(float(text) for text in self.unrated.split(",") if text.strip())
        if not all(map(isfinite, values)):
            raise ValueError(f"{self.unrated!r} is no finite number")
        return values


ORDERS = ("day-first", "month-first")
"""How dates such as 01/02/2015 can be read."""
NUMBERS = ("excel", "days", "numbers")
"""What times that are numbers can be: Excel's days, days since 1970, or as they stand."""
AS_RECOGNISED = ColumnMapping()
"""Every column as it is recognised by looking."""


@dataclass(frozen=True)
class OpenData(Question["DataSummary | None"], answered_in="cftui.explore.data"):
    """What is in the ratings that a data set's name or a path means?

    The answer is a DataSummary, or None where they must be ingested first.
    """

    source: str
    mapping: ColumnMapping = AS_RECOGNISED


@dataclass(frozen=True)
class PreviewFile(Question["FilePreview"], answered_in="cftui.explore.data"):
    """What does the beginning of a ratings file look like? The answer is a FilePreview."""

    source: str
    mapping: ColumnMapping = AS_RECOGNISED


@dataclass(frozen=True)
class FilePreview:
    """The beginning of a ratings file, and what was recognised of it."""

    source: str
    """The file that was looked at, with the member where it is in a zip."""
    format: str = ""
    """What it is, in words, such as `comma-separated`; empty where that is not known."""
    packed: str = ""
    """`gzip`, `bzip2`, `xz`, `zstd`, `zip` or nothing."""
    encoding: str = ""
    separator: str = ""
    has_header: bool = False
    columns: tuple[str, ...] = ()
    """The header's names; 1, 2, 3… where there is no header."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The first rows, as text."""
    mapping: ColumnMapping = AS_RECOGNISED
    """The mapping asked for, completed by what was recognised; empty where that is uncertain."""
    members: tuple[str, ...] = ()
    """Paths that could be given instead, where a zip, a folder or a workbook has more than one."""
    titles: tuple[str, ...] = ()
    """Files that may give the items titles."""
    notes: tuple[str, ...] = ()
    """What was taken or skipped that could have been meant otherwise, a sentence each."""
    problem: str = ""
    """Why it cannot be read as it is, and what to do; empty where it can."""


@dataclass(frozen=True)
class DataSummary:
    """The size and the range of a data set."""

    name: str
    source: str
    store: str
    fingerprint: str
    n_users: int
    n_items: int
    n_ratings: int
    low: float
    high: float
    step: float | None
    """Greatest common step between rating values; none where there is no such step."""
    mean: float
    unusable_rows: int
    duplicates: int
    titled: bool
    """Whether the items have titles."""
    usual_floor: int = 1
    """Ratings that an item should have to stand in a list: fewer say little, more leave too few."""
    scale: str = ""
    """`log2(1 + count)` where values are counts read so; empty where they are as in the file."""
    titles_from: str = ""
    """In words, where titles are from and how many items they name; empty where it is not known."""
    movies: bool = True
    """Whether what has a title is a movie, as far as files and columns say."""
    unrated: int = 0
    """Rows left out since their value was said to mean that there is no rating."""
    untimed: int = 0
    """Ratings without a time, where others have one."""
    untold: tuple[str, ...] = ()
    """Fields of features that these ratings surely do not tell, for want of times or titles."""

    @property
    def items_word(self) -> str:
        """Return what the screen calls the items."""
        return "movies" if self.titled and self.movies else "items"


@dataclass(frozen=True)
class ValueBar:
    """How many ratings have values from `low` to `high`; the two are equal for a single value."""

    low: float
    high: float
    """Not included, but for the last bar."""
    count: int


QUANTILES = (("min", 0.0), ("1/4", 0.25), ("median", 0.5), ("3/4", 0.75),
             ("90%", 0.9), ("99%", 0.99), ("max", 1.0))  # fmt: skip
"""What is told of the ratings per user and per item."""


@dataclass(frozen=True)
class Tail:
    """How ratings are shared out among users, or among items: few have many, many have few."""

    quantiles: tuple[float, ...]
    """Of the number of ratings, one for each of QUANTILES."""
    ranks: tuple[int, ...]
    """From 1, the one with most ratings; thinned evenly on a logarithmic axis."""
    counts: tuple[int, ...]
    """Ratings of each rank."""
    top_1_percent: float
    """Share of all ratings that the top 1 % have, 0 to 1; at least one is the top."""
    top_10_percent: float
    single: int
    """How many have one rating alone."""


@dataclass(frozen=True)
class Timeline:
    """Ratings in each year, month, day or hour, of equal times from the first on."""

    unit: Literal["year", "month", "day", "hour"]
    first: str
    """The first period, as in ISO 8601: 1996, 1996-03, 1996-03-29 or 1996-03-29T18."""
    last: str
    counts: tuple[int, ...]
    outside: int
    """Ratings centuries away from the median, of which nothing is shown."""


@dataclass(frozen=True)
class FirstRow:
    """One of the first ratings, in the file's order."""

    user: str
    item: str
    title: str
    """Empty where the items have no titles."""
    value: float
    time: str
    """Date and time in UTC; empty without timestamps."""


@dataclass(frozen=True)
class Outlier:
    """A rating far away from all others."""

    value: float
    user: str
    item: str
    line: int | None
    """As in Problem; none where the file is gone, or has changed since it was read."""
    counted: str = "line"
    """As in Problem."""


@dataclass(frozen=True)
class Oddity:
    """Something odd about a data set as a whole, such as users who rate exactly as another."""

    kind: str
    """Such as `copies`; `ratings/oddity_words` has a sentence for each."""
    count: int
    """Users, items, ratings or rows that are so."""
    of: int
    """Of how many."""
    names: tuple[str, ...] = ()
    """An id, a value or a date to be found by."""


@dataclass(frozen=True, kw_only=True)
class DataProfile(DataSummary):
    """What there is to know of a data set before a model is chosen."""

    density: float
    """Share of all pairs of a user and an item that are rated, 0 to 1."""
    text_users: int
    """How many user ids are other than whole numbers."""
    text_items: int
    values: tuple[ValueBar, ...]
    """Each value where they are few, else bins of equal width."""
    users: Tail
    items: Tail
    timeline: Timeline | None
    """None where there are no timestamps."""
    rows: tuple[FirstRow, ...]
    problems: tuple[Problem, ...]
    """The first unusable rows."""
    warnings: tuple[str, ...]
    """What else is wrong with the files, a sentence each."""
    n_outliers: int = 0
    """Ratings so far from all others that they alone stretch the scale."""
    outliers: tuple[Outlier, ...] = ()
    """The first of them."""
    inliers: tuple[float, float] | None = None
    """Between which values all others lie; none without outliers."""
    counts: bool = False
    """Whether values look like counts: whole, without an end, few of them large."""
    unrated_values: tuple[ValueBar, ...] = ()
    """Values that seem to mean that there is no rating."""
    middle: float = 0.0
    """The median of the values, of a sample where they are many."""
    oddities: tuple[Oddity, ...] = ()
    """What is odd about the ratings as a whole."""


PROFILE_FORMAT = 4
"""Raising it makes every kept profile anew."""


@dataclass(frozen=True)
class DescribeData(Job["DataProfile"], answered_in="cftui.explore.data"):
    """How are a data set's values, users, items and times spread? The answer is a DataProfile."""

    store: str

    @property
    def key(self) -> str:
        """Name the store as well: a profile tells of the file, and of what was left out of it."""
        return f"profile-{PROFILE_FORMAT}-{PurePath(self.store).name}"


@dataclass(frozen=True)
class CheckStore(Job["str"], answered_in="cftui.explore.data"):
    """What of a ratings store is not as it was written? The answer is in words, empty for nothing.

    The store is marked, so that one that is damaged is made anew when it is opened next.
    """

    store: str


@dataclass(frozen=True)
class ListDataSets(Question["tuple[DataSetRow, ...]"], answered_in="cftui.explore.data"):
    """Which data sets are there to open or to download? The answer is a tuple of DataSetRow."""


@dataclass(frozen=True)
class DataSetRow:
    """A data set that can be opened, or downloaded first."""

    name: str
    kind: Literal["bundled", "recent", "downloaded", "catalogue"]
    """`recent`: a file of the user's own, opened before."""
    source: str
    """What opens it, once it is there: its name, or its path."""
    where: str
    """The path of its file, or where it can be downloaded from."""
    size: int | None
    """Bytes of the file; none where it is gone."""
    state: str
    """In words: ready, downloaded, to download, 12 of 66 MB, gone."""
    ready: bool
    """Whether it can be opened now."""
    n_ratings: int | None
    """Counts as last seen or as published; none where they are not known."""
    n_users: int | None
    n_items: int | None
    holds: str
    """In a few words, what is in it."""
    licence: str
    """Empty where it is not known."""
    opened: float | None = None
    """When it was last opened or trained on, in seconds since 1970."""
    received: int = 0
    """Bytes that an unfinished download left; the next one goes on from them."""
    changes: bool = False
    """Whether its publisher replaces it now and then, so that it can be held against nothing."""
    mapping: ColumnMapping = AS_RECOGNISED


@dataclass(frozen=True)
class DescribeSplit(Question["SplitSummary"], answered_in="cftui.explore.data"):
    """What would a split hold out, and what of it would training never have seen?"""

    store: str
    settings: Mapping[str, Any]
    """Of the section `split`: kind, fraction, seed; what is not said is as by default."""


@dataclass(frozen=True)
class SplitSummary:
    """How ratings are split into training and validation."""

    kind: str
    n_train: int
    n_valid: int
    unseen_users: int
    """Validation users without a training rating."""
    unseen_items: int
    """Validation items without a training rating."""
    unseen_pairs: int
    """Validation ratings of such a user or item."""
    cut: int | None
    """For `time`: the timestamp of the first validation rating."""
    untimed: int = 0
    """For a split by time: ratings without one, which count as the oldest."""
    offered: tuple[str, ...] = ()
    """Names of files beside the ratings that hold validation rows, such as u1.test of ml-100k."""
