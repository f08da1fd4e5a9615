"""The data sets opened last, and the list of all there are."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cftui import paths
from cftui.brain import answer
from cftui.catalogue import CATALOGUE
from cftui.paths import BUNDLED
from cftui.questions.data import ColumnMapping, DataSetRow, DataSummary, ListDataSets, OpenData
from cftui.ratings.sources.datasets import data_sets
from cftui.ratings.sources.partial import PartialDownload
from cftui.ratings.sources.recent import KEPT, recently_used, remember
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings


@pytest.fixture
def summary(bundled: Ratings) -> DataSummary:
    return bundled.summary()


def write(path: Path) -> str:
    path.write_text("userId,movieId,rating\n1,1,3\n")
    return str(path)


def test_what_was_opened_last_comes_first(tmp_path: Path, summary: DataSummary) -> None:
    assert recently_used() == ()
    first, second = write(tmp_path / "first.csv"), write(tmp_path / "second.csv")
    mapping = ColumnMapping(user="who", separator=";")
    remember(first, replace(summary, name="first"))
    remember(second, replace(summary, name="second"), mapping)
    remember(first, replace(summary, name="first"))
    found = recently_used()
    assert [recent.source for recent in found] == [first, second]
    assert found[1].mapping == mapping and found[1].name == "second"
    assert found[0].opened >= found[1].opened
    assert (found[0].n_users, found[0].n_items, found[0].n_ratings) == (671, 9066, 100_004)


def test_another_mapping_of_a_file_is_another(tmp_path: Path, summary: DataSummary) -> None:
    file = write(tmp_path / "r.csv")
    for mapping in (ColumnMapping(), ColumnMapping(user="a"), ColumnMapping(user="b")):
        remember(file, summary, mapping)
    assert [recent.mapping.user for recent in recently_used()] == ["b", "a", ""]


def test_twenty_are_kept(tmp_path: Path, summary: DataSummary) -> None:
    files = [write(tmp_path / f"{n}.csv") for n in range(KEPT + 5)]
    for file in files:
        remember(file, summary)
    assert [recent.source for recent in recently_used()] == files[:4:-1]


def test_a_relative_path_is_kept_whole(
    tmp_path: Path, summary: DataSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "r.csv")
    remember("r.csv", summary)
    remember(BUNDLED, summary)
    assert [r.source for r in recently_used()] == [BUNDLED, str(tmp_path / "r.csv")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"opened": 3}',
        b'{"opened": [3]}',
        b'{"opened": [{"source": "a"}]}',
        b'{"opened": [{"source": 1, "name": "a", "opened": 1, "n_users": 1, "n_items": 1,'
        b' "n_ratings": 1, "mapping": {}}]}',
        b'{"opened": [{"source": "a", "name": "a", "opened": "x", "n_users": 1, "n_items": 1,'
        b' "n_ratings": 1, "mapping": {}}]}',
        b'{"opened": [{"source": "a", "name": "a", "opened": 1, "n_users": 1, "n_items": 1,'
        b' "n_ratings": 1, "mapping": {"user": 3}}]}',
        b'{"opened": [{"source": "a", "name": "a", "opened": 1' + b"0" * 400 + b', "n_users": 1,'
        b' "n_items": 1, "n_ratings": 1, "mapping": {}}]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_counts_as_empty(content: bytes, summary: DataSummary) -> None:
    file = paths.state_folder() / "recent.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert recently_used() == ()
    assert data_sets()
    remember(BUNDLED, summary)
    assert [recent.source for recent in recently_used()] == [BUNDLED]
    assert json.loads(file.read_text())


def test_a_folder_that_cannot_be_written_is_no_failure(summary: DataSummary, home: Path) -> None:
    home.write_text("a file")
    remember(BUNDLED, summary)
    assert recently_used() == ()


def test_many_at_once_lose_none(tmp_path: Path, summary: DataSummary) -> None:
    files = [write(tmp_path / f"{n}.csv") for n in range(12)]
    threads = [threading.Thread(target=remember, args=(file, summary)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {recent.source for recent in recently_used()} == set(files)
    assert {path.suffix for path in paths.state_folder().iterdir()} == {".json", ".lock"}


def rows() -> dict[str, DataSetRow]:
    return {row.name: row for row in answer(ListDataSets())}


def test_the_list_has_everything_once(tmp_path: Path) -> None:
    found = answer(ListDataSets())
    assert [row.kind for row in found] == ["bundled"] + ["catalogue"] * len(CATALOGUE)
    assert found[0].ready and found[0].size == 2_338_261 and found[0].opened is None
    assert not any(row.ready for row in found[1:])

    own = write(tmp_path / "own.csv")
    open_ratings(tmp_path / "own.csv")
    open_ratings(paths.bundled_folder() / BUNDLED)
    for source in (own, BUNDLED):
        assert isinstance(answer(OpenData(source)), DataSummary)
    target = paths.downloaded("ml-1m")
    target.parent.mkdir(parents=True)
    target.write_bytes(b"PK")
    PartialDownload(CATALOGUE["ml-10m"]).path.write_bytes(b"x" * 2_000_000)
    found = answer(ListDataSets())
    assert [(row.name, row.kind) for row in found[:3]] == [
        (BUNDLED, "bundled"),
        ("own", "recent"),
        ("ml-1m", "downloaded"),
    ]
    assert len(found) == 2 + len(CATALOGUE)
    assert found[0].opened and found[1].opened and found[2].opened is None
    assert (found[2].where, found[2].size, found[2].state) == (str(target), 2, "downloaded")
    assert rows()["ml-10m"].state == "2 of 66 MB"
    assert found[1].n_ratings == 1 and found[1].state == "ready"
    assert found[2].n_ratings == 1_000_209
    remember("ml-1m", replace(open_ratings(tmp_path / "own.csv").summary(), n_ratings=7))
    assert rows()["ml-1m"].n_ratings == 7 and rows()["ml-1m"].opened
    (tmp_path / "own.csv").unlink()
    assert (rows()["own"].state, rows()["own"].ready) == ("gone", False)


def test_a_name_means_what_was_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="cftui data fetch ml-1m \\(6 MB\\)"):
        paths.resolve_source("ml-1m")
    (tmp_path / "ml-1m").mkdir()
    assert paths.resolve_source("ml-1m") == tmp_path / "ml-1m"
    target = paths.downloaded("ml-1m")
    target.parent.mkdir(parents=True)
    target.write_bytes(b"PK")
    assert paths.resolve_source("ml-1m") == target
    assert paths.resolve_source("./ml-1m") == tmp_path / "ml-1m"
    assert paths.lasting_source("ml-1m") == "ml-1m"


@pytest.mark.parametrize("word", ["x" * 5000, "a\0b", "~nobody-at-all/x"])
def test_what_cannot_be_a_path_is_said_to_be_none(word: str) -> None:
    with pytest.raises(FileNotFoundError):
        paths.resolve_source(word)
