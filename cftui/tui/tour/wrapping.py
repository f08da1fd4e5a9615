"""Lines of text for a width in cells, in scripts with spaces between words and without."""

import re
from collections.abc import Iterator

from rich.cells import cell_len

WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
CLOSING = "，。、；：？！）》」"
"""What no line may begin with."""
PIECE = re.compile(rf"[{WIDE}]|\s+|[^\s{WIDE}]+")


def wrapped(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` cells; only a word longer than that goes beyond.

    A line may end at a space, or before and after any character of Chinese and the like.
    """
    lines = [""]
    for piece in _pieces(text):
        if cell_len(lines[-1] + piece.rstrip()) <= width or not lines[-1].strip():
            lines[-1] = (lines[-1] + piece).lstrip()
        else:
            lines.append(piece.lstrip())
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> Iterator[str]:
    """Give what stays together: a word, or a wide character with the punctuation behind it."""
    held = ""
    for piece in PIECE.findall(text):
        if held and piece not in CLOSING:
            yield held
            held = ""
        held += piece
    if held:
        yield held
