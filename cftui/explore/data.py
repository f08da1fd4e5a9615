"""Answers about ratings themselves: which there are, what is in them, how they are parted."""

from dataclasses import replace
from pathlib import Path

from cftui.config import make_config
from cftui.library.door import Library, answers, performs
from cftui.paths import resolve_source
from cftui.questions.data import (
    CheckStore,
    DataProfile,
    DataSetRow,
    DataSummary,
    DescribeData,
    DescribeSplit,
    FilePreview,
    ListDataSets,
    OpenData,
    PreviewFile,
    SplitSummary,
)
from cftui.questions.items import Facets, FacetsAnswer
from cftui.questions.job import Progress
from cftui.ratings.facets import explore_facets
from cftui.ratings.oddities import oddities_of
from cftui.ratings.outlier_lines import with_lines
from cftui.ratings.profile import profile
from cftui.ratings.reading.preview import preview
from cftui.ratings.sources.datasets import data_sets
from cftui.ratings.sources.recent import remember
from cftui.ratings.split import summarize
from cftui.ratings.store import check_store, find_store
from cftui.ratings.values import DataError


@answers(OpenData)
def open_data(library: Library, question: OpenData) -> DataSummary | None:
    """Return size and range of ratings that have a store, and remember that they were opened."""
    store = find_store(resolve_source(question.source), question.mapping)
    if store is None:
        return None
    try:
        summary = library.ratings(store).summary()
    except DataError:
        return None  # damaged: it is made anew from its source
    remember(question.source, summary, question.mapping)
    return summary


@answers(PreviewFile)
def preview_file(_: Library, question: PreviewFile) -> FilePreview:
    """Return what the beginning of a file shows."""
    return preview(resolve_source(question.source), question.mapping)


@answers(ListDataSets)
def list_data_sets(_: Library, __: ListDataSets) -> tuple[DataSetRow, ...]:
    """Return the data sets there are."""
    return data_sets()


@performs(DescribeData)
def describe_data(library: Library, job: DescribeData, progress: Progress) -> DataProfile:
    """Return the profile of the ratings in a store: its outliers with their lines, and oddities."""
    ratings = library.ratings(job.store)
    found = profile(ratings, progress)
    outliers = with_lines(ratings, found.outliers)
    return replace(found, outliers=outliers, oddities=oddities_of(ratings))


@performs(CheckStore)
def check_whole_store(_: Library, job: CheckStore, progress: Progress) -> str:
    """Return what of a store is not as it was written; empty where all is."""
    progress(0, 1, "the ratings, bit by bit")
    return check_store(Path(job.store))


@answers(DescribeSplit)
def describe_split(library: Library, question: DescribeSplit) -> SplitSummary:
    """Return what a split would hold out; raises ConfigError for settings that are none."""
    settings = make_config({"split": question.settings}).split
    return summarize(settings, library.ratings(question.store))


@answers(Facets)
def describe_facets(library: Library, question: Facets) -> FacetsAnswer:
    """Return the genres and years that lists can be narrowed by."""
    return explore_facets(library.ratings(question.store))
