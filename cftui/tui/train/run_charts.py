"""The charts of the run in view, one above the other along the same steps, and how to read them."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from cftui.charts import Chart
from cftui.runs.history import History
from cftui.tui.services.services import Services
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.read_chart import ReadableChart
from cftui.tui.shared.run_chart import (
    AXES,
    REACHES,
    ChartChoice,
    ChartInk,
    Reach,
    StepWindow,
    shown_reports,
    step_at,
    step_x,
)
from cftui.tui.train.pictures import Rivals, constant_rate, lists_chart, loss_chart, rate_chart
from cftui.tui.train.reading import neighbour, reading_words
from cftui.tui.train.windows import moved, zoomed
from cftui.tui.workspace import LOOKING

VIEWS = ("both", "loss", "rate", "lists")
"""`lists`: the loss, and below it recall and NDCG in the learning rate's place."""
GUTTER = 8
"""Cells left of both charts, so that a step stands at one place in both."""
STRIDE = 10
"""Reports that shift and an arrow move along."""
HINT = "c or the mouse reads values; + - or the wheel zoom, [ ] move along"


class RunCharts(Vertical, can_focus=True):
    """Loss, and learning rate or lists below it; with the focus, arrows read values off them."""

    SCOPED_CSS = False  # classes of the screen that tell its size stand above
    DEFAULT_CSS = """
    RunCharts {
        height: 1fr;
        & #loss { height: 3fr; }
        & #rate { height: 1fr; min-height: 6; }
        & #reading { height: 1; padding: 0 1; color: $text-muted; }
        &.-reading #reading { color: $text-accent; }
        &.-constant #rate, &.-loss-only #rate, &.-rate-only #loss { display: none; }
        &.-rate-only #rate { display: block; }
        &.-lists #rate { display: block; height: 2fr; }
    }
    .-short RunCharts #rate { display: none; }
    .-short RunCharts.-rate-only #rate, .-short RunCharts.-lists #rate { display: block; }
    .-short RunCharts.-lists #loss { display: none; }
    .-short RunCharts #reading { display: none; }
    .-short RunCharts.-reading #reading { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "read(-1)", "Read", show=False, id="charts.left"),
        Binding("right", "read(1)", "Read", show=False, id="charts.right"),
        Binding("shift+left", f"read(-{STRIDE})", "Read", show=False, id="charts.far-left"),
        Binding("shift+right", f"read({STRIDE})", "Read", show=False, id="charts.far-right"),
        Binding("home", "read_end(0)", "First", show=False, id="charts.first"),
        Binding("end", "read_end(-1)", "Last", show=False, id="charts.last"),
        Binding("up", "zoom(2)", "Zoom in", show=False, id="charts.in"),
        Binding("down", "zoom(-2)", "Zoom out", show=False, id="charts.out"),
        Binding("escape", "leave", "Leave", show=False, id="charts.leave"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._memory, self._paint = services.memory, services.paint
        self._history = History()
        self._rivals: Rivals = ()
        self._view = "both"
        self._window: StepWindow | None = None
        self._reach: Reach = REACHES[0]
        self._step: int | None = None
        """At which the charts are read."""
        self._came_from: Widget | None = None

    def compose(self) -> ComposeResult:
        """Lay out the charts, and the line that says what was read."""
        yield ReadableChart(self._paint, id="loss", placeholder=LOOKING)
        yield ReadableChart(self._paint, id="rate", placeholder="The learning rate", pause=1.0)
        yield Static("", id="reading", markup=False)

    @property
    def loss(self) -> ReadableChart:
        """Return the chart of the losses."""
        return self.query_one("#loss", ReadableChart)

    @property
    def second(self) -> ReadableChart:
        """Return the chart below it."""
        return self.query_one("#rate", ReadableChart)

    @property
    def reading(self) -> str:
        """Return what was read; empty where nothing is."""
        return "" if self._step is None else reading_words(self._history, self._step)

    def is_on(self, action: str) -> bool:
        """Return whether what an action of the pane turns on is on."""
        state = self._memory.state
        return {
            "log": state.log_loss,
            "log_x": state.log_x,
            "zoom(2)": self._window is not None,
            "range": self._reach != REACHES[0],
            "read": self._step is not None,
        }.get(action, False)

    def show(self, history: History, rivals: Rivals = ()) -> None:
        """Draw a run's curves as far as they have come; another run's from their beginning.

        `rivals`: marked runs that it is measured with.
        """
        self._rivals = tuple(rivals)
        if history is not self._history:
            self._history, self._window, self._step = history, None, None
        self.set_class(constant_rate(history) is not None, "-constant")
        self.redraw()

    def clear(self) -> None:
        """Show no run."""
        for chart in self.query(ChartView):
            chart.clear()

    def redraw(self) -> None:
        """Draw anew, after a change of what is wanted."""
        self.loss.show(self._loss)
        self.second.show(partial(self._chart, lists_chart if self._view == "lists" else rate_chart))
        self._show_reading()

    def _loss(self, width: int, height: int) -> Chart:
        return self._chart(
            partial(loss_chart, bare=self.second.display, rivals=self._rivals), width, height
        )

    def _chart(self, make: Callable[..., Chart], width: int, height: int) -> Chart:
        app = self.app
        ink = ChartInk(theme_foreground(app), series_colours(app, 4), bool(app.no_color))
        return make(self._history, self._choice, ink, width, height)

    @property
    def _choice(self) -> ChartChoice:
        state = self._memory.state
        return ChartChoice(
            state.x_axis,
            state.log_loss,
            state.log_x,
            self._window,
            state.marker,  # type: ignore[arg-type]
            self._reach,
            GUTTER,
        )

    # What the user wants to see

    def next_view(self) -> None:
        """Show the next of both charts, the loss, the learning rate, the loss and the lists."""
        self._view = VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)]
        self.set_class(self._view == "rate", "-rate-only")
        self.set_class(self._view == "loss", "-loss-only")
        self.set_class(self._view == "lists", "-lists")
        self.redraw()

    def next_axis(self) -> None:
        """Take the next x axis."""
        axis = self._memory.state.x_axis
        place = AXES.index(axis) if axis in AXES else -1
        self._memory.update(x_axis=AXES[(place + 1) % len(AXES)])
        self.redraw()

    def next_range(self) -> None:
        """Take the next range of the loss axis."""
        self._reach = REACHES[(REACHES.index(self._reach) + 1) % len(REACHES)]
        self.redraw()

    def action_zoom(self, by: int) -> None:
        """Show half as much, or twice as much, around what is read, else of the latest."""
        self._look(zoomed(self._history, self._window, by, self._step))

    def pan(self, by: int) -> None:
        """Show what is earlier or later."""
        self._look(moved(self._history, self._window, by))

    def whole(self) -> None:
        """Show all steps."""
        self._look(None)

    def _look(self, window: StepWindow | None) -> None:
        if window != self._window:
            self._window = window
            self.redraw()

    # Reading

    def read(self) -> None:
        """Take the focus, and read at the end or where it was read last."""
        if not self.has_focus:
            self._came_from = self.screen.focused
        self.focus()
        self._read_at(self._step if self._step is not None else self._shown[1])

    @property
    def _shown(self) -> tuple[int, int]:
        """Return the first and the last reported step on show; 0 where there is none."""
        first, last = shown_reports(self._history, self._window)
        steps = self._history.curve.step
        return (steps[first], steps[last - 1]) if last > first else (0, 0)

    def action_read(self, by: int) -> None:
        """Read so many reports on; the window comes along."""
        begin = self._step if self._step is not None else self._shown[1]
        self._read_at(neighbour(self._history, begin, by if self._step is not None else 0))
        first, last = self._shown
        if self._step is not None and not first <= self._step <= last:
            self.pan(-1 if self._step < first else 1)

    def action_read_end(self, place: int) -> None:
        """Read at the first or the last step on show."""
        self._read_at(self._shown[place])

    def action_leave(self) -> None:
        """Stop reading, and give the focus back."""
        self._read_at(None)
        if self._came_from is not None and self._came_from.is_attached:
            self._came_from.focus()
        else:
            self.screen.focus_next()

    def _read_at(self, step: int | None) -> None:
        self._step = step
        self._show_reading()

    def _show_reading(self) -> None:
        words = self.reading
        at = step_x(self._history, self._choice, self._step or 0) if words else None
        for chart in self.query(ReadableChart):
            chart.at = at
        line = self.query_one("#reading", Static)
        self.set_class(bool(words), "-reading")
        words = words or (HINT if len(self._history.curve) else "")
        if str(line.content) != words:
            line.update(words, layout=False)

    def on_readable_chart_pointed(self, message: ReadableChart.Pointed) -> None:
        """Read where the mouse is."""
        message.stop()
        self._read_at(step_at(self._history, self._choice, message.x))

    def on_readable_chart_left(self, message: ReadableChart.Left) -> None:
        """Stop reading where the mouse was, but not where keys are."""
        message.stop()
        if not self.has_focus:
            self._read_at(None)

    def on_readable_chart_wheeled(self, message: ReadableChart.Wheeled) -> None:
        """Zoom around the mouse, or move along."""
        message.stop()
        if message.move:
            self.pan(message.move)
            return
        at = step_at(self._history, self._choice, message.x)
        self._look(zoomed(self._history, self._window, 2 * message.zoom, at))
