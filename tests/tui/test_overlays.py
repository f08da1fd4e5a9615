"""Several runs on one chart: letters at their ends, four measures where there is room."""

from dataclasses import replace

import pytest
from driving import BUNDLED, opened, quiet, remember, until
from textual.geometry import Region

from cftui.charts import Drawing
from cftui.painter.drawing import draw
from cftui.runs.annotations import write_annotations
from cftui.runs.directory import Run
from cftui.runs.history import read_history
from cftui.runs.index import read_row
from cftui.tui.app import CftuiApp
from cftui.tui.runs.overlay_chart import MEASURES, Measure, Overlay
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.run_chart import ChartChoice, ChartInk
from cftui.tui.train.run_charts import RunCharts

INK = ChartInk((200, 200, 200), ((1, 2, 3), (4, 5, 6), (7, 8, 9), (9, 9, 9)), False)


def inked(drawing: Drawing, ink: str) -> str:
    return "".join(text for line in drawing.lines[1:] for text, its in line if its == ink)


@pytest.mark.parametrize("measure", MEASURES)
def test_each_run_has_its_letter_at_its_end(three_runs: list[Run], measure: Measure) -> None:
    rows = [read_row(run) for run in three_runs]
    runs = [
        (replace(row, mark=mark), read_history(run.events))
        for mark, (row, run) in enumerate(zip(rows, three_runs, strict=True), 1)
    ]
    chart = Overlay().chart(runs, measure, ChartChoice("epoch"), INK, 70, 16)
    assert len(chart.series) == 3 and all(one.x for one in chart.series)
    ends = [(note.x, note.y, note.text) for note in chart.notes]
    wanted = zip(chart.series, "ABC", strict=True)
    assert ends == [(one.x[-1], one.y[-1], letter) for one, letter in wanted]
    drawing = draw(chart)
    for ink, letter in (("#010203", "A"), ("#040506", "B"), ("#070809", "C")):
        assert letter in inked(drawing, ink)


async def test_four_measures_where_there_is_room(three_runs: list[Run]) -> None:
    remember(pane="runs")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: bool(app.query("#overlay-3")))
        await pilot.press("space", "space", "space")
        views = [view for view in app.query(ChartView) if view.id and view.id.startswith("overlay")]
        await until(pilot, lambda: all(view.drawn for view in views))
        await quiet(pilot, 2)
        regions: list[Region] = [view.region for view in views]
        assert len({(r.x, r.y) for r in regions}) == 4 and min(r.width for r in regions) > 50
        titles = [view.painted.title for view in views if view.painted]
        assert titles == [
            "validation MSE",
            "training loss, smoothed",
            "NDCG@20 of 200 users",
            "learning rate",
        ]
        await pilot.press("v")
        await until(pilot, lambda: "training" in getattr(views[0].painted, "title", ""))


async def test_one_measure_where_there_is_not(three_runs: list[Run]) -> None:
    remember(pane="runs")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: bool(app.query("#overlay-3")))
        shown = [view.id for view in app.query(ChartView) if view.display and view.size]
        assert "overlay" in shown and "overlay-1" not in shown


async def test_marked_runs_stand_behind_the_one_in_train(three_runs: list[Run]) -> None:
    for mark, run in enumerate(three_runs, 1):
        write_annotations(run.path, mark=mark)
    remember(pane="train")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        charts = app.query_one(RunCharts)

        def labels() -> list[str]:
            return [one.label for one in getattr(charts.loss.painted, "series", ())]

        await until(pilot, lambda: len(labels()) == 5)
        assert labels()[3:] == ["B adam alone", "C dot-bias-sgd"]
        painted = charts.loss.painted
        assert painted is not None and [note.text for note in painted.notes][-2:] == ["B", "C"]
        assert painted.series[3].y[-1] == pytest.approx(0.8056, abs=1e-4)
