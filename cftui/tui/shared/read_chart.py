"""A chart that values are read off: an upright line at a value of x, moved by keys and mouse."""

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from cftui.charts import UNDER
from cftui.tui.shared.chart import ChartView


class ReadableChart(ChartView):
    """A chart with a line to read at; it draws that itself, so that it follows keys at once."""

    at: reactive[float | None] = reactive(None, repaint=False)
    """The value of x at which it is read; none where it is not."""

    @dataclass
    class Pointed(Message):
        """The mouse is over a value of x."""

        x: float

    class Left(Message):
        """The mouse has gone."""

    @dataclass
    class Wheeled(Message):
        """The wheel was turned over a value of x: to zoom, or to move along."""

        x: float
        zoom: int
        """1 for in, -1 for out; 0 to move."""
        move: int
        """-1 for earlier, 1 for later."""

    def watch_at(self, before: float | None, now: float | None) -> None:
        """Draw the two columns anew."""
        self._refresh_column(before)
        self._refresh_column(now)

    def column_of(self, x: float | None) -> int | None:
        """Return the column at which a value of x stands; none where it is not on show."""
        return None if x is None or self.frame is None else self.frame.column(x)

    def _refresh_column(self, x: float | None) -> None:
        column = self.column_of(x)
        if column is not None and self.frame is not None:
            self.refresh(Region(column, self.frame.top, 1, self.frame.rows))

    def render_line(self, y: int) -> Strip:
        """Return one line, with the line to read at on it."""
        strip, column = super().render_line(y), self.column_of(self.at)
        if column is None or self.frame is None:
            return strip
        if not self.frame.top <= y < self.frame.top + self.frame.rows:
            return strip
        cell = strip.crop(column, column + 1)
        if cell.text not in UNDER:  # nor is there a cell, where what is drawn was for a wider room
            return strip
        (segment, *_) = cell
        style = (segment.style or self.rich_style) + self._base
        rest = strip.crop(column + 1)
        return Strip.join([strip.crop(0, column), Strip([Segment("│", style)]), rest])

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Read where the mouse is."""
        self._point(event.x)

    def on_leave(self) -> None:
        """Tell that the mouse has gone."""
        self.post_message(self.Left())

    def on_click(self, event: events.Click) -> None:
        """Read where the mouse was pressed."""
        self._point(event.x)

    def _point(self, column: int) -> None:
        frame = self.frame
        if frame is not None and frame.left <= column < frame.left + frame.columns:
            self.post_message(self.Pointed(frame.x(column)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in; with shift or ctrl, show what is earlier."""
        self._turn(event, zoom=1, move=-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out; with shift or ctrl, show what is later."""
        self._turn(event, zoom=-1, move=1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Show what is earlier."""
        self._turn(event, zoom=0, move=-1)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Show what is later."""
        self._turn(event, zoom=0, move=1)

    def _turn(self, event: events.MouseEvent, *, zoom: int, move: int) -> None:
        if self.frame is None:
            return
        event.stop()
        moving = not zoom or event.shift or event.ctrl
        turned = self.Wheeled(self.frame.x(event.x), 0 if moving else zoom, move if moving else 0)
        self.post_message(turned)
