"""Frames as ratings: kept as Parquet in the data folder, then read as any file is."""

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cftui.api.answers import open_data
from cftui.api.ids import text_of
from cftui.api.ratings import DataSet, warn_of_problems
from cftui.api.words import in_python
from cftui.config import DataConfig
from cftui.files import make_folder, replace_file, sweep
from cftui.paths import frames_folder
from cftui.questions.data import ColumnMapping
from cftui.ratings import values
from cftui.ratings.reading.columns import Guess, find_columns
from cftui.ratings.reading.rows import written
from cftui.ratings.reading.times import joined
from cftui.ratings.values import DataError

if TYPE_CHECKING:
    import pyarrow as pa

RATINGS, TITLES = "ratings.parquet", "movies.csv"
"""What files of a data set are usually called, so that the folder is read as one."""
FIRST = 50
"""The first rows, which tell which column is which."""


def from_frame(
    frame: pd.DataFrame,
    *,
    user: Hashable = None,
    item: Hashable = None,
    rating: Hashable = None,
    timestamp: Hashable = None,
    title: Hashable = None,
    genres: Hashable = None,
    name: str = "frame",
) -> DataSet:
    """Return the ratings in a frame, one a row.

    `user`, `item`, `rating`, `timestamp`, `title` and `genres` name its columns; what is left out
    is recognised by the names that files may have, too (`userId`, `movieId`, `stars`, …), a title
    by `title`. Times are numbers, texts or datetimes (seconds are kept; without a zone: UTC).
    Of an item's titles the first holds.

    The ratings are written into the data folder, so that a run on them can be opened, resumed and
    shown on the screen by any process; the same frame comes to the same file. There and on the
    screen they are called `name` and a few characters.

    Rows that cannot be used are left out, with a warning that has their index labels. Raises
    DataError where a column is not clear or no row can be used, OSError where the disk refuses.
    """
    guess = _guess(frame, ColumnMapping(*map(_asked, (user, item, rating, timestamp))))
    places = dict(guess.places) | _named(frame, title=title, genres=genres)
    contents = _parquet(frame, places, guess.joined), _titles(frame, places)
    folder = _folder(_checked(name), contents)
    known = _is_there(folder)
    if not known:
        _write(folder, *contents)
    data = DataConfig(source=str(folder))
    try:
        opened = open_data(data)
    except DataError as error:
        if not known:
            shutil.rmtree(folder, ignore_errors=True)
        raise DataError(_of_frame(str(error), folder, frame)) from None
    ratings = DataSet(opened, data, _problems(opened, frame, places))
    warn_of_problems(ratings, (*guess.notes, *opened.warnings))
    return ratings


def _asked(label: Hashable) -> str:
    return "" if label is None else str(label)


def _checked(name: str) -> str:
    """Return a name as a folder can have it."""
    word = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80]
    if not word:
        raise ValueError(f"name={name!r}: give a name with a letter or a digit")
    return word


def _guess(frame: pd.DataFrame, mapping: ColumnMapping) -> Guess:
    """Return the place of each role's column; raises DataError where that is not clear."""
    rows = [_written(row) for row in frame.head(FIRST).itertuples(index=False, name=None)]
    guess = find_columns([str(label) for label in frame.columns], mapping, rows=rows)
    if guess.problem:
        raise DataError(f"the frame: {in_python(guess.problem)}")
    return guess


def _written(row: Sequence[Any]) -> list[str]:
    """Return values as a file would have them."""
    return ["" if pd.api.types.is_scalar(one) and pd.isna(one) else written(one) for one in row]


def _named(frame: pd.DataFrame, **asked: Hashable) -> dict[str, int]:
    """Return the places of columns that have but one usual name; raises DataError."""
    labels = list(frame.columns)
    places = {}
    for role, label in asked.items():
        if label is not None and labels.count(label) != 1:
            raise DataError(f"the frame: {role}={label!r} is not the label of one column")
        wanted = role if label is None else label
        if labels.count(wanted) == 1:
            places[role] = labels.index(wanted)
    return places


def _parquet(frame: pd.DataFrame, places: Mapping[str, int], joined_places: Sequence[int]) -> bytes:
    """Return the ratings as a Parquet file: the same bytes for the same ratings."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    roles = [role for role in places if role not in ("title", "genres")]
    columns = {role: _column(frame.iloc[:, places[role]], role) for role in roles}
    if joined_places:
        parts = frame.iloc[:, list(joined_places)].itertuples(index=False, name=None)
        columns["timestamp"] = pa.array([joined(_written(row)) for row in parts], pa.string())
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


def _column(column: "pd.Series[Any]", role: str) -> "pa.Array":
    import pyarrow as pa

    if role == "timestamp" and pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = _seconds(column)
    try:
        return pa.Array.from_pandas(column)
    except pa.ArrowException:  # values of several types, or of one that Arrow does not have
        texts = [None if pd.api.types.is_scalar(v) and pd.isna(v) else str(v) for v in column]
        return pa.array(texts, pa.string())


def _seconds(times: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return datetimes as whole seconds since 1970, missing ones missing."""
    aware = times if times.dt.tz is not None else times.dt.tz_localize("UTC")
    whole = aware.dt.tz_convert("UTC").dt.tz_localize(None).dt.floor("s")
    seconds = whole.astype("datetime64[s]").astype("int64")
    return seconds.astype("Int64").mask(times.isna())


def _titles(frame: pd.DataFrame, places: Mapping[str, int]) -> bytes:
    """Return a file of titles and genres, one line an item; empty where there are none."""
    roles = [role for role in ("title", "genres") if role in places]
    if not roles:
        return b""
    told = frame.iloc[:, [places[role] for role in ("item", *roles)]]
    told = told.set_axis(["item", *roles], axis=1).dropna(subset=["item", roles[0]])
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(["movieId", "title", "genres"])
    for row in told.drop_duplicates("item").to_dict("records"):
        told_of = [row.get(role) for role in ("title", "genres")]
        lines.writerow(
            [text_of(row["item"]), *("" if pd.isna(value) else str(value) for value in told_of)]
        )
    return text.getvalue().encode()


def _folder(name: str, contents: tuple[bytes, bytes]) -> Path:
    """Return where files with these contents belong in the data folder."""
    return frames_folder() / f"{name}-{hashlib.sha256(b''.join(contents)).hexdigest()[:12]}"


def _is_there(folder: Path) -> bool:
    # Written last, and whole or not at all.
    return (folder / RATINGS).is_file()


def _write(folder: Path, ratings: bytes, titles: bytes) -> None:
    make_folder(folder)
    sweep(folder, (RATINGS, TITLES))
    if titles:
        replace_file(folder / TITLES, titles)
    replace_file(folder / RATINGS, ratings)


def _problems(
    opened: values.Ratings, frame: pd.DataFrame, places: Mapping[str, int]
) -> pd.DataFrame:
    """Return why rows were left out, by their labels and under the frame's names of columns."""
    found = opened.problems
    labels: Sequence[Any] = frame.index[[problem.line - 1 for problem in found]]
    rows = [
        (frame.columns[places[problem.column]], problem.value, problem.reason) for problem in found
    ]
    columns = ["column", "value", "reason"]
    index = pd.Index(labels, name=frame.index.name or "index")
    return pd.DataFrame(rows, columns=columns, index=index)


def _of_frame(message: str, folder: Path, frame: pd.DataFrame) -> str:
    """Return the reader's message with the frame and its labels for the file and its rows."""
    said = in_python(message).replace(str(folder / RATINGS), "the frame")

    def label(found: "re.Match[str]") -> str:
        return f"{found[1]} index {frame.index[int(found[2]) - 1]}"

    return re.sub(r"(the frame) row (\d+)", label, said)
