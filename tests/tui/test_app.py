"""The whole screen, by its keys."""

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from driving import BUNDLED, cells, opened, text, until
from textual.command import CommandList, CommandPalette
from textual.widgets import Static

from cftui import paths
from cftui.runs.directory import Run, create_run
from cftui.tui.app import CftuiApp
from cftui.tui.explore.predicting import PredictScreen
from cftui.tui.services.memory import Memory, SessionState
from cftui.tui.services.runs import LastIsLost, RunService
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.form import TrainingForm
from cftui.tui.shared.inputs import Choice, NumberField
from cftui.tui.shared.messages import ResumeRun, StartRun
from cftui.tui.shared.overlays import AskNumber, AskYesNo, HelpScreen
from cftui.tui.shared.palette import lead
from cftui.tui.shared.tab_bar import TabBar
from cftui.tui.train.pane import TrainPane


async def test_what_it_started_ends_with_it(home: Path) -> None:
    """The query worker, the painter, and the job that reads the ratings."""
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(
            pilot,
            lambda: app.workspace.opening is not None and app.workspace.opening.doing == "reading",
        )
        app.run_worker(app._children[1].start)
        children = psutil.Process().children
        await until(pilot, lambda: len(children()) == 3)
    assert not children(recursive=True)


async def test_opens_on_the_ratings_and_says_what_a_run_costs(home: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert app.workspace.ratings is not None and app.workspace.ratings.n_ratings == 100_004
        # (671 + 9,066) users and items, each with 50 factors and a bias
        assert "496,587 parameters" in text(app, "#cost")
        # 80,004 training ratings in batches of 64
        assert "1,251 steps" in text(app, "#cost")


async def test_a_finished_run_shows_its_epochs_and_its_curve(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: len(train.epochs.rows) == 3)
        epochs = [
            json.loads(line)
            for line in trained_run.events.read_text().splitlines()
            if '"epoch","epoch"' in line
        ]
        assert [row[2] for row in cells(train.epochs)] == [f"{e['valid_mse']:.4f}" for e in epochs]
        lists = [row[5:7] for row in cells(train.epochs)]
        assert lists == [[f"{e['recall']:.3f}", f"{e['ndcg']:.3f}"] for e in epochs]
        assert train.epochs.border_title == "recall and NDCG: of 200 users"
        chart = app.query_one("#loss", ChartView)
        await until(pilot, lambda: bool(chart.drawn))
        assert "finished" in text(app, "#status")


async def test_why_no_lists_were_judged_stands_below_the_epochs(trained_run: Run) -> None:
    events = [json.loads(line) for line in trained_run.events.read_text().splitlines()]
    for event in events:
        if event["event"] == "epoch":
            event |= {"recall": None, "ndcg": None, "list_users": 0}
            event["no_lists"] = "no recall and NDCG: why" if event["epoch"] == 1 else ""
    trained_run.events.write_text("".join(json.dumps(event) + "\n" for event in events))
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: len(train.epochs.rows) == 3)
        assert [row[5:7] for row in cells(train.epochs)] == [["", ""]] * 3
        assert train.epochs.border_title == "no recall and NDCG: why"


async def test_what_cannot_be_done_is_grey_not_gone(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: train.check_action("start", ()) is True)
        for action in ("pause", "stop", "rate", "checkpoint"):
            assert train.check_action(action, ()) is None
        await pilot.press("x")
        await until(pilot, lambda: any("live run" in n.message for n in app._notifications))


async def test_letters_are_commands_in_a_number_field_and_digits_are_not(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        field = next(f for f in app.query(NumberField) if f.key == "training.epochs")
        field.focus()
        await pilot.press("5", "y")
        assert field.value == "5"
        assert app.memory.state.log_loss is True
        assert app.memory.state.pane == "train"
        await pilot.press("enter")
        assert app.focused is not field


async def test_escape_takes_back_what_was_typed_and_leaves_the_field(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        field = next(f for f in app.query(NumberField) if f.key == "model.n_factors")
        field.focus()
        await pilot.press("4", "escape")
        assert field.value == "50" and app.focused is not field
        await pilot.press("4")
        assert app.memory.state.pane == "runs"


async def test_the_palette_finds_the_commands_of_every_pane(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("colon", *"rename")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await until(pilot, lambda: bool(app.screen.query_one(CommandList).option_count))
        first = app.screen.query_one(CommandList).get_option_at_index(0)
        assert "Runs › Rename" in str(first.prompt)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        assert app.memory.state.pane == "runs"
        await pilot.press("escape")
        offers = {offer.title: offer for offer in app.get_system_commands(app.screen)}
        assert "Explore › You › Lambda: How far you are held to the mean user" in offers
        await offers["Explore › Users › Predict: What they would give any movie"].callback()
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))


def test_the_palettes_order() -> None:
    titles = [
        "Train › Start: Train a new run",
        "Afresh: Start with fresh factors",
        "Start: Train a new run",
        "Runs › Stop: End this run at the start of a step",
    ]
    assert [lead(title, "start") for title in titles] == [2, 1, 3, 0]


async def test_choosing_another_optimizer_brings_its_parameters(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        form = app.query_one(TrainingForm)
        choice = next(c for c in app.query(Choice) if c.key == "optimizer.name")
        choice.focus()
        await pilot.press("right")
        await until(pilot, lambda: any(f.key == "optimizer.beta1" for f in app.query(NumberField)))
        keys = {f.key for f in app.query(NumberField)}
        assert "optimizer.momentum" not in keys
        assert form.config is not None and form.config.optimizer.learning_rate == 0.01
        order = [w.key for w in form.query("Choice, NumberField, TextField")]  # type: ignore[attr-defined]
        assert order.index("optimizer.eps") < order.index("schedule.name")


async def test_a_wrong_value_says_so_and_start_is_grey(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        field = next(f for f in app.query(NumberField) if f.key == "optimizer.momentum")
        field.value = "1.5"
        await pilot.pause()
        assert text(app, "#cost").startswith("optimizer.momentum = 1.5: must be less than 1")
        assert app.query_one(TrainPane).check_action("start", ()) is None
        field.value = "0.5"
        await pilot.pause()
        assert "parameters" in text(app, "#cost")


async def test_settings_and_pane_are_saved_as_they_change(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        next(f for f in app.query(NumberField) if f.key == "training.epochs").value = "7"
        await pilot.press("a")
        await pilot.pause()
        app.memory.writer.flush()
        saved = json.loads((paths.state_folder() / "session.json").read_text())
        assert saved["settings"]["training"]["epochs"] == 7
        assert saved["x_axis"] == "epoch"
    again = CftuiApp(BUNDLED)
    async with again.run_test(size=(120, 40)) as pilot:
        await opened(again, pilot, runs=False)
        form = again.query_one(TrainingForm)
        assert form.config is not None and form.config.training.epochs == 7


@pytest.mark.parametrize("content", ["", "[]", '{"pane": 7, "settings": {"model": 3}}', "\x00"])
async def test_a_broken_session_file_is_no_reason_not_to_open(stored: Path, content: str) -> None:
    path = paths.state_folder() / "session.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert app.query_one(TrainingForm).config is not None


async def test_commands_are_about_the_run_under_the_cursor(trained_run: Run) -> None:
    lives = replace(
        trained_run.record(), run="20261101-190000-dot-bias-sgd-live", state="running", created=1.0
    )
    run, lock = create_run(replace(lives, host=socket.gethostname()), trained_run.config())
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: len(train.runs.rows) == 2)
        await pilot.press("r", "down")
        assert train.check_action("stop", ()) is None
        await pilot.press("up", "x")
        await until(pilot, lambda: bool(list((run.path / "control").glob("*.json"))))
        [wish] = (run.path / "control").glob("*.json")
        assert json.loads(wish.read_text())["kind"] == "stop"
    lock.release()


async def test_arrows_go_through_the_form(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await pilot.press("down", "down", "up")
        assert isinstance(app.focused, NumberField) and app.focused.key == "model.n_factors"


async def test_help_names_every_key_of_the_pane(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 50)) as pilot:
        await opened(app, pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        words = str(app.screen.query_one(Static).content)
        assert all(command.help in words for command in TrainPane.COMMANDS)
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_ask_number_refuses_what_is_no_rate(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    answers: list[float | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        app.push_screen(AskNumber("Learning rate?", 0.1), answers.append)
        await pilot.pause()
        await pilot.press("l", "0", "enter")
        assert isinstance(app.screen, AskNumber) and not answers
        await pilot.press("backspace", *"0.02", "enter")
        assert answers == [0.02]


async def test_a_run_whose_last_checkpoint_is_lost_goes_on_from_another_after_a_yes(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def resume(_: RunService, run_id: str, origin: str = "last") -> None:
        asked.append(origin)
        if origin == "last":
            raise LastIsLost("damaged", "best")

    monkeypatch.setattr(RunService, "resume", resume)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        for key, origins in (("n", ["last"]), ("y", ["last", "last", "best"])):
            app.post_message(ResumeRun(trained_run.id))
            await until(pilot, lambda: isinstance(app.screen, AskYesNo))
            await pilot.press(key)
            await until(pilot, lambda: not isinstance(app.screen, AskYesNo))
            await until(pilot, lambda origins=origins: asked == origins)


class SlowStart:
    """Stands in for the start of a trainer, which waits until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = asyncio.Event()
        self.begun = self.started = 0
        self.resumed: list[str] = []
        monkeypatch.setattr(RunService, "start", self.start)
        monkeypatch.setattr(RunService, "resume", self.resume)

    async def start(self, settings: object, name: str) -> str:
        self.begun += 1
        await self.go.wait()
        self.started += 1
        return ""

    async def resume(self, run_id: str) -> None:
        self.resumed.append(run_id)


async def test_resuming_a_run_while_others_start_leaves_start_free(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, slow = CftuiApp(BUNDLED), SlowStart(monkeypatch)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: train.why_not("start") is None)
        app.post_message(StartRun({}))
        app.post_message(StartRun({}))
        await until(pilot, lambda: slow.begun == 2)
        assert train.why_not("start") == "A trainer is starting already"
        app.post_message(ResumeRun(trained_run.id))
        await until(pilot, lambda: slow.resumed == [trained_run.id])
        slow.go.set()
        await until(pilot, lambda: train.why_not("start") is None)
        assert slow.started == 2 and app.workspace.starting == 0
        assert "finished" in text(app, "#status")


def test_a_memory_nested_too_deeply_is_none(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text("[" * 100_000)
    assert Memory(tmp_path / "session.json").state == SessionState()


async def test_a_pane_opened_while_a_trainer_starts_knows_of_it(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    memory.update(pane="runs")
    memory.writer.flush()
    app, slow = CftuiApp(BUNDLED), SlowStart(monkeypatch)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        app.post_message(StartRun({}))
        await until(pilot, lambda: slow.begun == 1)
        await pilot.press("3")
        train = app.query_one(TrainPane)
        assert train.why_not("start") == "A trainer is starting already"
        slow.go.set()
        await until(pilot, lambda: train.why_not("start") is None)


async def test_leaving_while_a_trainer_starts_is_no_fault(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, slow = CftuiApp(BUNDLED), SlowStart(monkeypatch)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        app.post_message(StartRun({}))
        await until(pilot, lambda: slow.begun == 1)
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize(
    ("width", "about"),
    [
        (120, "ml-latest-small  671 users × 9,066 movies, 100,004 ratings"),
        (100, "ml-latest-small  100,004 ratings"),
        (80, "ml-latest-small"),
        (66, ""),
    ],
)
async def test_the_tab_bar_tells_as_much_of_the_ratings_as_fits(
    stored: Path, width: int, about: str
) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(width, 24)) as pilot:
        await opened(app, pilot, runs=False)
        line = app.query_one(TabBar).render_line(0).text
        assert "6 Lab" in line and line.partition("6 Lab")[2].strip(" ]") == about
