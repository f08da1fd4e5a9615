"""The tour in a pseudo-terminal, and from the shell without one."""

from pathlib import Path

from terminal import Open, call, processes

from cftui.tui.tour.texts import load_texts


def test_a_tour_is_shown_left_and_leaves_nothing(tmp_path: Path, open_screen: Open) -> None:
    home = tmp_path / "home"
    terminal = open_screen(home, "tour", "--from", "sheet", "--language", "zh", columns=80, rows=24)
    terminal.wait("[2 Crosstab]", "3/17", "▸ ", "0.3929")
    terminal.send("8")
    terminal.wait("4/17", "sum of the products", "▸ ")
    terminal.send("9")
    terminal.wait("F9", gone="4/17")
    terminal.send("\r")
    terminal.wait(gone="sum of the products")
    terminal.send("q")
    assert terminal.end() == 0
    assert processes(home) == {}


def test_the_stops_are_listed_without_a_screen(tmp_path: Path) -> None:
    lines = call(tmp_path, "tour", "--list").splitlines()
    assert [line.split()[1] for line in lines] == list(load_texts().ids)
