"""Finds the lines of outliers, by reading their file once more."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cftui.questions.data import Outlier
from cftui.ratings.reading.readers import pass_rows
from cftui.ratings.reading.rows import Rows
from cftui.ratings.sources.locate import SourceFiles, locate
from cftui.ratings.values import DataError, Ratings, log_counts


def with_lines(ratings: Ratings, outliers: Sequence[Outlier]) -> tuple[Outlier, ...]:
    """Return outliers with their lines; without where the file is gone or is another by now."""
    files = _same_files(ratings) if outliers else None
    if files is None:
        return tuple(outliers)
    wanted = {(one.user, one.item): one for one in outliers}
    values = np.array([one.value for one in outliers], np.float32)

    def look(rows: Rows) -> None:
        value = log_counts(rows.value) if ratings.mapping.values else rows.value
        for place in np.flatnonzero(np.isin(value, values)).tolist():
            pair = rows.user[place].as_py(), rows.item[place].as_py()
            if pair in wanted and np.float32(wanted[pair].value) == value[place]:
                line = int(rows.lines[place])
                wanted[pair] = replace(wanted[pair], line=line, counted=rows.counted)

    try:
        pass_rows(files, look)
    except DataError:  # it was readable when its store was made
        return tuple(outliers)
    return tuple(wanted[one.user, one.item] for one in outliers)


def _same_files(ratings: Ratings) -> SourceFiles | None:
    """Return the files that a store was made of; none where they are not there as they were."""
    try:
        files = locate(Path(ratings.source), ratings.mapping)
        return files if files.key() == ratings.path.name else None
    except (DataError, OSError):
        return None
