"""A data set as Python takes and gives it."""

import warnings
from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal

import numpy as np
import pandas as pd

from cftui.api.answers import open_data
from cftui.api.ids import ids_of
from cftui.api.words import in_python
from cftui.config import DataConfig
from cftui.paths import lasting_source
from cftui.ratings import values
from cftui.ratings.crosstab import crosstab as most_active_cells
from cftui.ratings.profile import resolution_of
from cftui.ratings.values import DataError, Vocabulary


class DataSet:
    """The usable ratings of a data set; get them by `read_ratings`, `from_frame` or `run.ratings`.

    They stay on the disk, memory-mapped, until `to_frame` copies them.
    """

    def __init__(
        self, opened: values.Ratings, data: DataConfig, problems: pd.DataFrame | None = None
    ) -> None:
        """Wrap opened ratings; `data` says how a run finds them again."""
        self._opened = opened
        self._data = data
        self._problems = _problems(opened) if problems is None else problems

    def __len__(self) -> int:
        return len(self._opened)

    def __repr__(self) -> str:
        low, high = self.low, self.high
        return (
            f"<DataSet {self.name}: {len(self):,} from {low:g} to {high:g},"
            f" {self.n_users:,} users, {self.n_items:,} items>"
        )

    @property
    def name(self) -> str:
        """Return what the data set is called."""
        return self._opened.name

    @property
    def source(self) -> str:
        """Return the data set's name, or the path of its file or folder."""
        return self._data.source

    @property
    def n_users(self) -> int:
        """Return the number of users with at least one rating."""
        return self._opened.n_users

    @property
    def n_items(self) -> int:
        """Return the number of items with at least one rating."""
        return self._opened.n_items

    @property
    def low(self) -> float:
        """Return the lowest rating."""
        return self._opened.low

    @property
    def high(self) -> float:
        """Return the highest rating."""
        return self._opened.high

    @property
    def mean(self) -> float:
        """Return the mean rating."""
        return self._opened.mean

    @property
    def unusable_rows(self) -> int:
        """Return how many rows were left out because they cannot be used; see `problems`."""
        return self._opened.unusable_rows

    @property
    def duplicates(self) -> int:
        """Return how many ratings were left out: the same user rated the same item later."""
        return self._opened.duplicates

    def problems(self) -> pd.DataFrame:
        """Return why rows were left out, the first twenty of them.

        Index: the line or row, counted from 1; of a frame its index labels. Columns: `column`,
        `value` (as text), `reason`.
        """
        return self._problems.copy()

    def to_frame(self) -> pd.DataFrame:
        """Return all ratings, one a row, in the file's order.

        Columns: `user` and `item`: ids as written, int64 where every id is a plain decimal, else
        text (`007` stays `007`); `rating`: float32, in rating units; `timestamp`: datetime64 in
        UTC, where the data has times, NaT where one is unknown; `title` and `genres` (such as
        `Comedy|War`): category, where the data has titles. An item without a title has its id for
        one.
        """
        opened = self._opened
        columns: dict[str, Any] = {
            "user": ids_of(opened.users).take(opened.user),
            "item": ids_of(opened.items).take(opened.item),
            "rating": np.array(opened.value),
        }
        if opened.timestamp is not None:
            columns["timestamp"] = _times(np.array(opened.timestamp))
        if opened.items.titles_column is not None:
            columns["title"] = _category(opened.items.titles(), opened.item)
        if opened.items.genres_column is not None:
            columns["genres"] = _category(opened.items.genres_column.all(), opened.item)
        return pd.DataFrame(columns)


def read_ratings(
    source: str | PathLike[str],
    *,
    user: str = "",
    item: str = "",
    rating: str = "",
    timestamp: str = "",
    separator: str = "",
    values: Literal["", "log"] = "",
    titles: str | PathLike[str] = "",
    unrated: float | str = "",
    dates: Literal["", "day-first", "month-first", "excel", "days", "numbers"] = "",
) -> DataSet:
    """Return the ratings in a file or a folder, or of a data set such as `ml-latest-small`.

    Whatever the screen takes: MovieLens as downloaded, Parquet, any text with a rating a line, also
    packed; a sheet of a workbook (`book.xlsx/Sheet2`), a table of an SQLite database, Stata's and
    Arrow's files; a table of users by items. Columns are recognised by the usual names; where they
    are not, `user`, `item`, `rating`, `timestamp` and `separator` say which they are, by name or by
    number counted from 1.

    `titles` is a table with the items' titles; without it one beside the ratings is looked for.

    `values="log"` reads counts, such as plays, as log2(1 + count); ratings are logarithms then.
    `unrated=0`, or `"-1,99"`: rows of these values are no ratings, and left out. `dates` says how
    01/02/2015 is read where no row tells. `timestamp="none"` takes the ratings without times.

    Rows that cannot be used are left out, with a warning. Raises FileNotFoundError where there is
    nothing, DataError where it cannot be read.
    """
    data = DataConfig(
        source=lasting_source(str(source)),
        user=user,
        item=item,
        rating=rating,
        timestamp=timestamp,
        separator=separator,
        values=values,
        titles=str(titles),
        unrated=unrated if isinstance(unrated, str) else f"{unrated:g}",
        dates=dates,
    )
    try:
        opened = open_data(data)
    except DataError as error:
        raise DataError(in_python(str(error))) from None
    ratings = DataSet(opened, data)
    warn_of_problems(ratings, opened.warnings)
    return ratings


def crosstab(
    ratings: DataSet,
    users: int = 15,
    items: int = 15,
    *,
    order: Literal["id", "activity"] = "id",
    titles: bool = False,
) -> pd.DataFrame:
    """Return what the most active users gave the most rated items: the lesson's table.

    Index: ids of users; columns: ids of items, or with `titles` their titles; values: ratings, NaN
    where there is none. `order`: by ids as the lesson has them, or the most active first.

    Raises QuestionError for more users or items than there are.
    """
    opened = ratings._opened
    table = most_active_cells(opened, users, items, order)
    heads = (
        pd.Index([opened.items.title_of(int(code)) for code in table.items], name="title")
        if titles
        else _index(opened.items, table.items)
    )
    return pd.DataFrame(
        np.array(table.values), index=_index(opened.users, table.users), columns=heads
    )


def warn_of_problems(ratings: DataSet, more: Sequence[str] = (), stacklevel: int = 3) -> None:
    """Warn of rows that were left out, and of what else is wrong with the files."""
    for sentence in more:
        warnings.warn(in_python(sentence), stacklevel=stacklevel)
    problems = ratings.problems()
    if not ratings.unusable_rows:
        return
    first = [
        f"{problems.index.name} {place}: {row.column} {row.value!r}: {row.reason}"
        for place, row in zip(problems.index[:3], problems.head(3).itertuples(), strict=True)
    ]
    warnings.warn(
        f"{ratings.unusable_rows:,} rows of {ratings.name} cannot be used: {'; '.join(first)}"
        f"{' …' if ratings.unusable_rows > len(first) else ''} (ratings.problems() tells more)",
        stacklevel=stacklevel,
    )


def _problems(opened: values.Ratings) -> pd.DataFrame:
    found = opened.problems
    index = pd.Index(
        [problem.line for problem in found], name=found[0].counted if found else "line"
    )
    rows = [(problem.column, problem.value, problem.reason) for problem in found]
    return pd.DataFrame(rows, columns=["column", "value", "reason"], index=index)


def _index(vocabulary: Vocabulary, codes: "np.ndarray[Any, Any]") -> pd.Index:
    return pd.Index(ids_of(vocabulary).take(codes), name=vocabulary.kind)


def _times(timestamp: "np.ndarray[Any, Any]") -> "pd.Series[Any]":
    """Return times in UTC; their size tells whether they count seconds or parts of them."""
    resolution, _ = resolution_of(timestamp)
    return pd.Series(timestamp.astype(f"datetime64[{resolution}]")).dt.tz_localize("UTC")


def _category(texts: Sequence[str], codes: "np.ndarray[Any, Any]") -> pd.Categorical:
    """Return each code's text; several codes may have the same, and an empty one is missing."""
    places, distinct = pd.factorize(np.array([text or None for text in texts], object))
    return pd.Categorical.from_codes(places[codes], categories=distinct)
