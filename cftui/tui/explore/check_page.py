"""A check of a run in sections: as many as there is room for, or one at a time."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from cftui.charts import Chart, Marker
from cftui.questions.check import CheckAnswer, HeldOutPrediction
from cftui.questions.covered import brief_coverage, coverage_lines
from cftui.runs.twins import Twins
from cftui.text import plain
from cftui.tui.explore.calibration import calibration_chart
from cftui.tui.explore.check_tables import method_columns, method_lines, worst_columns
from cftui.tui.explore.check_words import audit_words, comparison_words
from cftui.tui.explore.joint import JointHistogram
from cftui.tui.explore.residual_table import ResidualTable
from cftui.tui.services.services import Services
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.run_chart import ChartInk
from cftui.tui.shared.sections import OVERVIEW, SectionedPage

SECTIONS = {
    "joint": "Predicted → against actual ↑   │ equal",
    "methods": "Figures   ± 95 % over users",
    "calibration": "Calibration",
    "worst": "Worst predictions",
    "residuals": "Residuals: mean of predicted − actual, RMSE, ratings",
    "audit": "Split audit",
}
IN_OVERVIEW = ("joint", "methods", "calibration", "worst")
LARGE = 150
"""Cells from which on there is room for all."""
ROOMY = 28
"""Lines from which on every comparison has all its words."""
WORDY = 100
"""Cells of the figures from which on methods are told of in all their words."""


class CheckPage(SectionedPage):
    """Joint histogram, figures beside baselines, calibration, residuals, worst, split audit."""

    SECTIONS: ClassVar[Mapping[str, str]] = SECTIONS
    SMALL: ClassVar[tuple[int, int]] = (100, 26)
    SCOPED_CSS = False
    DEFAULT_CSS = """
    CheckPage {
        layout: grid; grid-size: 2; grid-columns: 5fr 7fr; grid-rows: 5fr 4fr; height: 1fr;
        & > .section {
            border: round $primary-muted;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
        }
        & > .section:focus-within { border: round $primary; }
        & Grid, & Grid:focus { border: none; }
        & #comparisons {
            height: auto; padding: 0 1; color: $text-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & #audit { padding: 0 1; }
        & #coverage { height: auto; padding: 0 1; color: $text-muted; }
    }
    CheckPage.-roomy #comparisons { text-wrap: wrap; }
    CheckPage.-all { grid-size: 3; grid-columns: 1fr 74 1fr; grid-rows: 5fr 4fr; }
    CheckPage.-one { grid-size: 1; grid-columns: 1fr; grid-rows: 1fr; }
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._answer: CheckAnswer | None = None
        self._twins: Twins | None = None
        self._items = "movies"

    def compose(self) -> ComposeResult:
        """Lay out every section; which are shown is for classes to say."""
        with Vertical(id="joint", classes="section"):
            yield JointHistogram()
        with Vertical(id="methods", classes="section"):
            yield Grid(method_columns(None), id="figures")
            yield Static("", id="comparisons", markup=False)
        with Vertical(id="calibration", classes="section"):
            yield ChartView(self._services.paint)
        with Vertical(id="worst", classes="section"):
            yield Grid(worst_columns(), id="first")
        with Vertical(id="residuals", classes="section"):
            yield ResidualTable()
            yield Static("", id="coverage", markup=False)
        with Vertical(id="audit", classes="section"):
            yield Static("", markup=False)

    @property
    def answer(self) -> CheckAnswer | None:
        """Return what is on show."""
        return self._answer

    @property
    def worst(self) -> HeldOutPrediction | None:
        """Return the prediction that the cursor is on."""
        grid = self.query_one("#first", Grid)
        return grid.rows[grid.cursor_place] if grid.rows else None

    def show(self, answer: CheckAnswer | None, items_word: str) -> None:
        """Show an answer, or none."""
        self._answer, self._items = answer, items_word
        self.query_one(JointHistogram).show(answer.joint if answer else None)
        self.query_one(ResidualTable).show(answer.residuals if answer else (), items_word)
        figures = self.query_one("#figures", Grid)
        figures.set_columns(method_columns(answer))
        self._put_figures()
        worst = answer.worst if answer else ()
        self.query_one("#first", Grid).set_columns(worst_columns(worst))
        self.query_one("#first", Grid).set_rows(worst)
        self._put_coverage()
        words = comparison_words(answer) if answer else ""
        self.query_one("#comparisons", Static).update(_safe(words.splitlines()))
        self._put_audit()
        self.draw()

    def _put_coverage(self) -> None:
        coverage = self._answer.coverage if self._answer else None
        lines, told = coverage_lines(coverage, self._items), self.query_one("#coverage", Static)
        told.display = bool(lines)
        told.update(_safe(lines))
        title = f"{SECTIONS['calibration']} · {brief_coverage(coverage)}" if coverage else ""
        self.query_one("#calibration").border_title = title or SECTIONS["calibration"]

    def show_twins(self, twins: Twins | None) -> None:
        """Show how the run does beside the one on the other split."""
        self._twins = twins
        self._put_audit()

    def _put_audit(self) -> None:
        words = audit_words(self._answer.audit, self._twins) if self._answer else ""
        self.query_one("#audit > Static", Static).update(_safe(words.splitlines()))

    def _put_figures(self) -> None:
        answer, figures = self._answer, self.query_one("#figures", Grid)
        wide = figures.size.width >= WORDY
        figures.set_rows(method_lines(answer, wide=wide) if answer else ())
        figures.styles.min_height = len(figures.rows) + 1

    def draw(self) -> None:
        """Draw the chart, anew after a change of its marks."""
        chart = self.query_one(ChartView)
        if self._answer is None:
            chart.clear()
        else:
            chart.show(self._chart)

    def _chart(self, width: int, height: int) -> Chart:
        assert self._answer is not None
        app = self.app
        ink = ChartInk(theme_foreground(app), series_colours(app, 3), bool(app.no_color))
        marker: Marker = self._services.memory.state.marker  # type: ignore[assignment]
        return calibration_chart(self._answer.calibration, marker, ink, width, height)

    # Which sections are on show

    def turn(self, steps: int) -> None:
        """Show another section alone, or all there is room for, and give its table the focus."""
        super().turn(steps)
        self.focus_section()

    def focus_section(self) -> None:
        """Give the focus to the table on show that can be walked through; else to the view."""
        grids = [grid for grid in self.query(Grid) if _shown(grid, self)]
        target: Widget | None = grids[-1] if grids else self.parent  # type: ignore[assignment]
        if target is not None:
            target.focus()

    def in_overview(self, section: str) -> bool:
        """Return whether there is room for a section in the overview."""
        return section in IN_OVERVIEW or self.size.width >= LARGE

    def show_sections(self) -> None:
        """Show what there is room for, and tell where among them one that is alone stands."""
        super().show_sections()
        view = self.shown_view
        self.set_class(view == OVERVIEW and self.size.width >= LARGE, "-all")
        self.set_class(view != OVERVIEW and self.size.height >= ROOMY, "-roomy")
        for place, name in enumerate(SECTIONS, start=1):
            alone = f"{place} of {len(SECTIONS)}, v: next"
            self.query_one(f"#{name}").border_subtitle = alone if view == name else ""
        self.call_after_refresh(self._fit_tables)

    def on_resize(self, event: Resize) -> None:
        """Show what there is room for; a table that comes takes the focus from what goes."""
        self.show_sections()
        focused = self.screen.focused
        hidden = focused is not None and self in focused.ancestors and not _shown(focused, self)
        if hidden or (isinstance(self.parent, Widget) and self.parent.has_focus):
            self.focus_section()

    def _fit_tables(self) -> None:
        self._put_figures()


def _shown(widget: Widget, within: Widget) -> bool:
    ancestors = (node for node in widget.ancestors_with_self if isinstance(node, Widget))
    for node in ancestors:
        if node is within:
            return True
        if not node.display:
            return False
    return False


def _safe(lines: Iterable[str]) -> str:
    return "\n".join(map(plain, lines))
