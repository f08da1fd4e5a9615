"""In which encoding a file is written, told from its beginning."""

import codecs

from cftui.ratings.reading.old_text import (
    CONTROLS,
    CYRILLIC,
    OLD,
    OldText,
    is_cyrillic,
    not_in_code,
)
from cftui.ratings.values import DataError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(head: bytes) -> str:
    """Return the codec that the mark at a file's beginning names, else UTF-8."""
    return next((codec for mark, codec in MARKS if head.startswith(mark)), "utf-8")


def decoded(head: bytes, *, whole: bool) -> tuple[str, str, tuple[str, ...]]:
    """Return text, encoding and what is to be said of it; raises DataError for no text.

    `whole`: whether these are not only the first bytes of a file, but all.
    """
    encoding = encoding_of(head)
    if head[257:262] == b"ustar":
        raise DataError("a tar archive; unpack it and give the ratings file")
    if encoding.startswith("utf-8"):
        beginning = head[:4096]
        odd = len(beginning) - len(beginning.translate(None, CONTROLS))
        if odd > max(len(beginning) / 50, 8):
            raise DataError("not text; give a CSV or Parquet file (text: save it as UTF-8)")
    final = whole and not encoding.startswith("utf-8")  # which may be cut off
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final), encoding, ()
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        if not encoding.startswith("utf-8"):
            raise not_in_code(head, error, line, encoding) from None
    if encoding == "utf-8" and is_cyrillic(head.partition(b"\n")[0]):
        words = "read as Windows-1251: line 1 is Russian, and not UTF-8"
        return head.decode(CYRILLIC, "replace"), CYRILLIC, (words,)
    old = OldText()
    lines = head.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    sound = lines if whole else lines[: lines.rfind(b"\n") + 1]
    return old.decoded(sound, 1).decode(), OLD if encoding == "utf-8" else encoding, (old.words,)
