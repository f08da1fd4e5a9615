"""What the Lab shows beside the steps: small truths, decay on a run's weights, a workbook."""

import asyncio
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from driving import lab, press, remember, until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cftui.questions.job import Progress
from cftui.questions.lab_runs import CheckDerivative, CompareDecay, DecayAnswer, DecayIsQuick
from cftui.runs.directory import Run
from cftui.tui.lab.decay import DecayScreen
from cftui.tui.lab.derivative import DerivativeScreen, derivative_question
from cftui.tui.lab.truths import TruthsScreen
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.inputs import TextField


def words(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


async def test_small_truths_with_their_numbers(trained_run: Run) -> None:
    async with lab() as (pilot, pane):
        await until(pilot, lambda: pane.workspace.answering_run is not None)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TruthsScreen))
        await until(pilot, lambda: "(a * b).sum(1) = 6, 70" in words(pilot, "#truth-dot"))
        assert "DotProduct: 6, 70" in words(pilot, "#truth-dot")
        await until(pilot, lambda: "the same, bit for bit" in words(pilot, "#truth-embedding"))
        told = words(pilot, "#truth-embedding")
        assert "of 671" in told and re.search(r"\(\d+ numbers\)", told)
        await until(pilot, lambda: "debiased" in words(pilot, "#truth-average"))
        rows = re.findall(r"^ +[\d,]+ +[\d.]+.*$", words(pilot, "#truth-average"), re.MULTILINE)
        step, _, biased, debiased, curve = (float(x.replace(",", "")) for x in rows[0].split())
        assert abs(debiased - biased / (1 - 0.98**step)) < 3e-3 and abs(debiased - curve) < 0.05
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TruthsScreen))


async def test_a_derivative_by_any_number_of_a_run(trained_run: Run) -> None:
    async with lab() as (pilot, pane):
        await until(pilot, lambda: pane.workspace.answering_run is not None)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TruthsScreen))
        await until(pilot, lambda: "relative difference" in words(pilot, "#truth-derivative"))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DerivativeScreen))
        await until(pilot, lambda: "relative difference" in words(pilot, "#derivative"))
        field = pilot.app.screen.query_one(TextField)
        assert field.value == "user_factors[0, 0]" and field.has_focus
        field.value = "item_bias[5]"
        await pilot.press("enter")
        await until(pilot, lambda: "item_bias[5, 0] of item" in words(pilot, "#derivative"))
        told = words(pilot, "#derivative")
        autograd, central = (
            float(re.search(rf"^{re.escape(head)} +(\S+)", told, re.MULTILINE)[1])  # type: ignore[index]
            for head in ("autograd", "(loss(w + h) - loss(w - h)) / 2h")
        )
        assert central == pytest.approx(autograd, rel=1e-5) and "user_bias[0–670, 0]" in told
        for number, complaint in (
            ("item_bais[5]", "no parameter 'item_bais'; it has user_factors"),
            ("user_factors[671, 0]", "2 numbers: 0 to 670, 0 to"),
            ("item_bias[5", "is no number of a run; give one such as user_factors[14, 0]"),
        ):
            field.value = number
            await pilot.press("enter")
            await until(pilot, lambda c=complaint: c in words(pilot, "#derivative"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TruthsScreen))


def test_numbers_of_a_run_as_they_are_typed() -> None:
    assert derivative_question("r", " a.b[3,  4] ", "") == CheckDerivative("r", "a.b", (3, 4))
    assert derivative_question("r", "bias", "1e-3") == CheckDerivative("r", "bias", (), 1e-3)
    assert derivative_question("r", "", "") == CheckDerivative("r")
    for number, h in (("[3]", ""), ("a[-1]", ""), ("a[1]x", ""), ("a", "1e")):
        with pytest.raises(ValueError, match="give one such as"):
            derivative_question("r", number, h)


async def test_truths_without_a_run_tell_what_they_can() -> None:
    async with lab((80, 24)) as (pilot, pane):
        assert pane.why_not("decay") == "Its weights are those of a run: train one (3)"
        await until(pilot, lambda: pane.workspace.ratings is not None)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TruthsScreen))
        await until(pilot, lambda: "bit for bit" in words(pilot, "#truth-embedding"))
        assert "train one (3)" in words(pilot, "#truth-average")
        assert "train one (3)" in words(pilot, "#truth-derivative")
        await pilot.press("d")
        assert isinstance(pilot.app.screen, TruthsScreen)


async def test_decay_of_a_runs_weights_is_drawn_with_its_numbers(trained_run: Run) -> None:
    async with lab() as (pilot, pane):
        await until(pilot, lambda: pane.workspace.answering_run is not None)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, DecayScreen))
        await until(pilot, lambda: "steady: " in words(pilot, "#decay-words"), seconds=60)
        told = words(pilot, "#decay-words")
        assert "noisy: " in told and "AdamW" in told
        chart = pilot.app.screen.query_one(ChartView)
        await until(pilot, lambda: chart.drawn)


async def test_decay_of_a_large_run_is_a_job_that_tells_and_ends_with_the_screen(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[CompareDecay] = []

    async def slow(job: CompareDecay, tell: Progress) -> DecayAnswer:
        tell(3, 600, "gradients of 300 batches")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(job)
        raise AssertionError

    monkeypatch.setattr("cftui.tui.lab.decay.do_job", slow)
    async with lab() as (pilot, pane):
        await until(pilot, lambda: pane.workspace.answering_run is not None)
        ask = pane.services.ask

        async def large(question: Any, group: str | None = None) -> Any:
            return False if isinstance(question, DecayIsQuick) else await ask(question, group)

        object.__setattr__(pane.services, "ask", large)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, DecayScreen))
        await until(pilot, lambda: "0%, gradients of 300" in words(pilot, "#decay-words"))
        assert "esc cancels" in words(pilot, "#decay-words")
        await pilot.press("escape")
        await until(pilot, lambda: bool(ended))
        assert ended[0].step > 0 and ended[0].run == str(trained_run.path)


async def test_the_steps_are_written_with_live_formulas(tmp_path: Path) -> None:
    remember(pane="lab")
    path = tmp_path / "steps.xlsx"
    async with lab() as (pilot, pane):
        await press(pilot, pane, "full_stop", "full_stop", "full_stop")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        pilot.app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, path.exists)
        await until(
            pilot, lambda: not pilot.app.workers or all(w.is_finished for w in pilot.app.workers)
        )
    book = openpyxl.load_workbook(path)
    formulas = [c for row in book["sgd"].iter_rows() for c in row if str(c.value).startswith("=")]
    assert len(formulas) > 20
