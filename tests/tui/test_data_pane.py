"""Pane 1 by its keys: other ratings, foreign columns, what is broken, and the split."""

import asyncio
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driving import cells, remember, text, until
from small import write_ratings
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from cftui import paths
from cftui.questions.data import FilePreview
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.data.mapping_form import ColumnChoice, MappingForm
from cftui.tui.data.pane import DataPane
from cftui.tui.data.path_field import PathField, completions
from cftui.tui.data.profile_view import ProfileView
from cftui.tui.data.split_form import SplitForm
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.inputs import Choice, FileField, NumberField
from cftui.tui.shared.overlays import AskYesNo

BUNDLED = paths.BUNDLED


def n_ratings(app: CftuiApp) -> int:
    """Return how many ratings are open."""
    ratings = app.workspace.ratings
    return 0 if ratings is None else ratings.n_ratings


def failed(app: CftuiApp) -> bool:
    """Return whether ratings did not come."""
    opening = app.workspace.opening
    return opening is not None and bool(opening.failure)


async def shown(app: CftuiApp, pilot: Pilot[None]) -> DataPane:
    """Wait until the pane shows the profile of the ratings that are open."""
    await until(pilot, lambda: app.workspace.ratings is not None and bool(app.query(DataPane)))
    await until(pilot, lambda: "ratings by" in text(app, "#headline"))
    await until(pilot, lambda: bool(text(app, "#spread")) and bool(text(app, "#meaning")))
    await pilot.pause()
    return app.query_one(DataPane)


async def give_path(pilot: Pilot[None], path: Path | str) -> None:
    await pilot.press("slash")
    pilot.app.query_one(PathField).value = str(path)
    await pilot.press("enter")


async def test_the_bundled_ratings_are_profiled(stored: Path, bundled: Ratings) -> None:
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(app, pilot)
        assert text(app, "#headline").startswith(
            "100,004 ratings by 671 users of 9,066 movies (1.64% of all pairs)"
        )
        # 28,750 of the ratings are 4 stars
        bars = text(app, "#bars").splitlines()
        assert [bar.split()[-1] for bar in bars if bar.strip().startswith("4 ")] == ["28.7%"]
        await until(pilot, lambda: "80,004 train, 20,000 valid" in text(app, "#meaning"))
        charts = list(app.query(ChartView))
        await until(pilot, lambda: all(chart.drawn for chart in charts))
        rows = cells(app.query_one("#rows"))  # type: ignore[arg-type]
        assert rows[0] == ["1", "2.5", "31", "Dangerous Minds (1995)", "2009-12-14 02:52"]


async def test_other_ratings_by_their_path_switch_the_whole_app(
    trained_run: Run, tmp_path: Path
) -> None:
    folder = write_ratings(tmp_path / "mine", users=30, items=40, n=300)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.workspace.runs_on_these_ratings))
        await pilot.press("1")
        pane = await shown(app, pilot)
        await give_path(pilot, folder)
        await until(
            pilot,
            lambda: n_ratings(app) == 300,
        )
        await until(pilot, lambda: text(app, "#headline").startswith("300 ratings by 30 users"))
        assert app.workspace.runs_on_these_ratings == () and app.workspace.run_in_view is None
        assert pane.sets.chosen is not None
        await until(pilot, lambda: "mine" in {row.name for row in pane.sets.rows})
        await pilot.press("3")
        # 30 users and 40 movies, each with 50 factors and a bias
        await until(pilot, lambda: "3,570 parameters" in text(app, "#cost"))
        # back again from the list
        await pilot.press("1", "d")
        at = [row.name for row in pane.sets.rows].index(BUNDLED)
        pane.sets.cursor_row = at
        await pilot.press("enter")
        await until(
            pilot,
            lambda: n_ratings(app) == 100_004,
        )
        assert (
            app.workspace.run_in_view is not None and app.workspace.run_in_view.id == trained_run.id
        )


async def test_reading_can_be_cancelled_and_leaves_nothing(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"{n % 9000},{n % 7001},{n % 5},{n}\n" for n in range(100_000))
    big = tmp_path / "big.csv"
    big.write_text("userId,movieId,rating,timestamp\n" + 40 * lines)
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(app, pilot)
        await give_path(pilot, big)
        await until(pilot, lambda: bool(list(paths.stores_folder().glob(".building-*"))))
        assert "reading" in text(app, "#opening")
        await pilot.press("x")
        await until(pilot, lambda: app.workspace.opening is None)
        await until(pilot, lambda: not list(paths.stores_folder().glob(".building-*")))
        assert [store.name for store in paths.stores_folder().glob("[!.]*")] == [stored.name]
        assert n_ratings(app) == 100_004
        assert text(app, "#headline").startswith("100,004 ratings")
        assert app.services.ratings.source == BUNDLED


async def test_foreign_columns_are_asked_for_and_runs_are_told(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "foreign.csv"
    file.write_text(
        "wer,was,wieviel\n" + "".join(f"p{n % 9},q{n % 7},{n % 5}\n" for n in range(63))
    )
    names = tmp_path / "names.csv"
    names.write_text("item_id,name\n" + "".join(f"q{n},Thing {n}\n" for n in range(7)))
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await shown(app, pilot)
        await give_path(pilot, file)
        await until(pilot, lambda: isinstance(app.focused, ColumnChoice))
        assert "Say which column is the user and the item and the rating" in text(app, "#problem")
        await pilot.press("1", "down", "2", "down", "right", "right", "right")
        assert app.memory.state.pane == "data"  # a digit chooses a column, not a pane
        await until(pilot, lambda: text(app, "#problem") == "enter reads the file so")
        await pilot.press("enter")
        await until(
            pilot,
            lambda: n_ratings(app) == 63,
        )
        assert not app.query(MappingForm) and pane.profile.display
        # 9 + 7 text ids
        await until(pilot, lambda: "9 of 9 user ids and 7 of 7 item ids" in text(app, "#headline"))
        assert "titles from names.csv (7 of 7 items)" in text(app, "#headline")
        started: list[dict[str, Any]] = []
        monkeypatch.setattr(app.services.runs, "start", capture(started))
        await pilot.press("3", "s")
        await until(pilot, lambda: bool(started))
        assert started[0]["data"] == {
            "source": str(file),
            "user": "wer",
            "item": "was",
            "rating": "wieviel",
            "timestamp": "",
            "separator": ",",
            "values": "",
            "titles": "",
            "unrated": "",
            "dates": "",
        }
        # asked again, with what was chosen; and remembered when the file is opened by its path
        await pilot.press("1", "c")
        await until(pilot, lambda: isinstance(app.focused, ColumnChoice))
        chosen = {choice.key: choice.value for choice in app.query(ColumnChoice)}
        assert (chosen["user"], chosen["item"], chosen["rating"]) == ("1", "2", "3")
        titles = app.query(ColumnChoice).last()
        titles.focus()
        await pilot.press("right")
        assert app.query_one(MappingForm).mapping.titles == titles.value == str(names)
        await pilot.press("escape")
        await until(pilot, lambda: not app.query(MappingForm))
    again = CftuiApp(str(file))
    async with again.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: again.workspace.ratings is not None)
        assert again.services.ratings.mapping.user == "wer"


class FormApp(App[None]):
    """Asks for the columns of a file."""

    def compose(self) -> ComposeResult:
        yield MappingForm(FilePreview("a.csv", separator=",", columns=("a", "b", "c")))


async def test_columns_can_be_chosen_though_another_look_at_the_file_was_given_up() -> None:
    """As by two separators tried at once: the choices stood nowhere, and the look failed."""
    app, others = FormApp(), FilePreview("a.csv", separator=";", columns=("a,b", "c", "d", "e"))
    async with app.run_test() as pilot:
        form = app.query_one(MappingForm)
        form.focus_first()
        for moments in range(6):
            preview = form.preview
            look = asyncio.ensure_future(form.show_preview(others))
            for _ in range(moments):
                await asyncio.sleep(0)
            look.cancel()
            assert form.mapping.separator in (",", ";")
            await form.show_preview(others)
            assert form.mapping.separator == ";"
            assert isinstance(app.focused, ColumnChoice) and app.focused.key == "user"
            await form.show_preview(preview)
            await pilot.pause()
        await form.query(ColumnChoice).remove()  # as while it is taken away
        await form.show_preview(preview)


async def test_what_is_not_rated_is_left_out_and_times_can_be_left(
    stored: Path, tmp_path: Path
) -> None:
    file = tmp_path / "zeros.csv"
    rows = [f"p{n % 9},q{n},{n % 4 and n % 5 + 1},0{n % 9 + 1}/13/2015" for n in range(60)]
    file.write_text("\n".join(["user,item,rating,date", *rows, ""]))
    remember(pane="data")
    app = CftuiApp(str(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        await until(pilot, lambda: "0 (25.0% of all) stands apart" in text(app, "#against"))
        assert "c, and there unrated" in text(app, "#against")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, ColumnChoice))
        await pilot.press(*["down"] * 3, "0", *["down"] * 3, "right", "enter")
        # 45 of the 60 are not 0
        await until(pilot, lambda: n_ratings(app) == 45)
        await until(pilot, lambda: "15 rows without a rating left out" in text(app, "#headline"))
        mapping = app.services.ratings.mapping
        assert (mapping.timestamp, mapping.unrated) == ("none", "0")


async def test_how_a_file_was_taken_is_told_before_and_after(stored: Path, tmp_path: Path) -> None:
    file = tmp_path / "votes"
    rows = "".join(f"{n % 9},{n % 7},{n % 5}{{}},J\xf6rg\n" for n in range(63))
    file.write_bytes(("# mine\n" + rows.replace("{}", ",0")).encode("latin-1"))
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        await give_path(pilot, file)
        await until(pilot, lambda: isinstance(app.focused, ColumnChoice))
        kind = " ".join(text(app, "#kind").split())
        assert "read as Windows-1252: line 2 is not UTF-8; line 1 skipped: a comment" in kind
        assert text(app, "#problem") == "Say which column is the rating"  # users, items are told
        await pilot.press("3", "enter")
        await until(pilot, lambda: n_ratings(app) == 63)
        told = "read as Windows-1252: line 2 is not UTF-8\nline 1 skipped: a comment"
        await until(pilot, lambda: text(app, "#against") == told)


def capture(calls: list[Any]) -> Callable[..., Any]:
    async def start(settings: Any, name: str) -> str:
        calls.append(settings)
        return ""

    return start


async def test_a_split_is_weighed_and_runs_take_it(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(app, pilot)
        await pilot.press("3", "1", "t")
        assert isinstance(app.focused, Choice)
        await pilot.press("right", "right")
        # each user's latest share: never all of anybody's
        await until(pilot, lambda: "80,001 train, 20,003 valid" in text(app, "#meaning"))
        await pilot.press("right")
        # the latest rating of each of the 671 users
        await until(pilot, lambda: "99,333 train, 671 valid" in text(app, "#meaning"))
        await pilot.press("right", "down")
        assert isinstance(app.focused, NumberField)
        app.focused.value = "0.1"
        # a tenth of 100,004
        await until(pilot, lambda: "90,004 train, 10,000 valid" in text(app, "#meaning"))
        app.focused.value = "1.5"
        await until(pilot, lambda: "split.fraction = 1.5" in text(app, "#meaning"))
        # what was refused stays on show no longer than one is at it
        await pilot.press("enter")
        await until(pilot, lambda: "90,004 train, 10,000 valid" in text(app, "#meaning"))
        assert [f.value for f in app.query_one(SplitForm).query(NumberField)] == ["0.1", "42"]
        # escape takes back what was typed, and then digits are keys again
        await pilot.press("7", "escape")
        assert [f.value for f in app.query_one(SplitForm).query(NumberField)] == ["0.1", "42"]
        started: list[dict[str, Any]] = []
        monkeypatch.setattr(app.services.runs, "start", capture(started))
        await pilot.press("3", "s")
        await until(pilot, lambda: bool(started))
        assert started[0]["split"] == {"kind": "time", "fraction": 0.1, "seed": 42}
    saved = json.loads((paths.state_folder() / "session.json").read_text())
    assert saved["settings"]["split"]["kind"] == "time"


async def test_a_split_can_be_given_by_a_file(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{user}\t{item}\t3\t881250949\n" for user in range(9) for item in range(7)]
    (tmp_path / "u.data").write_text("".join(rows))
    (tmp_path / "u1.test").write_text("".join(rows[::9]))
    remember(pane="data")
    app = CftuiApp(str(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        await until(pilot, lambda: n_ratings(app) == 63)
        await pilot.press("t", *5 * ["right"])
        await until(pilot, lambda: "type the file" in text(app, "#meaning"))
        await pilot.press("down")
        assert isinstance(app.focused, FileField)
        app.focused.value = str(tmp_path / "u2.test")
        await pilot.press("enter")
        await until(pilot, lambda: "u2.test: no such file" in text(app, "#meaning"))
        app.focused.value = str(tmp_path / "u1.test")
        await pilot.press("enter")
        await until(pilot, lambda: "56 train, 7 valid" in text(app, "#meaning"))
        await pilot.press("escape", "3")
        started: list[dict[str, Any]] = []
        monkeypatch.setattr(app.services.runs, "start", capture(started))
        await pilot.press("s")
        await until(pilot, lambda: bool(started))
        given = started[0]["split"]
        assert (given["kind"], given["file"]) == ("given", str(tmp_path / "u1.test"))


async def test_a_split_that_these_ratings_cannot_have_says_so(tmp_path: Path, stored: Path) -> None:
    file = tmp_path / "undated.csv"
    file.write_text("user,item,rating\n" + "".join(f"{n % 9},{n % 7},{n % 5}\n" for n in range(63)))
    remember(pane="data", settings={"split": {"kind": "time", "fraction": 0.2, "seed": 1}})
    app = CftuiApp(str(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        await until(pilot, lambda: "no timestamps" in text(app, "#meaning"))
        assert app.query_one("#meaning").has_class("problem")


BROKEN = {
    "empty.csv": ("", "empty"),
    "none.csv": (None, "none.csv"),
    "header.csv": ("userId,movieId,rating\n", "no ratings"),
    "words.csv": ("userId,movieId,rating\n1,2,good\n", "line 2"),
}


async def test_what_cannot_be_read_says_why_in_the_pane(stored: Path, tmp_path: Path) -> None:
    remember(pane="data")
    app = CftuiApp(BUNDLED)

    def said() -> str:
        return " ".join(str(static.content) for static in app.query(Static) if static.display)

    async with app.run_test(size=(120, 40)) as pilot:
        await shown(app, pilot)
        for name, (content, words) in BROKEN.items():
            if content is not None:
                (tmp_path / name).write_text(content)
            await give_path(pilot, tmp_path / name)
            await until(pilot, lambda: failed(app))
            await until(pilot, lambda words=words: words in said())
            assert n_ratings(app) == 100_004
            await pilot.press("escape")
            await until(
                pilot, lambda: app.workspace.opening is None and app.query_one(ProfileView).display
            )


async def test_of_several_files_one_is_chosen(stored: Path, tmp_path: Path) -> None:
    archive = tmp_path / "two.zip"
    with zipfile.ZipFile(archive, "w") as two:
        two.writestr("north/sales.csv", "user,item,rating\n1,1,1\n2,1,2\n")
        two.writestr("south/sales.csv", "user,item,rating\n1,1,1\n2,1,2\n3,2,3\n")
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await shown(app, pilot)
        await give_path(pilot, archive)
        await until(pilot, lambda: getattr(app.focused, "id", "") == "members")
        await pilot.press("down", "enter")
        await until(
            pilot,
            lambda: n_ratings(app) == 3,
        )
        assert pane.profile.display and not app.query("#members")


async def test_a_download_is_asked_for_first(
    stored: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetched = write_ratings(tmp_path / "fetched", users=30, items=40, n=300)
    open_ratings(fetched)
    jobs: list[list[str]] = []

    async def run_job(words: list[str], tell: Callable[[dict[str, Any]], None]) -> None:
        jobs.append(words)
        tell({"event": "progress", "bytes": 1_000_000, "of": 4_000_000, "done": "downloaded"})
        await asyncio.sleep(0)

    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await shown(app, pilot)
        row = next(row for row in pane.sets.rows if row.kind == "catalogue")
        pane.sets.cursor_row = pane.sets.rows.index(row)
        assert row.licence.split(";")[0] in text(app, "#set-about")
        monkeypatch.setattr("cftui.tui.services.ratings.run_job", run_job)
        await pilot.press("d", "enter")
        assert isinstance(app.screen, AskYesNo)
        question = str(app.screen.query_one(Static).content)
        assert row.name in question and row.licence in question and "MB" in question
        await pilot.press("n")
        assert not jobs
        await pilot.press("enter", "y")
        await until(pilot, lambda: bool(jobs))
        assert jobs[0] == ["data", "fetch", row.name, "--yes"]
        # nothing was downloaded in truth
        await until(pilot, lambda: failed(app))


async def test_views_in_little_room_are_one_at_a_time(stored: Path) -> None:
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await shown(app, pilot)
        seen = [pane.profile.shown]
        for _ in range(5):
            await pilot.press("v")
            seen.append(pane.profile.shown)
        assert seen == [("values",), ("tail",), ("time",), ("rows",), ("problems",), ("values",)]
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert len(pane.profile.shown) == 1  # what was chosen stays
        await pilot.press("v", "v", "v", "v", "v")
        assert pane.profile.shown == ("values", "tail", "time", "rows", "problems")


def test_paths_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("b.csv", "a.py", ".hidden", "c\x1b.csv"):
        (tmp_path / name).touch()
    base = f"{tmp_path}/"
    assert completions(base) == [f"{base}b.csv", f"{base}folder/", f"{base}a.py"]
    assert completions(f"{base}.h") == [f"{base}.hidden"]
    assert completions(f"{base}fo") == [f"{base}folder/"]
    assert completions(f"{base}none/x") == [] and completions("\0") == []
    monkeypatch.setenv("HOME", str(tmp_path))
    assert completions("~") == ["~/"] and completions("~/b") == ["~/b.csv"]


async def test_tab_completes_and_enter_opens(stored: Path, tmp_path: Path) -> None:
    write_ratings(tmp_path / "zz-folder", users=30, items=40, n=300)
    remember(pane="data")
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        await pilot.press("slash")
        field = app.query_one(PathField)
        field.value = f"{tmp_path}/zz"
        field.cursor_position = len(field.value)
        await pilot.press("tab")
        assert field.value == f"{tmp_path}/zz-folder/"
        await pilot.press("tab")
        assert field.value == f"{tmp_path}/zz-folder/movies.csv"
        field.value = f"{tmp_path}/zz-folder/"
        await pilot.press("enter")
        await until(
            pilot,
            lambda: n_ratings(app) == 300,
        )


async def test_a_foreign_file_at_the_start_opens_the_pane_and_is_no_markup(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("wer [b],[/]was\u202e,[red]n[/red]\n[i]x,y,3\n[/]z,y,3\n")
    app = CftuiApp(str(file))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ColumnChoice))
        assert app.memory.state.pane == "data"
        await pilot.press("1")
        screen = "\n".join(
            "".join(s.text for s in line) for line in app.screen._compositor.render_strips()
        )
        assert "1 wer [b]" in screen and "[i]x" in screen and "\u202e" not in screen


async def test_oddities_stand_under_problems_whole(tmp_path: Path) -> None:
    rows = [f"u{n},i{n % 60},{n % 5 + 1}" for n in range(300)]
    (tmp_path / "odd.csv").write_text("\n".join(["user,item,rating", *rows]) + "\n")
    open_ratings(tmp_path / "odd.csv")
    remember(pane="data")
    app = CftuiApp(str(tmp_path / "odd.csv"))
    async with app.run_test(size=(90, 40)) as pilot:
        pane = await shown(app, pilot)
        await until(pilot, lambda: "1 odd thing about these ratings" in text(app, "#against"))
        problems = app.query_one("#problems", Grid)
        while pane.profile.shown != ("problems",):
            await pilot.press("v")
        await until(pilot, lambda: 0 < problems.size.width < 80 and len(problems.rows) > 1)
        await until(pilot, lambda: max(len(row) for (row,) in problems.rows) <= problems.size.width)
        lines = [row for (row,) in problems.rows]
        assert " ".join(line.strip() for line in lines) == (
            "each of 300 users has a single rating: their column probably numbers rows; name the"
            " column of the users: c"
        )
