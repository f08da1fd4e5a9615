"""Only what is in view is styled anew where the terminal's size calls for it."""

from pathlib import Path

from driving import opened, until

from cftui import paths
from cftui.tui.app import CftuiApp
from cftui.tui.data.pane import DataPane
from cftui.tui.train.pane import TrainPane


async def test_a_pane_out_of_view_waits_for_its_size(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: train.has_class("-medium", "-tall"))
        await pilot.press("1")
        await until(pilot, lambda: app.query(DataPane) and app.query_one(DataPane).size.area)
        data = app.query_one(DataPane)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: data.has_class("-narrow", "-short"))
        assert data.query_one("#choosing").size.width <= 31
        assert train.has_class("-medium") and not train.has_class("-narrow")
        assert not {"-narrow", "-short"} & app.screen.classes
        await pilot.press("3")
        await until(pilot, lambda: train.has_class("-narrow", "-short"))
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: train.has_class("-wide", "-tall"))
        assert not train.has_class("-narrow") and data.has_class("-narrow")
