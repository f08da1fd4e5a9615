"""The plane with all that stands around it: what its axes, its colours and its cursor tell."""

from dataclasses import dataclass, replace
from itertools import combinations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from cftui.questions.item_map import ItemMap, ItemScores, MapAxis, MappedItems
from cftui.questions.items import ItemFilter
from cftui.text import plain
from cftui.tui.explore.item_map.canvas import MapCanvas
from cftui.tui.explore.item_map.ends import EndLists, axis_words
from cftui.tui.explore.item_map.inks import Colouring, Legend, inks_for, legend_text
from cftui.tui.explore.item_map.making import passing_items
from cftui.tui.explore.item_map.points import MapPoints
from cftui.tui.explore.item_map.raster import MapFrame, Marker, PointInks
from cftui.tui.explore.item_map.words import item_words, made_of, share_words, tally_words
from cftui.tui.explore.view import filter_words
from cftui.tui.shared.sized import SHORT

SHOWN_AXES = 4
"""Components of which pairs are the axes by turns."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What the plane shows."""

    items: MappedItems
    found: ItemMap
    scores: ItemScores | None
    colouring: Colouring
    only: ItemFilter
    marker: Marker
    whose: str
    """Which run places them, and as of when; empty by likes."""
    moment: str = ""
    """Which former moment of the run it is; empty for the newest."""
    newest: bool = True
    """Whether it is no former moment of a run, which would be drawn in the newest one's frame."""
    why_no_run: str = ""


class MapPlane(Vertical):
    """The canvas between its axes and its legend, or the lists of the axes' ends."""

    SCOPED_CSS = False  # a class of the screen that tells its size stands above it
    DEFAULT_CSS = """
    MapPlane { width: 1fr; }
    MapPlane #about, MapView.-short MapPlane #about { height: auto; max-height: 8; }
    MapPlane #here { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    MapPlane #legend { height: 2; padding: 0 1; }
    MapPlane #legend { color: $text-muted; }
    .-short MapPlane #legend, .-wide MapPlane #legend { height: 1; }
    MapPlane EndLists { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self._pair = 0
        self._frame: tuple[object, MapFrame] | None = None
        """Of which axes of what, and where the newest map lies on them."""
        self._drawn: tuple[PointInks, Legend] | None = None

    def compose(self) -> ComposeResult:
        """Lay out what the axes are, the canvas, the cursor and the legend."""
        yield Static("", id="about", markup=False)
        yield MapCanvas()
        yield EndLists()
        yield Static("", id="here", markup=False)
        yield Static("", id="legend", markup=False)

    @property
    def canvas(self) -> MapCanvas:
        """Return the map itself."""
        return self.query_one(MapCanvas)

    def show(self, shown: Shown) -> None:
        """Show a map; another one than before begins with all of it in view."""
        before, self.shown = self.shown, shown
        self._pair = min(self._pair, len(self._pairs) - 1)
        self._draw(anew=before is None or before.found.way != shown.found.way)
        self._show_axes()

    def clear(self, word: str) -> None:
        """Show a word instead of a map."""
        self.shown = None
        self.canvas.word = word
        self.canvas.show(None)
        for name in ("#here", "#legend"):
            self.query_one(name, Static).update("")

    def change(self, **changes: object) -> None:
        """Show the same map otherwise."""
        if self.shown is not None:
            self.shown = replace(self.shown, **changes)  # type: ignore[arg-type]
            self._draw()

    def turn_axes(self, turns: int) -> None:
        """Take another pair of components."""
        if self.shown is not None:
            self._pair = (self._pair + turns) % len(self._pairs)
            self.canvas.turn(self._points())
            self._show_axes()

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        n = len(self.shown.found.axes) if self.shown else 2
        return list(combinations(range(min(n, SHOWN_AXES)), 2))

    def _draw(self, *, anew: bool = False) -> None:
        if self.shown is not None:
            self.canvas.marker = self.shown.marker
            self.canvas.show(self._points(), anew=anew)

    def _points(self) -> MapPoints:
        """Return what is shown as points on the axes, and remember the legend."""
        shown = self.shown
        assert shown is not None
        found, items = shown.found, shown.items
        passing = passing_items(items, shown.only)
        inks, legend = inks_for(shown.colouring, items, found, shown.scores, passing)
        self._drawn = inks, legend
        across, up = self._pairs[self._pair]
        xs, ys = found.positions[:, across], found.positions[:, up]
        of = (found.way, across, up)
        if self._frame is None or self._frame[0] != of or shown.newest:
            self._frame = of, MapFrame.around(xs, ys)
        return MapPoints(
            xs=xs,
            ys=ys,
            titles=items.titles,
            often=items.n_ratings,
            shown=passing,
            inks=inks,
            frame=self._frame[1],
        )

    def _show_axes(self) -> None:
        shown = self.shown
        if shown is None:
            return
        across, up = self._pairs[self._pair]
        axes = ((across + 1, shown.found.axes[across]), (up + 1, shown.found.axes[up]))
        self._tell(axes)
        self.query_one(EndLists).show(axes)

    def _tell(self, axes: tuple[tuple[int, MapAxis], ...]) -> None:
        """Say what the plane is; where there is little room, not what it was made of."""
        shown, about = self.shown, self.query_one("#about", Static)
        assert shown is not None
        lines = [f"{arrow} {axis_words(*axis)}" for arrow, axis in zip("→↑", axes, strict=True)]
        lines += filter(None, (share_words([axis for _, axis in axes]),))
        if shown.why_no_run:
            lines.append(plain(f"no run: {shown.why_no_run}"))
        if self.app.size.height >= SHORT or not shown.newest:
            lines.append(made_of(shown.found, shown.whose))
        words = "\n".join(lines)
        if str(about.content) != words:
            about.update(words)

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        if self.shown is not None:
            self._show_axes()

    @on(MapCanvas.WindowMoved)
    def _moved(self, message: MapCanvas.WindowMoved) -> None:
        """Tell what the cursor is on, and what became of all points; others hear of it too."""
        shown, point = self.shown, message.point
        if shown is None or self._drawn is None:
            return
        here = "" if point is None else item_words(shown.items, shown.found, point)
        # Without a new layout: their sizes are settled, and every key comes by here.
        self.query_one("#here", Static).update(here, layout=False)
        moment = f"{shown.moment}   " if shown.moment else ""
        told = Text(f"{moment}{tally_words(message.tally, filter_words(shown.only))}   ")
        told.append_text(legend_text(self.app, *self._drawn))
        self.query_one("#legend", Static).update(told, layout=False)
