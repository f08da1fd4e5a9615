"""Explore's check of a run by its keys, answered as a job would."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from checked import VERDICT, WARNING, checked
from driving import BUNDLED, cells, opened, until
from textual.pilot import Pilot
from textual.widgets import Static

from cftui.questions.check import CheckAnswer, CheckRun, JointCounts
from cftui.questions.job import Progress
from cftui.runs.directory import Run
from cftui.runs.twins import OnSplit, Twins
from cftui.tui.app import CftuiApp
from cftui.tui.explore import check as module
from cftui.tui.explore.check import CheckView
from cftui.tui.explore.check_page import SECTIONS
from cftui.tui.explore.check_tables import give_or_take, number
from cftui.tui.explore.joint import JointHistogram, upright
from cftui.tui.explore.joint_plan import merged, plan, ticks
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.residual_table import ResidualTable
from cftui.tui.services.jobs import JobError
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import TrainLike
from cftui.tui.shared.overlays import HelpScreen


@dataclass
class Jobs:
    """Answers in the place of a process; holds an answer back until it is let go."""

    asked: list[CheckRun] = field(default_factory=list)
    cancelled: list[CheckRun] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    failure: str = ""
    title: str = ""

    async def do(self, job: CheckRun, tell: Progress) -> CheckAnswer:
        self.asked.append(job)
        tell(3, 7, "EASE")
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(job)
            raise
        if self.failure:
            raise JobError(self.failure)
        answer = checked(Run(Path(job.run)))
        if self.title:
            worst = tuple(replace(row, title=self.title) for row in answer.worst)
            answer = replace(answer, worst=worst)
        return answer


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    made = Jobs()
    made.go.set()
    monkeypatch.setattr(module, "do_job", made.do)
    return made


@asynccontextmanager
async def checking(
    size: tuple[int, int] = (120, 40), *, runs: bool = True
) -> AsyncIterator[tuple[Pilot[None], CheckView]]:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot, runs=runs)
        await pilot.press("5", "C")
        await until(pilot, lambda: bool(app.query(CheckView)))
        yield pilot, app.query_one(CheckView)


def head(view: CheckView) -> str:
    return str(view.query_one("#about").content)  # type: ignore[attr-defined]


def lines(widget: JointHistogram | ResidualTable) -> list[str]:
    strips = widget.render_lines(widget.size.region)
    return [strip.text for strip in strips]


async def test_a_run_is_checked_when_the_view_is_opened(trained_run: Run, jobs: Jobs) -> None:
    jobs.go.clear()
    async with checking() as (pilot, view):
        await until(pilot, lambda: "EASE (43%); x cancels" in str(view.query_one("#doing").visual))
        assert jobs.asked == [CheckRun(jobs.asked[0].store, str(trained_run.path), 3753)]
        jobs.go.set()
        await until(pilot, lambda: head(view).startswith(f"B{VERDICT[1:]}"))
        assert WARNING in head(view) and not view.query_one("#doing").display
        figures = cells(view.query_one("#figures", Grid))
        assert [row[0] for row in figures[::2]] == [
            *("this run", "mean", "biases", "popularity", "item k-NN", "EASE")
        ]
        answer = view.page.answer
        assert answer is not None
        assert figures[0][1] == f"{answer.methods[0].measures[0][1].value:.3f}"
        assert figures[6][1] == ""  # popularity predicts no ratings
        # the other views need no new check, nor does coming back
        await pilot.press("u", "C", "1", "5")
        await pilot.pause()
        assert len(jobs.asked) == 1


async def test_the_joint_plot_tells_where_ratings_are(
    trained_run: Run, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with checking() as (pilot, view):
        await until(pilot, lambda: view.page.answer is not None)
        joint = view.query_one(JointHistogram)
        await until(pilot, lambda: any("█" in line for line in lines(joint)))
        shown = lines(joint)
        labels = [line[:4].strip() for line in shown]
        assert [label for label in labels if label] == [
            *("5", "4.5", "4", "3.5", "3", "2.5", "2", "1.5", "1", "0.5")
        ]
        answer = view.page.answer
        assert answer is not None
        of_fours = next(line for line in shown if line.startswith("  4 "))
        fours = sum(row[7] for row in answer.joint.counts)
        share = fours / sum(map(sum, answer.joint.counts))
        assert of_fours.rstrip().endswith(f"{share:.0%}")
        assert set(of_fours) >= {"░", "▒", "▓", "█", "│"}
        assert shown[labels.index("0.5") + 1].split() == ["1", "2", "3", "4", "5"]


async def test_what_there_is_no_room_for_is_shown_one_at_a_time(
    trained_run: Run, jobs: Jobs
) -> None:
    async with checking((80, 24)) as (pilot, view):
        await until(pilot, lambda: view.page.answer is not None)
        audit = view.page.answer.audit
        told = (
            f"{audit.future:.0%} of the training ratings are later than held-out ones, and 1 more"
        )
        about = view.query_one("#about", Static)
        await until(
            pilot,
            lambda: any(told in about.render_line(y).text for y in range(about.size.height)),
        )
        seen = []
        for _ in SECTIONS:
            await until(pilot, lambda: len(view.page.shown) == 1)
            seen += view.page.shown
            assert view.query_one(f"#{seen[-1]}").size.height >= 12
            await pilot.press("v" if len(seen) % 2 else "right")
        assert seen == list(SECTIONS)
        await pilot.press("left")
        assert view.page.shown == ("audit",)
        await pilot.press("left")
        assert view.page.shown == ("residuals",)
        shown = lines(view.query_one(ResidualTable))
        answer = view.page.answer
        assert answer is not None
        cell = answer.residuals[1][2]
        row = next(line for line in shown if line.startswith("41–120"))
        assert f"{cell.residual:+.2f} {cell.rmse:.2f}" in row
        assert f"{cell.n:,}" in shown[shown.index(row) + 1]
        await pilot.press("left", "left")
        chart = view.query_one(ChartView)
        await until(pilot, lambda: "predicted" in "".join(t for t, _ in chart.drawn[-1:][0]))
        await pilot.resize_terminal(160, 48)
        await pilot.press("v", "v", "v", "v")
        await until(pilot, lambda: view.page.shown == tuple(SECTIONS))


async def test_worst_predictions_are_walked_through(trained_run: Run, jobs: Jobs) -> None:
    jobs.title = "[bold]No[/] \x1b[31mmarkup"
    async with checking() as (pilot, view):
        await until(pilot, lambda: view.page.answer is not None)
        answer = view.page.answer
        assert answer is not None
        assert view.query_one("#first", Grid).has_focus
        pane = pilot.app.query_one(ExplorePane)
        await pilot.press("down", "enter")
        await until(pilot, lambda: pane.view.key == answer.worst[1].user)
        await pilot.press("backspace")
        await until(pilot, lambda: pane.view is view)
        assert view.page.worst == answer.worst[1]
        await pilot.press("o")
        await until(pilot, lambda: pane.view.key == answer.worst[1].item)
        await pilot.press("backspace")
        await until(pilot, lambda: pane.view is view)


async def test_a_check_is_cancelled_and_asked_again(three_runs: list[Run], jobs: Jobs) -> None:
    jobs.go.clear()
    async with checking() as (pilot, view):
        await until(pilot, lambda: len(jobs.asked) == 1)
        await pilot.press("x")
        await until(pilot, lambda: len(jobs.cancelled) == 1)
        assert head(view) == "Not checked: s checks it"
        await pilot.press("u", "C")
        await pilot.pause()
        assert len(jobs.asked) == 1  # what was given up is not begun again by itself
        jobs.go.set()
        await pilot.press("s")
        await until(pilot, lambda: head(view).startswith(f"B{VERDICT[1:]}"))
        assert jobs.asked[1] == jobs.asked[0]


async def test_newer_weights_are_checked_again(trained_run: Run, jobs: Jobs) -> None:
    async with checking() as (pilot, view):
        await until(pilot, lambda: view.page.answer is not None)
        setting = view.setting
        assert setting.row is not None
        live = replace(setting, row=replace(setting.row, alive=True, epoch=4, step=5004))
        view.show(live)
        await until(pilot, lambda: "learned on" in head(view))
        assert len(jobs.asked) == 1
        save_step(trained_run, 5004)
        view.show(replace(setting, row=replace(setting.row, epoch=4, step=5004)))
        await until(pilot, lambda: [job.step for job in jobs.asked] == [3753, 5004])
        await until(pilot, lambda: "step 5,004" in head(view))


def save_step(run: Run, step: int) -> None:
    from cftui.runs.checkpoint import checkpoint_step, load_checkpoint, save_checkpoint

    save_checkpoint(run.last, load_checkpoint(run.last).arrays, {"step": str(step), "epoch": "4"})
    assert checkpoint_step(run.last) == step


async def test_the_other_split_is_trained_and_stands_beside(
    trained_run: Run, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with checking((140, 40)) as (pilot, view):
        await until(
            pilot, lambda: "t trains the same settings on each user's latest fifth" in head(view)
        )
        asked: list[TrainLike] = []
        monkeypatch.setattr(pilot.app._runs, "train_like", asked.append)  # type: ignore[attr-defined]
        await pilot.press("t")
        await until(pilot, lambda: bool(asked))
        assert asked[0].run == trained_run.id
        split = asked[0].changes["split"]
        assert (split["kind"], split["fraction"]) == ("per-user-latest", 0.2)
        both = Twins(OnSplit(trained_run.id, 0.676, 0.785), OnSplit("other", 0.75, 0.82), 0.2)
        monkeypatch.setattr(module, "find_twins", lambda run, rows: both)
        view.runs_changed()  # as when the other run has ended
        await until(pilot, lambda: "MSE 0.676 on ratings drawn at random, 0.750" in head(view))
        audit = str(view.query_one("#audit > Static").content)  # type: ignore[attr-defined]
        assert "each user's latest fifth   0.750   0.820   0.070" in audit
        assert view.why_not("twin") == "Both stand side by side already"


async def test_without_a_run_it_says_how_to_get_one(stored: Path, jobs: Jobs) -> None:
    async with checking(runs=False) as (pilot, view):
        await until(pilot, lambda: "needs a trained run" in head(view) and "3" in head(view))
        assert not jobs.asked
        await pilot.press("e")
        await until(pilot, lambda: len(pilot.app._notifications) == 1)


async def test_why_there_is_no_answer_is_said(trained_run: Run, jobs: Jobs) -> None:
    jobs.failure = "its ratings [are] gone; read them again"
    async with checking() as (pilot, view):
        await until(pilot, lambda: head(view) == jobs.failure)
        jobs.failure = ""
        await pilot.press("s")
        await until(pilot, lambda: head(view).startswith(f"B{VERDICT[1:]}"))


async def test_a_check_is_exported(trained_run: Run, jobs: Jobs, tmp_path: Path) -> None:
    async with checking() as (pilot, view):
        await until(pilot, lambda: view.page.answer is not None)
        for name in ("check.csv", "check.json"):
            await pilot.press("e")
            await until(pilot, lambda: pilot.app.focused is not None)
            field_ = pilot.app.screen.query_one("Input")
            field_.value = str(tmp_path / name)  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, (tmp_path / name).exists)
        answer = view.page.answer
        assert answer is not None
        with (tmp_path / "check.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == sum(len(method.measures) for method in answer.methods)
        assert float(rows[0]["value"]) == pytest.approx(answer.methods[0].measures[0][1].value)
        whole = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))
        assert whole["audit"]["n_held_out"] == answer.audit.n_held_out


async def test_help_tells_of_its_keys(trained_run: Run, jobs: Jobs) -> None:
    async with checking() as (pilot, view):
        await until(pilot, lambda: view.page.answer is not None)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))


def test_bins_are_put_together_where_there_is_no_room() -> None:
    counts, edges = merged(((1, 2), (3, 4), (5, 6)), (0.0, 1.0, 2.0, 3.0), 2)
    assert counts == ((4, 6), (5, 6)) and edges == (0.0, 2.0, 3.0)
    many = JointCounts(
        tuple(map(float, range(101))),
        tuple(map(float, range(51))),
        tuple(tuple(int(x == 2 * y) for y in range(50)) for x in range(100)),
    )
    small = plan(many, 40, 15)
    assert small is not None
    assert small.gutter + small.width <= 40 and small.top + small.height < 15
    assert sum(small.by_predicted) == sum(small.by_actual) == 50
    assert plan(many, 8, 3) is None and plan(JointCounts((), (), ()), 80, 40) is None


def test_axes_have_round_values() -> None:
    assert [label for _, label in ticks(0.5, 5.0, 30)] == ["1", "2", "3", "4", "5"]
    assert ticks(0.5, 5.0, 30)[-1][0] == 29
    assert [label for _, label in ticks(-12.0, 8.0, 20)] == ["-10", "-5", "0", "5"]
    assert ticks(3.0, 3.0, 20) == [(0, "3")]


def test_bars_stand_upright() -> None:
    assert [upright((0, 1, 8, 16), 2, y, 1) for y in range(2)] == ["   █", " ▁██"]


def test_figures_fit_their_columns() -> None:
    from checked import around

    numbers = (0.8819, -0.5, 1.043, 98.1, 221.7, 12345.6)
    assert list(map(number, numbers)) == ["0.882", "-0.500", "1.043", "98.10", "221.7", "12,346"]
    assert give_or_take(around(1, 0)) == ""
    assert [give_or_take(around(1, half)) for half in (0.013, 2.81, 12.3, 250)] == [
        *("±.013", "±2.81", "±12.3", "±250")
    ]
