"""The doctor in a real terminal, and its report in a file."""

import subprocess
from pathlib import Path

from terminal import CFTUI, Open, environment


def test_in_a_terminal_it_looks_at_that_terminal(tmp_path: Path, open_screen: Open) -> None:
    terminal = open_screen(tmp_path, "doctor", "--quick", columns=100, rows=70)
    assert terminal.end() == 0
    assert "100 columns, 70 lines" in terminal.text
    assert "nothing wrong" in terminal.text
    assert b"\x1b[32m" in terminal.raw, "in colour"


def test_its_report_is_plain(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    with report.open("wb") as file:
        done = subprocess.run(
            [*CFTUI, "doctor", "--quick"],
            env=environment(tmp_path, {"PYTHONIOENCODING": "ascii"}),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
    text = report.read_text(encoding="ascii")
    assert "not a terminal" in text and "\x1b" not in text
