"""A data set's profile in sections: as many as there is room for, or one at a time."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from cftui.charts import Chart, Drawing, Marker
from cftui.questions.data import QUANTILES, DataProfile, DataSummary, FirstRow
from cftui.ratings import words
from cftui.ratings.oddity_words import SCREEN, oddity_hint, oddity_lines
from cftui.text import plain
from cftui.tui.data.profile_chart import tail_chart, time_chart
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.run_chart import ChartInk
from cftui.tui.shared.sections import SectionedPage

SECTIONS = {
    "values": "Values",
    "tail": "Long tail",
    "time": "Over time",
    "rows": "First rows",
    "problems": "Problems",
}
LARGE = (120, 44)
"""From here on there is room for the problems too."""
SPREAD_WIDTH = 24
MARGIN = 3
"""Cells of a row of problems that are no text: its mark, and the scrollbar."""
LEAST_WIDTH = 20
HIDDEN_WIDTH = 80
"""Until they are shown."""


LOOKING = "looking at the ratings …"
MOST_TOLD = 2
"""What else is told of a file above the charts, a line each; all of it stands in Problems."""


class ProfileView(SectionedPage):
    """Headline, histogram of values, long tail, ratings over time, first rows, problems."""

    SECTIONS: ClassVar[Mapping[str, str]] = SECTIONS
    SMALL: ClassVar[tuple[int, int]] = (70, 28)
    DEFAULT_CSS = """
    ProfileView {
        height: 1fr;
        & #headline { height: auto; padding: 0 1; }
        & #against {
            display: none;
            height: auto;
            max-height: 6;
            padding: 0 1;
            color: $text-warning;
            text-style: bold;
            &.warns { display: block; }
        }
        & #sections { layout: grid; grid-size: 3; grid-rows: 14 1fr 1fr; height: 1fr; }
        & #sections > * {
            border: round $primary-muted;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
        }
        & #sections > *:focus { border: round $primary; }
        & #values { padding: 0 1; }
        & #tail { column-span: 2; }
        & #time, & #rows { column-span: 3; }
        & #bars, & #spread { text-wrap: nowrap; }
        & #spread { width: 25; padding: 0 0 0 1; }
    }
    ProfileView.-large #rows { column-span: 2; }
    ProfileView.-one #sections { grid-size: 1; grid-rows: 1fr; }
    ProfileView.-one #sections > * { column-span: 1; }
    """

    def __init__(self, paint: Callable[[Chart], Awaitable[Drawing]]) -> None:
        """Draw charts by `paint`."""
        super().__init__(id="profile")
        self._paint = paint
        self._profile: DataProfile | None = None
        self._marker: Marker = "braille"

    def compose(self) -> ComposeResult:
        """Lay out every section; which are shown is for classes to say."""
        yield Static("", id="headline", markup=False)
        yield Static("", id="against", markup=False)
        with Container(id="sections"):
            with Vertical(id="values"):
                yield Static("", id="bars", markup=False)
            with Horizontal(id="tail"):
                yield ChartView(self._paint, id="tail-chart")
                yield Static("", id="spread", markup=False)
            with Vertical(id="time"):
                yield ChartView(self._paint, id="time-chart")
            yield Grid(row_columns(titled=False, dated=True), id="rows")
            yield Grid(
                (Column("what was found, and what was done", None),),
                id="problems",
            )

    def show_summary(self, summary: DataSummary) -> None:
        """Show the headline of ratings whose profile is not there yet."""
        self._profile = None
        self._put_headline(summary, LOOKING)
        self._put_warning(None)
        for chart in self.query(ChartView):
            chart.clear()
        for name in ("bars", "spread"):
            self.query_one(f"#{name}", Static).update("")
        for grid in self.query(Grid):
            grid.set_empty(LOOKING)
            grid.set_rows(())
        for name in ("time", "problems"):
            self.query_one(f"#{name}").border_title = SECTIONS[name]

    def show_profile(self, profile: DataProfile, marker: Marker) -> None:
        """Show a profile."""
        self._profile, self._marker = profile, marker
        self._put_headline(profile, words.id_words(profile))
        self._put_warning(profile)
        self._show_bars()
        self.query_one("#spread", Static).update(spread_words(profile))
        rows = self.query_one("#rows", Grid)
        rows.set_columns(row_columns(titled=profile.titled, dated=profile.timeline is not None))
        rows.set_rows(profile.rows)
        self.query_one("#problems", Grid).set_empty("Nothing: every row is usable")
        self._show_problems()
        left_out = profile.unusable_rows + profile.duplicates + profile.unrated + profile.untimed
        self.query_one("#problems").border_title = (
            f"Problems: {words.left_out_words(profile)}" if left_out else "Problems"
        )
        time = self.query_one("#time")
        time.border_title = f"Over time: {words.time_words(profile)}"
        self.draw(marker)

    def show_failure(self, message: str) -> None:
        """Say why there is no profile."""
        self.query_one("#headline", Static).update(plain(message))
        for grid in self.query(Grid):
            grid.set_empty("")

    def draw(self, marker: Marker) -> None:
        """Draw the charts, anew after a change of theme or marker."""
        self._marker = marker
        if self._profile is not None:
            self.query_one("#tail-chart", ChartView).show(partial(self._chart, tail_chart))
            self.query_one("#time-chart", ChartView).show(partial(self._chart, time_chart))

    @property
    def _large(self) -> bool:
        return self.size.width >= LARGE[0] and self.size.height >= LARGE[1]

    def in_overview(self, section: str) -> bool:
        """Return whether there is room for a section in the overview."""
        return section != "problems" or self._large

    def show_sections(self) -> None:
        """Show what there is room for."""
        self.set_class(self._large, "-large")
        super().show_sections()
        self.call_after_refresh(self._show_problems)

    def on_resize(self, event: Resize) -> None:
        """Show what there is room for."""
        self.show_sections()
        self.call_after_refresh(self._show_bars)

    def _put_headline(self, summary: DataSummary, last: str) -> None:
        lines = (
            words.size_words(summary),
            words.value_words(summary),
            f"{words.left_out_words(summary)}; {last}",
        )
        self.query_one("#headline", Static).update("\n".join(map(plain, lines)))

    def _put_warning(self, profile: DataProfile | None) -> None:
        """Say what of the values will spoil training, what to do, and how the file was taken."""
        lines = [] if profile is None else _against(profile)
        told = () if profile is None else profile.warnings
        lines += told if len(told) <= MOST_TOLD else (told[0], f"{len(told) - 1} more: Problems")
        against = self.query_one("#against", Static)
        against.update("\n".join(plain(line) for line in lines if line))
        against.set_class(any(lines), "warns")

    def _show_problems(self) -> None:
        """List what was found, a sentence in as many rows as it needs."""
        grid = self.query_one("#problems", Grid)
        if self._profile is None:
            return
        lines = [*oddity_lines(self._profile, SCREEN), *words.problem_lines(self._profile)]
        room = max(grid.size.width or HIDDEN_WIDTH, LEAST_WIDTH) - MARGIN
        grid.set_rows([(row,) for line in lines for row in _rows_of(line, room)])

    def _show_bars(self) -> None:
        bars = self.query_one("#bars", Static)
        if self._profile is not None and bars.size.width:
            room = bars.parent.size.height if isinstance(bars.parent, Widget) else None
            bars.update("\n".join(words.value_lines(self._profile, bars.size.width, room)))

    def _chart(self, make: Callable[..., Chart], width: int, height: int) -> Chart:
        app = self.app
        ink = ChartInk(theme_foreground(app), series_colours(app, 4), bool(app.no_color))
        return make(self._profile, self._marker, ink, width, height)


def _rows_of(sentence: str, width: int) -> list[str]:
    """Return a sentence in rows of so many cells, all but the first set in."""
    first, *others = Content(plain(sentence)).wrap(width - 2)
    return [first.plain.rstrip(), *(f"  {row.plain.rstrip()}" for row in others)]


def _against(profile: DataProfile) -> list[str]:
    seeming = profile.unrated_values
    return [
        words.outlier_words(profile),
        words.count_words(profile, "c, where values are chosen beside the columns,"),
        words.unrated_words(seeming, profile.n_ratings, "leave them out: c, and there unrated"),
        oddity_hint(profile),
    ]


def spread_words(profile: DataProfile) -> str:
    """Return quantiles of the number of ratings per user and per item, side by side."""
    lines = [f"{'ratings per':<12}{'user':>5}{profile.items_word.removesuffix('s'):>7}"]
    for place, (name, _) in enumerate(QUANTILES):
        user, item = profile.users.quantiles[place], profile.items.quantiles[place]
        lines.append(f"{name:<10}{user:>7,.0f}{item:>7,.0f}")
    users, items = profile.users, profile.items
    lines += [
        f"{'top 1%':<10}{users.top_1_percent:>7.0%}{items.top_1_percent:>7.0%}",
        f"{'top 10%':<10}{users.top_10_percent:>7.0%}{items.top_10_percent:>7.0%}",
        f"{'only one':<10}{users.single:>7,}{items.single:>7,}",
    ]
    return "\n".join(lines)


def row_columns(*, titled: bool, dated: bool) -> list[Column]:
    """Return the columns of the table of first rows."""

    def cell(name: str) -> Callable[[FirstRow], str]:
        return lambda row: str(getattr(row, name))

    columns = [
        Column("user", 10, key=cell("user")),
        Column("rating", 6, align="right", key=lambda row: f"{row.value:g}"),
        Column("item", 10 if titled else None, key=cell("item")),
    ]
    if titled:
        columns.append(Column("title", None, key=cell("title")))
    if dated:
        columns.append(Column("time", 16, key=cell("time")))
    return columns
