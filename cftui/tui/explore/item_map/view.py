"""Explore, the map: all movies on a plane, near those that are like them."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from cftui.people import load_profile
from cftui.questions.item_map import ItemMap
from cftui.tui.explore.finder import Finder
from cftui.tui.explore.item_map.canvas import ZOOM, MapCanvas
from cftui.tui.explore.item_map.commands import COMMANDS
from cftui.tui.explore.item_map.inks import COLOURINGS, Colouring
from cftui.tui.explore.item_map.making import MapMaker
from cftui.tui.explore.item_map.nearby import NearbyGrid
from cftui.tui.explore.item_map.plane import MapPlane, Shown
from cftui.tui.explore.item_map.raster import Marker
from cftui.tui.explore.item_map.words import ABOUT, moment_words
from cftui.tui.explore.view import OpenItem, View
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid

PLAY_SECONDS = 0.12
"""Between two moments of a run."""
FOLLOW_SECONDS = 1.0
"""Between two looks for new moments of a live run."""


class MapView(View):
    """Items on the plane of two principal components."""

    ABOUT: ClassVar[str] = ABOUT
    SCOPED_CSS = False
    DEFAULT_CSS = """
    MapView #near { width: 36; }
    MapView.-narrow #near { display: none; }
    MapView.-wide #near { width: 50; }
    MapView Finder { display: none; }
    MapView.-search Finder { display: block; }
    MapView.-ends MapCanvas, MapView.-ends #near, MapView.-ends #here { display: none; }
    MapView.-ends EndLists { display: block; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(COMMANDS),
        Binding("escape", "end_search", show=False, id="map.end-search"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__("map", services)
        self._memory = services.memory
        self._maker = MapMaker(services.ask, lambda error: self.refused(str(error)))
        self._by_likes = False
        """Whether likes are wished for though a run could answer."""
        self._at: int | None = None
        """The moment on show; none for the newest."""
        self._of_run = ""
        """The run that `_at` is of."""

    def compose(self) -> ComposeResult:
        """Lay out the map between a search, when there is one, and what is near the cursor."""
        with Horizontal():
            yield Finder("movies", self._ask.ask, enter_goes_on=True)
            yield MapPlane()
            yield NearbyGrid(self._ask.ask)

    @property
    def plane(self) -> MapPlane:
        """Return the map with what stands around it."""
        return self.query_one(MapPlane)

    @property
    def canvas(self) -> MapCanvas:
        """Return the map itself."""
        return self.plane.canvas

    @property
    def finder(self) -> Finder:
        """Return the search."""
        return self.query_one(Finder)

    @property
    def colouring(self) -> Colouring:
        """Return what colours tell."""
        chosen = self._memory.state.map_colour
        return next((one for one in COLOURINGS if one == chosen), COLOURINGS[0])

    def on_mount(self) -> None:
        """Ask for the map."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.redraw())
        self.set_interval(FOLLOW_SECONDS, self._look_again)
        self.data_changed()

    def on_show(self) -> None:
        """Take up what was rated since, where colours tell of it."""
        if self.plane.shown is not None and self.colouring == "you":
            self._ask_scores()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        (self.query_one("#right", Grid) if self.has_class("-ends") else self.canvas).focus()

    def data_changed(self) -> None:
        """Map other items."""
        self._maker.forget()
        self.finder.search_in(self.setting.summary)
        self.plane.clear(f"Placing the {self.setting.items_word} …")
        self.run_changed()

    def run_changed(self) -> None:
        """Ask another run, or its newer weights."""
        if self._run != self._of_run:
            self._of_run, self._at = self._run, None
        self._ask_map()

    def narrowed(self) -> None:
        """Show other points."""
        self.redraw()

    def refused(self, words: str) -> None:
        """Show why there is no map."""
        self.plane.clear("There is no map")
        self.query_one("#about", Static).update("")
        self.say(words)
        self.refresh_offer()

    # The map

    @property
    def _run(self) -> str:
        """Return the run that is to place items; empty for none."""
        return "" if self._by_likes else self.setting.answering_path

    @work(exclusive=True, group="ask", exit_on_error=False, description="Making a map")
    async def _ask_map(self) -> None:
        found = await self._maker.make(self.setting, self._run, self._at)
        if self._at not in self._steps:
            self._at = None  # thinned meanwhile
        if found is not None:
            self._take(found)

    def _take(self, found: ItemMap) -> None:
        """Show a map."""
        assert self._maker.items is not None
        marker: Marker = self._memory.state.marker  # type: ignore[assignment]
        shown = Shown(
            self._maker.items,
            found,
            self._maker.scores,
            self.colouring,
            self.only,
            marker,
            whose=self.by(found.step),
            moment=moment_words(self._maker.moments, self._at),
            newest=self._at is None,
            why_no_run=self._maker.why_no_run,
        )
        self.plane.show(shown)
        if self.colouring == "you" and self._maker.scores is None:
            self._ask_scores()
        self.refresh_offer()

    def redraw(self) -> None:
        """Draw anew, after a change of marks, of the theme, of colours, or of what passes."""
        self.plane.change(
            scores=self._maker.scores,
            colouring=self.colouring,
            only=self.only,
            marker=self._memory.state.marker,
        )

    @on(MapCanvas.WindowMoved)
    def _moved(self, message: MapCanvas.WindowMoved) -> None:
        message.stop()
        shown, summary = self.plane.shown, self.setting.summary
        if shown is not None and summary is not None:
            found, point = shown.found, message.point
            item = None if point is None else shown.items.items[point]
            run = self._run if found.step is not None else ""
            near = self.query_one(NearbyGrid)
            near.look_at(summary.store, item, run, found.step, found.min_ratings)

    # What the user does here

    def action_search(self) -> None:
        """Type a title, and see where it is."""
        self.remove_class("-ends")
        self.add_class("-search")
        self.finder.search.focus()

    @on(Finder.Came)
    def _came(self, message: Finder.Came) -> None:
        message.stop()
        items = self._maker.items
        sought = self.has_class("-search") and self.finder.search.value.strip()
        if items is not None and sought and message.key in items.items:
            self.canvas.bring(items.items.index(message.key))

    @on(Finder.RowChosen)
    def _found(self, message: Finder.RowChosen) -> None:
        message.stop()
        self.action_end_search()

    def action_end_search(self) -> None:
        """Go on from what was found."""
        if self.has_class("-search"):
            self.remove_class("-search")
            self.canvas.focus()

    def action_zoom(self, direction: int) -> None:
        """Draw larger or smaller."""
        self.canvas.zoom(ZOOM**direction)

    def action_whole(self) -> None:
        """Have all of it in view."""
        self.canvas.bring_whole()

    def action_colour(self) -> None:
        """Have colours tell something else."""
        place = COLOURINGS.index(self.colouring)
        self._memory.update(map_colour=COLOURINGS[(place + 1) % len(COLOURINGS)])
        if self.colouring == "you":
            self._ask_scores()
        self.redraw()

    @work(exclusive=True, group="scores", exit_on_error=False, description="Scoring for you")
    async def _ask_scores(self) -> None:
        """Ask what all are to who rates in You; of who has rated nothing, say so."""
        summary = self.setting.summary
        if summary is None:
            return
        self._memory.writer.flush()
        yours = load_profile(summary.fingerprint, self._memory.state.profile)
        if yours.rated:
            await self._maker.score(self.setting, yours)
        else:
            self._maker.scores = None
            words = "Nothing is rated yet: y, then enter on a title"
            self.notify(words, title="Colour: for you", markup=False, timeout=4)
        self.redraw()

    def action_axes(self, turns: int) -> None:
        """Take another pair of components."""
        self.plane.turn_axes(turns)

    def action_ends(self) -> None:
        """Show both ends of the axes as lists, or the map again."""
        self.toggle_class("-ends")
        self.focus_first()

    def action_labels(self) -> None:
        """Show or hide titles."""
        self.canvas.labelled = not self.canvas.labelled
        self.canvas.draw()

    def action_source(self) -> None:
        """Place items by the run's factors, or by likes."""
        self._by_likes = not self._by_likes
        self.run_changed()

    def action_open(self) -> None:
        """Open what the cursor is on."""
        if self.canvas.has_focus:
            self.canvas.action_choose()
        else:
            super().action_open()

    @on(MapCanvas.Chosen)
    def _chosen(self, message: MapCanvas.Chosen) -> None:
        message.stop()
        if self._maker.items is not None:
            self.post_message(OpenItem(self._maker.items.items[message.point]))

    # Moments of the run

    @property
    def _steps(self) -> tuple[int, ...]:
        return self._maker.moments.steps if self._maker.moments else ()

    def action_moment(self, turns: int) -> None:
        """Go to an earlier or a later moment; the last of them is the newest, and followed."""
        self.workers.cancel_group(self, "play")
        steps = self._steps
        if steps:
            now = steps.index(self._at) if self._at in steps else len(steps) - 1
            place = min(max(now + turns, 0), len(steps) - 1)
            self._at = steps[place] if place < len(steps) - 1 else None
            self._ask_map()

    @work(exclusive=True, group="play", exit_on_error=False, description="Playing the moments")
    async def action_play(self) -> None:
        """Show one moment after the other, from the first where the newest is on show."""
        steps = self._steps
        first = steps.index(self._at) if self._at in steps else 0
        for step in steps[first:]:
            self._at = step if step != steps[-1] else None
            found = await self._maker.make(self.setting, self._run, self._at)
            if found is not None:
                self._take(found)
            await asyncio.sleep(PLAY_SECONDS)

    def _look_again(self) -> None:
        """Follow a run that is training, where nobody looks at one of its older moments."""
        row = self.setting.row
        if row is not None and row.alive and self._run and self._at is None and self.is_on_screen:
            self._follow()

    @work(exclusive=True, group="follow", exit_on_error=False, description="Looking for moments")
    async def _follow(self) -> None:
        if await self._maker.look(self._run) and self._at is None:
            self._ask_map()

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        action = action.partition("(")[0]
        if action == "source" and not self.setting.answers:
            return "No run has finished an epoch yet: likes alone place the movies"
        if action not in {"search", "filter"} and self.plane.shown is None:
            return "There is no map yet"
        if action in {"moment", "play"} and len(self._steps) < 2:
            return "Only a run keeps moments, and this one has no others than its last"
        return None
