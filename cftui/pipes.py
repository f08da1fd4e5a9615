"""Length-prefixed pickles between our own processes: the frame that brain, jobs and painter speak.

Pickles cross pipes between a parent and the child that it started; none is read from a file.
"""

import os
import pickle
import queue
import signal
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

HEADER = struct.Struct("<Q")


@dataclass(frozen=True)
class Failure:
    """An answer that could not be given, in words for the user."""

    message: str
    details: str = ""
    """The traceback, for the log."""
    kind: str = ""
    """The name of the error's class, where that tells what may be done."""


def pack(value: Any) -> bytes:
    """Return the bytes of one frame."""
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> Any:
    """Return the next value; raises EOFError when the other end has closed."""
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        raise EOFError
    (length,) = HEADER.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)


def serve(answer: Callable[[Any], Any]) -> None:
    """Answer frames `(number, question)` from stdin with `(number, answer or Failure)` on stdout.

    Ends when stdin closes, so that nothing outlives the parent. Whatever else prints goes to
    stderr; ctrl+c belongs to the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    questions: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(source, questions), daemon=True).start()
    while True:
        number, question = questions.get()
        try:
            sink.write(pack((number, answer(question))))
            sink.flush()
        except BrokenPipeError:
            return


def _receive(source: BinaryIO, questions: "queue.SimpleQueue[Any]") -> None:
    """Pass questions on; end the process when the parent is gone, in mid-answer too."""
    try:
        while True:
            questions.put(read_frame(source))
    finally:
        os._exit(0)
