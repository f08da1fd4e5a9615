"""Wishes: named in turn, read once, in order."""

import fcntl
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from cftui.runs import control
from cftui.runs.control import Inbox, Wish, send
from cftui.runs.lock import is_suspended


def held_turn(run: Path) -> int:
    (run / "control").mkdir()
    file = os.open(run / "control" / ".turn", os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def test_a_wish_is_named_only_when_its_turn_has_come(tmp_path: Path) -> None:
    """Else one named earlier could come later, and the trainer obey in another order."""
    turn, released = held_turn(tmp_path), []

    def release() -> None:
        released.append(time.time_ns())
        os.close(turn)

    threading.Timer(0.05, release).start()
    wish = send(tmp_path, "pause")
    assert wish.sent_ns > released[0]


def test_a_halted_sender_does_not_hold_up_the_others(tmp_path: Path) -> None:
    turn = held_turn(tmp_path)
    began = time.monotonic()
    send(tmp_path, "pause")
    assert control.TURN_SECONDS <= time.monotonic() - began < 30
    os.close(turn)


def test_wishes_are_handed_out_once_in_order_when_they_have_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(tmp_path)
    assert inbox.take() == []
    sent = [send(tmp_path, "learning-rate", rate) for rate in (0.3, 0.1, 0.2)]
    monkeypatch.setattr(control, "SETTLE_NS", 10**15)
    assert inbox.take() == []  # too young: an earlier one may have been missed by the listing
    monkeypatch.setattr(control, "SETTLE_NS", 0)
    assert inbox.take() == sent and inbox.take() == []
    inbox.clear()
    assert not list((tmp_path / "control").glob("[!.]*"))
    late = send(tmp_path, "stop")
    assert inbox.take() == [late]


def test_a_wish_settles_for_ten_milliseconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long enough for one that was named before it to be there, too short to be noticed."""
    wish = send(tmp_path, "pause")

    def taken_after(nanoseconds: int) -> list[Wish]:
        clock = SimpleNamespace(**{**vars(time), "time_ns": lambda: wish.sent_ns + nanoseconds})
        monkeypatch.setattr(control, "time", clock)
        return Inbox(tmp_path).take()

    assert taken_after(0) == taken_after(9_999_999) == []
    assert taken_after(10_000_000) == [wish]
    assert taken_after(-1) == [wish]  # of a clock that was set back: it would wait for long


@pytest.mark.parametrize(
    ("wish", "objection"),
    [
        (Wish("pause"), None),
        (Wish("learning-rate", 0.1), None),
        (Wish("learning-rate", 0.0), "refused: a learning rate is a number above 0"),
        (Wish("learning-rate", float("inf")), "refused: a learning rate is a number above 0"),
        (Wish("learning-rate"), "refused: a learning rate is a number above 0"),
        (Wish("dance"), "refused: no such wish as 'dance'"),  # type: ignore[arg-type]
    ],
)
def test_wishes_that_make_no_sense(wish: Wish, objection: str | None) -> None:
    assert wish.objection == objection


def test_a_suspended_process_is_told_from_one_that_is_busy() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        try:
            assert not is_suspended(process.pid)
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            assert is_suspended(process.pid)
        finally:
            process.kill()
    assert not is_suspended(process.pid)
