"""What is asked before a download, and the words that begin it."""

from cftui import paths
from cftui.catalogue import CATALOGUE
from cftui.ratings.sources.datasets import data_sets
from cftui.ratings.sources.partial import PartialDownload
from cftui.tui.data.set_list import download_question
from cftui.tui.services.ratings import fetch_words


def question(name: str) -> str:
    return download_question(next(row for row in data_sets() if row.name == name))


def test_the_question_says_size_source_and_licence() -> None:
    asked = question("ml-25m")
    assert asked.startswith("Download ml-25m, 262 MB, from https://files.grouplens.org/")
    assert "Licence: research; not commercial without permission" in asked
    assert "already" not in asked and "unchecked" not in asked
    assert fetch_words("ml-25m") == ["data", "fetch", "ml-25m", "--yes"]


def test_what_is_there_already_is_said() -> None:
    paths.datasets_folder().mkdir(parents=True)
    PartialDownload(CATALOGUE["ml-25m"]).path.write_bytes(b"x" * 1_500_000)
    assert "1.5 MB of it are here already" in question("ml-25m")


def test_one_that_changes_is_taken_as_it_comes() -> None:
    assert "it is taken as it comes, unchecked" in question("ml-latest")
    assert fetch_words("ml-latest")[-2:] == ["--yes", "--unchecked"]
