"""Titles of any script in a table: every line is as wide as reckoned, and numbers stay whole."""

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from wcwidth import wcswidth

from cftui.tui.shared.cells import Column, line
from cftui.tui.shared.widths import fitting_columns

COLUMNS = (Column("title"), Column("ratings", 6, align="right"))
TITLES = [
    "Matrix, The (1999)",
    "千と千尋の神隠し (2001)",
    "👨‍👩‍👧 Family, a Very Long One (1999)",
    "❤️ Heart ❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️",
    "👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽",
    "1️⃣ One",
    "Ame\u0301lie " + "e\u0301" * 40,
    "\x1b[31mred\x1b[0m\n\t[bold]no markup[/bold]",
    "نادر و سیمین",
]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("width", [20, 27, 60])
def test_a_line_is_as_wide_as_its_place_in_every_terminal(title: str, width: int) -> None:
    widths = fitting_columns(COLUMNS, width, (0,) * len(COLUMNS))[1]
    drawn = line((title, "12,345"), COLUMNS, widths, Style(), mark=" ", console=Console())
    assert drawn.text.endswith("12,345")
    assert drawn.cell_length == cell_len(drawn.text) == width
    # what terminals go by that know no joined letters
    assert sum(max(wcswidth(letter), 0) for letter in drawn.text) == width
    assert "\x1b" not in drawn.text


def test_a_title_that_is_cut_keeps_its_year() -> None:
    widths = fitting_columns(COLUMNS, 32, (0,) * len(COLUMNS))[1]
    for title, shown in (
        ("Star Wars: Episode IV - A New Hope (1977)", "  Star Wars: Epi… (1977)  "),
        ("Star Wars (1977)", "  Star Wars (1977)  "),
        ("2001: A Space Odyssey of no year told", "  2001: A Space Odyssey…  "),
    ):
        drawn = line((title, "291"), COLUMNS, widths, Style(), mark=" ", console=Console())
        assert drawn.text.startswith(shown)
