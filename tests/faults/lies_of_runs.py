"""What Train and Runs say of runs, held against the run directories."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from drawn import Drawn, Row, agrees, number, rounded
from known import SIGNS, KnownRun, Story, runs_on_disk
from textual.widgets import Static

from cftui.tui.app import CftuiApp
from cftui.tui.runs.pane import RunsPane
from cftui.tui.shared.grid import Grid
from cftui.tui.train.pane import TrainPane
from cftui.tui.train.run_standing import RunStanding

WORSE = "!‼ "
"""Signs before an error."""


def fits(row: Row, run: KnownRun) -> list[str]:
    """Return what a row of a list of runs says that is not so of a run."""
    sign, best = SIGNS.get(run.status, "·"), run.record.get("best_valid_mse")
    wrong = []
    for name, text in row.cells.items():
        said = text.strip()
        match name:
            case "" | "state" if said and said[0] != sign:
                wrong.append(f"sign {said!r} of one that is {run.status}")
            case "name" | "run" if not is_called(said, run):
                wrong.append(f"name {said!r} of {run.label!r}")
            case "when" | "began" if said.rstrip("…") not in run.began:
                wrong.append(f"began {said!r}, not {run.began!r}")
            case "mse" | "best" if not _is_error(said, best):
                wrong.append(f"error {said!r}, not {best}")
            case "epochs" | "epoch" if not _is_progress(said, run):
                wrong.append(f"epochs {said!r} of {run.record['epoch']}/{run.record['epochs']}")
    return wrong


def is_called(said: str, run: KnownRun) -> bool:
    """Return whether a list calls a run so: by its name, and what tells it from its like."""
    return agrees(said, run.label) or said.strip().startswith(f"{run.label}:")


def _is_error(said: str, best: float | None) -> bool:
    said = said.strip(WORSE)
    return not said if best is None else bool(said) and rounded(said, best)


def _is_progress(said: str, run: KnownRun) -> bool:
    """Return whether a run is said to have done so much: whole epochs, or the begun one's share."""
    record = run.record
    if agrees(said, f"{record['epoch']}/{record['epochs']}"):
        return True
    share = min(record["step"] / max(record["steps_per_epoch"], 1), record["epochs"])
    done = max(record["epoch"], share)
    return any(agrees(said, f"{done:.{places}f}/{record['epochs']}") for places in (0, 1))


def run_rows_lies(
    drawn: Drawn, grid: Grid, among: Sequence[KnownRun] | None = None, name: str = "choice"
) -> Iterator[str]:
    """Yield rows of a list of runs that fit no run; one run fits one row."""
    left = list(runs_on_disk().values() if among is None else among)
    for row in drawn.table(grid):
        wrong = {run.id: fits(row, run) for run in left}
        fitting = [run for run in left if not wrong[run.id]]
        if fitting:
            left.remove(fitting[0])
        else:
            near = min(wrong.values(), key=len, default=["no run is left for it"])
            yield f"{name}: row {row.place} {row.cells} — {'; '.join(near)}"


# Runs


def runs_lies(app: CftuiApp, drawn: Drawn, pane: RunsPane) -> Iterator[str]:
    """Yield what the list of all runs, its counts, order and details say that is not so."""
    grid, disk = pane.board.table, runs_on_disk()
    yield from run_rows_lies(drawn, grid, list(disk.values()), "runs")
    yield from _count_lies(app, drawn, pane, disk)
    yield from _order_lies(drawn, grid)
    yield from _detail_lies(drawn, pane, disk)


def _count_lies(
    app: CftuiApp, drawn: Drawn, pane: RunsPane, disk: dict[str, KnownRun]
) -> Iterator[str]:
    said = drawn.words(pane.query_one("#runs-said", Static))
    told = re.match(r"([\d,]+) of ([\d,]+) runs(.*)", said)
    listed = len(pane.board.table.rows)
    if not told:
        return
    if int(told[2].replace(",", "")) != len(disk):
        yield f"runs: says {said!r} — {len(disk)} are there"
    if int(told[1].replace(",", "")) != listed:
        yield f"runs: says {said!r} — {listed} are listed"
    narrowed = drawn.words(pane.board.words) if pane.board.words.value else ""
    if not narrowed and "on these" not in told[3] and listed != len(disk):
        yield f"runs: lists {listed} — of {len(disk)} with no filter"
    live = re.search(r"(\d+) live", said)
    alive = sum(run.status in ("running", "paused", "starting") for run in disk.values())
    if (int(live[1]) if live else 0) != alive:
        yield f"runs: says {said!r} — {alive} are live"


def _order_lies(drawn: Drawn, grid: Grid) -> Iterator[str]:
    """Yield where rows do not stand in the order that the header's arrow says."""
    for name, label in drawn.header(grid).items():
        arrow = label.strip()[-1:]
        if arrow not in ("▲", "▼") or not label.strip():
            continue
        texts = [row.cells[name].strip().strip(WORSE) for row in drawn.table(grid)]
        texts = texts if not any("…" in text for text in texts) else []
        told: list[Any] = [text for text in texts if text]
        if name in ("lr", "wd", "factors", "batch", "mse", "rmse", "recall", "ndcg", "speed"):
            told = [number(text) or 0.0 for text in told]
        elif name in ("name", "when", "data", "model", "optimizer", "schedule"):
            told = [text.partition(": ")[0].casefold() for text in told]
        else:
            continue  # times and progress are told in more than one way
        if told != sorted(told, reverse=arrow == "▼") or texts[len(told) :] != [""] * (
            len(texts) - len(told)
        ):
            yield f"runs: {label.strip()!r} — heads {texts}"


def _detail_lies(drawn: Drawn, pane: RunsPane, disk: dict[str, KnownRun]) -> Iterator[str]:
    """Yield what the details say that is not so of the run that the mark stands before."""
    view = pane.query_one("#details")
    marked = [row for row in drawn.table(pane.board.table) if row.marked]
    if not drawn.shows(view) or not marked:
        return
    said = _labelled(drawn.text(view))
    about = [run for run in disk.values() if not fits(marked[0], run)]
    if "run" in said:
        told = said["run"].replace(" ", "").partition(",")[0]
        about = [run for run in about if run.id.startswith(told)]  # the rest may be below
    title = drawn.border(view, top=True)
    words = [run for run in about if re.sub(r"^[A-H+] ", "", title) in ("", run.label)
             or agrees(re.sub(r"^[A-H+] ", "", title), run.label)]  # fmt: skip
    if not words:
        yield f"details: of {title!r} — {said.get('run', '')!r} beside {marked[0].cells}"
    for run in words[:1]:
        if "state" in said and f"{SIGNS.get(run.status, '')} {run.status}" not in said["state"]:
            yield f"details: {said['state']!r} — of one that is {run.status}"
        best = run.record.get("best_valid_mse")
        found = re.search(r"MSE ([\d.]+)", said.get("error", ""))
        if found and (best is None or not rounded(found[1], best)):
            yield f"details: {said['error']!r} — not {best}"


def _labelled(text: str) -> dict[str, str]:
    """Return what stands beside each label, its lines joined."""
    found: dict[str, str] = {}
    label = ""
    for line in text.splitlines():
        label = line[:8].strip() or label
        if label:
            found[label] = f"{found.get(label, '')} {line[9:].strip()}".strip()
    return found


# Train


def train_lies(app: CftuiApp, drawn: Drawn, pane: TrainPane) -> Iterator[str]:
    """Yield what Train says of the run in view, and of those on these ratings."""
    disk, row, ratings = runs_on_disk(), app.workspace.run_in_view, app.workspace.ratings
    if ratings is not None:
        fingerprints = ("", ratings.fingerprint)
        these = [run for run in disk.values() if run.record["fingerprint"] in fingerprints]
        yield from run_rows_lies(drawn, pane.runs, these, "train runs")
        if len(pane.runs.rows) != len(these):
            yield f"train runs: lists {len(pane.runs.rows)} — of {len(these)}"
    if row is None or app.workspace.starting:
        return
    run = disk.get(row.id)
    if run is None:
        yield f"train: {row.id} is in view and not there"
        return
    story = run.story()
    yield from _status_lies(drawn, pane, run, story)
    yield from _epoch_lies(drawn, pane.epochs, story)
    names = [row.cells.get("run", run.label) for row in drawn.table(pane.runs) if row.marked]
    if not pane.runs.has_focus and not all(is_called(name, run) for name in names):
        yield f"train runs: the cursor is on {names} — in view is {run.label}"


def _status_lies(drawn: Drawn, pane: TrainPane, run: KnownRun, story: Story) -> Iterator[str]:
    said = drawn.words(pane.query_one(RunStanding).query_one("#status", Static))
    if not said:
        return
    sign, clock = SIGNS.get(run.status, "·"), run.began[-5:]
    if not said.startswith(f"{sign} {' '.join(run.label.split())} {clock} {run.status}"):
        yield f"train: {said!r} — of {sign} {run.label} {clock} {run.status}"
    if not story.started:
        return
    told = re.search(r"epoch (\d+)/(\d+) step ([\d,]+)", said)
    if told and int(told[3].replace(",", "")) != story.step:
        yield f"train: {said!r} — its events tell of step {story.step}"
    asked, done = run.record["epochs"], len(story.epochs)
    early = story.end.get("why") and story.end.get("event") == "finished"
    epoch = story.end["epochs"] if early else min(done + 1, asked)
    if told and (int(told[1]), int(told[2])) != (epoch, asked):
        yield f"train: {said!r} — it is in epoch {epoch} of {asked}"
    loss = re.search(r"loss ([\d.]+)", said)
    if loss and not rounded(loss[1], story.steps[-1]["smooth"]):
        yield f"train: {said!r} — the last loss is {story.steps[-1]['smooth']}"
    best = re.search(r"best MSE ([\d.]+).*in epoch (\d+)", said)
    if best and story.epochs:
        least = min(story.epochs, key=lambda one: one["valid_mse"])
        if not rounded(best[1], least["valid_mse"]) or int(best[2]) != least["epoch"]:
            yield f"train: {said!r} — the best is {least['valid_mse']} in {least['epoch']}"


def _epoch_lies(drawn: Drawn, grid: Grid, story: Story) -> Iterator[str]:
    """Yield rows of the table of epochs that are not those of the run's events."""
    if len(grid.rows) != len(story.epochs):
        yield f"epochs: {len(grid.rows)} — of {len(story.epochs)}"
    events = {one["epoch"]: one for one in story.epochs}
    names = {"train": "train_loss", "valid": "valid_mse", "RMSE": "valid_rmse",
             "unseen": "unseen_mse", "recall@20": "recall", "NDCG@20": "ndcg"}  # fmt: skip
    for row in drawn.table(grid):
        told = row.cells.get("epoch", "").strip()
        event = events.get(int(told)) if told.isdigit() else None
        if event is None:
            yield f"epochs: no epoch {told!r} in its events"
            continue
        for name, key in names.items():
            said, value = row.cells.get(name, "").strip(), event.get(key)
            if said and (value is None or not rounded(said, value)):
                yield f"epochs: {name} {said!r} in {told} — its event has {value}"
