"""Small tables of text as a whole, such as one person's ratings or links between ids."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from cftui.ratings.reading.blocks import Blocks
from cftui.ratings.reading.dialect import HEAD, written_in
from cftui.ratings.reading.encodings import encoding_of
from cftui.ratings.reading.exports import TRAKT_NAMES, is_trakt_list, trakt_rows
from cftui.ratings.reading.old_text import not_in_code
from cftui.ratings.reading.rewriting import BLANKS, REWRITTEN, tabs_for_blanks
from cftui.ratings.reading.splitting import split_line
from cftui.ratings.sources.packed import ArchivePart, located
from cftui.ratings.values import DataError

Record = tuple[int, list[str]]
"""The line on which a row begins, and its fields."""
MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class TextTable:
    """A table with a header."""

    names: tuple[str, ...]
    header_line: int
    rows: Iterator[Record]
    """Those that are not blank; taking them raises DataError where quotes cannot be followed."""


def read_table(part: ArchivePart, most_bytes: int = MOST_BYTES) -> TextTable:
    """Return a table whatever its encoding and separator; its first line below a title names them.

    Raises OSError, and DataError for what is no text or longer than `most_bytes`.
    """
    with part.open() as stream:
        head = stream.read(HEAD)
    encoding = encoding_of(head)
    if is_trakt_list(head.decode(encoding, "ignore")):
        return TextTable(TRAKT_NAMES, 1, _listed(part, encoding, most_bytes))
    try:
        written = written_in(head)
    except DataError as error:
        raise DataError(located(part, str(error))) from None
    between_blanks = written.separator == BLANKS
    rewrite = tabs_for_blanks if between_blanks else None
    text = _whole(part, Blocks(part, written.encoding, written.first, rewrite), most_bytes)
    rows = records(part, text, REWRITTEN if between_blanks else written.separator, written.first)
    names = split_line(written.lines[0][1], written.separator)
    return TextTable(tuple(names), written.first, rows)


def records(
    part: ArchivePart, text: str, separator: str, skipped: int, *, strict: bool = True
) -> Iterator[Record]:
    """Yield the rows that are not blank of text below so many lines.

    Raises DataError, with the line, where quotation marks are not as they must be.
    """
    if len(separator) > 1:
        # The csv module takes one character only.
        spare = next(sign for sign in map(chr, range(1, 32)) if sign not in text)
        text, separator = text.replace(separator, spare), spare
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    begins = 1
    try:
        for fields in rows:
            if any(field.strip() for field in fields):
                yield skipped + begins, fields
            begins = rows.line_num + 1
    except csv.Error as error:
        remedy = "a quotation mark is missing or too many"
        raise DataError(f"{part} line {skipped + begins}: {error}: {remedy}") from None


def _whole(part: ArchivePart, blocks: Blocks, most_bytes: int) -> str:
    pieces, size = [], 0
    for block in blocks:
        pieces.append(block.text)
        size += len(block.text)
        if size > most_bytes:
            raise DataError(f"{part}: more than {most_bytes >> 20} MB, too much for such a file")
    return b"".join(pieces).decode()


def _listed(part: ArchivePart, encoding: str, most_bytes: int) -> Iterator[Record]:
    with part.open() as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise DataError(f"{part}: more than {most_bytes >> 20} MB, too much for such a file")
    try:
        yield from trakt_rows(content.decode(encoding))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(located(part, str(not_in_code(content, error, line, encoding)))) from None
    except ValueError as error:
        raise DataError(located(part, str(error))) from None
