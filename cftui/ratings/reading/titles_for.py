"""The titles of rated items: from a file beside the ratings, or from the ratings file itself."""

import numpy as np
from numpy.typing import NDArray

from cftui.ratings.reading.own_titles import item_column, own_titles
from cftui.ratings.reading.titles import Titles, read_titles
from cftui.ratings.sources.locate import SourceFiles


def titles_for(files: SourceFiles, item_ids: NDArray[np.int64] | list[str]) -> Titles:
    """Return what names most of the items; the file that was asked for in any case."""
    ids = item_ids if isinstance(item_ids, list) else [str(own) for own in item_ids.tolist()]
    sure = files.titles.parts if files.titles.asked else (files.titles.usual,)
    beside = read_titles(files.titles.parts, ids, item_column(files), [p for p in sure if p])
    if files.titles.asked or len(beside.titles) == len(ids):
        return beside
    own = own_titles(files, ids)
    return own if own is not None and len(own.titles) > len(beside.titles) else beside
