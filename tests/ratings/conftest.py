"""Small sources to read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server import Served, serve

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes a folder with ratings.csv and, where given, movies.csv."""

    def write_source(ratings: str | bytes, movies: str | bytes | None = None) -> Path:
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        for name, text in (("ratings.csv", ratings), ("movies.csv", movies)):
            if text is not None:
                data = text.encode() if isinstance(text, str) else text
                (folder / name).write_bytes(data)
        return folder

    return write_source


@pytest.fixture
def served() -> Iterator[Served]:
    """Give a server that serves a small data set."""
    with serve() as what:
        yield what
