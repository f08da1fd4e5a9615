"""What stands above the ratings of a text file: comments, a `sep=;` for Excel, a title."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cftui.ratings.reading.cells import is_number
from cftui.ratings.reading.names import known_names

Line = tuple[int, str]
"""A line that is not blank, with its number."""
COMMENT = ("#", "%")
EXCEL = re.compile(r"\ufeff?[\"']?sep=(.|\\t)[\"']?\s*", re.IGNORECASE)
MATRIX = "%%MatrixMarket matrix coordinate"
DEEPEST = 10
"""Lines below the first in which a header is looked for."""
SURE = 2
"""Known names that tell a header below a title."""

Split = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Preamble:
    """The lines below the preamble, and what was in it."""

    lines: Sequence[Line]
    separator: str = ""
    """What `sep=` names."""
    notes: tuple[str, ...] = ()


def below_comments(lines: Sequence[Line]) -> Preamble:
    """Return what follows the comments and the `sep=` line that a file begins with.

    A comment that names columns of the lines below stays, without its sign: it is the header.
    """
    notes: list[str] = []
    separator, at = "", 0
    matrix = lines[0][1].startswith(MATRIX)
    comments: list[int] = []
    while at < len(lines):
        number, line = lines[at]
        found = EXCEL.fullmatch(line)
        if found and not separator:
            separator = found[1].replace("\\t", "\t")
            notes.append(f"line {number} names the separator")
        elif line.startswith(COMMENT):
            comments.append(number)
        else:
            break
        at += 1
    if comments and at < len(lines):
        header = _commented_header(lines[at - 1], lines[at:])
        if header is not None:
            comments.pop()
            lines, at = [*lines[: at - 1], header, *lines[at:]], at - 1
    if comments:
        notes.append(f"{_lines(comments)} skipped: a comment")
    if matrix and at < len(lines):
        notes.append(f"line {lines[at][0]} skipped: the size of the matrix")
        at += 1
    return Preamble(lines[at:], separator, tuple(notes))


def _commented_header(last: Line, below: Sequence[Line]) -> Line | None:
    number, line = last
    if not line.startswith(COMMENT) or line.startswith("%%"):
        return None
    bare = line.lstrip("#% \t")
    for split in (lambda text: text.split("\t"), lambda text: text.split(","),
                  lambda text: text.split(";"), str.split):  # fmt: skip
        names = split(bare)
        if known_names(names) >= SURE and len(names) == len(split(below[0][1])):
            return number, bare
    return None


def below_title(lines: Sequence[Line], splits: Sequence[Split]) -> Preamble:
    """Return what follows the title above a header, or above rows, if there is one."""
    cells: list[list[Sequence[str]]] = [
        [] for _ in splits
    ]  # each line is split once: it may be long
    named = [False for _ in splits]
    for depth in range(1, min(DEEPEST, len(lines) - 1) + 1):
        if lines[depth - 1][1].count('"') % 2:  # a text that goes on in the next line
            break
        for place, split in enumerate(splits):
            cells[place].append(split(lines[depth - 1][1]))
            named[place] |= known_names(cells[place][-1]) >= SURE
            if not named[place] and _begins(split, lines[depth:], cells[place]):
                numbers = [number for number, _ in lines[:depth]]
                return Preamble(lines[depth:], notes=(f"{_lines(numbers)} skipped: a title",))
    return Preamble(lines)


def _begins(split: Split, below: Sequence[Line], above: Sequence[Sequence[str]]) -> bool:
    """Return whether a header stands first in the lines below, or rows after a single cell."""
    first = split(below[0][1])
    width = len(first)
    named = known_names(first) >= SURE and width > SURE
    cells = [sum(bool(field.strip()) for field in fields) for fields in above]
    if named:
        return not any(is_number(field) for fields in above for field in fields)
    if max(cells) > 1 or width <= SURE or not any(map(is_number, first)):
        return False  # told by few lines, before all others are split: one may be very long
    return len(below) > 1 and all(len(split(line)) == width for _, line in below)


def _lines(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    return f"lines {numbers[0]} to {numbers[-1]}"
