"""Makes lines of a JSON array of objects, one an object, without holding all of it in memory."""

import codecs
import json
import re
from collections.abc import Iterator

from cftui.ratings.reading import blocks
from cftui.ratings.reading.blocks import Block
from cftui.ratings.reading.old_text import OldText
from cftui.ratings.sources.packed import ArchivePart, located
from cftui.ratings.values import DataError

BETWEEN = re.compile(r"[\s,\[\]]*")
"""What may stand around objects; a comma too many or too few does no harm."""
NEXT = re.compile(r"[},][\s,]*(?=\{)")
"""What an object probably begins after, below one that cannot be read."""
OPENS = re.compile(r"(?=\{)")
ENOUGH = 4 << 20
"""Characters that an object has to go on for to be taken for broken, not for cut off so far."""
BREAKS = re.compile("[\r\n]+")
"""Stand between the values of an object alone: in texts they are written as \\n."""
KEPT = 1000
"""Characters of what is no object."""
AS_BYTES = "surrogateescape"
"""Bytes that are no UTF-8 come back as they were."""


class ArrayLines:
    """Takes the text of an array piece by piece and gives a line for each of its elements."""

    def __init__(self) -> None:
        """Begin before the array."""
        self._rest = ""
        self._at = 0
        self.closed = False
        """Whether nothing but the array's end has come since the last element."""

    def __len__(self) -> int:
        """Return how many characters wait for more."""
        return len(self._rest)

    def lines(self, piece: str, *, ended: bool) -> list[str]:
        """Return the elements that are whole now; what is no object comes as it begins."""
        self._rest, self._at = self._rest + piece, 0
        found = list(self._whole(ended))
        self._rest = self._rest[self._at :]
        return found

    def _whole(self, ended: bool) -> Iterator[str]:
        scan = json.JSONDecoder().raw_decode
        text = self._rest
        while True:
            between = BETWEEN.match(text, self._at)
            begin = self._at = between.end() if between else self._at
            self.closed |= between is not None and "]" in between[0]
            if begin == len(text):
                return
            try:
                self._at = scan(text, begin)[1]
                yield BREAKS.sub(" ", text[begin : self._at])
            except (ValueError, RecursionError):
                end = self._end_of_odd(begin, ended)
                if end < 0:
                    return
                self._at = end
                # Not what follows a line break, which a text might be sound without.
                yield BREAKS.split(text[begin : min(end, begin + KEPT)])[0]
            self.closed = False

    def _end_of_odd(self, begin: int, ended: bool) -> int:
        """Return where what cannot be read ends; -1 where more of the file may make it whole."""
        found = (NEXT if self._rest.startswith("{", begin) else OPENS).search(self._rest, begin)
        if not ended and (found is None or len(self._rest) - begin < ENOUGH):
            return -1
        return found.end() if found else len(self._rest)


class ObjectBlocks:
    """The objects of a JSON array as blocks of JSON lines."""

    def __init__(self, part: ArchivePart, encoding: str) -> None:
        """Begin with the first object."""
        self._part, self._encoding = part, encoding
        self._array = ArrayLines()
        self.old_text = OldText()
        """What was not UTF-8 in the blocks so far."""
        self.size = 0
        """Bytes on the disk, as `Block.read` counts them; known once reading has begun."""

    @property
    def closed(self) -> bool:
        """Return whether the array has come to its end."""
        return self._array.closed

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks whose lines are numbered as the objects are."""
        decoder = codecs.getincrementaldecoder(self._encoding)(AS_BYTES)
        count, ended = 0, False
        with self._part.open() as stream:
            self.size = stream.size
            while not ended:
                piece = stream.read(blocks.BLOCK)
                ended = len(piece) < blocks.BLOCK
                lines = self._array.lines(self._decoded(decoder, piece, ended), ended=ended)
                if len(self._array) > blocks.LONGEST_RECORD:
                    raise DataError(self._endless(count + len(lines) + 1))
                if lines:
                    yield Block(self._bytes_of(lines, count + 1), count + 1, ended, stream.position)
                count += len(lines)

    def _endless(self, number: int) -> str:
        most = blocks.LONGEST_RECORD >> 20
        return f"{self._part} row {number}: longer than {most} MB; give one rating an object"

    def _decoded(self, decoder: codecs.IncrementalDecoder, piece: bytes, ended: bool) -> str:
        try:
            return decoder.decode(piece, ended)
        except UnicodeError:
            name = self._encoding.upper()
            raise DataError(
                f"{self._part}: not sound {name} text; save the file as UTF-8"
            ) from None

    def _bytes_of(self, lines: list[str], first: int) -> bytes:
        text = ("\n".join(lines) + "\n").encode("utf-8", AS_BYTES)
        try:
            text.decode()
            return text
        except UnicodeDecodeError:
            pass
        try:
            return self.old_text.decoded(text, first)
        except DataError as error:
            raise DataError(located(self._part, str(error))) from None
