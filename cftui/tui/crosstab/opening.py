"""A crosstab with all that is shown of it, asked before any of it is shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cftui.questions.sheet import (
    CrosstabAnswer,
    OpenCrosstab,
    PredictCells,
    SheetAnswer,
    StartSheet,
)
from cftui.tui.crosstab.shown_cells import Place
from cftui.tui.crosstab.state import CrosstabSettings
from cftui.tui.shared.asking import Asker

if TYPE_CHECKING:
    from cftui.questions.sheet import Floats


@dataclass(frozen=True, eq=False)
class Opened:
    """A table, a sheet that has just begun, and what a run predicts where one was asked."""

    table: CrosstabAnswer
    answer: SheetAnswer | None
    run_values: "Floats | None"


async def begun(
    ask: Asker, settings: CrosstabSettings, table: CrosstabAnswer
) -> SheetAnswer | None:
    """Return a fresh sheet of a table; none where there is no answer."""
    start = (settings.factors, settings.biases, settings.seed)
    return await ask(StartSheet(table.values, *start, table.low, table.high))


async def opened(
    ask: Asker, settings: CrosstabSettings, store: str, shape: Place, run: str = ""
) -> Opened | None:
    """Return so many users by so many items; none where it failed, or a newer one was asked for."""
    order: Any = settings.order
    table = await ask(OpenCrosstab(store, *shape, order), "crosstab")
    if table is None:
        return None
    answer = await begun(ask, settings, table)
    found = await ask(PredictCells(run, table.labels), "cells opened") if run else None
    return Opened(table, answer, None if found is None else found.values)
