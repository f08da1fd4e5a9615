"""What Data and the crosstab say of ratings, held against the ratings' files."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from drawn import Drawn, agrees, number, rounded
from known import Ratings, Weights, bundled, runs_on_disk
from textual.widgets import Static

from cftui.tui.app import CftuiApp
from cftui.tui.crosstab.pane import CrosstabPane
from cftui.tui.data.pane import DataPane
from cftui.tui.shared.grid import Grid

HERE = "◂"
UNRATED = "·"
SETTINGS = re.compile(r"([\d,]+) train, ([\d,]+) valid")


def data_lies(app: CftuiApp, drawn: Drawn, pane: DataPane) -> Iterator[str]:
    """Yield what Data says of the ratings that are open."""
    known = bundled()
    if pane.asking.asks:
        return
    head = drawn.words(pane.query_one("#headline", Static))
    users, items, n = len(known.by_user), len(known.by_item), len(known.rows)
    sizes = f"{n:,} ratings by {users:,} users of {items:,} movies"
    for wanted in (sizes, f"mean {known.mean:.4f}"):
        if head and wanted not in head:
            yield f"data: {head!r} — not {wanted!r}"
    yield from _bar_lies(drawn, pane, known)
    yield from _spread_lies(drawn, pane, known)
    yield from _first_row_lies(drawn, pane.query_one("#rows", Grid), known)
    for row in drawn.table(pane.sets):
        name, opened = row.cells["name"].strip(), app.workspace.ratings.name  # type: ignore[union-attr]
        is_open = "● open" in "".join(row.cells.values())
        if not agrees(name, opened) if is_open else name == opened:
            yield f"sets: {row.cells} — where {opened} is open"
    told = SETTINGS.search(drawn.words(pane.split))
    if told and sum(int(one.replace(",", "")) for one in told.groups()) != n:
        yield f"split: {told[0]!r} are not {n:,}"


def _bar_lies(drawn: Drawn, pane: DataPane, known: Ratings) -> Iterator[str]:
    """Yield bars of the histogram that are not the counts of the file."""
    bars = pane.query_one("#bars", Static)
    if not drawn.shows(bars):
        return
    for line in drawn.text(bars).splitlines():
        told = re.match(r"\s*([\d.]+)  \S*\s+([\d,]*) +([\d.]+)%", line)
        if not told:
            continue
        count = known.values.get(float(told[1]), 0)
        if told[2] and int(told[2].replace(",", "")) != count:
            yield f"values: {line!r} — {count} are {told[1]}"
        if not rounded(told[3], 100 * count / len(known.rows)):
            yield f"values: {line!r} — {count} of {len(known.rows)} are {told[1]}"


def _spread_lies(drawn: Drawn, pane: DataPane, known: Ratings) -> Iterator[str]:
    spread = pane.query_one("#spread", Static)
    if not drawn.shows(spread):
        return
    counts = [[len(one) for one in by.values()] for by in (known.by_user, known.by_item)]
    true = {
        "min": [min(one) for one in counts],
        "median": [float(np.median(one)) for one in counts],
        "max": [max(one) for one in counts],
        "only one": [one.count(1) for one in counts],
    }
    for line in drawn.text(spread).splitlines():
        name = next((name for name in true if line.strip().startswith(name)), None)
        said = line.split()[-2:]
        if name and len(said) == 2 and [number(one) for one in said] != true[name]:
            yield f"long tail: {line!r} — not {true[name]}"


def _first_row_lies(drawn: Drawn, grid: Grid, known: Ratings) -> Iterator[str]:
    for row in drawn.table(grid) if drawn.shows(grid) else ():
        user, item, value, at = known.rows[row.place]
        clock = time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))
        true = {"user": user, "rating": f"{value:g}", "item": item,
                "title": known.titles[item], "time": clock}  # fmt: skip
        for name, text in row.cells.items():
            if not agrees(text, true[name]):
                yield f"first rows: {row.place} says {text!r}, not {true[name]!r}"


# The crosstab


@dataclass(frozen=True)
class CellSeen:
    """A cell of the crosstab as it is drawn."""

    user: str
    item: str
    said: str
    here: bool


def crosstab_lies(app: CftuiApp, drawn: Drawn, pane: CrosstabPane) -> Iterator[str]:
    """Yield cells that are not the ratings, predictions or errors of their user and item."""
    if pane.state.table is None:
        return
    known = bundled()
    seen = list(_cells_seen(drawn, pane, known))
    predicted = _predictor(app, pane)
    for cell in seen:
        actual = _actual(pane, known, cell.user, cell.item)
        wanted = actual
        if pane.state.view != "actual":
            wanted = predicted(cell.user, cell.item) if predicted else None
            if wanted is not None and pane.state.view == "error":
                wanted = None if actual is None else wanted - actual
        said = cell.said
        if pane.state.view != "actual" and predicted is None and said != UNRATED:
            continue  # of a model that is not known here
        if (said == UNRATED) != (wanted is None) or (
            wanted is not None and "#" not in said and not rounded(said, wanted)
        ):
            yield (
                f"crosstab: {said!r} for user {cell.user}, item {cell.item}, not {wanted}"
                f" ({pane.state.view}, {pane.state.source})"
            )
    yield from _cell_words_lies(drawn, pane, known, seen, predicted)
    yield from _sheet_words_lies(app, drawn, pane, predicted)


def _cells_seen(drawn: Drawn, pane: CrosstabPane, known: Ratings) -> Iterator[CellSeen]:
    """Yield the cells in view, found by the line of ids over them and the ids at the left."""
    grid = pane.grid
    lines = drawn.rows_of(grid)
    texts = {y: "".join(cells) for y, cells in lines.items()}
    heads = [y for y, text in texts.items() if re.match(r"( +(f\d+|bias))* *user +\S", text)]
    if not heads:
        return
    head = texts[heads[0]]
    edge = head.index("user") + len("user")
    columns = [(found.group(), found.end()) for found in re.finditer(r"\S+", head[edge:])]
    for y, text in texts.items():
        if y <= heads[0] or not text[:edge].strip():
            continue
        user, begin = text[:edge].split()[-1], edge
        for item, end in columns:
            said, begin = text[begin : edge + end], edge + end
            ids = [one for one in pane.state.table.labels.items if agrees(item, one)]  # type: ignore[union-attr]
            if len(ids) == 1 and user in known.by_user and said.strip(f" {HERE}"):
                here = text[edge + end : edge + end + 1] == HERE
                yield CellSeen(user, ids[0], said.strip(f" {HERE}"), here)


def _actual(pane: CrosstabPane, known: Ratings, user: str, item: str) -> float | None:
    """Return a rating: the file's, or what was put in its place by hand in the sheet."""
    state, table = pane.state, pane.state.table
    if table is not None and state.source == "sheet" and state.answer is not None:
        at = table.labels.users.index(user), table.labels.items.index(item)
        now, begun = state.answer.sheet.actual[at], table.values[at]
        if now != begun and not (np.isnan(now) and np.isnan(begun)):
            return None if np.isnan(now) else float(now)
    return known.by_user[user].get(item)


def _predictor(app: CftuiApp, pane: CrosstabPane):  # type: ignore[no-untyped-def]
    """Return what predicts a cell: a run's weights, or the sheet's factors; none if unknown."""
    state, table = pane.state, pane.state.table
    assert table is not None
    if state.source == "run":
        weights = weights_that_answer(app)
        return weights.rating if weights else None
    if state.answer is None:
        return None
    sheet = state.answer.sheet

    def of_sheet(user: str, item: str) -> float | None:
        u, i = table.labels.users.index(user), table.labels.items.index(item)
        if np.isnan(sheet.actual[u, i]):
            return 0.0
        found = float(sheet.user_factors[u] @ sheet.item_factors[i])
        if sheet.user_bias is not None and sheet.item_bias is not None:
            found += float(sheet.user_bias[u] + sheet.item_bias[i])
        return found

    return of_sheet


def weights_that_answer(app: CftuiApp) -> Weights | None:
    """Return the weights of the run that the workspace says answers."""
    row = app.workspace.answering_run
    run = runs_on_disk().get(row.id) if row is not None else None
    return run.weights if run is not None else None


def _cell_words_lies(  # type: ignore[no-untyped-def]
    drawn: Drawn, pane: CrosstabPane, known: Ratings, seen: list[CellSeen], predicted
) -> Iterator[str]:
    said = drawn.text(pane.query_one("#cell", Static)).strip()
    told = re.match(
        r"(actual ([\d.]+)|not rated)(?:  predicted (-?[\d.]+)\S*)?.* · user (\S+)", said
    )
    if not told:
        return
    user, here = told[4], [cell for cell in seen if cell.here]
    if len(here) > 1:
        yield f"crosstab: the cursor's mark stands {len(here)} times"
    for cell in here[:1]:
        title = said.partition(" × ")[2].partition(" (")[0]
        if cell.user != user or not known.titles[cell.item].startswith(title[:20].strip()):
            yield f"crosstab: {said!r} — but the mark is at {cell.user}, {cell.item}"
        actual = _actual(pane, known, cell.user, cell.item)
        if (float(told[2]) if told[2] else None) != actual:
            yield f"crosstab: {said!r} — {actual} is the rating"
        wanted = predicted(cell.user, cell.item) if predicted else None
        if told[3] and wanted is not None and not rounded(told[3], wanted):
            yield f"crosstab: {said!r} — {wanted} is predicted"
    count = re.search(r"· user \S+ \(([\d,]+)\)", said)
    if count and int(count[1].replace(",", "")) != len(known.by_user[user]):
        yield f"crosstab: {said!r} — the user has {len(known.by_user[user])} ratings"


def _sheet_words_lies(app: CftuiApp, drawn: Drawn, pane: CrosstabPane, predicted) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """Yield the RMSE below the table where it is not that of its cells."""
    said, labels = drawn.text(pane.query_one("#sheet-words", Static)), pane.state.table.labels  # type: ignore[union-attr]
    told = re.search(r"(.*) · RMSE ([\d.]+) of ([\d,]+) ratings", said)
    if not told or predicted is None:
        return
    known = bundled()
    errors = []
    for user in labels.users:
        for item in labels.items:
            actual = _actual(pane, known, user, item)
            if actual is not None:
                errors.append(predicted(user, item) - actual)
    rmse = float(np.sqrt(np.mean(np.square(errors)))) if errors else 0.0
    if int(told[3].replace(",", "")) != len(errors) or not rounded(told[2], rmse):
        yield f"crosstab: {said!r} — RMSE {rmse:.4f} of {len(errors)}"
    row = app.workspace.answering_run
    if pane.state.source == "run" and row is not None and f"{row.label} {row.clock}" not in said:
        yield f"crosstab: {said!r} — beside the run {row.label} {row.clock}"
