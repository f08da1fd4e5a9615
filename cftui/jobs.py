"""A long question in a process of its own: `python -m cftui.jobs`.

Standard input brings the Job as one frame (`cftui.pipes`) and stays open: when it closes, or the
process is interrupted, the job is cancelled. Standard output tells how far it is, a line of JSON
each: `{"event": "progress", "done": 1, "of": 3, "words": "users and items"}`. A last line,
`{"event": "answer"}`, goes before one frame: the answer, or a Failure that says why there is none.
"""

import json
import os
import signal
import sys
import threading
import time
from typing import BinaryIO

from cftui.pipes import Failure, pack, read_frame

BEHIND_A_SCREEN = 10
"""How nice a job of the screen is to it: a key press comes first."""
REPORT_SECONDS = 0.1
"""Between two lines about the same doing."""


def leave_tidily() -> None:
    """Have the signals that end a process unwind it, so that it removes what it has half made."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, leave)


def give_way() -> None:
    """Let the screen go first, and end when whoever started this process is gone."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    os.nice(BEHIND_A_SCREEN)


def _end_with_stdin() -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock, held at exit, would abort the process
        pass
    os.kill(os.getpid(), signal.SIGINT)


def main() -> int:
    """Do the job that stands on standard input; return the exit code, 1 where it has no answer."""
    leave_tidily()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what it runs
        signal.signal(signal.SIGINT, signal.default_int_handler)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints goes to stderr
    sys.stdout = sys.stderr
    job = read_frame(source)
    give_way()
    try:
        from cftui.library.door import Library

        answer = Library().reply(job, _Teller(sink))
        sink.write(b'{"event": "answer"}\n' + pack(answer))
        sink.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return 1
    return 1 if isinstance(answer, Failure) else 0


class _Teller:
    """Writes how far a job is: what is begun and what is done at once, the rest now and then."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._told, self._words = 0.0, ""

    def __call__(self, done: int, total: int, words: str) -> None:
        now = time.monotonic()
        if words == self._words and done < total and now - self._told < REPORT_SECONDS:
            return
        self._told, self._words = now, words
        line = {"event": "progress", "done": done, "of": total, "words": words}
        self._sink.write(json.dumps(line).encode() + b"\n")
        self._sink.flush()


if __name__ == "__main__":
    sys.exit(main())
