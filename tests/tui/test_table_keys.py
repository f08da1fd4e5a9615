"""What any table can be made to do: sort, choose columns, find, copy, be written to a file."""

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow.parquet
import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from cftui.explore.written import TableNotWritten, written
from cftui.library.door import Library
from cftui.questions.tables import WriteTable
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.services.memory import Memory
from cftui.tui.shared.cells import Column
from cftui.tui.shared.column_choice import ChosenColumns
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import TableToWrite
from cftui.tui.shared.row_order import number_in, places_in_order
from cftui.tui.shared.table_tools import TOOLS
from cftui.tui.shared.widths import fitting_columns, wanted
from cftui.tui.table_memory import TableMemory


@dataclass(frozen=True)
class Film:
    rank: int
    title: str
    genres: str
    n_ratings: int
    bias: float


FILMS = (
    Film(1, "Zardoz (1974)", "Sci-Fi", 1200, 0.5),
    Film(2, "Alien (1979)", "Horror|Sci-Fi", 90, -1.25),
    Film(3, "matrix, The (1999)", "Action", 300, 2.0),
)
KEYS = ("z", "a", "m")
COLUMNS = (
    rank_column(),
    Column("bias", 6, "right", lambda row: f"{row.bias:+.2f}"),
    count_column(),
    *title_columns(),
)


class TableApp(App[None]):
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, memory: Path) -> None:
        super().__init__()
        self.tables = TableMemory(Memory(memory))
        self.chosen: list[int] = []
        self.asked: list[WriteTable] = []
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        yield Grid(COLUMNS, id="films")

    def on_mount(self) -> None:
        self.query_one(Grid).set_rows(FILMS, KEYS)

    def on_grid_selected(self, message: Grid.Selected) -> None:
        self.chosen.append(message.row)

    def on_grid_tool_wanted(self, message: Grid.ToolWanted) -> None:
        TOOLS[message.name](message.grid)

    def on_table_to_write(self, message: TableToWrite) -> None:
        self.asked.append(message.question)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)


@pytest.fixture
def app(tmp_path: Path) -> TableApp:
    return TableApp(tmp_path / "session.json")


def listed(app: TableApp) -> str:
    return "".join(map(str, app.query_one(Grid).listed_keys))


async def test_any_column_sorts_and_the_order_as_listed_comes_back(app: TableApp) -> None:
    async with app.run_test(size=(120, 12)) as pilot:
        grid = app.query_one(Grid)
        await pilot.press(">", ">", "{")
        assert listed(app) == "azm" and "bias▲" in grid.render_line(0).text
        await pilot.press("}")
        assert listed(app) == "mza" and "bias▼" in grid.render_line(0).text
        await pilot.press(">", "{")  # 90 before 1,200: as numbers, not as words
        assert listed(app) == "amz"
        await pilot.press("home", "enter")
        assert app.chosen == [1] and grid.cursor_key == "a"  # as the rows were given
        grid.set_rows((*FILMS, Film(4, "New (2001)", "", 91, 0.0)), (*KEYS, "n"))
        assert listed(app) == "anmz" and grid.cursor_key == "a"
        await pilot.press("{")
        assert listed(app) == "zamn" and "▲" not in grid.render_line(0).text
        assert grid.cursor_key == "a"  # the cursor stays on its row
        await pilot.press(">", "{")
        assert listed(app) == "amnz"  # without regard to case


async def test_a_click_on_a_head_sorts_by_it(app: TableApp) -> None:
    async with app.run_test(size=(120, 12)) as pilot:
        grid = app.query_one(Grid)
        at = grid.render_line(0).text.index("ratings") + 2
        for order in ("zma", "amz", "zam"):
            await pilot.click(Grid, offset=(at, 0))
            assert listed(app) == order


async def test_columns_are_hidden_and_resized_and_that_is_kept(
    app: TableApp, tmp_path: Path
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        grid = app.query_one(Grid)
        await pilot.press(">", ">", "W", "space", "down", "right", "right", "escape")
        assert "bias" not in grid.shown_widths and grid.shown_widths["ratings"] == 9
        assert "bias" not in grid.render_line(0).text
        app.tables._memory.writer.flush()
    again = TableApp(tmp_path / "session.json")
    async with again.run_test(size=(120, 30)) as pilot:
        grid = again.query_one(Grid)
        assert "bias" not in grid.shown_widths and grid.shown_widths["ratings"] == 9
        await pilot.press("W", "0", "escape")
        assert "bias" in grid.shown_widths


def test_a_choice_that_is_no_choice_is_forgotten() -> None:
    kept = {"on": {"a": False, "b": 1}, "widths": {"a": 9, "b": True, "c": -4, "d": 10**6}}
    assert ChosenColumns.of_dict(kept) == ChosenColumns({"a": False}, {"a": 9})
    assert ChosenColumns.of_dict([1]) == ChosenColumns.of_dict({"on": 3}) == ChosenColumns()


async def test_words_are_found_whether_or_not_a_pane_has_the_key(app: TableApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        grid = app.query_one(Grid)
        for key in ("slash", "F"):
            await pilot.press("home", key)
            app.screen.query_one(Input).value = "sci alien"
            await pilot.press("enter")
            assert grid.cursor_key == "a"


async def test_a_cell_a_row_and_the_table_are_copied(app: TableApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press(">", ">", "{", "Y", "c", "Y", "r", "Y", "t", "Y", "m")
        cell, row, table, markdown = app.copied
        first, *later = [note.message for note in app._notifications]
        # Nothing confirms that it arrived: what to do if it did not is said once.
        assert first.startswith("Sent to the terminal's clipboard: +0.50\n")
        assert "if nothing did: X writes this table to a file" in first
        assert len(later) == 3 and all(words.startswith("Sent: ") for words in later)
    assert (cell, row.split("\t")) == (
        "+0.50",
        ["1", "+0.50", "1,200", "Zardoz", "1974", "Sci-Fi"],
    )
    assert [line.split("\t")[1] for line in table.split("\n")] == [
        "bias",
        "-1.25",
        "+0.50",
        "+2.00",
    ]
    assert markdown.split("\n")[1].startswith("| ---: | ---: |")


async def test_a_table_is_written_with_ids_and_numbers(app: TableApp, tmp_path: Path) -> None:
    async with app.run_test(size=(50, 30)) as pilot:  # columns without room are written too
        for ending in ("csv", "parquet", "md"):
            await pilot.press("X")
            app.screen.query_one(Input).value = str(tmp_path / f"films.{ending}")
            await pilot.press("enter")
        await pilot.press("X")
        app.screen.query_one(Input).value = str(tmp_path / "films.doc")
        await pilot.press("enter", "escape")
    assert len(app.asked) == 3
    assert [written(Library(), question) for question in app.asked] == [3, 3, 3]
    rows = list(csv.DictReader((tmp_path / "films.csv").open(encoding="utf-8")))
    assert rows[1] == {
        "id": "a", "#": "2", "bias": "-1.25", "ratings": "90",
        "title": "Alien (1979)", "year": "1979", "genres": "Horror, Sci-Fi",
    }  # fmt: skip
    table = pyarrow.parquet.read_table(tmp_path / "films.parquet").to_pydict()
    assert table["bias"] == [0.5, -1.25, 2.0] and table["ratings"] == [1200, 90, 300]
    assert (tmp_path / "films.md").read_text(encoding="utf-8").count("\n") == 5
    with pytest.raises(TableNotWritten, match="cannot be written"):
        written(Library(), WriteTable(str(tmp_path / "no" / "t.csv"), (("a", (1,)),)))


def test_a_file_for_people_has_no_formulas_and_no_broken_rows(tmp_path: Path) -> None:
    cells = ("=1+1", "a|b\nc", "\x1b[31mred")
    for ending in ("csv", "md"):
        written(Library(), WriteTable(str(tmp_path / f"t.{ending}"), (("title", cells),)))
    rows = list(csv.reader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert rows == [["title"], ["'=1+1"], ["a|b c"], ["�[31mred"]]
    assert "| a\\|b c |" in (tmp_path / "t.md").read_text(encoding="utf-8")


def test_titles_get_the_room_first() -> None:
    """Genres, year, place, counts give way in this order; a title is cut for none of them."""
    wants = wanted(COLUMNS, [Film(1, "x" * 30, "Drama", 5, 0.1)] * 9)
    heads = []
    for room in (120, 70, 58, 50, 42):
        places, widths = fitting_columns(COLUMNS, room, wants)
        names = [COLUMNS[place].label for place in places]
        heads.append(" ".join(names))
        assert 2 + sum(widths) + 2 * (len(widths) - 1) <= room
        assert widths[names.index("title")] >= 30
    assert heads == [
        "# bias ratings title year genres",
        "# bias ratings title year",
        "# bias ratings title",
        "bias ratings title",
        "bias title",
    ]


def test_sorting_agrees_with_python_on_numbers_of_any_form() -> None:
    random.seed(3)
    values = [random.uniform(-5e4, 5e4) for _ in range(500)]
    rows = [(f"{value:+,.3f}",) for value in values]
    column = Column("v", 9, "right", lambda row: row[0])
    places = places_in_order([*rows, ("",)], column, descending=True)
    assert places == [*sorted(range(500), key=lambda at: -round(values[at], 3)), 500]
    assert [number_in(text) for text in ("‼0.83", "1.6e-08", "▼3", "−2", "3/20", "new")] == [
        *(0.83, 1.6e-08, -3, -2, 3, None)
    ]


def test_ids_keep_the_end_that_differs() -> None:
    from cftui.tui.crosstab.column_heads import stemmed, wrapped

    ids = [f"this-is-item-{number:03}" for number in (7, 42, 300)]
    heads = "".join(wrapped(ids, 5, 20, 4))
    assert all(end in heads for end in ("007", "042", "300"))
    assert stemmed(ids, 5, 16)[2].strip().endswith("300")
    assert stemmed(["Alien", "Aliens 2"], 5, 60)[1] == f"{'│    Aliens 2':<60}"


async def test_keys_sort_by_the_first_column_that_has_a_name(app: TableApp) -> None:
    async with app.run_test(size=(120, 12)) as pilot:
        grid = app.query_one(Grid)
        grid.set_columns((Column("", 1, key=lambda _: "✓", name="state"), *COLUMNS))
        for order in ("maz", "zam", "maz"):  # by rank; again, as listed before
            await pilot.press("}")
            assert listed(app) == order
