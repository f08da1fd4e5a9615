"""Where a screen at rest says what is not so: what is drawn, held against files and values.

`lies(app)` looks once; `lies_at_rest` first waits until nothing is on its way, and believes a lie
only where it stays. What is drawn is read off the compositor's strips (`drawn.py`); what is so, by
csv, json and numpy (`known.py`). Each lie begins with the name of the check that found it.
"""

import asyncio
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict

from drawn import Drawn, agrees
from known import bundled
from lies_of_explore import biases_lies, movie_lies, user_lies, you_lies
from lies_of_ratings import crosstab_lies, data_lies
from lies_of_runs import run_rows_lies, runs_lies, train_lies
from textual.worker import WorkerState

from cftui import paths
from cftui.questions.data import AS_RECOGNISED
from cftui.tui.app import CftuiApp
from cftui.tui.explore.kind_bar import KindBar
from cftui.tui.explore.pane import KINDS
from cftui.tui.explore.view import View
from cftui.tui.panes import PANES
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.key_bar import KeyBar
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.tab_bar import TabBar

PATIENCE_SECONDS = 4.0
"""How long a lie has to become true: runs are listed once a second, charts later still."""
REST_SECONDS = 10.0
LOOK_SECONDS = 0.1
BUT = " — "
"""Stands between what is said and what is so."""
LOOKS_BESIDE_WORKERS = 8
ESCAPED = re.compile(r"\[\d+(;\d+)*m|\[\?\d+[hl]")
"""What is left on show of an escape that was cut."""
AS_BUNDLED = {"source": paths.BUNDLED, **asdict(AS_RECOGNISED)}
CHECKS = {
    "data": data_lies,
    "crosstab": crosstab_lies,
    "train": train_lies,
    "runs": runs_lies,
    "users": user_lies,
    "movies": movie_lies,
    "biases": biases_lies,
    "you": you_lies,
}


def lies(app: CftuiApp) -> list[str]:
    """Return what the screen says now that is not so."""
    drawn = Drawn(app)
    found = [*line_lies(drawn)]
    for grid in drawn.widgets(Grid):
        found += grid_lies(drawn, grid)
    if len(app.screen_stack) > 1:
        for grid in drawn.widgets(Grid):
            if {"run", "best"} <= set(grid.shown_widths):
                found += run_rows_lies(drawn, grid)
        return found
    return [*found, *frame_lies(app, drawn), *_lies_of_view(app, drawn)]


def _lies_of_view(app: CftuiApp, drawn: Drawn) -> Iterator[str]:
    """Yield those of the pane, or Explore's view, that is in view."""
    for pane in drawn.widgets(Pane):
        if pane.id in ("train", "runs") or _on_bundled(app):
            view = pane.view_name if pane.id == "explore" else pane.id
            if view in CHECKS:
                yield from CHECKS[view](app, drawn, pane)


def _on_bundled(app: CftuiApp) -> bool:
    """Return whether the ratings that the workspace names are those whose files are known here."""
    now = app.workspace
    return now.ratings is not None and not now.opening and now.data_settings == AS_BUNDLED


# The frame: lines, tabs, keys, tables


def line_lies(drawn: Drawn) -> Iterator[str]:
    """Yield lines that are not as wide as the screen, or hold what acts on a terminal."""
    width = drawn.screen.size.width
    for y, strip in enumerate(drawn.strips):
        if strip.cell_length != width:
            yield f"lines: line {y} has {strip.cell_length} cells of {width}"
        if any(unicodedata.category(letter) == "Cc" for letter in strip.text):
            yield f"lines: line {y} holds a control character: {strip.text!r}"
        if ESCAPED.search(strip.text):
            yield f"lines: line {y} shows what is left of an escape: {strip.text!r}"


def frame_lies(app: CftuiApp, drawn: Drawn) -> Iterator[str]:
    """Yield what tab bar and key bar say of a pane that is not in view."""
    for bar in drawn.widgets(TabBar):
        line = "".join(drawn.rows_of(bar).get(0, []))
        panes = [pane.id for pane in drawn.widgets(Pane)]
        marked = [entry.id for entry in PANES if f"[{entry.key} " in line]  # it may be cut behind
        if line and marked != panes:
            yield f"tabs: marks {marked}, in view: {panes}"
        if line and _on_bundled(app):
            yield from _headline_lies(line)
    for bar in drawn.widgets(KindBar):
        line = "".join(drawn.rows_of(bar).get(0, []))
        kinds = [view.id for view in drawn.widgets(View)]
        marked = [kind for kind, key, label in KINDS if f"[{key} {label}]" in line]
        if line and marked != kinds:
            yield f"kinds: marks {marked}, in view: {kinds}"
    for keys in drawn.widgets(KeyBar):
        yield from key_lies(drawn, keys)


def _headline_lies(line: str) -> Iterator[str]:
    """Yield what is wrong about the ratings named at the right of the tabs."""
    known = bundled()
    about = line.rpartition(f" {PANES[-1].title}")[2].strip("] ") if PANES[-1].title in line else ""
    sizes = {int(one.replace(",", "")) for one in re.findall(r" ([\d,]+) [uamr]", about)}
    true = {len(known.by_user), len(known.by_item), len(known.rows)}
    if about and not (about.startswith(paths.BUNDLED) and sizes <= true):
        yield f"headline: {about!r} — but the files hold {sorted(true)}"


def key_lies(drawn: Drawn, bar: KeyBar) -> Iterator[str]:
    """Yield keys on show that do nothing here, or something else."""
    line = "".join(drawn.rows_of(bar).get(0, []))
    active = drawn.screen.active_bindings.values()
    shown = {
        f" {drawn.screen.app.get_key_display(one.binding)} {one.binding.description} "
        for one in active
    }
    rest = line
    for words in sorted(shown, key=len, reverse=True):
        rest = rest.replace(words, " " * len(words), 1)
    if rest.strip():
        yield f"keys: {rest.split('  ')!r} are no keys here: {line!r}"


def grid_lies(drawn: Drawn, grid: Grid) -> Iterator[str]:
    """Yield where a table's lines are not its rows at its scroll offset, the cursor's marked."""
    name = f"grid {grid.id}"
    listed, columns = grid.listed, {column.called: column for column in grid.shown_columns}
    top, lines = grid.scroll_offset.y, grid.scrollable_content_region.height - 1
    for column, label in drawn.header(grid).items():
        order = grid.order
        arrow = order.arrow if order is not None and order.column == column else ""
        wanted = columns[column].label
        if not agrees(label.strip().removesuffix(arrow), wanted) and not (
            arrow and wanted.startswith(label.strip().removesuffix(arrow))
        ):
            yield f"{name}: heads {label!r} over {wanted!r}"
    for row in drawn.table(grid):
        for column, text in row.cells.items():
            wanted = str(columns[column].key(listed[row.place]))  # type: ignore[misc]
            if not agrees(text, wanted):
                yield f"{name}: row {row.place} says {text!r} for {wanted!r} under {column!r}"
        if grid.scroll_offset.x == 0 and row.marked != (row.place == grid.cursor_row):
            yield f"{name}: mark at row {row.place} is {row.marked}, cursor at {grid.cursor_row}"
    if len(listed) and lines > 0 and not top <= grid.cursor_row < top + lines:
        yield f"{name}: cursor at {grid.cursor_row} is out of view: {top} and {lines} lines"
    for y, cells in drawn.rows_of(grid).items():
        nothing = y > 0 and (top + y - 1 >= len(listed))
        if nothing and (listed or y != min(2, grid.size.height - 1)) and "".join(cells).strip():
            yield f"{name}: line {y} says {''.join(cells)!r} where no row is"


# Rest


def at_work(app: CftuiApp) -> str:
    """Return what is on its way that will change the screen; empty where nothing is."""
    if app.key_order._burst:
        return "keys"
    if any(child._queue or child._running for child in app._children):
        return "a question"
    if app.workspace.opening is not None and app.workspace.opening.doing:
        return "ratings"
    charts = app.screen.query(ChartView)
    return "a chart" if any(c._busy or (c._stale and c._seen()) for c in charts) else ""


async def lies_at_rest(app: CftuiApp, restless: list[str] | None = None) -> list[str] | None:
    """Return what stays untrue of a screen at rest; none where it did not come to rest.

    Two looks in a row that find nothing at work and the same lines are rest; more where a worker
    goes on. Why there was none is added to `restless`.
    """
    end, before, why, alike = time.monotonic() + REST_SECONDS, None, "", 0
    while time.monotonic() < end and not app._exit:
        await asyncio.sleep(LOOK_SECONDS)
        why = at_work(app)
        now = None if why else [s.text for s in app.screen._compositor.render_strips()]
        alike = alike + 1 if now is not None and now == before else 0
        # A dialog's worker waits for the user; another one soon changes something, or ends.
        if alike and (alike > LOOKS_BESIDE_WORKERS or not _workers(app)):
            return await _staying(app)
        before = now
    if restless is not None:
        restless.append("it ended" if app._exit else why or "it changes")
    return None


def _workers(app: CftuiApp) -> bool:
    return any(one.state in (WorkerState.PENDING, WorkerState.RUNNING) for one in app.workers)


async def _staying(app: CftuiApp) -> list[str] | None:
    """Return the lies that are found at every look: what moves on may be late, but not stale."""
    found = lies(app)
    staying, end = {lie.partition(BUT)[0] for lie in found}, time.monotonic() + PATIENCE_SECONDS
    while staying and time.monotonic() < end:
        await asyncio.sleep(LOOK_SECONDS)
        if app._exit:
            return None
        found = lies(app)
        staying &= {lie.partition(BUT)[0] for lie in found}
    return [lie for lie in found if lie.partition(BUT)[0] in staying]
