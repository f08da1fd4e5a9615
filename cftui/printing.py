"""The one way to the terminal: nothing that came from a file acts on it."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from cftui.text import json_text, plain

AGAIN = "\r\x1b[K"
"""Begins the line anew on a terminal."""


def put(*lines: object, end: str = "\n", err: bool = False, again: bool = False) -> None:
    """Print lines; their own line breaks are kept, all else that could act is made plain.

    `again`: in place of the line that the cursor is on. `err`: to stderr.
    """
    text = "\n".join(plain(line) for one in lines for line in str(one).split("\n"))
    into = sys.stderr if err else sys.stdout
    print((AGAIN if again else "") + text, end=end, file=into, flush=True)


def put_cells(cells: Iterable[str]) -> None:
    """Print a row of cells with tabs between them."""
    print("\t".join(plain(cell) for cell in cells))


def put_json(record: Any) -> None:
    """Print one line of JSON."""
    put_json_text(json.dumps(record, separators=(",", ":"), ensure_ascii=False))


def put_json_text(line: str, *, flush: bool = True) -> None:
    """Print one line that is JSON already."""
    print(json_text(line), flush=flush)
