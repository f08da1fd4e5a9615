"""The long table: keys, mouse, rows that stay put, and what it costs."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from rich.cells import cell_len
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Region

from cftui.tui.shared.grid import MARK, Column, Grid

COLUMNS = (Column("Id", 8, align="right"), Column("Title"), Column("Mean", 6, align="right"))


class Lazy(Sequence[Any]):
    """Rows made when asked for; remembers which were."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.read: set[int] = set()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        self.read.add(index)
        return (str(index), f"Movie {index}", f"{index % 50 / 10:.1f}")


class GridApp(App[None]):
    CSS = "Grid { height: 100%; }"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, columns: Sequence[Column] = COLUMNS, empty: str = "") -> None:
        super().__init__()
        self.columns, self.empty = columns, empty
        self.seen: list[tuple[str, int]] = []

    def compose(self) -> ComposeResult:
        yield Grid(self.columns, empty=self.empty)

    @property
    def grid(self) -> Grid:
        return self.query_one(Grid)

    def on_grid_highlighted(self, message: Grid.Highlighted) -> None:
        self.seen.append(("highlighted", message.row))

    def on_grid_selected(self, message: Grid.Selected) -> None:
        self.seen.append(("selected", message.row))


def lines(grid: Grid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


def marked(grid: Grid) -> list[str]:
    return [line for line in lines(grid) if line.startswith(MARK)]


async def test_it_shows_a_header_and_the_first_rows() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 6)) as pilot:
        app.grid.set_rows([("1", "Toy Story (1995)", "3.9"), ("2", "Jumanji (1995)", "3.4")])
        await pilot.pause()
        assert lines(app.grid)[:3] == [
            "        Id  Title                   Mean",
            f"{MARK}        1  Toy Story (1995)         3.9",
            "         2  Jumanji (1995)           3.4",
        ]


async def test_keys_move_the_cursor_and_the_view() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 12)) as pilot:
        app.grid.set_rows(Lazy(100))
        await pilot.pause()
        for keys, row in (
            ("down", 1),
            ("j", 2),
            ("up", 1),
            ("k", 0),
            ("up", 0),
            ("pagedown", 10),
            ("pageup", 0),
            ("G", 99),
            ("down", 99),
            ("home", 0),
            ("end", 99),
            ("g", 0),
        ):
            await pilot.press(keys)
            assert app.grid.cursor_row == row, keys
            assert marked(app.grid)[0].split()[1] == str(row)
            assert lines(app.grid)[0].split() == ["Id", "Title", "Mean"]
        await pilot.press("end")
        assert lines(app.grid)[-1].split()[1] == "99"
        await pilot.press("enter")
        assert app.seen[-2:] == [("highlighted", 99), ("selected", 99)]


async def test_the_mouse_moves_then_selects() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 12)) as pilot:
        app.grid.set_rows(Lazy(100))
        await pilot.click(Grid, offset=(5, 4))
        assert app.grid.cursor_row == 3
        assert app.seen[-1] == ("highlighted", 3)
        await pilot.click(Grid, offset=(5, 4))
        assert app.seen[-1] == ("selected", 3)
        for first in ("99", "0", "0"):  # numbers fall first, then rise, then are as given
            await pilot.click(Grid, offset=(5, 0))
            await pilot.press("home")
            assert lines(app.grid)[1].split()[1] == first
        await pilot.press("end")
        app.grid.set_rows(Lazy(2))
        await pilot.click(Grid, offset=(5, 8))
        assert app.grid.cursor_row == 1


async def test_a_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 12)) as pilot:
        app.grid.set_rows(Lazy(100))
        await pilot.pause()
        app.grid.scroll_to(y=50, animate=False)
        await pilot.pause()
        assert app.grid.cursor_row == 0
        assert lines(app.grid)[1].split()[0] == "50"
        await pilot.press("down")
        assert marked(app.grid)[0].split()[1] == "1"


async def test_a_million_rows_are_never_walked() -> None:
    rows = Lazy(1_000_000)
    app = GridApp()
    async with app.run_test(size=(120, 40)) as pilot:
        began = time.process_time()
        app.grid.set_rows(rows)
        await pilot.pause()
        assert time.process_time() - began < 0.3
        await pilot.press("end")
        assert marked(app.grid)[0].split()[1] == "999999"
        await pilot.press("home")
        assert len(rows.read) < 200


async def test_a_cursor_move_refreshes_two_lines_and_is_cheap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = GridApp()
    async with app.run_test(size=(120, 40)) as pilot:
        grid = app.grid
        grid.set_rows(Lazy(1_000_000))
        await pilot.pause()
        drawn: list[int] = []
        render_line = grid.render_line
        monkeypatch.setattr(grid, "render_line", lambda y: drawn.append(y) or render_line(y))
        await pilot.press("down")
        assert sorted(set(drawn)) == [1, 2]
        costs = []
        for _ in range(30):
            began = time.process_time()
            grid.cursor_row += 1
            grid.render_lines(Region(0, grid.cursor_row, 120, 2))
            costs.append(time.process_time() - began)
            await pilot.pause()
        assert sorted(costs)[len(costs) // 2] < 0.002


async def test_the_cursor_stays_on_its_key() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 12)) as pilot:
        names = ["a", "b", "c"]
        app.grid.set_rows([(n, n, "") for n in names], names)
        app.grid.cursor_row = 1
        await pilot.pause()
        app.seen.clear()
        names = ["new", "a", "b", "c"]
        app.grid.set_rows([(n, n, "") for n in names], names)
        await pilot.pause()
        assert app.grid.cursor_key == "b"
        assert app.grid.cursor_row == 2
        assert app.seen == [("highlighted", 2)]
        app.grid.set_rows([(n, n + "!", "") for n in names], names)
        await pilot.pause()
        assert app.seen == [("highlighted", 2)]
        app.grid.set_rows([("a", "a", "")], ["a"])
        await pilot.pause()
        assert app.grid.cursor_row == 0
        assert app.grid.cursor_key == "a"
        app.grid.set_rows([], [])
        await pilot.pause()
        assert app.grid.cursor_key is None
        await pilot.press("down", "enter", "pagedown", "end")
        assert app.grid.cursor_row == 0


async def test_new_rows_refresh_only_the_lines_that_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = GridApp()
    async with app.run_test(size=(40, 12)) as pilot:
        rows = [(str(i), f"Run {i}", "0.8") for i in range(9)]
        keys = list(range(9))
        app.grid.set_rows(rows, keys)
        await pilot.pause()
        drawn: list[int] = []
        render_line = app.grid.render_line
        monkeypatch.setattr(app.grid, "render_line", lambda y: drawn.append(y) or render_line(y))
        app.grid.set_rows([*rows[:4], ("4", "Run 4", "0.7"), *rows[5:]], keys)
        await pilot.pause()
        assert set(drawn) == {5}
        assert "0.7" in render_line(5).text


async def test_no_rows_say_why() -> None:
    app = GridApp(empty="No runs yet: start one in Train (3)")
    async with app.run_test(size=(50, 12)) as pilot:
        await pilot.pause()
        assert any("No runs yet: start one in Train (3)" in line for line in lines(app.grid))
        app.grid.set_rows([("1", "a", "b")])
        await pilot.pause()
        assert not any("No runs" in line for line in lines(app.grid))


async def test_cells_are_data_and_are_cut_by_cells() -> None:
    app = GridApp((Column("N", 4), Column("Title", 12), Column("X", 5, align="right")))
    rows = [
        ("1", "[b]bold[/b]", "1"),
        ("2", "a\x1b[31mred\x07\nend", "22"),
        ("3", "千と千尋の神隠し", "333"),
        ("44444444", "Matrix, The (1999)", "123456789"),
        ("5", Text.assemble(("Sev", "bold red"), ("en \x1b[2J (1995) long", "green")), "5"),
        ("6", "lone \udc80", "6"),
    ]
    async with app.run_test(size=(40, 12)) as pilot:
        app.grid.set_rows(rows)
        await pilot.pause()
        shown = lines(app.grid)
        assert {cell_len(line) for line in shown} == {40}
        assert all(line.isprintable() for line in shown)
        assert "[b]bold[/b]" in shown[1]
        assert "a�[31mred� e" not in shown[2]
        assert shown[2][8:20] == "a�[31mred�… "
        assert "千と千尋の…" in shown[3]
        assert "444…" in shown[4]
        assert "Matrix, The…" in shown[4]
        assert "1234…" in shown[4]
        styles = {segment.text: segment.style for segment in app.grid.render_line(5)}
        bold = next(style for text, style in styles.items() if "Sev" in text)
        assert bold is not None
        assert bold.bold


async def test_rows_of_any_kind_by_keys_of_columns() -> None:
    app = GridApp((Column("Twice", 6, key=lambda row: str(2 * row)), Column("As it is", key=str)))
    async with app.run_test(size=(40, 6)) as pilot:
        app.grid.set_rows(range(10**9))
        await pilot.press("end")
        assert marked(app.grid)[0].split() == [MARK, "19999…", "999999999"]


async def test_a_table_too_wide_scrolls_sideways_with_its_header() -> None:
    app = GridApp(tuple(Column(f"Column {i}", 12) for i in range(8)))
    async with app.run_test(size=(40, 8)) as pilot:
        app.grid.set_rows([tuple(f"cell {i}" for i in range(8))])
        await pilot.pause()
        assert "Column 0" in lines(app.grid)[0]
        app.grid.scroll_to(x=1000, animate=False)
        await pilot.pause()
        assert lines(app.grid)[0].rstrip().endswith("Column 7")
        assert lines(app.grid)[1].rstrip().endswith("cell 7")
        assert cell_len(lines(app.grid)[0]) == 40


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 3), (20, 4)])
async def test_tiny_places(size: tuple[int, int]) -> None:
    app = GridApp(empty="Nothing")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.grid.set_rows(Lazy(100))
        await pilot.press("end", "home", "down")
        assert app.grid.cursor_row == 1
        assert {cell_len(line) for line in lines(app.grid)} <= {size[0], size[0] - 1}


async def test_a_resize_fits_the_flexible_column_and_keeps_the_cursor_in_view() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 20)) as pilot:
        app.grid.set_rows(Lazy(100))
        app.grid.cursor_row = 15
        await pilot.pause()
        await pilot.resize_terminal(80, 8)
        await pilot.pause()
        assert marked(app.grid)[0].split()[1] == "15"
        assert cell_len(lines(app.grid)[0]) in (79, 80)


async def test_one_line_is_the_cursors() -> None:
    app = GridApp()
    async with app.run_test(size=(40, 1)) as pilot:
        app.grid.set_rows([("7", "Seven", "4.0"), ("8", "8½", "4.1")], ["a", "b"])
        await pilot.pause()
        assert [line.split() for line in lines(app.grid)] == [[MARK, "7", "Seven", "4.0"]]
        await pilot.press("down")
        drawn = [strip.text for strip in app.screen._compositor.render_strips()]
        assert [line.split()[:3] for line in drawn] == [[MARK, "8", "8½"]]
        app.seen.clear()
        await pilot.click(Grid, offset=(5, 0))
        assert ("selected", 1) in app.seen and app.grid.order is None
        app.grid.set_rows([])
        await pilot.pause()
        assert [line.split() for line in lines(app.grid)] == [["Id", "Title", "Mean"]]
