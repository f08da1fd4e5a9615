"""Explore's map: no point is lost, labels keep apart, and what its keys do."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import about, explore, table, until
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import Static

from cftui.people import Profile, save_profile
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.directory import Run
from cftui.runs.moments import save_moment
from cftui.tui.explore.item_map.canvas import MapCanvas
from cftui.tui.explore.item_map.inks import COLOURINGS, ramp
from cftui.tui.explore.item_map.labels import label_text, placed
from cftui.tui.explore.item_map.raster import (
    ASPECT,
    BRAILLE,
    DOTS,
    QUADRANTS,
    MapFrame,
    Marker,
    PointInks,
    Window,
    nearest,
    raster,
    whole,
)
from cftui.tui.explore.item_map.view import MapView
from cftui.tui.explore.movie import MovieView
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.shared.contrast import contrast
from cftui.tui.shared.palettes import PALETTES, Palette

N = 10_000


def points(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.standard_t(3, N).astype(np.float32), draw.normal(size=N).astype(np.float32)


def dots_of(glyph: int, marker: Marker) -> set[tuple[int, int]]:
    """Return (line, column) of the dots that a character shows."""
    if chr(glyph) == " ":
        return set()
    if marker == "dot":
        return {(0, 0)}
    if marker == "hd":
        bits = QUADRANTS.index(chr(glyph))
        return {divmod(at, 2) for at in range(4) if bits >> at & 1}
    bits = glyph - 0x2800
    return {(y, x) for y in range(4) for x in range(2) if bits & BRAILLE[y][x]}


@pytest.mark.parametrize("marker", ["braille", "hd", "dot"])
def test_no_point_is_lost(marker: Marker) -> None:
    xs, ys = points()
    inks = PointInks("category", np.arange(N) % 5, 4)
    start = whole(MapFrame.around(xs, ys), 118, 33)
    everything = np.ones(N, np.bool_)
    grid = raster(start, xs, ys, everything, inks, marker)
    assert grid.in_view == N and int(grid.counts.sum()) == N
    for window in (start.zoomed(7.3), start.zoomed(40).moved(100, -20), start.zoomed(1e4)):
        shown = np.arange(N) % 3 > 0
        grid = raster(window, xs, ys, shown, inks, marker)
        half = window.cell * window.width / 2, window.cell * ASPECT * window.height / 2
        inside = shown & (np.abs(xs - window.x) < half[0]) & (np.abs(ys - window.y) < half[1])
        assert abs(grid.in_view - inside.sum()) <= 2  # those at the edge, by rounding
        assert int(grid.counts.sum()) == grid.in_view
        # Each point in view has its very dot, reckoned one by one.
        across, down = DOTS[marker]
        expected: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for at in np.flatnonzero(grid.inside):
            column, line = float(window.columns_of(xs)[at]), float(window.lines_of(ys)[at])
            cell = int(line), int(column)
            dot = int((line - cell[0]) * down), int((column - cell[1]) * across)
            expected.setdefault(cell, set()).add(dot)
        for (line, column), dots in expected.items():
            found = dots_of(int(grid.glyphs[line, column]), marker)
            assert len(found - dots) <= 1 >= len(dots - found)  # float32 at a dot's edge
        assert {*zip(*np.nonzero(grid.counts), strict=True)} == {*expected}
        assert ((grid.inks >= 0) == (grid.counts > 0)).all()


def test_inks_tell_the_commonest_the_mean_and_how_many() -> None:
    window = Window(0.0, 0.0, 1.0, 2, 1)
    xs = np.array([-0.5, -0.5, -0.4, 0.5, 0.6], np.float32)
    ys, shown = np.zeros(5, np.float32), np.ones(5, np.bool_)

    def of(kind: str, values: list[int]) -> list[int]:
        inks = PointInks(kind, np.array(values), 3)  # type: ignore[arg-type]
        found: list[int] = raster(window, xs, ys, shown, inks, "braille").inks[0].tolist()
        return found

    assert of("category", [1, 1, 0, 2, 3]) == [1, 2]
    assert of("level", [0, 2, 3, 2, 2]) == [1, 2]
    assert of("level", [0, 0, 0, 3, 3]) == [0, 3]
    assert of("density", [0] * 5) == [1, 1]


def test_the_most_rated_about_the_middle_is_the_cursor() -> None:
    window = Window(0.0, 0.0, 1.0, 40, 20)
    xs, ys = np.array([0.1, 1.0, 9.0], np.float32), np.zeros(3, np.float32)
    shown, often = np.ones(3, np.bool_), np.array([3, 50, 900])
    assert nearest(window, xs, ys, shown, often) == 1
    assert nearest(window.moved(30, 0), xs, ys, shown, often) == 2
    assert nearest(window, xs, ys, ~shown, often) is None


def test_labels_keep_apart_and_the_first_ones_win() -> None:
    draw = np.random.default_rng(4)
    wanted = [
        (at, int(draw.integers(0, 78)), int(draw.integers(0, 20)), f"Film {at} of many (1999)")
        for at in range(300)
    ]
    found = placed(wanted, 80, 20)
    cells: set[tuple[int, int]] = set()
    for label in found:
        own = {(label.line, label.column + at) for at in range(len(label.text))}
        assert not own & cells and label.column >= 0 and label.column + len(label.text) <= 80
        cells |= own
    assert found[0].point == 0 and [one.point for one in found] == sorted(o.point for o in found)
    assert 10 <= len(found) <= 15
    assert label_text("Toy Story (1995)") == "Toy Story"
    assert label_text("\x1b[31mRed\nCar (2001)") == "\ufffd[31mRed Car"
    assert len(label_text("A very long title that goes on and on (2000)")) <= 22


@pytest.mark.parametrize("background", ["#121212", "#000000", "#fafafa", "#ffffff"])
@pytest.mark.parametrize("palette", PALETTES)
def test_what_is_more_stands_out_more(palette: Palette, background: str) -> None:
    ground = Color.parse(background)
    for system in ("truecolor", "256", "standard"):
        found = ramp(palette.shades(system), ground, 9)
        apart = [contrast(shade, ground) for shade in found]
        assert len(found) == 9 and apart == sorted(apart) and len({*found}) >= 3
        assert apart[0] >= 2.0 and apart[-1] > 6.0


async def opened_map(pilot: Pilot[None], pane: ExplorePane) -> MapView:
    await pilot.press("M")
    view = pane.query_one(MapView)
    await until(pilot, lambda: view.canvas.point is not None)
    return view


def line(view: MapView, name: str) -> str:
    return str(view.query_one(f"#{name}", Static).content)


async def test_the_map_by_its_keys(trained_run: Run, bundled: Ratings) -> None:
    async with explore() as (pilot, pane):
        view = await opened_map(pilot, pane)
        canvas = view.canvas
        assert canvas.has_focus and canvas.points is not None and len(canvas.points.xs) == 9066
        await until(pilot, lambda: "9,066 in view" in line(view, "legend"))
        assert "component 1" in about(view) and "step" in about(view)
        await pilot.press("plus", "plus", "plus", "l", "j")
        await until(pilot, lambda: "9,066 = " in line(view, "legend"))
        told = line(view, "legend").split("   ")[0].replace(",", "")
        total, parts = told.split(" = ")
        counts = [int(part.split()[0]) for part in parts.split(" + ")]
        assert sum(counts) == int(total) == 9066 and counts[0] < 9066
        await pilot.press("slash", *"matrix the", "enter")
        await until(pilot, lambda: canvas.has_focus and not view.has_class("-search"))
        await until(pilot, lambda: line(view, "here").startswith("◆ Matrix, The (1999)"))
        await until(pilot, lambda: len(table(view, "#near")) > 5)
        matrix = canvas.points.titles.index("Matrix, The (1999)")
        for key in ("plus", "a", "A", "0", "a", "A"):
            await pilot.press(key)
            assert canvas.point == matrix, key
            await until(pilot, lambda: line(view, "here").startswith("◆ Matrix, The (1999)"))
        await pilot.press("slash", *"no such film", "enter")
        await until(pilot, lambda: not view.finder.found.rows)
        assert view.has_class("-search") and view.finder.search.has_focus
        await pilot.press(*["backspace"] * 12, *"matrix the", "enter")
        await until(pilot, lambda: canvas.has_focus and not view.has_class("-search"))
        await pilot.press("enter")
        await until(pilot, lambda: pane.view_name == "movies")
        await until(
            pilot, lambda: about(pane.query_one(MovieView)).startswith("Matrix, The (1999)")
        )
        await pilot.press("backspace")
        await until(pilot, lambda: pane.view_name == "map")
        await pilot.press("0", "e")
        assert len(table(view, "#right")) == 20 and view.query_one("#right").has_focus
        before = table(view, "#right")
        await pilot.press("a")
        await until(pilot, lambda: "component 3" in about(view))
        assert table(view, "#up") != before
        await pilot.press("e", "n", "n")
        await until(pilot, lambda: "left out (20+ ratings)" in line(view, "legend"))


async def test_what_the_plane_hides_and_why_no_run_places_movies_are_read_to_the_end(
    stored: Path,
) -> None:
    async with explore((80, 24), runs=False) as (pilot, pane):
        view = await opened_map(pilot, pane)
        shown, told = view.plane.shown, view.query_one("#about", Static)
        assert shown is not None and "likes both" not in about(view)

        def read(words: str) -> bool:
            rows = [told.render_line(y).text for y in range(told.size.height)]
            return words in " ".join(" ".join(rows).split())

        share = sum(axis.share for axis in shown.found.axes[:2])
        await until(pilot, lambda: read(f"together {share:.1%} of the variance") and share < 0.5)
        why = "the model of mine has no table item_factors; choose a run of dot-bias, dot or net"
        view.plane.show(replace(shown, why_no_run=why))
        await until(pilot, lambda: read(why))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: read(why) and read("likes both"))


async def test_colours_tell_one_thing_after_the_other(stored: Path, bundled: Ratings) -> None:
    save_profile(bundled.fingerprint, Profile((("1", 5.0), ("260", 4.5))))
    async with explore(runs=False) as (pilot, pane):
        view = await opened_map(pilot, pane)
        assert "likes both" in about(view) and view.why_not("source")
        heads = (
            "genre: ■Drama",
            "year",
            "ratings",
            "mean rating",
            "for you, by likes",
            "how many in a cell",
        )
        for head in heads:
            await until(pilot, lambda head=head: f"{head}" in line(view, "legend"))
            await pilot.press("c")
        assert len(heads) == len(COLOURINGS)


async def test_it_goes_with_the_theme_the_marker_and_the_size(stored: Path) -> None:
    async with explore((80, 24), runs=False) as (pilot, pane):
        view = await opened_map(pilot, pane)
        canvas = view.query_one(MapCanvas)
        before = canvas.points
        pilot.app.theme = "textual-light"
        await pilot.press("ctrl+t")
        await until(pilot, lambda: canvas.marker == "hd")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: canvas.window is not None and canvas.window.width > 80)
        assert before is not None and canvas.points is not None
        await until(pilot, lambda: "9,066 in view" in line(view, "legend"))


async def test_moments_are_gone_through_played_and_followed(
    trained_run: Run, tables: dict[str, np.ndarray]
) -> None:
    step, factors = load_checkpoint(trained_run.last).step, tables["item_factors"]
    for at, share in ((0, 0.01), (step // 2, 0.5)):
        save_moment(trained_run.path, at, factors * share)
    async with explore() as (pilot, pane):
        view = await opened_map(pilot, pane)
        newest = view.canvas.points
        assert newest is not None and "moment" not in line(view, "legend")
        await pilot.press("comma", "comma")
        await until(pilot, lambda: "moment 1 of 3" in line(view, "legend"))
        assert "step 0;" in about(view)
        first = view.canvas.points
        # What was a hundredth as large is drawn so, where the newest will be.
        assert first is not None and first.frame == newest.frame
        assert np.allclose(first.xs.std(), 0.01 * newest.xs.std(), rtol=0.01)
        view.run_changed()  # newer weights of a live run leave who looks at an old moment there
        await pilot.pause(0.2)
        assert view._at == 0
        await pilot.press("full_stop")
        await until(pilot, lambda: "moment 2 of 3" in line(view, "legend"))
        await pilot.press("space")
        await until(pilot, lambda: "moment" not in line(view, "legend"))
        assert view.canvas.points is not None and (view.canvas.points.xs == newest.xs).all()
        save_moment(trained_run.path, step + 50, factors * 2)
        view._follow()
        await until(pilot, lambda: f"step {step + 50:,}" in about(view))
        points = view.canvas.points
        assert np.allclose(points.xs.std(), 2 * newest.xs.std(), rtol=0.01)
        # A run of an earlier version, or one whose moments are gone, has its last weights.
        shutil.rmtree(trained_run.path / "moments")
        view.run_changed()
        await until(pilot, lambda: f"step {step:,}" in about(view))
        assert view.why_not("play")
