"""Whatever the system refuses, the user is told the place, why, and what to do."""

import asyncio
import errno
import io
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small import here, small_config, write_ratings

from cftui import paths
from cftui.library.door import Library
from cftui.pipes import Failure
from cftui.questions.data import OpenData
from cftui.remedies import cause, place_of, words_of
from cftui.runs.directory import Run
from cftui.training.start import start_run
from cftui.tui.services.runs import RunService, RunServiceError

REMEDIES = {
    errno.EACCES: "is yours: chmod u+rwx",
    errno.EPERM: "is yours: chmod u+rwx",
    errno.EROFS: "mounted for reading only: name another folder in CFTUI_HOME",
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "takes no file so large",
    errno.EIO: "look at dmesg and mount",
    errno.ESTALE: "look at dmesg and mount",
    errno.ENODEV: "look at dmesg and mount",
    errno.ENOTCONN: "look at dmesg and mount",
    errno.EMFILE: "ulimit -n ",
    errno.ENFILE: "end other programs",
    errno.ENOLCK: "mount it with -o flock, or name another folder in CFTUI_HOME",
    errno.EOPNOTSUPP: "mount it with -o flock, or name another folder in CFTUI_HOME",
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ELOOP: "remove the link",
    errno.ENOTDIR: "move that away",
    errno.ETIMEDOUT: "try again",
    errno.EBUSY: "end that",
    errno.EDOM: "cftui doctor",  # one that nobody thought of
}
"""What is to be read of each, where the place is a folder of cftui's that is the user's own."""
BARE = re.compile(r"\[Errno|\.new-|\.deleted-|\.start-|\.building-|\.\w+\.\w+\.\d+-\d+")


@pytest.mark.parametrize("number", list(REMEDIES), ids=errno.errorcode.get)
def test_each_has_its_remedy(number: int, home: Path) -> None:
    runs = paths.runs_folder()
    runs.mkdir(parents=True)
    for name in (".new-r-12", ".deleted-r-12/lock", ".start-r.toml", ".f.json.12-3"):
        error = OSError(number, os.strerror(number), str(runs / name))
        assert place_of(error) == runs
        assert words_of(error) == f"{runs}: {cause(error)}"
        assert cause(error).startswith(f"{os.strerror(number)}; ")
        assert REMEDIES[number] in cause(error), cause(error)
    assert cause(OSError(number, os.strerror(number))).startswith(f"{os.strerror(number)}; ")


def test_a_place_that_is_anothers_is_said_to_be(tmp_path: Path) -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/proc/1/no such")
    words = words_of(error)
    if os.getuid():
        assert "belongs to root" in words
    assert "choose another place" in words and "CFTUI_HOME" not in words


def test_what_has_words_of_its_own_keeps_them() -> None:
    for error in (FileNotFoundError("no such data; give another"), ValueError("odd")):
        assert words_of(error) == str(error)
    assert words_of(ValueError()) == "ValueError"


def refusing(monkeypatch: pytest.MonkeyPatch, number: int, folder: Path) -> None:
    """Have everything that would change a folder refused."""

    def within(path: Any) -> bool:
        try:
            return Path(os.fsdecode(path)).is_relative_to(folder)
        except TypeError:
            return False

    def refused(real: Callable[..., Any], changes: Callable[..., bool]) -> Callable[..., Any]:
        def call(path: Any, *more: Any, **named: Any) -> Any:
            if within(path) and changes(*more, **named):
                raise OSError(number, os.strerror(number), path)
            return real(path, *more, **named)

        return call

    def opens(mode: str = "r", *_more: Any, **_named: Any) -> bool:
        return not set(mode).isdisjoint("wxa+")

    def flagged(flags: int = 0, *_more: Any, **_named: Any) -> bool:
        return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

    for name in ("mkdir", "rename", "replace", "link", "unlink"):
        monkeypatch.setattr(os, name, refused(getattr(os, name), lambda *_, **__: True))
    monkeypatch.setattr(os, "open", refused(os.open, flagged))
    monkeypatch.setattr(io, "open", refused(io.open, opens))
    monkeypatch.setattr("builtins.open", refused(open, opens))


NUMBERS = (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EIO, errno.ESTALE, errno.EMFILE)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ratings(tmp_path_factory.mktemp("small"), n=300)


def test_every_command_says_the_place_and_the_remedy(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(source)]
    start_run(small_config(source, training={"epochs": 1}), lambda _: None, run_id="r", began=0.0)
    runs, out = paths.runs_folder(), tmp_path / "out"
    run = Run(runs / "r")
    run.write_record(replace(run.record(), state="stopped"))
    out.mkdir()
    more = write_ratings(tmp_path / "more", n=200)
    commands = (
        (runs, ["train", *data, "--epochs", "1", "--id", "new"]),
        (runs, ["train", *data, "--epochs", "1", "--detach"]),
        (runs, ["runs", "resume", "r"]),
        (runs, ["runs", "rename", "r", "other"]),
        (runs, ["runs", "rm", "--yes", "r"]),
        (out, ["crosstab", *data, "--out", str(out / "t.csv")]),
        (out, ["predict", "--run", "r", "--split", "valid", "--out", str(out / "p.csv")]),
        (paths.stores_folder(), ["crosstab", "--data", str(more)]),
    )
    for number in NUMBERS:
        for folder, words in commands:
            with pytest.MonkeyPatch.context() as patch:
                refusing(patch, number, folder)
                code = here(*words)
            said = capsys.readouterr().err
            assert code == 1, (words, code, said)
            assert os.strerror(number) in said and REMEDIES[number].split(":")[0] in said, said
            assert str(folder) in said and not BARE.search(said), said


def test_the_screen_is_told_it_too(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_run(small_config(source, training={"epochs": 1}), lambda _: None, run_id="r", began=0.0)
    refusing(monkeypatch, errno.EIO, paths.runs_folder())
    service = RunService("r")
    doings = (
        service.rename("r", "other"),
        service.keep("r", notes="odd"),
        service.delete(["r"]),
        service.wish("r", "pause", None),
        service.start(small_config(source).to_settings()),
    )
    for doing in doings:
        with pytest.raises(RunServiceError) as told:
            asyncio.run(doing)
        assert "look at dmesg" in str(told.value) and not BARE.search(str(told.value))

    def refuse(*_given: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(paths.runs_folder() / ".f.1-2"))

    monkeypatch.setattr(Library, "answer", refuse)
    failure = Library().reply(OpenData(str(source)))
    assert isinstance(failure, Failure) and "look at dmesg" in failure.message
    assert not BARE.search(failure.message)
