"""Commands by their ids: each is named once, found, and performed wherever its pane is."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from driving import opened, until
from textual.pilot import Pilot

from cftui import paths
from cftui.runs.directory import Run
from cftui.tui.app import ANYWHERE, CftuiApp
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.predicting import PredictScreen
from cftui.tui.pane_stack import PaneStack
from cftui.tui.panes import PANES
from cftui.tui.performing import placed_commands
from cftui.tui.services.runs import RunService
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.commands import CommandRefused
from cftui.tui.train.pane import TrainPane


async def leave_dialogs(pilot: Pilot[None]) -> None:
    while len(pilot.app.screen_stack) > 1:
        await until(pilot, lambda: pilot.app.screen.is_mounted)
        pilot.app.pop_screen()
        await pilot.pause()


def test_every_command_has_an_id_of_its_own() -> None:
    every = [placed.command for placed in placed_commands(ANYWHERE)]
    counts = Counter(command.id for command in every)
    assert [name for name, count in counts.items() if count > 1] == []
    assert len(every) > 80 and all(command.keys and command.help for command in every)


def test_panes_have_ids_and_keys_of_their_own() -> None:
    assert len({entry.id for entry in PANES}) == len({entry.key for entry in PANES}) == len(PANES)


async def test_a_command_brings_its_pane_and_its_view(trained_run: Run) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await app.perform("runs.rename")
        assert isinstance(app.screen, AskText) and app.memory.state.pane == "runs"
        await leave_dialogs(pilot)
        await app.perform("users.predict")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await leave_dialogs(pilot)
        await app.perform("movies.search")
        explore = app.query_one(ExplorePane)
        assert explore.view_name == "movies"
        await until(pilot, lambda: getattr(app.focused, "id", "") == "search")


async def test_what_cannot_be_done_is_refused_in_words(trained_run: Run) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        with pytest.raises(CommandRefused, match="Only a live run"):
            await app.perform("train.stop")
        with pytest.raises(CommandRefused, match=r"There is no command lab\.play"):
            await app.perform("lab.play")


async def test_every_command_of_every_pane_is_done_or_refused(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start(runs: RunService, *_: Any) -> str:
        return ""

    for begins_a_trainer in ("start", "refit"):
        monkeypatch.setattr(RunService, begins_a_trainer, start)
    app = CftuiApp(paths.BUNDLED)
    done = []
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        stack = app.query_one(PaneStack)
        for placed in placed_commands(ANYWHERE):
            if placed.entry is None:
                continue
            try:
                await app.perform(placed.command.id)
                done.append(placed.command.id)
            except CommandRefused as refused:
                assert str(refused)
            assert stack.current == placed.entry.id or placed.command.id == "runs.open"
            await leave_dialogs(pilot)
    assert len(done) > 50


async def test_a_pane_does_nothing_where_what_it_shows_is_the_same(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        listed: list[int] = []
        monkeypatch.setattr(TrainPane, "_show_runs", lambda pane: listed.append(1))
        stack = app.query_one(PaneStack)
        stack.workspace = replace(stack.workspace, starting=1)
        assert app.query_one(TrainPane).why_not("start") == "A trainer is starting already"
        stack.workspace = replace(stack.workspace, starting=0)
        assert not listed
        stack.workspace = replace(stack.workspace, runs_on_these_ratings=())
        assert listed == [1]


async def test_a_split_chosen_in_one_form_is_the_others_too(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        stack = app.query_one(PaneStack)
        await app.action_pane("data")
        await app.action_pane("train")
        form = app.query_one(TrainPane).form
        for field in form.query("NumberField"):
            if getattr(field, "key", "") == "split.fraction":
                field.value = "0.30"  # type: ignore[attr-defined]
        await until(pilot, lambda: stack.workspace.split.get("fraction") == 0.3)
        fields = {f.key: f for f in stack.query("DataPane NumberField")}  # type: ignore[attr-defined]
        await until(pilot, lambda: fields["fraction"].value == "0.3")
        # what is typed stays as it is typed
        assert any(getattr(f, "value", "") == "0.30" for f in form.query("NumberField"))
