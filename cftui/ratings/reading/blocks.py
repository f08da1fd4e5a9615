"""Cuts the text of a file into blocks of whole lines: UTF-8, each line ended by one line feed."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from cftui.ratings.reading.old_text import OLD, OldText, half_character, not_in_code
from cftui.ratings.reading.rewriting import Rewrite
from cftui.ratings.sources.packed import ArchivePart, Stream, located
from cftui.ratings.values import DataError

BLOCK = 2 << 20
"""Bytes of a block; small enough for what is computed from it to stay in a processor's cache."""
REPLACED = "\ufffd".encode()
LONGEST_RECORD = 16 << 20
"""Bytes of one line, or of one row whose quoted fields hold line breaks."""


@dataclass(frozen=True)
class Block:
    """Consecutive lines of a file."""

    text: bytes
    """Valid UTF-8 that ends with a line feed."""
    first_line: int
    """Counted from 1."""
    last: bool
    """Whether the file ends here."""
    read: int
    """Bytes of the file on the disk that have been read so far."""
    cut: bool = False
    """Whether the file ends within a character of UTF-8, for which REPLACED stands."""


class Blocks:
    """The blocks of a file, one after the other."""

    def __init__(
        self, part: ArchivePart, encoding: str, skip: int, rewrite: Rewrite | None = None
    ) -> None:
        """Begin after the first `skip` lines; all others are rewritten, if that is asked for."""
        self._part, self._encoding, self._skip = part, encoding, skip
        self._rewrite = rewrite
        self.old_text = OldText()
        """What was not UTF-8 in the blocks so far."""
        self._rest = self._back = b""
        self._line = 1
        self._cut = False
        self.size = 0
        """Bytes on the disk, as `Block.read` counts them; known once reading has begun."""

    def put_back(self, text: bytes, line: int) -> None:
        """Have the lines from `line` on, the last of the last block, begin the next one."""
        if len(text) > LONGEST_RECORD:
            raise DataError(
                f"{self._part} line {line}: a quotation mark is not closed within "
                f"{LONGEST_RECORD >> 20} MB; close or remove it"
            )
        self._back, self._line = text, line

    def __iter__(self) -> Iterator[Block]:
        recode = self._encoding not in ("utf-8", "utf-8-sig", OLD)
        decoder = codecs.getincrementaldecoder(self._encoding)()
        with self._part.open() as stream:
            self.size = stream.size
            if self._encoding == "utf-8-sig":
                stream.read(len(codecs.BOM_UTF8))
            ended = False
            while not ended:
                piece = stream.read(BLOCK)
                ended = len(piece) < BLOCK
                if recode:
                    piece = self._recoded(decoder, piece, ended)
                text = self._rest + piece
                if ended and not recode and self._encoding != OLD:
                    text = self._without_half(text)
                text = _line_feeds(text, ended)
                yield from self._whole_lines(text, ended, stream)

    def _whole_lines(self, text: bytes, ended: bool, stream: Stream) -> Iterator[Block]:
        end = text.rfind(b"\n") + 1
        self._rest = text[end:]
        text = text[:end]
        if len(self._rest) > LONGEST_RECORD:
            raise DataError(
                f"{self._part} line {self._line}: longer than {LONGEST_RECORD >> 20} MB; "
                "give a file with one rating a line"
            )
        while self._skip and text:
            text = text[text.index(b"\n") + 1 :]
            self._skip -= 1
            self._line += 1
        text = self._back + self._rewritten(text)
        self._back = b""
        if not text:
            return
        line, self._line = self._line, self._line + text.count(b"\n")
        yield Block(text, line, ended, stream.position, self._cut)

    def _without_half(self, text: bytes) -> bytes:
        """Return the end of a file with a sign for half a character, if all of it is UTF-8."""
        half = b"" if self.old_text.line else half_character(text)
        self._cut = bool(half)
        return text.removesuffix(half) + REPLACED if half else text

    def _recoded(self, decoder: codecs.IncrementalDecoder, piece: bytes, ended: bool) -> bytes:
        try:
            return decoder.decode(piece, ended).encode()
        except UnicodeError as error:
            raise self._not_in_code(piece, error, self._line) from None

    def _rewritten(self, text: bytes) -> bytes:
        """Return new lines in UTF-8 and as rows; raises DataError for those that are no text."""
        if not text.isascii():
            try:
                text.decode()
            except UnicodeDecodeError:
                text = self._of_old(text)
        return self._rewrite(text) if self._rewrite else text

    def _of_old(self, text: bytes) -> bytes:
        try:
            return self.old_text.decoded(text, self._line + self._back.count(b"\n"))
        except DataError as error:
            raise DataError(located(self._part, str(error))) from None

    def _not_in_code(self, text: bytes, error: UnicodeError, line: int) -> DataError:
        return DataError(located(self._part, str(not_in_code(text, error, line, self._encoding))))


def _line_feeds(text: bytes, ended: bool) -> bytes:
    """Return the text with line feeds alone; a last carriage return stays while more may come."""
    if b"\r" in text:
        half = b"\r" if text.endswith(b"\r") and not ended else b""
        text = text.removesuffix(half).replace(b"\r\n", b"\n").replace(b"\r", b"\n") + half
    return text + b"\n" if ended and text and not text.endswith(b"\n") else text
