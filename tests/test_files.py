"""Files are there whole or not at all, exports too, whatever the disk does."""

import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from small import cli, here, small_config, write_ratings

from cftui import files
from cftui.files import held, replace_file, replacing, sweep
from cftui.ratings.store import open_ratings
from cftui.training.start import start_run


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def refuse(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_replacing_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "f"
    replace_file(path, b"old")
    with pytest.raises(TypeError):
        replace_file(path, "no bytes")  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt), replacing(path) as beside:
        beside.write_bytes(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old" and names(tmp_path) == ["f"]
    with replacing(path) as beside:
        beside.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" and names(tmp_path) == ["f"]


def test_what_cannot_be_synced_does_not_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    replace_file(path, b"old")
    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old" and names(tmp_path) == ["f"]


def test_file_and_folder_are_synced_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "f", []

    def note(descriptor: int) -> None:
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((place == tmp_path, path.exists()))

    monkeypatch.setattr(files.os, "fsync", note)
    replace_file(path, b"new")
    assert synced == [(False, False), (True, True)]


def test_threads_may_replace_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f"
    contents = [bytes([n]) * 100_000 for n in range(8)]
    threads = [Thread(target=replace_file, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents and names(tmp_path) == ["f"]


def test_leftovers_of_these_files_are_swept(tmp_path: Path) -> None:
    for name in (".f.123", ".f.123-4", ".g.123", "f"):
        (tmp_path / name).write_bytes(b"half")
    sweep(tmp_path, ["f"])
    assert names(tmp_path) == [".g.123", "f"]


HOLDER = """
import sys, time
from pathlib import Path
from cftui.files import held
with held(Path(sys.argv[1]), 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that holds a lock until its input ends or it dies."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "a.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_that_another_process_has_is_waited_for_and_told(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    for seconds in (0.0, 0.1):
        began = time.monotonic()
        with pytest.raises(TimeoutError), held(tmp_path / "a.lock", seconds):
            pytest.fail("both hold it")
        assert time.monotonic() - began >= seconds
    assert holder.stdin is not None
    holder.stdin.close()
    with held(tmp_path / "a.lock", 30):
        assert names(tmp_path) == ["a.lock"]
    assert names(tmp_path) == ["a.lock"], "the file stays, so that all lock the same one"


def test_the_lock_of_one_that_was_killed_is_free(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with held(tmp_path / "a.lock", 0):
        pass


def test_locks_of_plain_flock_and_ours_exclude_each_other(tmp_path: Path) -> None:
    """Older versions of this program, still running, lock the same files by flock."""
    descriptor = os.open(tmp_path / "a.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(TimeoutError), held(tmp_path / "a.lock", 0):
        pytest.fail("both hold it")
    os.close(descriptor)
    with held(tmp_path / "a.lock", 0):
        descriptor = os.open(tmp_path / "a.lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Give ratings with a store and a run, and a folder of exports that are there already."""
    source = write_ratings(tmp_path / "small")
    open_ratings(source)
    start_run(small_config(source, training={"epochs": 1}), lambda _: None, run_id="r", began=0.0)
    (tmp_path / "out").mkdir()
    return source


EXPORTS = [
    ["crosstab", "--out", "old.csv"],
    ["crosstab", "--out", "old.md"],
    ["crosstab", "--sheet", "--out", "old.xlsx"],
    ["predict", "--run", "r", "--split", "valid", "--out", "old.csv"],
    ["predict", "--run", "r", "--split", "valid", "--out", "old.parquet"],
    ["runs", "export", "--out", "old.json"],
]


@pytest.mark.parametrize("words", EXPORTS, ids=" ".join)
def test_a_full_disk_leaves_the_export_that_was_there(trained: Path, words: list[str]) -> None:
    old = trained.parent / "out" / words[-1]
    old.write_text("what was there")
    data = ["--data", str(trained)] if words[0] == "crosstab" else []

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))

    # Else what it compiles is cut off too, and kept for every later process.
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = cli(*words, *data, cwd=old.parent, preexec_fn=small_disk, env=env)
    assert done.returncode in (1, 2), done.stderr
    assert "cannot be written: " in done.stderr and "File too large" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert old.read_text() == "what was there" and names(old.parent) == [old.name]


def test_of_a_link_it_is_the_file_that_is_replaced(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "out")
    Path("real.csv").write_text("old")
    Path("link.csv").symlink_to("real.csv")
    assert here("crosstab", "--data", str(trained), "--out", "link.csv") == 0
    assert Path("link.csv").is_symlink() and Path("real.csv").read_text().startswith("user,")
