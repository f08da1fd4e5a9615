"""`cftui data list` and `cftui data fetch`, with a small catalogue of a local server."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server import GOOD, Served, entry_for
from small import here, wait_for

from cftui import paths
from cftui.catalogue import CATALOGUE, CatalogueEntry
from cftui.cli import main
from cftui.ratings.sources.partial import PartialDownload
from cftui.ratings.sources.recent import recently_used, remember
from cftui.ratings.values import Ratings

Capture = pytest.CaptureFixture[str]

PROCESS = """\
import sys, time
from cftui.catalogue import CATALOGUE, CatalogueEntry
from cftui.commands import run_command
CATALOGUE["small"] = CatalogueEntry(*{entry!r})
sys.exit(run_command(sys.argv[1:], began=time.monotonic()))
"""
"""Runs a command of ours with one data set more in the catalogue."""


@pytest.fixture
def entry(served: Served, monkeypatch: pytest.MonkeyPatch) -> CatalogueEntry:
    listed = entry_for(served)
    monkeypatch.setitem(CATALOGUE, "small", listed)  # type: ignore[arg-type]
    return listed


@pytest.fixture
def process(served: Served, entry: CatalogueEntry) -> Iterator[Any]:
    """Give a starter of the real command."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        values = tuple(getattr(entry, name) for name in entry.__dataclass_fields__)
        code = PROCESS.format(entry=values)
        command = [sys.executable, "-c", code, *words]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_data_set_is_downloaded_read_and_known_by_its_name(
    entry: CatalogueEntry, capsys: Capture
) -> None:
    assert here("data", "describe", "small") == 2
    assert "small is not downloaded yet; do it with: cftui data fetch small" in (
        capsys.readouterr().err
    )
    assert here("data", "fetch", "small", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == [
        "downloaded",
        "ready",
    ]
    told = [event for event in events if event.get("done") == "downloaded"]
    assert (told[-1]["bytes"], told[-1]["of"]) == (len(GOOD), len(GOOD))
    assert events[-1]["ratings"] == 1

    assert here("data", "fetch", "small") == 0
    assert "1 ratings" in capsys.readouterr().out.replace("1 rating ", "1 ratings ")
    assert here("data", "list", "--json") == 0
    listed = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert listed["small"]["state"] == "downloaded"
    assert here("data", "ingest", "small", "--json") == 0


def test_the_list_is_a_table_elsewhere(entry: CatalogueEntry, capsys: Capture) -> None:
    assert here("data", "list") == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["name", "state", "ratings", "users", "items", "MB", "what it holds"]
    assert lines[1][:6] == ["ml-latest-small", "ready", "100,004", "671", "9,066", "2.3"]
    assert {line[0] for line in lines[2:]} == set(CATALOGUE)


def test_the_list_fits_a_small_terminal(
    entry: CatalogueEntry,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    bundled: Ratings,
) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    (folder / "r.csv").write_text("userId,movieId,rating\n1,1,3\n")
    remember(str(folder / "r.csv"), bundled.summary())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert here("data", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines if "\x1b" not in line)
    assert any(line.startswith("ml-25m") and "262.0  half stars" in line for line in lines)
    assert "cite Harper and Konstan 2015" in " ".join(lines)


WRONG = [
    (["ml-3m"], "no data set called 'ml-3m' can be downloaded; did you mean ml-32m or ml-1m?"),
    (["xyz"], "there are ml-100k, ml-latest-small-2018, ml-1m"),
    (["ml-25m"], "ml-25m is 262 MB to download; say --yes"),
    (["ml-latest"], "ml-latest is about 335 MB to download; say --yes"),
    (["ml-latest", "--yes"], "there is no checksum to hold it against; take it as it is with"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_use_is_two_with_a_message(words: list[str], message: str, capsys: Capture) -> None:
    assert here("data", "fetch", *words) == 2
    assert message in capsys.readouterr().err


def test_the_bundled_one_needs_no_download(capsys: Capture) -> None:
    assert here("data", "fetch", "ml-latest-small") == 0
    assert "comes with cftui" in capsys.readouterr().err


def test_a_failed_download_is_one_with_a_message(
    entry: CatalogueEntry, served: Served, capsys: Capture
) -> None:
    served.status = 404
    assert here("data", "fetch", "small") == 1
    said = capsys.readouterr().err
    assert "127.0.0.1 says HTTP 404 Not Found; try again, or download" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("how", ["ctrl+c", "the screen goes"])
def test_a_download_can_be_cancelled_and_gone_on_with(
    how: str, entry: CatalogueEntry, served: Served, process: Any, capsys: Capture
) -> None:
    served.pause = threading.Event()
    running = process("data", "fetch", "small", "--json", "--while-stdin")
    wait_for(lambda: PartialDownload(entry).size >= 10_000)
    if how == "ctrl+c":
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    else:
        _, said = running.communicate(timeout=30)  # closes its stdin
    assert running.returncode == 130
    assert "MB of small are kept for the next time" in said and "Traceback" not in said
    assert not paths.downloaded("small").exists()
    served.pause.set()
    served.pause = None
    assert here("data", "fetch", "small") == 0
    assert served.asked[-1]["range"].startswith("bytes=")
    assert paths.downloaded("small").read_bytes() == GOOD


def test_what_an_unfinished_download_left_can_be_removed(
    entry: CatalogueEntry, served: Served, capsys: Capture
) -> None:
    served.cut = 300_000
    assert here("data", "fetch", "small") == 1
    assert here("data", "fetch", "--discard", "small") == 0
    assert "0.3 MB of small removed" in capsys.readouterr().err
    assert not PartialDownload(entry).path.exists()


def test_the_first_word_may_be_a_data_set_to_be_downloaded(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as end:
        main(["ml-1m"])
    assert end.value.code == 2
    assert "do it with: cftui data fetch ml-1m (6 MB)" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["ml-32n"])
    assert end.value.code == 2
    assert "did you mean ml-32m or" in capsys.readouterr().err


def test_training_is_remembered(entry: CatalogueEntry, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    rows = [f"{user},{item},{(user + item) % 5 + 1}" for user in range(9) for item in range(9)]
    file.write_text("\n".join(["userId,movieId,rating", *rows]) + "\n")
    assert here("train", "--data", str(file), "--epochs", "1", "--factors", "2") == 0
    found = recently_used()[0]
    assert (found.source, found.name, found.n_ratings) == (str(file), "own", 81)
