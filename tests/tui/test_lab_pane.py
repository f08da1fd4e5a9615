"""The Lab pane, by its keys: steps, races, the form, what it says, and what it remembers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from driving import lab, press, quiet, settled, until
from textual.pilot import Pilot
from textual.widgets import Static

from cftui import paths
from cftui.lab.asked import descend
from cftui.questions.lab import RULE_NAMES, DescentSettings, StepRow, WeightChange
from cftui.tui.app import CftuiApp
from cftui.tui.lab.chain_rule import ChainRuleScreen, chain_lines
from cftui.tui.lab.dialogs import ChooseRule, SetWeight
from cftui.tui.lab.form import LabForm
from cftui.tui.lab.pane import LabPane
from cftui.tui.lab.state import SPEEDS, LabState
from cftui.tui.lab.step_table import StepTable, step_columns
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.inputs import Choice, TextField

FAST = (("learning_rate", 10.0),)


async def first_step(pilot: Pilot[None], pane: LabPane) -> StepRow:
    """Take a step right behind a dialog, and return it."""
    await pilot.press("full_stop")
    await until(pilot, lambda: pane.step_row is not None)
    assert pane.step_row is not None
    return pane.step_row


def said(pane: LabPane) -> str:
    return str(pane.query_one("#sentence", Static).content)


def numbers(pane: LabPane) -> list[int]:
    return [row.number for row in pane.query_one(StepTable).rows]


def lines(pane: LabPane) -> list[str]:
    table = pane.query_one(StepTable)
    return [strip.text for strip in table.render_lines(table.size.region)]


async def test_steps_go_forth_and_back_with_the_descents_own_numbers() -> None:
    async with lab() as (pilot, pane):
        assert ". takes the first step" in said(pane) and numbers(pane) == []
        await press(pilot, pane, *["full_stop"] * 9)
        rows = descend(DescentSettings(), 1, 9).rows
        assert pane.step_row == rows[8] and "Against the gradient" in said(pane)
        shown = pane.query_one(StepTable).rows
        assert list(shown) == list(rows[9 - len(shown) :]) and len(shown) >= 5
        await press(pilot, pane, "comma", "comma", "comma")
        assert pane.step_row == rows[5] and numbers(pane)[-3:] == [6, 7, 8]
        marked = [line for line in lines(pane) if line.startswith("›")]
        assert len(marked) == 1 and marked[0].split()[1] == "6"
        await press(pilot, pane, "down", "up", "r")
        assert numbers(pane) == [] and pane.state.place == 0


async def test_an_epoch_at_once_and_back() -> None:
    async with lab() as (pilot, pane):
        await press(pilot, pane, "pagedown", "pagedown", "pageup")
        assert pane.state.place == 29
        assert pane.moment is not None and pane.moment.racer.epochs[0] == (1.0,)


async def test_it_runs_and_pauses_and_asks_one_thing_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with lab() as (pilot, pane):
        ask, going, most = pane.services.ask, 0, 0

        async def counted(question: Any, group: str | None = None) -> Any:
            nonlocal going, most
            going += 1
            most = max(most, going)
            try:
                return await ask(question, group)
            finally:
                going -= 1

        object.__setattr__(pane.services, "ask", counted)
        await pilot.press(*["plus"] * 3, "s")
        assert pane.running and pane.state.speed == 50
        await until(pilot, lambda: pane.state.place >= 40)
        await pilot.press("s")
        await settled(pilot, pane)
        at = pane.state.place
        assert not pane.running and most == 1
        await asyncio.sleep(0.3)
        assert (
            pane.state.place == at and pane.step_row == descend(DescentSettings(), at, at).rows[0]
        )
        await pilot.press(*["plus"] * 20)
        assert pane.state.speed == SPEEDS[-1]
        await pilot.press(*["minus"] * 20)
        assert pane.state.speed == SPEEDS[0]


async def test_a_key_is_taken_at_once_beside_a_running_race() -> None:
    """How quickly is measured by tests/bench/lab.py."""
    async with lab(racers=[[name, {}] for name in RULE_NAMES[-4:]], speed=500) as (pilot, pane):
        await pilot.press("s")
        await until(pilot, lambda: pane.state.place > 300)
        before = pane.state.focused
        await pilot.press("tab")
        assert pane.state.focused == before + 1 and pane.running
        legend = str(pane.query_one("#legend", Static).content).splitlines()
        assert legend[before + 1].startswith("›")
        await pilot.press("s")
        await settled(pilot, pane)


async def add(pilot: Pilot[None], pane: LabPane, times: int = 1) -> None:
    """Add the optimizer that the dialog begins with."""
    for _ in range(times):
        there = len(pane.state.racers)
        await pilot.press("n")
        await until(pilot, lambda: bool(pane.app.screen.query(Grid)) and pane.app.screen.focused)
        await pilot.press("enter")
        await until(pilot, lambda n=there: len(pane.state.racers) > n)
    await settled(pilot, pane)


async def test_a_race_of_four_at_most() -> None:
    async with lab() as (pilot, pane):
        await add(pilot, pane, 3)
        assert [one.rule for one in pane.state.racers] == list(RULE_NAMES[:4])
        assert pane.state.focused == 3 and pane.why_not("add")
        await press(pilot, pane, "n", "full_stop", "tab")
        assert len(pane.state.racers) == 4 and pane.state.focused == 0
        legend = str(pane.query_one("#legend", Static).content)
        assert [line[1] for line in legend.splitlines()] == list("1234") and "nesterov" in legend
        assert pane.step_row == descend(DescentSettings("sgd"), 1, 1).rows[0]
        await press(pilot, pane, "shift+tab", "d", "d", "d")
        assert [one.rule for one in pane.state.racers] == ["sgd"] and pane.why_not("drop")


async def test_which_optimizer_is_added_is_chosen() -> None:
    """Also one that is there: two learning rates of it can race."""
    async with lab(racers=[["sgd", {}], ["adam", {}]]) as (pilot, pane):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pane.app.screen, ChooseRule))
        grid = pane.app.screen.query_one(Grid)
        assert RULE_NAMES[grid.cursor_row] == "lesson-momentum"
        await pilot.press("escape")
        await until(pilot, lambda: pane.app.focused is pane)
        assert len(pane.state.racers) == 2
        await pilot.press("n", "up", "enter")
        await until(pilot, lambda: len(pane.state.racers) == 3)
        assert [one.rule for one in pane.state.racers] == ["sgd", "adam", "sgd"]
        assert pane.state.focused == 2


async def test_another_optimizer_is_chosen_at_the_same_step() -> None:
    async with lab() as (pilot, pane):
        await press(pilot, pane, "full_stop", "full_stop")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pane.app.screen, ChooseRule))
        grid = pane.app.screen.query_one(Grid)
        assert RULE_NAMES[grid.cursor_row] == "sgd"
        await pilot.press("enter")  # what it is already
        await until(pilot, lambda: pane.app.focused is pane)
        assert pane.state.settings == DescentSettings() and pane.state.place == 2
        await pilot.press("o", "end", "enter")
        await settled(pilot, pane)
        assert pane.state.settings.rule == "adamw" and said(pane).startswith("AdamW decays")
        assert pane.step_row == descend(DescentSettings("adamw"), 2, 2).rows[0]
        assert {"m̂", "v̂", "decay"} <= set(pane.query_one(StepTable).columns)


async def test_what_diverged_is_said_and_led_out_of() -> None:
    async with lab(racers=[["sgd", {"learning_rate": 10.0}]], speed=1000) as (pilot, pane):
        await pilot.press("s")
        await until(pilot, lambda: pane.stuck)
        await settled(pilot, pane)
        end = descend(DescentSettings(options=FAST), 1, 500).diverged
        assert pane.state.place == end and not pane.running
        assert said(pane).startswith(f"Diverged at step {end}") and "l begins anew with 1" in said(
            pane
        )
        assert "Diverged" in str(pane.why_not("step(1)"))
        await press(pilot, pane, "comma")
        assert pane.state.place == (end or 0) - 1 and "Diverged" not in said(pane)
        await press(pilot, pane, "full_stop")
        assert "Diverged" in said(pane)
        await press(pilot, pane, "l")
        assert pane.state.place == 0 and dict(pane.state.settings.options) == {"learning_rate": 1.0}


async def test_one_that_diverges_lets_the_others_go_on() -> None:
    racers = [["sgd", {"learning_rate": 10.0}], ["adam", {}]]
    async with lab(racers=racers, speed=1000) as (pilot, pane):
        await press(pilot, pane, *["pagedown"] * 4)
        assert pane.state.place == 4 * 29 and "Diverged" in said(pane) and len(numbers(pane)) > 3
        assert "diverged at" in str(pane.query_one("#legend", Static).content)
        await press(pilot, pane, "comma")
        assert "Diverged" not in said(pane)


async def test_a_weight_by_hand_is_a_step_that_one_can_go_back_over() -> None:
    async with lab() as (pilot, pane):
        await press(pilot, pane, "full_stop", "full_stop")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(pane.app.screen, SetWeight))
        dialog = pane.app.screen
        await until(pilot, lambda: bool(dialog.query("#complaint")))
        dialog.query_one(TextField).value = "x"
        await pilot.press("enter")
        assert "is no finite number" in str(dialog.query_one("#complaint", Static).content)
        dialog.query_one(Choice).value = "b"
        await pilot.pause()
        dialog.query_one(TextField).value = "25"
        await pilot.press("enter")
        await settled(pilot, pane)
        assert pane.state.place == 3 and "you set b from" in said(pane) and "to 25" in said(pane)
        assert [line.split()[2] for line in lines(pane) if line.startswith("›")] == ["hand"]
        await press(pilot, pane, "full_stop")
        changed = DescentSettings(changes=(WeightChange(2, "b", 25.0),))
        assert pane.step_row == descend(changed, 4, 4).rows[0]
        await press(pilot, pane, "comma", "comma")
        assert pane.step_row == descend(DescentSettings(), 2, 2).rows[0]
        await press(pilot, pane, "r")
        assert pane.state.settings.changes == ()


async def test_the_chain_rule_of_a_step_factor_by_factor() -> None:
    """By hand: x = 88, y = 206 at a = b = 1: p = 89, e = 117² = 13689, de/dp = -234."""
    async with lab() as (pilot, pane):
        await pilot.press("enter")
        assert not isinstance(pane.app.screen, ChainRuleScreen) and pane.why_not("chain")
        await press(pilot, pane, "full_stop")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pane.app.screen, ChainRuleScreen))
        screen = pane.app.screen
        assert isinstance(screen, ChainRuleScreen)
        words = "\n".join(screen.lines)
        for part in (
            "p = a x + b = 89",
            "e = (p - y)² = 13689",
            "de/dp = 2 (p - y) = -234",
            "de/da = de/dp · dp/da = -234 · 88 = -20592",
            "(e(a + h) - e(a)) / h = -20515",
            "off by 77.44",  # h x²
            "de/db = de/dp · dp/db = -234 · 1 = -234",
        ):
            assert part in words, words
        await pilot.press("escape")


def test_the_chain_rule_of_a_batch_is_a_mean() -> None:
    """X = 88, 71 and y = 206, 172 at a = b = 1: products -20592 and -14200, their mean -17396."""
    found = descend(DescentSettings(batch=2), 1, 1)
    words = "\n".join(chain_lines(found, found.rows[0], 0.01))
    assert "de/dp · dp/da: -20592, -14200" in words and "their mean = -17396" in words
    found = descend(DescentSettings(function="parabola"), 1, 1)
    words = "\n".join(chain_lines(found, found.rows[0], 0.01))
    assert "dp/da = x² = 7744" in words and "dp/dc = 1" in words


async def fill(pilot: Pilot[None], pane: LabPane, **values: str) -> LabForm:
    """Open the form and put these into its fields."""
    await pilot.press("f")
    await until(pilot, lambda: isinstance(pane.app.screen, LabForm))
    form = pane.app.screen
    assert isinstance(form, LabForm)
    await until(pilot, lambda: bool(form.query("#complaint")))
    for field in form.query(TextField):
        if field.key.replace(" ", "_") in values:
            field.value = values[field.key.replace(" ", "_")]
    for choice in form.query(Choice):
        if choice.key in values:
            choice.value = values[choice.key]
    await pilot.pause()
    complaint, before = form.query_one("#complaint", Static), pane.state
    await pilot.press("enter")

    def over() -> bool:
        """Whether the pane has heard of it and has the keys again, in whatever order."""
        gone = pane.app.screen is not form and pane.app.focused is pane
        return gone and pane.state is not before

    await until(pilot, lambda: over() or bool(str(complaint.content)))
    await settled(pilot, pane)
    return form


async def test_settings_by_the_form() -> None:
    async with lab() as (pilot, pane):
        await press(pilot, pane, "full_stop")
        await fill(pilot, pane, learning_rate="2e-5", difference="0.5", batch="0", start_b="7")
        await settled(pilot, pane)
        wanted = DescentSettings(
            options=(("learning_rate", 2e-5),), batch=0, difference=0.5, start=(1.0, 7.0)
        )
        assert pane.state.settings == wanted and pane.state.place == 0
        await fill(pilot, pane, function="parabola", learning_rate="1e-9")
        assert len((await first_step(pilot, pane)).weights) == 3
        assert pane.query_one(StepTable).rows and not pane._failure


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rate": "0"}, "learning_rate"),
        ({"learning_rate": "-1"}, "learning_rate"),
        ({"learning_rate": "1e"}, "learning rate: '1e' is not a number"),
        ({"difference": "0"}, "h of the estimated derivatives"),
        ({"batch": "1.5"}, "is not a whole number"),
        ({"batch": "-1"}, "batch -1"),
        ({"points": "nowhere.csv"}, "not a readable CSV file"),
        ({"start_a": "nan"}, "start"),
    ],
)
async def test_what_cannot_be_used_is_said_in_the_form(values: dict[str, str], words: str) -> None:
    async with lab() as (pilot, pane):
        form = await fill(pilot, pane, **values)
        complaint = form.query_one("#complaint", Static)
        await until(pilot, lambda: words in str(complaint.content))
        assert pane.app.screen is form and pane.state == LabState()


async def test_points_of_a_file_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    async with lab() as (pilot, pane):
        for text, words in (
            ("1,2\nx,3\n", "points.csv:2: column 1 (x) is 'x'"),
            ("1,2\n", "one point"),
            ("4,2\n4,3\n", "every x is 4"),
        ):
            file.write_text(text)
            form = await fill(pilot, pane, points=str(file))
            complaint = form.query_one("#complaint", Static)
            await until(pilot, lambda c=complaint, w=words: w in str(c.content))
            await pilot.press("escape")
            await pilot.pause()
        file.write_text("x,y\n1,3\n2,5\n3,7\n")
        await fill(pilot, pane, points=str(file))
        assert (await first_step(pilot, pane)).x == (1.0,)
        file.unlink()
        await fill(pilot, pane, points="lesson")
        await settled(pilot, pane)
        assert pane.state.settings.points == "lesson"


async def test_remembered_points_that_are_gone_are_said_and_can_be_changed() -> None:
    async with lab(points="/nowhere/points.csv") as (pilot, pane):
        assert "not a readable CSV file" in said(pane) and "f changes it" in said(pane)
        await pilot.press("full_stop")
        assert pane.state.place == 0
        await fill(pilot, pane, points="lesson")
        assert await first_step(pilot, pane)


async def test_it_is_remembered(home: Path) -> None:
    async with lab() as (pilot, pane):
        await add(pilot, pane)
        await press(pilot, pane, "l", "plus")
        saved = pane.state.saved()
        pane.services.memory.writer.flush()
        kept = json.loads((paths.state_folder() / "session.json").read_text())["lab"]
        assert kept == saved
        again = LabState.of(kept)
        assert again.racers == pane.state.racers and again.speed == 10


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"racers": "adam", "points": 3, "function": "cubic", "start": ["x"], "batch": 1.5},
        {"racers": [["adam"], ["none", {}], 5, ["sgd", 7]], "difference": "x", "speed": 3},
    ],
)
def test_a_memory_that_does_not_fit_is_left(saved: dict[str, Any]) -> None:
    assert LabState.of(saved).settings == DescentSettings()
    assert LabState.of(saved).speed == LabState().speed


async def test_views_where_there_is_little_room() -> None:
    async with lab((80, 24)) as (pilot, pane):
        assert pane.sections.shown == ("steps",)
        await pilot.press("v")
        assert pane.sections.shown == ("contour",)
        await pilot.press("v")
        assert pane.sections.shown == ("errors",)
        await pilot.press("v", "a")
        assert pane.sections.shown == ("steps",) and "epoch" in str(
            pane.query_one("#errors").border_title
        )
        await press(pilot, pane, *["full_stop"] * 8)
        for line in lines(pane):
            assert len(line) <= 78
        await pilot.resize_terminal(120, 40)
        await quiet(pilot)
        assert pane.sections.shown == ("steps", "contour", "errors")


def test_columns_by_the_room_there_is() -> None:
    states = ("m", "v", "m_hat", "v_hat", "decay")
    labels = [column.label for column in step_columns(states, 118)]  # all that there are
    assert labels == [
        *("step", "x", "y", "p", "e", "", "before", "≈de/dw", "de/dw"),
        *("m", "v", "m̂", "v̂", "decay", "new"),
    ]
    labels = [column.label for column in step_columns(states, 78)]
    assert labels == [*("step", "x", "e", "", "before", "≈de/dw", "de/dw", "v̂", "decay", "new")]


async def test_commands_by_their_ids() -> None:
    async with lab() as (pilot, pane):
        app = pane.app
        assert isinstance(app, CftuiApp)
        await app.action_pane("train")
        await app.perform("lab.step")
        await settled(pilot, pane)
        assert pane.state.place == 1 and app.memory.state.pane == "lab"
