"""Homes and screens for the real command."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Open, Terminal, call, end_processes


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home with the bundled ratings read and one short run finished."""
    home = tmp_path_factory.mktemp("trained")
    call(home, "train", "--factors", "4", "--batch-size", "1024", "--epochs", "1")
    return home


@pytest.fixture
def open_screen() -> Iterator[Open]:
    """Give a function that opens the screen in a home; everything there ends with the test."""
    opened: list[Terminal] = []

    def open_in(home: Path, *arguments: str, **options: object) -> Terminal:
        opened.append(Terminal(home, *arguments, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_in
    for terminal in opened:
        end_processes(terminal.home)
        terminal.child.close(force=True)
