"""The tour: every stop does its thing in the real panes, and the user may do anything meanwhile."""

import asyncio
import json
import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from driving import BUNDLED, opened, until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cftui.people import profile_names
from cftui.questions.sheet import SheetAnswer
from cftui.runs.directory import Run
from cftui.runs.lock import RunLock
from cftui.tui.app import ANYWHERE, CftuiApp
from cftui.tui.crosstab.sheet_learner import SheetLearner
from cftui.tui.lab.pane import LabPane
from cftui.tui.performing import placed_commands
from cftui.tui.services.runs import RunService, RunServiceError
from cftui.tui.tour.asked import TourChoice, read_words
from cftui.tui.tour.panel import BODY, MARGIN, Said, TourPanel
from cftui.tui.tour.player import Tour
from cftui.tui.tour.stops import ACTS, EPOCH_STEPS
from cftui.tui.tour.texts import languages, load_texts
from cftui.tui.tour.wrapping import wrapped

RUNS = ("tour-sgd", "tour-net", "tour-adam")
KEYS = {"7", "8", "9", "f7", "f8", "f9"}


@pytest.fixture(autouse=True)
def unanimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show of a solution's way its end alone; the crosstab's tests look at the way."""
    replay = SheetLearner._replay

    async def end(learner: SheetLearner, solved: SheetAnswer) -> None:
        await replay(learner, replace(solved, frames=(solved.frames[0], solved.frames[-1])))

    monkeypatch.setattr(SheetLearner, "_replay", end)


@pytest.fixture
def tour_runs(trained_run: Run) -> list[Run]:
    """Give finished runs of the names that the tour looks for, as an earlier tour leaves them."""
    runs = []
    for number, name in enumerate(RUNS):
        run = Run(trained_run.path.with_name(f"20261101-21000{number}-dot-bias-adam-t{number}ur"))
        shutil.copytree(trained_run.path, run.path)
        file = run.path / "run.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "run": run.id}))
        run.rename(name)
        runs.append(run)
    shutil.rmtree(trained_run.path)
    return runs


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have trainers fail to start; give the names of the runs that were wanted."""
    wanted: list[str] = []

    async def start(runs: RunService, settings: Any, name: str) -> str:
        wanted.append(name)
        raise RunServiceError("the disk is full")

    monkeypatch.setattr(RunService, "start", start)
    return wanted


def tour_of(app: CftuiApp) -> Tour:
    assert app.tour is not None
    return app.tour


def said(app: CftuiApp) -> Said:
    return app.screen.query_one(TourPanel).said


def look(app: CftuiApp) -> str:
    return said(app).look


async def at(pilot: Pilot[None], app: CftuiApp, stop: str) -> None:
    """Wait until a stop is done and says what to look at."""
    await until(pilot, lambda: app.tour is not None and app.tour.stop == stop and app.tour.seen)
    await pilot.pause()


async def test_every_stop_is_played_at_both_sizes_and_what_was_trained_is_found_again(
    tour_runs: list[Run], untrained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[tuple[int, str], str] = {}
    rest = Tour._rest

    async def noted(tour: Tour) -> None:
        seen[app.size.width, tour.stop] = look(app)
        await rest(tour)

    monkeypatch.setattr(Tour, "_rest", noted)
    app = CftuiApp(BUNDLED, tour=TourChoice(autoplay=0))
    async with app.run_test(size=(80, 24)) as pilot:
        for columns, rows in ((80, 24), (120, 40)):
            if columns != app.size.width:
                await pilot.resize_terminal(columns, rows)
                tour_of(app).begin(TourChoice(autoplay=0))
            await until(pilot, lambda: app.tour is not None and not app.tour.on, 120)
            assert [stop for width, stop in seen if width == columns] == list(ACTS)
            await until(pilot, lambda: not app.query(TourPanel))
        assert all(look.startswith("▸ ") for look in seen.values()), seen
        assert app.memory.state.pane == "train" and app.memory.state.profile == "tour"
        assert app.workspace.ratings is not None
        assert "tour" in profile_names(app.workspace.ratings.fingerprint)
    assert untrained == []


async def test_keys_go_on_and_back_over_a_dialog_and_leave_and_digits_are_typed(
    tour_runs: list[Run], tmp_path: Path
) -> None:
    file = tmp_path / "few.csv"
    file.write_text("userId,movieId,rating\n" + "".join(f"{u},{u % 3},4\n" for u in range(9)))
    app = CftuiApp(str(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        app.memory.update(tour="sheet")
        await app.perform("app.tour")
        await at(pilot, app, "sheet")
        assert app.workspace.ratings is not None and app.workspace.ratings.name == BUNDLED
        await pilot.press("slash", "7", "8", "9")
        assert isinstance(app.focused, Input) and app.focused.value == "789"
        await pilot.press("f8")
        await at(pilot, app, "cell")
        assert len(app.screen_stack) == 2 and "4/17" in said(app).head
        await pilot.press("8")
        await at(pilot, app, "embeddings")
        truth = str(app.screen.query_one("#truth-embedding", Static).content)
        assert "User 1 is row 0 of 671" in truth and "one-hot vector times the matrix" in truth
        await pilot.press("f7")
        await at(pilot, app, "cell")
        await pilot.press("9")
        await until(pilot, lambda: not tour_of(app).on and not app.query(TourPanel))
        assert len(app.screen_stack) == 2, "all else stays as it is"
        await pilot.press("escape", "f9")
        await at(pilot, app, "cell")


async def test_what_the_user_has_set_going_is_not_waited_for(tour_runs: list[Run]) -> None:
    app = CftuiApp(BUNDLED, tour=TourChoice("momentum"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at(pilot, app, "momentum")
        lab = app.query_one(LabPane)
        await pilot.press("s")
        await until(pilot, lambda: lab.state.place > EPOCH_STEPS)
        await pilot.press("8")
        await at(pilot, app, "adam")
        assert not lab.running and lab.state.place == 3 * EPOCH_STEPS
        app.run_worker(asyncio.Event().wait(), group="learn")
        await pilot.press("7")
        await at(pilot, app, "momentum")
        assert look(app).startswith("▸ ")


async def test_what_cannot_be_done_is_said_and_one_goes_on(
    stored: Path, untrained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cftui.tui.tour.acts.START_SECONDS", 0.2)
    app = CftuiApp(BUNDLED, tour=TourChoice("training"))
    async with app.run_test(size=(120, 40)) as pilot:
        await at(pilot, app, "training")
        assert untrained == ["tour-sgd"]
        assert look(app) == "✗ Not now: tour-sgd: the trainer did not start"
        await pilot.press("8")
        await until(pilot, lambda: tour_of(app).stop == "net")
        await pilot.press("8")
        await at(pilot, app, "descent")
        assert look(app).startswith("▸ ")


async def test_a_run_on_its_way_is_waited_for(tour_runs: list[Run], untrained: list[str]) -> None:
    net, lock = tour_runs[1], RunLock(tour_runs[1].lock)
    record = replace(net.record(), host=socket.gethostname(), pid=os.getpid(), epoch=1)
    net.write_record(replace(record, state="paused"))
    app = CftuiApp(BUNDLED, tour=TourChoice("net"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(app.query(TourPanel)) and "is paused: 3, then" in look(app))
        net.write_record(replace(record, state="running"))
        await until(pilot, lambda: "tour-net is in epoch 2 of 3" in look(app))
        assert not tour_of(app).seen
        net.write_record(replace(record, state="finished", epoch=3))
        await at(pilot, app, "net")
        assert look(app).startswith("▸ ")
    lock.release()
    assert untrained == []


@pytest.mark.parametrize("language", languages())
def test_every_text_has_its_stop_and_its_room(language: str) -> None:
    texts, usual = load_texts(language), load_texts()
    assert texts.ids == tuple(ACTS) and set(texts.panel) == set(usual.panel)
    values = {"name": "tour-sgd", "epoch": 1, "epochs": 3}
    assert all(len(words.format(**values)) > 1 for words in texts.panel.values())
    for said_here in texts.stops.values():
        lines = Said(text=said_here.text, look=f"▸ {said_here.look}").lines(80 - 2 * MARGIN)
        assert len(lines) <= BODY, lines


def test_no_command_has_the_tours_keys() -> None:
    others = [
        placed.command
        for placed in placed_commands(ANYWHERE)
        if not placed.command.id.startswith("app.tour")
    ]
    assert not [command.id for command in others if KEYS & set(command.keys.split(","))]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("评分数据，很多", 8, ["评分数", "据，很多"]),
        ("按 s 求解", 4, ["按 s", "求解"]),
        ("unbreakable word", 4, ["unbreakable", "word"]),
        ("", 4, [""]),
    ],
)
def test_text_is_wrapped_by_cells(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


def test_the_command_line_chooses() -> None:
    assert read_words([]) == TourChoice()
    assert read_words(["--from", "4", "--autoplay"]) == TourChoice("cell", "en", 12.0)
    assert read_words(["--from", "adam", "--language", "zh"]) == TourChoice("adam", "zh")
    listed = read_words(["--list"])
    assert isinstance(listed, str) and len(listed.splitlines()) == len(ACTS)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--from", "18"], "no stop '18'; the stops: 1 to 17, or ratings"),
        (["--autoplay", "soon"], "'soon' is no number of seconds"),
        (["--language", "tlh"], "invalid choice"),
        (["data.csv"], "unrecognized arguments: data.csv"),
    ],
)
def test_wrong_words_are_refused(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        read_words(words)
    assert refused.value.code == 2 and complaint in capsys.readouterr().err
