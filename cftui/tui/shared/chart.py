"""A chart that the painter draws elsewhere: the newest description in, few changed lines out."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.app import App
from textual.color import Color, ColorParseError, Lab, rgb_to_lab
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cftui.charts import Chart, Colour, Drawing, PlotFrame, TextRun
from cftui.text import plain
from cftui.tui.services.child import Superseded

PAUSE = 0.33
"""Least seconds between the beginnings of two frames."""

HUES = ("primary", "accent", "success", "error", "secondary", "warning")
"""Theme variables that series take their colours from, in this order."""

SPARES = ("#4e9ff5", "#f5a742", "#5bc27a", "#e0607e", "#a98bf0", "#3fc1c9", "#d4c04a", "#d783c9")
"""Colours for the further series, and where a theme's own are too much alike."""


class ChartView(Widget, can_focus=False):
    """Shows a chart of its own size; asks for a frame only when shown, and when it would differ.

    `paint` draws a chart elsewhere; what it raises is shown in its words.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--word"}
    DEFAULT_CSS = """
    ChartView {
        width: 1fr;
        height: 1fr;
        min-height: 4;
        & > .chart--word { color: $foreground-muted; }
    }
    """

    placeholder: reactive[str] = reactive("")
    """What stands here while nothing has been drawn: one sentence."""

    def __init__(
        self,
        paint: Callable[[Chart], Awaitable[Drawing]],
        *,
        placeholder: str = "",
        pause: float = PAUSE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(ChartView.placeholder, placeholder)
        self._paint = paint
        self._pause = pause
        self._make: Callable[[int, int], Chart] | None = None
        self._painted: Chart | None = None
        self._lines: tuple[tuple[TextRun, ...], ...] = ()
        self.frame: PlotFrame | None = None
        """Where the plot is in the lines on show; none where there is no plot."""
        self._failure = ""
        self._stale = False
        self._busy = False
        self._began = -1e9
        self._base = Style()

    def show(self, make_chart: Callable[[int, int], Chart]) -> None:
        """Draw what `make_chart(width, height)` describes, now or when next there is time.

        It is called again after a resize or a change of theme, so it reads the colours itself.
        """
        self._make = make_chart
        self._wish()

    def clear(self) -> None:
        """Forget the chart and show the placeholder."""
        self._make = self._painted = self.frame = None
        self._lines, self._failure, self._stale = (), "", False
        self.refresh()

    @property
    def painted(self) -> Chart | None:
        """The chart on show; none before the first drawing and after a failure."""
        return self._painted

    @property
    def drawn(self) -> tuple[tuple[TextRun, ...], ...]:
        """The lines on show; none before the first drawing and after a failure."""
        return self._lines

    def on_mount(self) -> None:
        """Look again whenever the screen is laid out anew (also when it comes back to the top)."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._draw_if_shown())
        self.app.theme_changed_signal.subscribe(self, lambda _: self._wish())

    def on_show(self) -> None:
        """Draw what came while this was hidden."""
        self._draw_if_shown()

    def on_resize(self, event: events.Resize) -> None:
        """Draw again at the new size."""
        self._wish()

    def watch_placeholder(self) -> None:
        """Show the new sentence, where it is on show."""
        if not self._lines:
            self.refresh()

    def _seen(self) -> bool:
        return bool(self.is_attached and self.size and self.is_on_screen and self._uncovered())

    def _uncovered(self) -> bool:
        """Tell whether every screen above this one's can be seen through."""
        for screen in reversed(self.app.screen_stack):
            if screen is self.screen:
                return True
            if screen.styles.background.a == 1:
                return False
        return False

    def _wish(self) -> None:
        self._stale = self._make is not None
        self._draw_if_shown()

    def _draw_if_shown(self) -> None:
        """Start drawing if something waits and it would be seen; ends by itself when done."""
        if self._stale and not self._busy and self._seen():
            self._busy = True
            self._draw()

    @work(group="chart", exit_on_error=False, description="Drawing a chart")
    async def _draw(self) -> None:
        try:
            while self._stale and self._seen():
                await asyncio.sleep(max(0.0, self._began + self._pause - time.monotonic()))
                # what was wished for while asleep is in this frame
                if self._make is None or not self._seen():
                    continue
                self._stale = False
                self._began = time.monotonic()
                await self._draw_frame(self._make)
        finally:
            self._busy = False

    async def _draw_frame(self, make: Callable[[int, int], Chart]) -> None:
        try:
            chart = make(self.size.width, self.size.height)
            if chart == self._painted:
                return
            drawing = await self._paint(chart)
        except Superseded:
            self._stale = True
        except Exception as error:  # whatever the painter or the maker met; it is shown
            self._painted = self.frame = None
            self._put((), str(error) or type(error).__name__)
        else:
            if self._make is not None:
                self._painted, self.frame = chart, drawing.frame
                self._put(drawing.lines, "")

    def _put(self, lines: tuple[tuple[TextRun, ...], ...], failure: str) -> None:
        """Take new lines; refresh only those that differ, which keeps the terminal's bytes few."""
        before, self._lines = self._lines, lines
        if len(before) != len(lines) or not lines:
            if before or lines or failure != self._failure:
                self.refresh()
        else:
            width = self.size.width
            changed = [row for row, line in enumerate(lines) if line != before[row]]
            if changed:
                self.refresh(*(Region(0, row, width, 1) for row in changed))
        self._failure = failure

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region; their common style is found once."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line: of the chart, or of the word that stands in its place."""
        base, width = self._base, self.size.width
        if not self._lines:
            return self._word_line(y, base)
        if y >= len(self._lines):
            return Strip.blank(width, base)
        segments = [
            Segment(text, base + Style.parse(ink) if ink else base) for text, ink in self._lines[y]
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _word_line(self, y: int, base: Style) -> Strip:
        words = _wrapped(plain(self._failure or self.placeholder), self.size.width - 2)
        row = y - (self.size.height - len(words)) // 2
        if not 0 <= row < len(words):
            return Strip.blank(self.size.width, base)
        left = (self.size.width - cell_len(words[row])) // 2
        style = self.get_component_rich_style("chart--word")
        strip = Strip([Segment(" " * left, base), Segment(words[row], base + style)])
        return strip.adjust_cell_length(self.size.width, base)


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def series_colours(app: App[Any], count: int = 8) -> tuple[Colour, ...]:
    """Return `count` colours for series, from the theme, apart from each other and its background.

    Light or dark: each is moved away from the background until it can be read.
    """
    variables = app.theme_variables
    hues = tuple(variables.get(name) for name in HUES)
    return _apart(variables.get("surface"), app.current_theme.dark, hues, count)


@lru_cache(maxsize=32)
def _apart(
    surface: str | None, dark: bool, hues: tuple[str | None, ...], count: int
) -> tuple[Colour, ...]:
    background = _parsed(surface) or _grey(not dark)
    ink = Color(255, 255, 255) if background.brightness < 0.5 else Color(0, 0, 0)
    wanted = [_parsed(hue) for hue in hues] + [Color.parse(spare) for spare in SPARES]
    candidates = [_readable(colour, background, ink) for colour in wanted if colour]
    chosen: list[Color] = []
    for least in (32.0, 18.0, 0.0):
        for colour in candidates:
            apart = all(_distance(colour, other) > least for other in chosen)
            if apart and colour not in chosen and len(chosen) < count:
                chosen.append(colour)
    return tuple(chosen[index % len(chosen)].rgb for index in range(count))


def theme_foreground(app: App[Any]) -> Colour:
    """Return the theme's colour of text, for a chart's titles and axes."""
    found = theme_colour(app, "foreground")
    return (found or _grey(app.current_theme.dark)).rgb


def theme_colour(app: App[Any], name: str) -> Color | None:
    """Return a theme variable's colour; None where it has no red, green and blue of its own."""
    return _parsed(app.theme_variables.get(name))


def _grey(light: bool) -> Color:
    return Color(224, 224, 224) if light else Color(30, 30, 30)


def _parsed(value: str | None) -> Color | None:
    """Return a theme variable's colour; None for what has no red, green and blue of its own."""
    try:
        colour = Color.parse(value or "")
    except ColorParseError:
        return None
    return None if colour.ansi is not None or colour.auto else colour


def _readable(colour: Color, background: Color, ink: Color) -> Color:
    for _ in range(8):
        if abs(rgb_to_lab(colour).L - rgb_to_lab(background).L) >= 35:
            break
        colour = colour.blend(ink, 0.15)
    return colour


def _distance(one: Color, other: Color) -> float:
    """Return how unlike two colours look (CIE 1976; a difference of 2 is just seen)."""
    a, b = (Lab(*rgb_to_lab(colour)) for colour in (one, other))
    return math.dist((a.L, a.a, a.b), (b.L, b.a, b.b))
