"""The map itself: points in braille, drawn here, with a window that moves over them."""

from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cftui.tui.explore.item_map.drawing import Line, MapInks, drawn
from cftui.tui.explore.item_map.inks import styles_for
from cftui.tui.explore.item_map.points import MapPoints, Tally
from cftui.tui.explore.item_map.raster import ASPECT, Marker, Window, nearest, raster, whole
from cftui.tui.shared.heat import Heated

ZOOM = 1.5
"""Of one key."""
FARTHEST, CLOSEST = 4.0, 1e5
"""How many times smaller and larger than the whole map it may be drawn."""
STEP, LEAP = 16, 2
"""Parts of the window that an arrow moves it by, and an arrow with shift."""


class MapCanvas(Widget, Heated, can_focus=True):
    """MapPoints on a plane; the cursor is the point at the middle of the window."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"map--label", "map--cursor", "map--word"}
    DEFAULT_CSS = """
    MapCanvas {
        width: 1fr;
        height: 1fr;
        & > .map--label { color: $foreground; }
        & > .map--word { color: $foreground-muted; }
        & > .map--cursor { color: $foreground; text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "pan(-1, 0)", "Left", show=False, id="map.left"),
        Binding("right,l", "pan(1, 0)", "Right", show=False, id="map.right"),
        Binding("up,k", "pan(0, -1)", "Up", show=False, id="map.up"),
        Binding("down,j", "pan(0, 1)", "Down", show=False, id="map.down"),
        Binding("shift+left,H", "leap(-1, 0)", "Far left", show=False, id="map.far-left"),
        Binding("shift+right,L", "leap(1, 0)", "Far right", show=False, id="map.far-right"),
        Binding("pageup,shift+up,K", "leap(0, -1)", "Far up", show=False, id="map.far-up"),
        Binding("pagedown,shift+down,J", "leap(0, 1)", "Far down", show=False, id="map.far-down"),
        Binding("enter", "choose", "Open", show=False, id="map.choose"),
    ]

    @dataclass
    class WindowMoved(Message):
        """The window shows something else; `point` is at its middle, where there is any."""

        point: int | None
        tally: Tally

        def can_replace(self, message: Message) -> bool:
            """A newer one makes an older one pointless."""
            return isinstance(message, MapCanvas.WindowMoved)

    @dataclass
    class Chosen(Message):
        """The user went on from the point at the middle."""

        point: int

    def __init__(self) -> None:
        super().__init__()
        self.marker: Marker = "braille"
        self.labelled = True
        self.word = ""
        """What stands here while there is nothing to draw."""
        self.points: MapPoints | None = None
        self.window: Window | None = None
        """What part of the plane is in view; none before anything was drawn."""
        self._whole = True
        """Whether all of the map is to be in view, whatever the size."""
        self.point: int | None = None
        """The cursor."""
        self._held: int | None = None
        """What the window was brought to: it stays the cursor until the window moves."""
        self._lines: list[Line] = []
        self._base = Style()

    def show(self, points: MapPoints | None, *, anew: bool = False) -> None:
        """Draw points; `anew`: all of them, wherever the window was, the cursor where it is."""
        if points is None:
            self._whole, self._held, self.point = True, None, None
        elif anew:
            self._whole, self._held = True, self.point
        self.points = points
        self.draw()

    def turn(self, points: MapPoints) -> None:
        """Draw the same points at other places, as large as before and about the cursor."""
        self.points = points
        if self.point is None or self._whole:
            self.show(points, anew=True)
        else:
            self.bring(self.point)

    def bring(self, point: int) -> None:
        """Have a point at the middle, and as the cursor."""
        if self.points is not None and self.window is not None:
            x, y = float(self.points.xs[point]), float(self.points.ys[point])
            self._held, self._whole = point, False
            self.window = replace(self.window, x=x, y=y)
            self.draw()

    def bring_whole(self) -> None:
        """Have all points in view; the cursor stays where it is until the window moves."""
        self._whole, self._held = True, self.point
        self.draw()

    def draw(self) -> None:
        """Draw anew; only the lines that differ go to the terminal."""
        before, self._lines = self._lines, self._drawn() if self.is_mounted else []
        if len(before) != len(self._lines) or not self._lines:
            self.refresh()
            return
        changed = [y for y, line in enumerate(self._lines) if line != before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def on_resize(self, event: events.Resize) -> None:
        """Show as much of the map in the new size, or all of it as before."""
        self.draw()

    def notify_style_update(self) -> None:
        """Draw in the colours of another theme or palette."""
        super().notify_style_update()
        if self._lines:
            self.draw()

    def _drawn(self) -> list[Line]:
        """Return the lines as they should be, and tell what is in view."""
        points, (width, height) = self.points, self.size
        if points is None or not width or not height:
            return []
        fits = whole(points.frame, width, height)
        window = fits
        if self.window is not None and not self._whole:
            window = replace(self.window, width=width, height=height)
        self.window, self.point = window, self._cursor(points, window)
        grid = raster(window, points.xs, points.ys, points.shown, points.inks, self.marker)
        shown = int(points.shown.sum())
        tally = Tally(grid.in_view, shown - grid.in_view, len(points.shown) - shown)
        self.post_message(self.WindowMoved(self.point, tally))
        return drawn(points, grid, self.point, self._palette(points), labelled=self.labelled)

    def _cursor(self, points: MapPoints, window: Window) -> int | None:
        if self._held is not None and points.shown[self._held]:
            return self._held
        return nearest(window, points.xs, points.ys, points.shown, points.often)

    def _palette(self, points: MapPoints) -> MapInks:
        base = self.rich_style
        return MapInks(
            [base + style for style in styles_for(self.app, points.inks)],
            base,
            base + self.get_component_rich_style("map--label", partial=True),
            base + self.get_component_rich_style("map--cursor", partial=True),
        )

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region; their common style is found once."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width, style = self.size.width, self._base
        if y < len(self._lines):
            return Strip(self._lines[y]).adjust_cell_length(width, style)
        if self._lines or y != self.size.height // 2:
            return Strip.blank(width, style)
        words = Segment(self.word, style + self.get_component_rich_style("map--word", partial=True))
        return Strip([Segment(" ", style), words]).adjust_cell_length(width, style)

    # Moving

    def _move(self, window: Window) -> None:
        self.window, self._held, self._whole = window, None, False
        self.draw()

    def action_pan(self, columns: int, lines: int) -> None:
        """Move the window by a part of it."""
        self._pan(columns, lines, STEP)

    def action_leap(self, columns: int, lines: int) -> None:
        """Move the window by half of it."""
        self._pan(columns, lines, LEAP)

    def _pan(self, columns: int, lines: int, part: int) -> None:
        if self.window is not None:
            width, height = self.size
            across, down = max(width // part, 1), max(height // part, 1)
            self._move(self.window.moved(columns * across, lines * down))

    def zoom(self, times: float) -> None:
        """Draw everything so many times as large; the middle, or what was brought there, stays."""
        points, window = self.points, self.window
        if points is None or window is None:
            return
        least = whole(points.frame, *self.size).cell
        cell = min(max(window.cell / times, least / CLOSEST), least * FARTHEST)
        self.window, self._whole = replace(window, cell=cell), False
        self.draw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in where the mouse is."""
        self._zoom_at(event, ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out where the mouse is."""
        self._zoom_at(event, 1 / ZOOM)

    def _zoom_at(self, event: events.MouseEvent, times: float) -> None:
        event.stop()
        if self.window is not None:
            share = 1 - 1 / times
            width, height = self.size
            across, down = event.x - width / 2, event.y - height / 2
            self._move(self.window.moved(across * share, down * share))
            self.zoom(times)

    def on_click(self, event: events.Click) -> None:
        """Bring what was clicked to the middle; go on from it where it was there already."""
        points, window = self.points, self.window
        if points is None or window is None:
            return
        width, height = self.size
        across, down = event.x + 0.5 - width / 2, event.y + 0.5 - height / 2
        there = nearest(
            window.moved(across, down), points.xs, points.ys, points.shown, points.often
        )
        if there is not None and there == self.point and max(abs(across), abs(down * ASPECT)) < 2:
            self.action_choose()
        elif there is not None:
            self.bring(there)

    def action_choose(self) -> None:
        """Go on from the point at the middle."""
        if self.point is not None:
            self.post_message(self.Chosen(self.point))
