"""Which separator splits lines of text into fields, and how it does."""

import csv
from collections.abc import Sequence

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.asked import asked_names
from cftui.ratings.reading.cells import MOST, is_number, usual_width
from cftui.ratings.reading.names import known_names
from cftui.ratings.reading.preamble import Line
from cftui.ratings.reading.rewriting import BLANKS, REWRITTEN, tabs_for_blanks
from cftui.ratings.values import DataError

SEPARATORS = ("::", "\t", ";", "|", ",")
WORDS = {"::": "double colons", "\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas",
         " ": "blanks"}  # fmt: skip
SPOKEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
ALL = (*SEPARATORS, BLANKS)


def separator_of(mapping: ColumnMapping) -> str:
    """Return the separator asked for, empty if none; raises DataError for an unusable one."""
    asked = SPOKEN.get(mapping.separator.lower(), mapping.separator)
    unusable = len(asked) == 1 and (asked.isalnum() or asked in "\"'\n\r.-+" or ord(asked) > 126)
    if unusable or (len(asked) > 1 and asked != "::"):
        raise DataError(
            f"separator {asked!r} cannot be used; give one of , ; | :: tab or another single sign"
        )
    return asked


def split_line(line: str, separator: str) -> list[str]:
    """Return the fields of one line."""
    if separator == BLANKS:
        line, separator = tabs_for_blanks(line.encode()).decode(), REWRITTEN
    if len(separator) > 1:
        # The csv module takes one character only.
        spare = next(sign for sign in map(chr, range(1, 32)) if sign not in line)
        line, separator = line.replace(separator, spare), spare
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def best_separator(lines: Sequence[Line], mapping: ColumnMapping) -> str:
    """Return the separator that gives the most known names, else the same fields in most lines."""

    def worth(separator: str) -> tuple[int, int, float]:
        split = [split_line(line, separator) for _, line in lines]
        width = len(split[0])
        alike = sum(len(fields) == width for fields in split) / len(split)
        named = asked_names(split[0], mapping) + known_names(split[0])
        return named if width > 1 else 0, min(width, 3), alike

    best = max(SEPARATORS, key=worth)  # the first of equals
    if worth(best)[1] < 3 and _between_blanks(lines, more_than=worth(best)[1]):
        return BLANKS
    return best if worth(best)[1] > 1 else ","


def _between_blanks(lines: Sequence[Line], more_than: int) -> bool:
    """Return whether the lines are columns with blanks between them: as many in each, numbers."""
    split = [split_line(line, BLANKS) for _, line in lines]
    width = usual_width(split)
    rows = [fields for fields in split[1:] if len(fields) == width] or split
    alike = len(rows) >= MOST * (len(split) - 1)
    numbered = any(map(is_number, rows[-1]))
    header = len(split[0]) in (width, width - 1)
    return width > more_than and alike and header and numbered
