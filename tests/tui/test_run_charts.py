"""The charts of Train by their keys: zoom, cursor, range, files, sentences."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from driving import BUNDLED, opened, quiet, text, until
from textual.pilot import Pilot

from cftui.charts import Chart
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.shared.read_chart import ReadableChart
from cftui.tui.shared.telling import TellScreen
from cftui.tui.train.run_charts import RunCharts


async def drawn(app: CftuiApp, pilot: Pilot[None]) -> RunCharts:
    """Wait until a run's charts stand on the screen."""
    await opened(app, pilot)
    charts = app.query_one(RunCharts)
    await until(pilot, lambda: charts.loss.frame is not None)
    await quiet(pilot, 2)
    return charts


def painted(chart: ReadableChart) -> Chart:
    assert chart.painted is not None
    return chart.painted


async def test_zoom_pan_and_logarithms_are_drawn_and_said(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        charts = await drawn(app, pilot)
        whole = painted(charts.loss).x_limits
        assert whole == (1.0, 3753.0)
        await pilot.press("plus", "H", "y")
        await until(pilot, lambda: "zoomed" in painted(charts.loss).title)
        await quiet(pilot, 2)
        zoomed = painted(charts.loss)
        assert zoomed.log_x and zoomed.log_y and zoomed.x_limits is not None
        assert zoomed.x_limits[0] > 1800 and zoomed.x_limits[1] == 3753.0
        assert painted(charts.second).x_limits == zoomed.x_limits
        head = charts.loss.render_line(0).text
        assert "zoomed · log x · log y" in head
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: painted(charts.loss).x_limits != zoomed.x_limits)
        await pilot.press("z", "H", "y")
        await until(pilot, lambda: painted(charts.loss).x_limits == whole)


async def test_a_cursor_reads_both_charts_at_one_step(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        charts = await drawn(app, pilot)
        before = app.focused
        await pilot.press("c")
        assert charts.reading.startswith("step 3,753  epoch 3.00")
        await pilot.press("home", "right", "right")
        await pilot.pause()
        assert text(app, "#reading") == charts.reading and charts.reading.startswith("step 58 ")
        assert "lr 0.00995" in charts.reading and "average 1.5456" in charts.reading
        columns = {chart.column_of(chart.at) for chart in charts.query(ReadableChart)}
        assert len(columns) == 1 and None not in columns
        column = columns.pop()
        for chart in charts.query(ReadableChart):
            assert chart.frame is not None
            ys = range(chart.frame.top, chart.frame.top + chart.frame.rows)
            rows = [chart.render_line(y).crop(column or 0, (column or 0) + 1).text for y in ys]
            assert rows.count("│") > len(rows) / 2
        await pilot.press("escape")
        assert charts.reading == "" and app.focused is before


async def test_a_line_to_read_at_beyond_a_room_that_became_narrow(trained_run: Run) -> None:
    """A chart may be painted after a resize and before it is drawn anew for its new room."""
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        chart = (await drawn(app, pilot)).loss
        await pilot.press("c", "end")
        assert chart.frame is not None and chart.at is not None
        chart.frame = replace(chart.frame, left=chart.size.width)
        assert (chart.column_of(chart.at) or 0) >= chart.size.width
        lines = [chart.render_line(y) for y in range(chart.size.height)]
        assert {line.cell_length for line in lines} == {chart.size.width}


async def test_the_mouse_reads_and_its_wheel_zooms(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        charts = await drawn(app, pilot)
        frame = charts.loss.frame
        assert frame is not None
        middle = frame.left + frame.columns // 2
        await pilot.hover("#loss", offset=(middle, frame.top + 2))
        await until(pilot, lambda: charts.reading.startswith("step 1,8"))
        charts.loss.post_message(ReadableChart.Wheeled(1800.0, 1, 0))
        await until(pilot, lambda: "zoomed" in painted(charts.loss).title)
        limits = painted(charts.loss).x_limits
        assert limits is not None and limits[0] < 1800 < limits[1] < 3753
        await pilot.hover("#run-list")
        await until(pilot, lambda: charts.reading == "")


async def test_the_range_of_validation_alone(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        charts = await drawn(app, pilot)

        def ticks() -> list[float]:
            lines = (charts.loss.render_line(y).text for y in range(charts.loss.size.height))
            return [float(line.split("┤")[0]) for line in lines if "┤" in line]

        robust = ticks()
        await pilot.press("V")
        await until(pilot, lambda: "range of validation" in painted(charts.loss).title)
        await quiet(pilot, 2)
        alone = ticks()
        assert max(alone) - min(alone) < 0.5 * (max(robust) - min(robust))
        await pilot.press("V")
        await until(pilot, lambda: "whole range" in painted(charts.loss).title)
        await quiet(pilot, 2)
        assert max(ticks()) > 1.5


async def test_the_charts_in_view_are_written_and_told(
    trained_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        charts = await drawn(app, pilot)
        for name in ("chart.svg", "a.csv", "a.txt"):
            await pilot.press("E")
            field = app.screen.query_one("Input")
            field.value = name  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, lambda name=name: (tmp_path / name).exists())  # type: ignore[misc]
        await pilot.press("E", *"b.png", "enter")
        assert "ends with .svg" in text(app, "#complaint")
        await pilot.press("escape")
        assert (tmp_path / "chart.svg").read_text().count("<polyline") >= 3
        rows = list(csv.DictReader((tmp_path / "a.csv").open()))
        valid = [float(row["y"]) for row in rows if row["series"] == "validation"]
        assert tuple(valid) == painted(charts.loss).series[2].y
        assert "learning rate" in (tmp_path / "a.txt").read_text()
        await pilot.press("T")
        assert isinstance(app.screen, TellScreen)
        assert "best 0.7629 in epoch 3" in app.screen.words
        await pilot.press("escape")


async def test_a_constant_rate_takes_no_chart(three_runs: list[Run]) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        charts = await drawn(app, pilot)
        assert charts.second.display and painted(charts.loss).bare
        await pilot.press("r", "down")
        await until(pilot, lambda: "constant" in painted(charts.loss).y_label)
        await quiet(pilot, 2)
        assert not charts.second.display and not painted(charts.loss).bare
