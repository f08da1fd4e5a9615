"""The process that answers the screen's questions by their type: `python -m cftui.brain`."""

import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from cftui.config import make_config
from cftui.explore.arithmetic import cell_of_run
from cftui.explore.biases import explore_biases
from cftui.explore.cells import describe_crosstab, predict_cells
from cftui.explore.custom_model import describe_model
from cftui.explore.neighbours import neighbours
from cftui.explore.newcomer import explore_newcomer, suggest
from cftui.explore.predict import predict
from cftui.explore.profiles import explore_item, explore_user
from cftui.explore.recommend import recommend
from cftui.explore.search import describe_items, find_item, find_items, find_users
from cftui.explore.trained import Trained, load_trained
from cftui.paths import resolve_source
from cftui.pipes import Failure, serve
from cftui.questions.custom_model import DescribeModel, ModelDescription, NeedsAgreement
from cftui.questions.data import (
    DataSetRow,
    DataSummary,
    DescribeSplit,
    FilePreview,
    ListDataSets,
    OpenData,
    PreviewFile,
    SplitSummary,
)
from cftui.questions.items import (
    DescribeItems,
    Facets,
    FacetsAnswer,
    FindItems,
    FindUsers,
    ItemRow,
    UserRow,
)
from cftui.questions.newcomer import FoldIn, FoldInAnswer, SuggestItems
from cftui.questions.sheet import (
    CellArithmetic,
    CellOfRun,
    CellOfSheet,
    CrosstabAnswer,
    DescendSheet,
    EvaluateSheet,
    OpenCrosstab,
    PredictCells,
    SheetAnswer,
    SolveSheet,
    StartSheet,
    WriteCells,
)
from cftui.questions.trained import (
    Abilities,
    AskAbilities,
    BiasAnswer,
    ExploreBiases,
    ExploreItem,
    ExploreUser,
    ItemAnswer,
    Predict,
    Prediction,
    Recommend,
    Recommendation,
    Similar,
    SimilarItems,
    UserAnswer,
)
from cftui.ratings.crosstab import crosstab
from cftui.ratings.features import explore_facets
from cftui.ratings.reading.preview import preview
from cftui.ratings.sources.datasets import data_sets
from cftui.ratings.sources.recent import remember
from cftui.ratings.split import summarize
from cftui.ratings.store import find_store, open_store
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.sheet import solver as sheets


@lru_cache(maxsize=4)
def _store(path: str) -> Ratings:
    return open_store(Path(path))


@lru_cache(maxsize=4)
def _trained_at(path: str, written_ns: int) -> Trained:
    return load_trained(Run(Path(path)))


def _trained(path: str) -> Trained:
    """Return the run's newest weights; a new checkpoint is noticed by its time."""
    run = Run(Path(path))
    written = run.last.stat().st_mtime_ns if run.has_weights else 0
    return _trained_at(path, written)


def _open(question: OpenData) -> DataSummary | None:
    store = find_store(resolve_source(question.source), question.mapping)
    if store is None:
        return None
    summary = _store(str(store)).summary()
    remember(question.source, summary, question.mapping)
    return summary


def _list_data_sets(question: ListDataSets) -> tuple[DataSetRow, ...]:
    return data_sets()


def _describe_split(question: DescribeSplit) -> SplitSummary:
    config = make_config({"split": question.settings}).split
    return summarize(config, _store(question.store))


def _preview_file(question: PreviewFile) -> FilePreview:
    return preview(resolve_source(question.source), question.mapping)


def _find_users(question: FindUsers) -> tuple[UserRow, ...]:
    return find_users(_store(question.store), question.text, question.limit)


def _find_items(question: FindItems) -> tuple[ItemRow, ...]:
    return find_items(_store(question.store), question.text, question.limit)


def _predict(question: Predict) -> Prediction:
    trained = _trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return predict(trained, user, find_item(trained.ratings, question.item))


def _recommend(question: Recommend) -> tuple[Recommendation, ...]:
    trained = _trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return recommend(trained, user, question.n, question.only)


def _similar(question: Similar) -> SimilarItems:
    trained = _trained(question.run)
    code = find_item(trained.ratings, question.item)
    items = trained.ratings.items
    near = neighbours(trained, code, question.metric, question.n, question.min_ratings)
    return SimilarItems(items.id_of(code), items.title_of(code), question.metric, near)


def _explore_user(question: ExploreUser) -> UserAnswer:
    trained = _trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return explore_user(trained, user, question.n, question.only)


def _explore_item(question: ExploreItem) -> ItemAnswer:
    trained = _trained(question.run)
    code = find_item(trained.ratings, question.item)
    return explore_item(trained, code, question.metric, question.n, question.min_ratings)


def _describe_items(question: DescribeItems) -> tuple[ItemRow, ...]:
    return describe_items(_store(question.store), question.items)


def _facets(question: Facets) -> FacetsAnswer:
    return explore_facets(_store(question.store))


def _abilities(question: AskAbilities) -> Abilities:
    trained = _trained(question.run)
    return Abilities(
        model=trained.config.model.name,
        has_item_factors=trained.item_factors is not None,
        has_item_bias=trained.item_bias is not None,
        takes_newcomers=trained.factors is not None,
    )


def _explore_biases(question: ExploreBiases) -> BiasAnswer:
    return explore_biases(_trained(question.run), question.n, question.only)


def _fold_in(question: FoldIn) -> FoldInAnswer:
    return explore_newcomer(_trained(question.run), question)


def _suggest(question: SuggestItems) -> tuple[ItemRow, ...]:
    return suggest(_trained(question.run), question.rated, question.n)


def _open_crosstab(question: OpenCrosstab) -> CrosstabAnswer:
    ratings = _store(question.store)
    table = crosstab(ratings, question.n_users, question.n_items, question.order)
    return describe_crosstab(ratings, table)


def _start_sheet(question: StartSheet) -> SheetAnswer:
    start = (question.n_factors, question.biases, question.seed)
    return sheets.evaluate(sheets.start_sheet(question.actual, *start))


def _descend_sheet(question: DescendSheet) -> SheetAnswer:
    return sheets.descend(question.sheet, question.steps, question.learning_rate, question.momentum)


def _write_cells(question: WriteCells) -> str:
    from cftui.sheet.export import cells_text, write_cells

    if not question.path:
        return cells_text(".tsv", question.labels, question.values)
    path = Path(question.path).expanduser().absolute()
    write_cells(path, question.labels, question.values, question.sheet)
    return str(path)


def _cell_of_run(question: CellOfRun) -> CellArithmetic:
    trained = _trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return cell_of_run(trained, user, trained.ratings.items.code_of(question.item))


def _describe_model(question: DescribeModel) -> ModelDescription | NeedsAgreement:
    return describe_model(_store(question.store), question)


ANSWERS: dict[type, Callable[[Any], Any]] = {
    OpenData: _open,
    DescribeModel: _describe_model,
    ListDataSets: _list_data_sets,
    DescribeSplit: _describe_split,
    PreviewFile: _preview_file,
    FindUsers: _find_users,
    FindItems: _find_items,
    Predict: _predict,
    Recommend: _recommend,
    Similar: _similar,
    ExploreUser: _explore_user,
    ExploreItem: _explore_item,
    DescribeItems: _describe_items,
    Facets: _facets,
    AskAbilities: _abilities,
    ExploreBiases: _explore_biases,
    FoldIn: _fold_in,
    SuggestItems: _suggest,
    OpenCrosstab: _open_crosstab,
    PredictCells: lambda question: predict_cells(_trained(question.run), question.labels),
    StartSheet: _start_sheet,
    EvaluateSheet: lambda question: sheets.evaluate(question.sheet),
    DescendSheet: _descend_sheet,
    SolveSheet: lambda question: sheets.solve(question.sheet),
    WriteCells: _write_cells,
    CellOfRun: _cell_of_run,
    CellOfSheet: lambda question: sheets.cell_of_sheet(
        question.sheet, question.row, question.column
    ),
}


def answer(question: Any) -> Any:
    """Return the answer to a question, or a Failure that says in words why there is none."""
    try:
        return ANSWERS[type(question)](question)
    except (ValueError, OSError) as error:
        return Failure(str(error), traceback.format_exc(), type(error).__name__)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}", traceback.format_exc())


if __name__ == "__main__":
    serve(answer)
