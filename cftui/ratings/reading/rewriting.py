"""Rewrites lines of text that no separator splits into rows as they stand, line by line."""

import re
from collections.abc import Callable

Rewrite = Callable[[bytes], bytes]
"""Takes whole lines, in the order of the file, and returns as many."""
BLANKS = " "
"""The separator of columns with any number of blanks between them."""
REWRITTEN = "\t"
"""What stands between columns instead."""
QUOTED_OR_BLANKS = re.compile(rb'(?<![^ \t\n])"(?:[^"\n]|"")*"|[ \t]+')
EDGES = re.compile(rb"^[ \t]+|[ \t]+$", re.MULTILINE)
OWN_LINE = re.compile(rb"^([0-9]+):[ \t]*$", re.MULTILINE)
NETFLIX = re.compile(r"[0-9]+:\s*")
NETFLIX_ROW = re.compile(r"[0-9]+,[0-9]+(\.[0-9]+)?(,.*)?")


def tabs_for_blanks(text: bytes) -> bytes:
    """Return lines with one tab for each run of blanks, none at either end; quotes are kept."""
    if b'"' in text:
        text = EDGES.sub(b"", text)
        return QUOTED_OR_BLANKS.sub(lambda m: m[0] if m[0].startswith(b'"') else b"\t", text)
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    text = text.strip(b" ").replace(b"\n ", b"\n").replace(b" \n", b"\n")
    return text.replace(b" ", b"\t")


class ItemBlocks:
    """Puts the item before each row of a Netflix file, where it stands on a line of its own.

    `12:`, `7,5,2005-09-06` become a blank line and `12,7,5,2005-09-06`.
    """

    def __init__(self) -> None:
        self._item = b""

    def __call__(self, text: bytes) -> bytes:
        """Return as many lines, those of items blank."""
        pieces = OWN_LINE.split(text)
        out = [self._of_item(pieces[0])]
        for item, rows in zip(pieces[1::2], pieces[2::2], strict=True):
            self._item = item
            out.append(b"\n")
            out.append(self._of_item(rows[1:]))
        return b"".join(out)

    def _of_item(self, rows: bytes) -> bytes:
        if not rows or not self._item:
            return rows
        before = b"\n" + self._item + b","
        end = b"\n" if rows.endswith(b"\n") else b""
        named = (b"\n" + rows.removesuffix(b"\n")).replace(b"\n", before)
        if b"\n\n" in rows or rows.startswith(b"\n"):
            named = re.sub(re.escape(before) + rb"(?=\n|\Z)", b"\n", named)
        return named[1:] + end
