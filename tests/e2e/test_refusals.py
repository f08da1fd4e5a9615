"""Where the screen cannot open, and what it makes of data that cannot be trusted."""

import subprocess
from pathlib import Path

import pytest
from terminal import CFTUI, Open, environment

TITLES = ("\x1b[1;1HGONE", "\x1b]0;stolen\x07", "[b]Loud[/b] [/no]")
"""That would move the cursor, name the window, and be markup that does not even balance."""


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_is_refused(
    term: str, tmp_path: Path, open_screen: Open
) -> None:
    terminal = open_screen(tmp_path, env={"TERM": term})
    assert terminal.end() == 2
    assert "cannot move the cursor" in terminal.text
    assert "cftui train" in terminal.text
    assert b"\x1b" not in terminal.raw


def test_what_is_no_terminal_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        CFTUI, env=environment(tmp_path), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"needs a terminal" in done.stderr
    assert b"cftui train" in done.stderr


@pytest.mark.parametrize(
    ("word", "hint"), [("trian", "did you mean train"), ("ml-lates-small", "ml-latest-small")]
)
def test_an_unknown_word_is_refused(
    word: str, hint: str, tmp_path: Path, open_screen: Open
) -> None:
    terminal = open_screen(tmp_path, word)
    assert terminal.end() == 2
    assert "neither a command nor a data set" in terminal.text
    assert hint in terminal.text
    assert "Traceback" not in terminal.text


def write_data(folder: Path) -> Path:
    """Write ratings by two users of three movies with those titles."""
    folder.mkdir()
    rows = [f"{user},{item},{3 + user % 2}" for user in (1, 2) for item in (1, 2, 3)]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating", *rows]) + "\n")
    titles = [f"{item},{title},Drama" for item, title in enumerate(TITLES, 1)]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *titles]) + "\n")
    return folder


def test_a_hostile_title_is_only_text(tmp_path: Path, open_screen: Open) -> None:
    folder = write_data(tmp_path / "[red]data")
    terminal = open_screen(tmp_path / "home", str(folder))
    terminal.wait("[red]data  2 users × 3 movies, 6 ratings")
    terminal.send("5")
    terminal.wait("[5 Explore]", "Users")
    terminal.send("m")
    terminal.wait("�[1;1HGONE", "�]0;stolen�", "[b]Loud[/b] [/no]")
    assert "[5 Explore]" in terminal.lines[0]
    assert "GONE" not in terminal.lines[0]
    assert b"\x1b]0;" not in terminal.raw
    terminal.send("q")
    assert terminal.end() == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("bad[bold] [0].csv", b"userId,movieId\n1,2\n", "Say which column is the rating"),
        ("noise.csv", bytes(range(256)) * 12, "not text; give a CSV or Parquet file"),
    ],
    ids=["no ratings column", "not text"],
)
def test_unreadable_data_is_explained(
    name: str, content: bytes, words: str, tmp_path: Path, open_screen: Open
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    wide_enough_for_any_path = 300
    terminal = open_screen(tmp_path / "home", str(file), columns=wide_enough_for_any_path)
    terminal.wait("[1 Data]", "no ratings", words)
    assert "Traceback" not in terminal.text
    terminal.send("q")
    assert terminal.end() == 0
