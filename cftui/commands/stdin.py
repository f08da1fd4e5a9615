"""Commands that the screen runs as jobs end when whoever started them is gone."""

import os
import signal
import threading
from typing import Annotated

import typer

WhileStdin = Annotated[bool, typer.Option("--while-stdin", hidden=True)]


def end_with_stdin() -> None:
    """Have this process interrupted, as by ctrl+c, when its standard input closes."""
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock, held at exit, would abort the process
        pass
    os.kill(os.getpid(), signal.SIGINT)
