"""What the lab draws of a moment: the table of steps, the contour and the errors."""

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget

from cftui.charts import Chart, Marker
from cftui.questions.race import MOST_RACERS
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.pictures import contour_chart, error_chart
from cftui.tui.lab.step_table import StepTable
from cftui.tui.services.services import Services
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.run_chart import ChartInk

SECTIONS = {
    "steps": "Steps",
    "contour": "Loss over the weights, a → b ↑",
    "errors": "RMSE over all points",
}


class Sections(Widget):
    """Table, contour and errors: all where there is room, else one of them."""

    DEFAULT_CSS = """
    Sections {
        height: 1fr;
        & #steps { height: 1fr; }
        & #pictures { height: 1fr; }
        & .section {
            border: round $primary-muted;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
        }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._moment: Moment | None = None
        self._view = "all"
        self._roomy = False
        self._by_epoch = False

    def compose(self) -> ComposeResult:
        """Lay out the table above the pictures."""
        with Vertical(id="steps", classes="section"):
            yield StepTable()
        with Horizontal(id="pictures"):
            with Container(id="contour", classes="section"):
                yield ChartView(self._services.paint)
            with Container(id="errors", classes="section"):
                yield ChartView(self._services.paint)

    def on_mount(self) -> None:
        """Name the sections."""
        for name, title in SECTIONS.items():
            self.query_one(f"#{name}").border_title = title
        self._show_view()

    @property
    def table(self) -> StepTable:
        """Return the table of steps."""
        return self.query_one(StepTable)

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the sections on show."""
        return tuple(name for name in SECTIONS if self.query_one(f"#{name}").display)

    def show(self, moment: Moment) -> None:
        """Show a moment."""
        self._moment = moment
        self.table.show(moment.answer.focused, moment.racer.place)
        self.say_left_out()
        self.redraw()

    # Views

    def fit(self, *, roomy: bool) -> None:
        """Show what there is room for."""
        self._roomy = roomy
        if self.is_mounted:  # else it does when it is
            self._show_view()

    def turn_view(self) -> None:
        """Show one section alone, the next, or all there is room for."""
        views = ["all", *SECTIONS] if self._roomy else ["all", "contour", "errors"]
        now = self._view if self._view in views else views[0]
        self._view = views[(views.index(now) + 1) % len(views)]
        self._show_view()

    def turn_axis(self) -> None:
        """Draw the errors by epoch, or by step."""
        self._by_epoch = not self._by_epoch
        words = "RMSE of each epoch, as met" if self._by_epoch else SECTIONS["errors"]
        self.query_one("#errors").border_title = words
        self.redraw()

    @property
    def _alone(self) -> str:
        """The section on show alone; `all` where that is none."""
        return "steps" if self._view == "all" and not self._roomy else self._view

    def _show_view(self) -> None:
        for name in SECTIONS:
            self.query_one(f"#{name}").display = self._alone in ("all", name)
        self.query_one("#pictures").display = self._alone != "steps"
        self._subtitle("errors", self._place_words("errors"))
        self.say_left_out()

    def _place_words(self, name: str) -> str:
        place = list(SECTIONS).index(name) + 1
        return f"{place} of {len(SECTIONS)}, v: next" if self._alone == name else ""

    def say_left_out(self) -> None:
        """Say below the table which columns there is no room for."""
        left_out = ", ".join(self.table.left_out)
        words = (f"no room for {left_out}" if left_out else "", self._place_words("steps"))
        self._subtitle("steps", " · ".join(filter(None, words)))

    def _subtitle(self, name: str, words: str) -> None:
        section = self.query_one(f"#{name}")
        if section.border_subtitle != words:  # else the whole of it is drawn anew
            section.border_subtitle = words

    # Pictures

    def redraw(self) -> None:
        """Draw the charts anew, as after a change of their marks."""
        if (moment := self._moment) is None:
            return

        def contour(width: int, height: int) -> Chart:
            return contour_chart(moment, *self._inks(), width, height)

        def errors(width: int, height: int) -> Chart:
            return error_chart(moment, self._by_epoch, *self._inks(), width, height)

        self.query_one("#contour > ChartView", ChartView).show(contour)
        self.query_one("#errors > ChartView", ChartView).show(errors)
        rings = ", ".join(f"{rmse:.3g}" for rmse, _ in reversed(moment.answer.landscape.rings))
        self._subtitle("contour", f"rings: RMSE {rings}" if rings else "")

    def _inks(self) -> tuple[Marker, ChartInk]:
        colours = series_colours(self.app, MOST_RACERS)
        ink = ChartInk(theme_foreground(self.app), colours, bool(self.app.no_color))
        marker: Marker = self._services.memory.state.marker  # type: ignore[assignment]
        return marker, ink
