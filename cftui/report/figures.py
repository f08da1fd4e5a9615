"""The charts of a report: those of the screen, on white paper, as large as its page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cftui.charts import Colour
from cftui.report.blocks import Figure
from cftui.runs.columns import MARKS
from cftui.runs.history import History
from cftui.runs.list_words import judged_users, of_users
from cftui.runs.row import RunRow
from cftui.tui.runs.overlay_chart import Overlay
from cftui.tui.shared.run_chart import ChartChoice, ChartInk
from cftui.tui.train.pictures import constant_rate, lists_chart, loss_chart, rate_chart

INK: Colour = (34, 34, 34)
HUES: tuple[Colour, ...] = (
    *((0, 114, 178), (213, 94, 0), (0, 130, 95), (160, 70, 130)),
    *((70, 90, 200), (180, 120, 0), (110, 110, 110), (150, 40, 40)),
)
"""Dark enough for white paper; told apart by the colour-blind too (after Okabe and Ito 2008)."""
GUTTER = 8
"""Cells left of all charts: those of a run are aligned, and the name of x has room."""


@dataclass(frozen=True)
class Paper:
    """What charts are drawn on."""

    width: int
    """In cells, as `tall` and `low`."""
    tall: int
    low: int
    coloured: bool

    @property
    def ink(self) -> ChartInk:
        """Return its colours; without them curves are told apart by their characters."""
        return ChartInk(INK, HUES, not self.coloured)


TEXT = Paper(78, 18, 8, coloured=False)
"""Fits a terminal of 80 columns, and the text columns of most sites."""
PAGE = Paper(104, 22, 9, coloured=True)


def overlay_figure(runs: Sequence[tuple[RunRow, History]], paper: Paper) -> Figure:
    """Return the validation curves of runs on one chart, as many as there are letters."""
    drawn = list(runs)[: len(MARKS)]
    chart = Overlay().chart(
        drawn, "valid", ChartChoice("epoch"), paper.ink, paper.width, paper.tall
    )
    left_out = len(runs) - len(drawn)
    more = f"; {left_out} more have no letter and are left out" if left_out else ""
    chart = replace(chart, gutter=GUTTER)
    return Figure((chart,), f"Validation error (MSE) by epoch, a letter a run{more}")


def run_figure(history: History, paper: Paper) -> Figure:
    """Return a run's loss; below it its learning rate where that changed, lists where judged."""
    below = [rate_chart] if len(history.curve) and constant_rate(history) is None else []
    told = "Loss" + ", learning rate" * len(below)
    if any(epoch.recall is not None for epoch in history.epochs):
        below.append(lists_chart)
        told += f", recall and NDCG of lists{of_users(judged_users(history))}"
    choice, last = ChartChoice(gutter=GUTTER), len(below) - 1
    loss = loss_chart(history, choice, paper.ink, paper.width, paper.tall, bare=bool(below))
    others = [
        replace(make(history, choice, paper.ink, paper.width, paper.low), bare=place < last)
        for place, make in enumerate(below)
    ]
    return Figure((loss, *others), f"{told} by step")
