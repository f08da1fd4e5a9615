"""What the screen says against runs and ratings, and which run it asks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from driving import BUNDLED, cells, opened, remember, text, until
from small import write_ratings
from textual.geometry import Region

from cftui.ratings.store import open_ratings
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.data.mapping_form import ColumnChoice
from cftui.tui.runs.details import RunDetailsView
from cftui.tui.shared.grid import Grid

BASELINES = {"global_mean": 1.1238, "biases": 0.7851}


@pytest.fixture
def worse(trained_run: Run) -> Run:
    """Give a run on the bundled ratings with a learning rate of 1000: 98 % at the ends."""
    lines = trained_run.events.read_text().splitlines()
    told = []
    for line in lines:
        event = json.loads(line)
        if event["event"] == "epoch":
            event |= {"valid_mse": 5.84, "train_loss": 6.12, "saturated": 0.98}
        told.append(json.dumps(event, separators=(",", ":")))
    trained_run.events.write_text("\n".join(told) + "\n")
    record = replace(trained_run.record(), valid_mse=5.84, best_valid_mse=5.84, baselines=BASELINES)
    trained_run.write_record(record)
    return trained_run


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_train_says_first_that_a_run_is_worse(worse: Run, size: tuple[int, int]) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: text(app, "#verdict").startswith("Worse than the mean alone"))
        said = text(app, "#verdict")
        assert ("98% of predictions" in said) == (size[0] > 100)

        def regions() -> list[Region]:
            return [app.query_one(name).region for name in ("#verdict", "#status")]

        # Laid out after it is said.
        await until(
            pilot, lambda: regions()[0].height > 0 and regions()[0].bottom == regions()[1].y
        )
        verdict = regions()[0]
        room = verdict.height * (verdict.width - 2)
        assert "Train anew with a lower one" in said and len(said) < room
        assert [row[-1] for row in cells(app.query_one("#run-list", Grid))] == ["‼5.8400"]


async def test_a_run_better_than_both_says_nothing(trained_run: Run) -> None:
    trained_run.write_record(replace(trained_run.record(), baselines=BASELINES))
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: "finished" in text(app, "#status"))
        assert not text(app, "#verdict") and not app.query_one("#verdict").display


async def test_the_list_of_runs_signs_it_and_the_details_begin_with_it(worse: Run) -> None:
    remember(pane="runs")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: bool(app.query("#all-runs")))
        await until(pilot, lambda: bool(app.query_one("#all-runs", Grid).rows))
        assert "‼5.8400" in cells(app.query_one("#all-runs", Grid))[0]
        details = app.query_one(RunDetailsView)
        await until(pilot, lambda: any("98% of predictions" in words for _, words in details.lines))
        assert details.lines[0][0] == "verdict"


async def test_weights_of_no_finished_epoch_do_not_answer(trained_run: Run) -> None:
    trained_run.write_record(replace(trained_run.record(), epoch=0, step=12, state="failed"))
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        assert app.workspace.run_in_view is not None
        assert app.workspace.answering_run is None


async def test_outliers_are_named_with_their_lines(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small", n=900) / "ratings.csv"
    head, *rows = source.read_text().splitlines()
    user, item, _, time = rows[5].split(",")
    rows[5] = f"{user},{item},500,{time}"
    source.write_text("\n".join([head, *rows]) + "\n")
    open_ratings(source)
    remember(pane="data")
    app = CftuiApp(str(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(app.query("#against")))
        await until(pilot, lambda: "500 in line 7" in text(app, "#against"))
        assert app.query_one("#against").display


async def test_counts_are_offered_as_logarithms_beside_the_columns(tmp_path: Path) -> None:
    source = tmp_path / "plays.csv"
    values = [1] * 600 + [2] * 200 + [9] * 90 + [40, 60, 90, 200, 700] * 2
    rows = [f"{n % 30},{n},{value}" for n, value in enumerate(values)]
    source.write_text("user,item,rating\n" + "\n".join(rows) + "\n")
    open_ratings(source)
    remember(pane="data")
    app = CftuiApp(str(source))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.query("#against")))
        await until(pilot, lambda: "look like counts" in text(app, "#against"))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, ColumnChoice))
        [choice] = [c for c in app.query(ColumnChoice) if c.key == "values"]
        choice.focus()
        await until(pilot, lambda: choice.has_focus)
        await pilot.press("right")
        await until(pilot, lambda: choice.value == "log")
        await pilot.press("enter")
        await until(pilot, lambda: "log2(1 + count)" in text(app, "#headline"))
        assert app.workspace.data_settings["values"] == "log"
        assert app.workspace.ratings is not None and app.workspace.ratings.name == "plays (log)"
        # The profile of the new values comes after the headline, and has another thing to say.
        await until(pilot, lambda: text(app, "#against").startswith("1 odd thing"))
