"""Pane 4 by its keys: every run, filtered, sorted, marked, drawn, compared, looked after."""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from driving import cells, until
from recorded import EVENTS, make_run
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cftui import paths
from cftui.charts import Chart, Drawing
from cftui.ratings.values import Ratings
from cftui.runs.annotations import read_annotations
from cftui.runs.directory import Run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Control, Epoch, Started, Step
from cftui.runs.record import RateChange
from cftui.tui.app import CftuiApp
from cftui.tui.pane_stack import PaneStack
from cftui.tui.runs.details import RunDetailsView
from cftui.tui.runs.differences import DifferencesScreen
from cftui.tui.runs.pane import RunsPane
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.overlays import AskYesNo
from cftui.tui.train.pane import TrainPane


@pytest.fixture
def three(stored: Path, bundled: Ratings) -> dict[str, Run]:
    """Give three ended runs, oldest first: slow, fast, and other, which is on other ratings."""
    rate = {"optimizer": {"name": "sgd", "learning_rate": 0.05}}
    runs = {}
    for name, settings, changes in (
        ("slow", {"optimizer": {"name": "adam"}}, {"best_valid_mse": 0.79}),
        ("fast", rate, {"best_valid_mse": 0.81, "created": 2.0}),
        ("other", rate, {"fingerprint": "zz", "data_name": "elsewhere", "created": 3.0,
                         "state": "failed", "message": "disk full"}),
    ):  # fmt: skip
        run_id = f"20261101-20000{len(runs)}-dot-bias-x-{name[:4]}"
        runs[name], lock = make_run(run_id, bundled, settings=settings, **changes)  # type: ignore[arg-type]
        runs[name].rename(name)
        os.utime(runs[name].path / "config.toml", (len(runs), len(runs)))
        lock.release()
    return runs


@pytest.fixture
def live(stored: Path, bundled: Ratings) -> Iterator[Run]:
    """Give a run that is held by this process, as by a trainer, in its first epoch."""
    run_id = "20261102-100000-dot-bias-sgd-live"
    run, lock = make_run(
        run_id, bundled, events=None, state="running", epochs=4, epoch=0, step=0,
        best_valid_mse=None,
    )  # fmt: skip
    log = EventLog(run.events)
    log.write(Started(run_id, 1.0, os.getpid(), "here", "cpu", 10, 80_000, 20_000, 742, 1000, 4))
    log.write(Step(250, 1.2, 1.0, 1.4, 1.2, 0.1, 2.0))
    log.close()
    yield run
    lock.release()


async def at_runs(pilot: Pilot[None], count: int, *keys: str) -> RunsPane:
    """Bring pane 4 into view, wait for its runs, press keys."""
    app = pilot.app
    assert isinstance(app, CftuiApp)
    await until(pilot, lambda: bool(app.query("#body")))
    await pilot.press("4")
    await until(pilot, lambda: bool(app.query("RunsPane #all-runs")))
    pane = app.query_one(RunsPane)
    await until(pilot, lambda: len(pane.board.table.rows) == count)
    await pilot.press(*keys)
    return pane


def names(pane: RunsPane) -> list[str]:
    return [row.label for row in pane.board.table.rows]


def spell(text: str) -> list[str]:
    """Return the keys that type a text."""
    named = {" ": "space", "<": "less_than_sign", ".": "full_stop", ":": "colon", "/": "slash",
             "-": "minus"}  # fmt: skip
    return [named.get(character, character) for character in text]


def watch_paint(app: CftuiApp) -> list[Chart]:
    """Return a list that every chart asked of the painter is added to."""
    asked: list[Chart] = []
    stack = app.query_one(PaneStack)
    paint = stack.services.paint

    async def ask(chart: Chart, *rest: Any) -> Drawing:
        asked.append(chart)
        return await paint(chart, *rest)  # type: ignore[no-any-return]

    stack.services = replace(stack.services, paint=ask)
    return asked


async def test_lists_runs_on_all_ratings_newest_first(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(200, 60)) as pilot:
        pane = await at_runs(pilot, 3)
        await until(pilot, lambda: names(pane) == ["other", "fast", "slow"])
        [other, fast, slow] = cells(pane.board.table)
        assert other[1] == "✗ failed" and "elsewhere" in other
        assert slow[4] == "adam" and fast[6] == "0.05" and "0.8100" in fast
        # the recorded run: 3,753 steps of 64 ratings in 10.555387 s
        assert f"{3753 * 64 / 10.555387:,.0f}" in fast and "10.6 s" in fast
        await until(pilot, lambda: app.workspace.ratings is not None)
        await pilot.press("o")
        await until(pilot, lambda: names(pane) == ["fast", "slow"])


async def test_filters_as_one_types(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3, "slash", *spell("mse<"))
        assert len(pane.board.table.rows) == 3  # begun, not yet said
        await pilot.press(*spell("0.8 "))
        await until(pilot, lambda: names(pane) == ["other", "slow"])
        await pilot.press(*spell("adam"), "enter")
        await until(pilot, lambda: names(pane) == ["slow"])
        assert pane.board.table.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(pane.board.table.rows) == 3)
        await pilot.press("slash", *spell("optimizer:sgd state:ended -elsewhere"))
        await until(pilot, lambda: names(pane) == ["fast"])
        await pilot.press(*spell(" nothing"))
        await until(pilot, lambda: not pane.board.table.rows)
        assert "2 runs" not in str(app.query_one("#runs-said", Static).content)


async def test_sorts_and_remembers_the_order(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(200, 60)) as pilot:
        pane = await at_runs(pilot, 3, "down")
        assert pane.board.row is not None and pane.board.row.name == "fast"
        while app.memory.state.runs_sort != "mse":
            await pilot.press("s")
        await until(pilot, lambda: names(pane) == ["other", "slow", "fast"])
        assert pane.board.row.name == "fast"  # the cursor stays on its run
        await pilot.press("r")
        await until(pilot, lambda: names(pane) == ["fast", "slow", "other"])
        await pilot.press("S")
        assert app.memory.state.runs_sort == "epochs"
    again = CftuiApp(paths.BUNDLED)
    async with again.run_test(size=(200, 60)) as pilot:
        await at_runs(pilot, 3)
        assert again.memory.state.runs_sort == "epochs"


async def test_marked_runs_are_drawn_each_in_its_colour_and_letter(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.query(PaneStack)))
        asked = watch_paint(app)
        pane = await at_runs(pilot, 3)
        await until(pilot, lambda: bool(asked) and bool(asked[-1].series[0].x))
        assert [s.label for s in asked[-1].series] == ["other"]  # none marked: the cursor's
        await pilot.press("down", "space", "space")
        await until(pilot, lambda: [s.label for s in asked[-1].series] == ["A fast", "B slow"])
        await until(pilot, lambda: all(len(s.y) == 3 for s in asked[-1].series))
        first, second = asked[-1].series
        assert first.x == (1.0, 2.0, 3.0) and first.y[2] == 0.762864
        assert first.colour != second.colour and (first.mark, second.mark) == ("A", "B")
        assert asked[-1].title == "validation MSE"
        await pilot.press("up", "space")  # the run that was A
        await until(pilot, lambda: [s.label for s in asked[-1].series] == ["B slow"])
        assert asked[-1].series[0].colour == second.colour
        await pilot.press("v", "a")
        await until(pilot, lambda: asked[-1].x_label == "seconds")
        smoothed = [json.loads(line) for line in EVENTS.read_text().splitlines()]
        last = [event for event in smoothed if event["event"] == "step"][-1]
        drawn = asked[-1].series[0]
        assert asked[-1].title.startswith("training loss")
        assert drawn.x[-1] <= last["seconds"] and abs(drawn.y[-1] - last["smooth"]) < 0.02
        await until(pilot, lambda: read_annotations(three["slow"].path).mark == 2)
        assert read_annotations(three["fast"].path).mark == 0
    again = CftuiApp(paths.BUNDLED)
    async with again.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3)
        assert [row.label for row in pane.board.marked] == ["slow"]
        await pilot.press("u")
        assert not pane.board.marked
        runs, slow = again.services.runs, three["slow"].id
        await until(pilot, lambda: runs.history_of(slow) is None)
        await until(pilot, lambda: read_annotations(three["slow"].path).mark == 0)


async def test_says_what_differs_between_marked_runs(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3, "down")
        assert pane.check_action("diff", ()) is None
        await pilot.press("space", "space", "d")
        await until(pilot, lambda: isinstance(app.screen, DifferencesScreen))
        rows = {row[0]: row[1:] for row in app.screen.query_one(Grid).rows}
        assert rows["optimizer.name"] == ("sgd", "adam")
        assert rows["optimizer.learning_rate"] == ("0.05", "0.01")
        assert rows["optimizer.momentum"] == ("0.9", "–")
        assert "model.n_factors" not in rows and "training.seed" not in rows
        assert rows["best validation MSE"] == ("0.8100", "0.7900")
        await pilot.press("escape")


async def test_a_name_and_a_note_are_asked_for_and_kept(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3, "down", "n")
        assert isinstance(app.screen, AskText)
        app.screen.query_one(Input).value = "tonight"
        await pilot.press("enter")
        await until(pilot, lambda: three["fast"].name() == "tonight")
        await until(pilot, lambda: names(pane) == ["other", "tonight", "slow"])
        await pilot.press("t", *"steady", "enter")
        await until(pilot, lambda: read_annotations(three["fast"].path).notes == "steady")
        assert three["fast"].name() == "tonight"


async def test_deleting_asks_and_names_number_and_size(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3, "down", "space", "space", "D")
        await until(pilot, lambda: isinstance(app.screen, AskYesNo))
        question = str(app.screen.query_one(Static).content)
        # two copies of the recorded events, which outweigh all else
        kilobytes = 2 * EVENTS.stat().st_size / 1000
        assert question.startswith("Delete 2 runs with weights, ")
        assert (
            kilobytes
            < float(question.split("weights, ")[1].split(" kB", maxsplit=1)[0])
            < kilobytes + 8
        )
        assert "fast" in question and "slow" in question
        await pilot.press("n")
        assert three["fast"].path.is_dir()
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, AskYesNo))
        await pilot.press("y")
        await until(pilot, lambda: names(pane) == ["other"])
        assert not three["fast"].path.exists() and not three["slow"].path.exists()
        await pilot.press("U")
        await until(pilot, lambda: names(pane) == ["other", "fast", "slow"])
        assert pane.why_not("undelete")


async def test_a_live_run_moves_takes_wishes_and_is_not_deleted(
    three: dict[str, Run], live: Run
) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        asked: list[Chart] = []
        await until(pilot, lambda: bool(app.query(PaneStack)))
        asked = watch_paint(app)
        pane = await at_runs(pilot, 4)
        assert cells(pane.board.table)[0][1] == "▶" and "0.2/4" in cells(pane.board.table)[0]
        log = EventLog(live.events)
        log.write(Epoch(1, 1251, 1.0, 0.85, 0.92, 0.85, 742, 1.0, 0.1, 6.0, 6.0))
        log.write(Step(1500, 0.9, 0.8, 1.0, 0.95, 0.1, 9.0))
        log.close()
        await until(pilot, lambda: "1.2/4" in cells(pane.board.table)[0])
        await until(pilot, lambda: bool(asked) and asked[-1].series[0].y == (0.85,))
        assert pane.why_not("delete") == "It is live; x stops it first"
        await pilot.press("D")
        await until(pilot, lambda: any("x stops it" in n.message for n in app._notifications))
        await pilot.press("p", "x")
        wishes = live.path / "control"
        await until(pilot, lambda: len(list(wishes.glob("*.json"))) == 2)
        kinds = [json.loads(file.read_text())["kind"] for file in sorted(wishes.glob("*.json"))]
        assert kinds == ["pause", "stop"]
        await pilot.press("down")
        assert pane.check_action("stop", ()) is None and pane.check_action("pause", ()) is True


async def test_a_fork_fills_the_form(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.workspace.ratings is not None)
        await at_runs(pilot, 3, "down", "f")
        await until(pilot, lambda: app.memory.state.pane == "train")
        form = app.query_one(TrainPane).form
        await until(pilot, lambda: form.config is not None and form.config.optimizer.name == "sgd")
        assert form.config is not None and form.config.optimizer.learning_rate == 0.05
        await pilot.press("4", "up", "f")
        await until(pilot, lambda: any("elsewhere" in n.message for n in app._notifications))


async def test_watching_a_run_brings_up_train_also_on_other_ratings(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.workspace.ratings is not None)
        await at_runs(pilot, 3, "enter")
        await until(pilot, lambda: app.memory.state.pane == "train")
        assert app.workspace.run_in_view is not None
        assert app.workspace.run_in_view.id == three["other"].id
        assert (
            app.workspace.answering_run is None
            or app.workspace.answering_run.id != three["other"].id
        )
        train = app.query_one(TrainPane)
        await until(pilot, lambda: len(train.epochs.rows) == 3)


async def test_an_order_that_stands_already_is_said_to(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3)
        pane.board.table.focus()
        await pilot.press("}")
        said = "Sorted so already"
        await until(pilot, lambda: any(said in n.message for n in app._notifications))


async def test_the_line_that_repeats_a_run_is_copied_and_shown(three: dict[str, Run]) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, 3, "down", "c")
        await until(pilot, lambda: app.clipboard.startswith("cftui train --data"))
        assert "--optimizer sgd --lr 0.05" in app.clipboard
        await until(
            pilot,
            lambda: any(
                n.message.startswith("Sent to the terminal's clipboard: cftui train")
                for n in app._notifications
            ),
        )


@pytest.mark.parametrize("suffix", ["csv", "json"])
async def test_exports_what_is_listed(three: dict[str, Run], tmp_path: Path, suffix: str) -> None:
    app = CftuiApp(paths.BUNDLED)
    path = tmp_path / f"out.{suffix}"
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, 3, "slash", *"sgd", "enter", "e")
        assert isinstance(app.screen, AskText)
        field = app.screen.query_one(Input)
        field.value = str(tmp_path / "out.txt")
        await pilot.press("enter")
        assert "end it with .csv or .json" in str(
            app.screen.query_one("#complaint", Static).content
        )
        field.value = str(path)
        await pilot.press("enter")
        await until(pilot, path.is_file)
    with path.open() as file:
        rows = json.load(file) if suffix == "json" else list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [three["other"].id, three["fast"].id]
    assert [float(row["optimizer.learning_rate"]) for row in rows] == [0.05, 0.05]
    assert float(rows[1]["mse"]) == 0.81 and rows[0]["message"] == "disk full"


async def test_a_report_of_the_marked_runs_is_written(
    three: dict[str, Run], tmp_path: Path
) -> None:
    app = CftuiApp(paths.BUNDLED)
    path = tmp_path / "report.md"
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot, 3, "down", "space", "space", "w")
        assert isinstance(app.screen, AskText)
        assert "report of 2 runs" in str(app.screen.query(Static).first().content)
        means = app.screen.query_one("#means", Static)
        assert str(means.content) == f"into {Path.cwd()}"
        app.screen.query_one(Input).value = str(path)
        await until(pilot, lambda: str(means.content) == f"into {tmp_path}")
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, path.is_file)
    text = path.read_text()
    assert "## A fast" in text and "## B slow" in text and "other" not in text


async def test_a_changed_learning_rate_is_told_wherever_settings_are(three: dict[str, Run]) -> None:
    fast = three["fast"]
    fast.write_record(replace(fast.record(), rate_changes=(RateChange(3260, 0.002),)))
    log = EventLog(three["slow"].events)  # of a version that left it to the events
    log.write(Control(1.0, 1500, "learning-rate", 0.003, "me", 1, "obeyed"))
    log.close()
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3, "down")
        assert "0.05→0.002" in cells(pane.board.table)[1] and "0.01" in cells(pane.board.table)[2]
        assert "0.05→0.002" in app.screen.query_one("#all-runs").render_line(2).text
        await until(pilot, lambda: "learning rate 0.002 from step 3,260" in details_of(pane))
        repeated = "--set training.rate_changes=3260=0.002"
        assert repeated in details_of(pane)
        await pilot.press("c")
        await until(pilot, lambda: any(repeated in n.message for n in app._notifications))
        assert app.clipboard.startswith("cftui train") and "--lr 0.05" in app.clipboard
        assert app.clipboard.endswith(repeated)
        await pilot.press("space", "space", "d")
        await until(pilot, lambda: isinstance(app.screen, DifferencesScreen))
        rows = {row[0]: row[1:] for row in app.screen.query_one(Grid).rows}
        told = ("0.002 from step 3,260", "0.003 from step 1,500")
        assert rows["learning rate, changed"] == told
        await pilot.press("escape", "up", "slash", *spell("lr=0.05"), "enter")
        await until(pilot, lambda: names(pane) == ["other", "fast"])
        await pilot.press("down", "f")
        await until(pilot, lambda: any("not 0.002" in n.message for n in app._notifications))
        form = app.query_one(TrainPane).form
        await until(pilot, lambda: form.config is not None and form.config.optimizer.name == "sgd")
        assert form.config is not None and form.config.optimizer.learning_rate == 0.05


async def test_damage_and_escape_sequences_are_shown_as_they_are(three: dict[str, Run]) -> None:
    (three["slow"].path / "run.json").write_text("{")
    (three["slow"].path / "events.jsonl").unlink()  # else they tell what the record did
    three["fast"].rename("a\x1b[31m[bold]b[/]")
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3)
        shown = app.export_screenshot()
        assert "\x1b" not in shown and "[bold]b[/]" in shown.replace("&#91;", "[")
        await pilot.press("end")
        assert pane.board.row is not None and pane.board.row.shown == "damaged"
        assert pane.why_not("fork") == "Its files are damaged; D deletes it"
        await until(pilot, lambda: "damaged (" in details_of(pane))
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, AskYesNo))
        await pilot.press("y")
        await until(pilot, lambda: len(pane.board.table.rows) == 2)


def details_of(pane: RunsPane) -> str:
    """Return what the details say."""
    view = pane.query_one(RunDetailsView)
    return "\n".join(f"{label}: {words}" for label, words in view.lines)


async def test_details_tell_state_settings_and_why_it_failed(three: dict[str, Run]) -> None:
    three["other"].log.write_text("one\nthe last word\n")
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 3)
        await until(pilot, lambda: "the last word" in details_of(pane))
        words = details_of(pane)
        assert "failed" in words and "why: disk full" in words and "data: elsewhere" in words
        assert (
            "optimizer.learning_rate = 0.05" in words and "n_factors" not in words.split("again")[0]
        )
        assert "seed: 42 of training, 42 of the split" in words
        view = pane.query_one(RunDetailsView)
        drawn = [view.render_line(y).text[9:].strip() for y in range(view.virtual_size.height)]
        assert "".join("".join(drawn).split()) == "".join(
            "".join(said for _, said in view.lines).split()
        )
        await pilot.press("i")
        assert not pane.query_one(RunDetailsView).display


async def test_without_runs_it_says_what_to_do(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await at_runs(pilot, 0)
        await until(pilot, lambda: app.workspace.runs_listed)
        await until(pilot, lambda: "train one (3)" in pane.board.table._empty)
        for action in ("mark", "fork", "delete", "export", "diff"):
            assert pane.check_action(action, ()) is None
        await pilot.press("space", "D", "f", "c", "enter", "i")


async def test_marks_beyond_the_letters_wait_for_one(stored: Path, bundled: Ratings) -> None:
    for number in range(10):
        run, lock = make_run(f"r{number}", bundled, created=float(number))
        os.utime(run.path / "config.toml", (number + 1, number + 1))
        lock.release()
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await at_runs(pilot, 10, *["space"] * 9)
        signs = [str(row[0]) for row in cells(pane.board.table)]
        assert signs == [*(f"●{letter}" for letter in "ABCDEFGH"), "+", ""]
        await pilot.press("home", "down", "space")  # B goes
        signs = [str(row[0]) for row in cells(pane.board.table)]
        assert signs[:3] == ["●A", "", "●C"] and signs[8] == "●B"
