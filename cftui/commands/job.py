"""What the commands share that the screen runs as jobs: how they end, and that they give way."""

import os
import signal
import threading
from typing import Annotated

import typer

WhileStdin = Annotated[bool, typer.Option("--while-stdin", hidden=True)]
BEHIND_A_SCREEN = 10
"""How nice a job of the screen is to it: a key press comes first."""


def begin_job(*, while_stdin: bool) -> None:
    """Have this process end tidily, and when its standard input closes as well, if it shall."""
    _leave_tidily()
    if while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        os.nice(BEHIND_A_SCREEN)


def _leave_tidily() -> None:
    """Have the signals that end a process unwind it, so that it removes what it has half made."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, leave)


def _end_with_stdin() -> None:
    """Interrupt this process when whoever started it is gone."""
    while os.read(0, 4096):  # not sys.stdin: its lock, held at exit, would abort the process
        pass
    os.kill(os.getpid(), signal.SIGINT)
