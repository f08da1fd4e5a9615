"""The chart widget: few frames, few lines, none while hidden."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.screen import Screen
from textual.widgets import Static, TabbedContent, TabPane

from cftui.charts import Chart, Colour, Drawing, Series
from cftui.tui.services.child import Child, ChildError, Superseded
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground

GREY: Colour = (200, 200, 200)


def chart(width: int, height: int, *values: float) -> Chart:
    xs = tuple(float(i) for i in range(len(values)))
    return Chart(width, height, (Series("loss", xs, values, (255, 0, 0)),), GREY)


def making(*values: float) -> Callable[[int, int], Chart]:
    return lambda width, height: chart(width, height, *values)


class Painter:
    """Draws a chart as rows of its number of points, when allowed to."""

    def __init__(self) -> None:
        self.asked: list[Chart] = []
        self.open = asyncio.Event()
        self.open.set()
        self.came = asyncio.Event()
        self.running = 0
        self.most_at_once = 0
        self.error: Exception | None = None

    async def paint(self, chart: Chart) -> Drawing:
        self.asked.append(chart)
        self.came.set()
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            await self.open.wait()
        finally:
            self.running -= 1
        if self.error is not None:
            raise self.error
        first = str(len(chart.series[0].x)).ljust(chart.width)
        rest = [((" " * chart.width, "#00ff00"),)] * (chart.height - 1)
        return Drawing((((first, "#ff0000"),), *rest))

    async def next(self) -> Chart:
        await asyncio.wait_for(self.came.wait(), 60)
        self.came.clear()
        return self.asked[-1]


class ChartApp(App[None]):
    CSS = "ChartView { height: 100%; }"

    def __init__(self, paint: Callable[[Chart], Awaitable[Drawing]], pause: float = 0.0) -> None:
        super().__init__()
        self.paint, self.pause = paint, pause

    def compose(self) -> ComposeResult:
        yield ChartView(self.paint, placeholder="Start a run to see its loss", pause=self.pause)

    @property
    def chart(self) -> ChartView:
        return self.query_one(ChartView)


def lines(view: ChartView) -> list[str]:
    return [view.render_line(y).text for y in range(view.size.height)]


async def settle(app: App[Any]) -> None:
    await app.workers.wait_for_complete()


async def test_a_placeholder_stands_until_something_is_drawn() -> None:
    app = ChartApp(Painter().paint)
    async with app.run_test(size=(40, 9)) as pilot:
        assert lines(app.chart)[4].strip() == "Start a run to see its loss"
        app.chart.show(making(1, 2, 3))
        await settle(app)
        assert lines(app.chart)[0] == "3".ljust(40)
        app.chart.clear()
        await pilot.pause()
        assert lines(app.chart)[4].strip() == "Start a run to see its loss"


async def test_a_long_placeholder_wraps() -> None:
    app = ChartApp(Painter().paint)
    async with app.run_test(size=(14, 9)):
        words = [line.strip() for line in lines(app.chart) if line.strip()]
        assert " ".join(words) == "Start a run to see its loss"
        assert len(words) > 1


async def test_a_flood_of_updates_gives_few_frames_and_the_last_one_is_shown() -> None:
    painter = Painter()
    app = ChartApp(painter.paint, pause=0.25)
    async with app.run_test(size=(40, 9)):
        loop = asyncio.get_running_loop()
        began = loop.time()
        count = 0
        while loop.time() - began < 0.8:
            count += 1
            app.chart.show(making(*range(count)))
            await asyncio.sleep(0)
        lasted = loop.time() - began
        await settle(app)
        assert count > 100
        assert 2 <= len(painter.asked) <= lasted / 0.25 + 2
        assert lines(app.chart)[0].strip() == str(count)


async def test_the_next_frame_waits_for_the_last() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(40, 9)) as pilot:
        painter.open.clear()
        app.chart.show(making(1))
        await painter.next()
        for count in range(2, 10):
            app.chart.show(making(*range(count)))
            await pilot.pause()
        assert len(painter.asked) == 1
        painter.open.set()
        await settle(app)
        assert len(painter.asked) == 2
        assert painter.most_at_once == 1
        assert lines(app.chart)[0].strip() == "9"


async def test_an_equal_chart_is_not_drawn_again() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(40, 9)):
        for _ in range(3):
            app.chart.show(making(1, 2))
            await settle(app)
        assert len(painter.asked) == 1


async def test_only_changed_lines_are_refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ChartApp(Painter().paint)
    async with app.run_test(size=(40, 9)) as pilot:
        app.chart.show(making(1, 2))
        await settle(app)
        await pilot.pause()
        drawn: list[int] = []
        render_line = app.chart.render_line
        monkeypatch.setattr(app.chart, "render_line", lambda y: drawn.append(y) or render_line(y))
        app.chart.show(making(1, 2, 3))
        await settle(app)
        await pilot.pause()
        assert set(drawn) == {0}


async def test_a_resize_draws_again_at_the_new_size() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(40, 9)) as pilot:
        app.chart.show(making(1, 2))
        await settle(app)
        painter.open.clear()
        painter.came.clear()
        await pilot.resize_terminal(60, 5)
        asked = await painter.next()
        assert (asked.width, asked.height) == (60, 5)
        assert {len(line) for line in lines(app.chart)} == {60}
        painter.open.set()
        await settle(app)
        assert lines(app.chart)[0] == "2".ljust(60)


async def test_a_failure_is_shown_in_its_word_and_the_next_drawing_replaces_it() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(40, 9)):
        painter.error = ChildError("The painter stopped; ask again")
        app.chart.show(making(1))
        await settle(app)
        assert "The painter stopped; ask again" in "\n".join(lines(app.chart))
        painter.error = None
        app.chart.show(making(1))
        await settle(app)
        assert lines(app.chart)[0].strip() == "1"


async def test_a_superseded_frame_is_asked_for_again() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(40, 9)):
        painter.open.clear()
        painter.error = Superseded()
        app.chart.show(making(1))
        await painter.next()
        painter.open.set()
        await painter.next()
        painter.error = None
        await settle(app)
        assert lines(app.chart)[0].strip() == "1"


class TabbedApp(ChartApp):
    def compose(self) -> ComposeResult:
        with TabbedContent(initial="other"):
            with TabPane("Other", id="other"):
                yield Static("hello")
            with TabPane("Chart", id="chart"):
                yield ChartView(self.paint, pause=0.0)


async def test_a_hidden_chart_is_drawn_once_it_is_shown() -> None:
    painter = Painter()
    app = TabbedApp(painter.paint)
    async with app.run_test(size=(60, 20)) as pilot:
        for count in range(1, 5):
            app.chart.show(making(*range(count)))
            await pilot.pause()
        assert painter.asked == []
        app.query_one(TabbedContent).active = "chart"
        asked = await painter.next()
        await settle(app)
        assert len(asked.series[0].x) == 4
        assert len(painter.asked) == 1
        app.query_one(TabbedContent).active = "other"
        await pilot.pause()
        app.chart.show(making(1))
        await pilot.pause()
        assert len(painter.asked) == 1


async def test_nothing_is_drawn_under_another_screen() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.chart
        await app.push_screen(Screen())
        view.show(making(1))
        await pilot.pause()
        assert painter.asked == []
        app.pop_screen()
        await painter.next()
        await settle(app)
        assert lines(view)[0].strip() == "1"


async def test_no_timer_and_no_worker_while_idle() -> None:
    app = ChartApp(Painter().paint)
    async with app.run_test(size=(40, 9)) as pilot:
        app.chart.show(making(1))
        await settle(app)
        await pilot.pause()
        assert not [worker for worker in app.workers if not worker.is_finished]
        assert not app.chart._timers


async def test_closing_the_app_while_a_frame_is_underway() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)
    async with app.run_test(size=(40, 9)):
        painter.open.clear()
        app.chart.show(making(1))
        await painter.next()
    assert painter.running == 0


@pytest.mark.parametrize(
    "theme", ["textual-dark", "textual-light", "nord", "solarized-light", "dracula", "ansi-light"]
)
async def test_series_colours_are_apart_and_readable(theme: str) -> None:
    app: App[None] = App()
    async with app.run_test(size=(20, 5)) as pilot:
        app.theme = theme
        await pilot.pause()
        colours = series_colours(app)
        assert len(colours) == len(set(colours)) == 8
        assert all(0 <= part <= 255 for colour in colours for part in colour)
        assert all(type(part) is int for part in theme_foreground(app))
        surface = app.theme_variables["surface"]
        if surface.startswith("#"):
            ground = Color.parse(surface)
            assert min(abs(Color(*c).brightness - ground.brightness) for c in colours) > 0.1


async def test_a_new_theme_draws_again_in_its_colours() -> None:
    painter = Painter()
    app = ChartApp(painter.paint)

    def coloured(width: int, height: int) -> Chart:
        series = Series("loss", (0.0, 1.0), (1.0, 2.0), series_colours(app)[0])
        return Chart(width, height, (series,), theme_foreground(app))

    async with app.run_test(size=(40, 9)):
        app.chart.show(coloured)
        first = await painter.next()
        await settle(app)
        painter.came.clear()
        app.theme = "textual-light"
        second = await painter.next()
        await settle(app)
        assert first.foreground != second.foreground


async def test_the_painter_itself_draws_into_the_widget(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFTUI_HOME", str(tmp_path))
    child = Child("cftui.painter")
    app = ChartApp(child.ask)
    async with app.run_test(size=(60, 16)):
        app.chart.show(making(*range(20)))
        await settle(app)
        assert "loss" in lines(app.chart)[0]
        assert any("┤" in line for line in lines(app.chart))
        ink = {segment.style.color.name for y in range(16) for segment in app.chart.render_line(y)}
        assert "#ff0000" in ink
    await child.close()
