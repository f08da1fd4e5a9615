"""Explore, Predict: as of which time, where the model knows when."""

from typing import Any

from driving import text, until
from textual.app import App
from textual.widgets import Input

from cftui.questions.band import Band
from cftui.questions.data import DataSummary
from cftui.questions.items import FindItems, ItemRow
from cftui.questions.parts import PredictionPart, PredictionParts
from cftui.questions.question import Question
from cftui.questions.sheet import CellOfRun
from cftui.questions.trained import Abilities, AskAbilities, Predict, Prediction
from cftui.tui.explore.predicting import PredictScreen
from cftui.tui.shared.cell_arithmetic import CellScreen

DATA = DataSummary("d", "d", "s", "f", 2, 1, 1, 0.5, 5.0, 0.5, 3.0, 0, 0, titled=True)


class Asked(App[None]):
    """Answers as a run would whose model knows when, or does not."""

    def __init__(self, *, knows_when: bool) -> None:
        super().__init__()
        self.asked: list[Any] = []
        self.knows_when = knows_when

    async def ask(self, question: Question[Any], group: str | None = None) -> Any:
        self.asked.append(question)
        if isinstance(question, FindItems):
            return (ItemRow("7", "Alien (1979)", "", 3, 4.0),)
        if isinstance(question, AskAbilities):
            return Abilities("fm", False, False, has_arithmetic=True)
        predicted, band = 3.5 + 0.25 * bool(getattr(question, "when", "")), Band(3.0, 4.0, "80 %")
        if isinstance(question, CellOfRun):
            part = PredictionPart("user × item", predicted - 3.0)
            return PredictionParts(3.0, (part,), predicted, None, "mean of 2 members", band)
        seen = {"user_seen": True, "item_seen": True, "knows_when": self.knows_when}
        return Prediction("1", "7", "Alien (1979)", predicted, None, band=band, **seen)


async def test_a_time_is_named_where_the_model_knows_when() -> None:
    app = Asked(knows_when=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(PredictScreen(app.ask, DATA, "run", "1"))
        await until(pilot, lambda: app.screen.query("#when") and when(app).display)
        assert text(app, "#verdict").startswith("predicted 3.5 ± 0.5 (80 %), not rated")
        await pilot.press("tab", "tab")
        await until(pilot, lambda: app.focused is when(app))
        await pilot.press(*"2018-05-03")
        await until(pilot, lambda: "3.8 ± 0.8" in text(app, "#verdict"))
        assert Predict("run", "1", "7", "2018-05-03") in app.asked
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CellScreen))
        assert app.asked[-1] == CellOfRun("run", "1", "7", "2018-05-03")
        told = text(app, "Static")
        assert "+0.7500  user × item" in told and "3.7500  = prediction: 3.8 ± 0.8 (80 %)" in told


async def test_no_time_is_asked_for_where_it_says_nothing() -> None:
    app = Asked(knows_when=False)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(PredictScreen(app.ask, DATA, "run", "1"))
        await until(pilot, lambda: app.screen.query("#verdict") and text(app, "#verdict"))
        assert not when(app).display


def when(app: App[None]) -> Input:
    return app.screen.query_one("#when", Input)
