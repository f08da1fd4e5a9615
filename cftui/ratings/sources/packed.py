"""Files as they are downloaded: plain, packed, or a member of a zip. Nothing is ever unpacked."""

import errno
import gzip
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import TracebackType
from typing import IO, Any, cast

from cftui.ratings.sources.databases import BROKEN, is_database, text_of_table
from cftui.ratings.sources.old_workbooks import OLD
from cftui.ratings.sources.workbooks import SheetText, is_workbook
from cftui.ratings.values import DataError

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
"""How a file begins that is packed as a whole, and by what."""
WORKBOOK = "workbook"
ENDINGS = (".gz", ".bz2", ".xz", ".zst")
"""What the names of such files end in."""
FOREIGN = {
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a rar archive; unpack it",
    b"\x89HDF": "an HDF5 file; export its ratings as CSV",
    b"%PDF": "a PDF document; give a file of ratings",
    b"\x89PNG": "a picture; give a file of ratings",
    b"\x93NUMPY": "a numpy array; give a delimited or Parquet file",
    b"\x7fELF": "a program; give a file of ratings",
}
"""How files begin that are something else, and what to do with them."""

MOST_TIMES = 200
"""Ratings shrink about four times; what grows more than this is meant to fill our memory."""
ALWAYS_ALLOWED = 16 << 20
"""Bytes that may come out whatever went in."""
MOST_BYTES = 64 << 30
MOST_IN_MEMORY = 2 << 30
"""Bytes of a packed file that has to be held in memory to be read (Parquet)."""
MOST_MEMBERS = 10_000


@dataclass(frozen=True)
class ArchivePart:
    """A file on the disk, a member of a zip, a sheet of a workbook, a table of a database."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def place(self) -> PurePosixPath:
        """Return the path within the zip, or on the disk."""
        return PurePosixPath(self.member or self.path)

    def read_all(self) -> bytes:
        """Return all bytes, of a database's table its text; raises DataError, also if too many."""
        if self.member and is_database(self.path):
            return self._text_of_table()
        with self.open() as stream:
            data = stream.read(MOST_IN_MEMORY + 1)
            if len(data) > MOST_IN_MEMORY:
                raise DataError(f"{self}: too large to be read from an archive; unpack it")
            return data

    def _text_of_table(self) -> bytes:
        text = bytearray()
        try:
            for piece in text_of_table(self.path, self.member):
                text += piece
                if len(text) > MOST_IN_MEMORY:
                    raise DataError(f"{self}: too large a table for this")
        except BROKEN as error:
            raise DataError(f"{self}: cannot be read ({error})") from None
        return bytes(text)

    @contextmanager
    def open(self) -> "Iterator[Stream]":
        """Give the unpacked bytes; raises DataError where the packing is broken or not trusted."""
        with Stream(self) as stream:
            yield stream


def located(part: ArchivePart, message: str) -> str:
    """Return a message about a part, which may begin with the line, with the part's name."""
    return f"{part}{' ' if message.startswith('line ') else ': '}{message}"


class Stream:
    """The unpacked bytes of a part, read from beginning to end under a watchful eye."""

    packed: str
    """`gzip`, `bzip2`, `xz`, `zstd`, `zip`, `workbook` or nothing."""

    def __init__(self, part: ArchivePart) -> None:
        self._part = part
        self._raw: IO[bytes] = part.path.open("rb", buffering=0)
        self.size = self._raw.seek(0, io.SEEK_END)
        """Bytes on the disk, as `position` counts them."""
        self._raw.seek(0)
        self._begin = self._out = 0
        try:
            self._source = self._unpacked()
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._source.close()
        self._raw.close()

    @property
    def position(self) -> int:
        """Return how many of the bytes on the disk have been used."""
        if isinstance(self._source, SheetText):
            return int(self.size * self._source.share)
        return min(max(self._raw.tell() - self._begin, 0), self.size)

    def read(self, wanted: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        pieces, left = [], wanted
        while left:
            with _explained(self._part):
                piece = self._source.read(left)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
            self._out += len(piece)
            if self.packed and self.packed != WORKBOOK:
                _refuse_bomb(self._part, self._out, self.position)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _unpacked(self) -> IO[bytes]:
        head = self._raw.read(16)
        self._raw.seek(0)
        self.packed = ""
        for magic, words in FOREIGN.items():
            if head.startswith(magic):
                raise DataError(f"{self._part.path}: {words}")
        if head.startswith((*ZIP, OLD)) and is_workbook(self._part.path):
            self.packed = WORKBOOK
            try:
                return cast(IO[bytes], SheetText(self._part.path, self._part.member))
            except DataError as error:
                raise DataError(located(self._part, str(error))) from None
        for magic, words in PACKED.items():
            if head.startswith(magic):
                self.packed = words
                return _unpacking(words, self._raw)
        if head.startswith(ZIP):
            self.packed = "zip"
            return self._opened_member()
        return self._raw

    def _opened_member(self) -> IO[bytes]:
        with _explained(self._part):
            archive = zipfile.ZipFile(self._raw)
            info = archive.getinfo(self._part.member)
            if info.flag_bits & 1:
                raise DataError(f"{self._part}: encrypted; unpack it and give the unpacked file")
            _refuse_bomb(self._part, info.file_size, info.compress_size)
            self._begin, self.size = info.header_offset, info.compress_size
            with archive.open(info) as member:
                if member.read(4).startswith((*PACKED, *ZIP)):
                    raise DataError(f"{self._part}: packed twice; unpack the zip first")
            return archive.open(info)


def _unpacking(by: str, raw: IO[bytes]) -> IO[bytes]:
    """Return a file that gives what is packed in another."""
    if by == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if by == "bzip2":
        import bz2

        return cast(IO[bytes], bz2.BZ2File(raw))
    if by == "xz":
        return cast(IO[bytes], lzma.LZMAFile(raw))
    return cast(IO[bytes], _Zstandard(raw))


class _Zstandard(io.RawIOBase):
    """What zstandard has packed; raises OSError, without a number where it is not sound."""

    def __init__(self, raw: IO[bytes]) -> None:
        import pyarrow as pa

        self._unpacking = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._unpacking.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def is_zip(path: Path) -> bool:
    """Tell whether a file begins as a zip does; raises OSError."""
    with path.open("rb") as file:
        return file.read(4).startswith(ZIP)


def members(path: Path) -> list[str]:
    """Return the paths of the files in a zip; raises DataError where it is not to be trusted."""
    return [info.filename for info in _trusted(path)]


def check_zip(path: Path) -> None:
    """Raise DataError unless all of a zip, as it was downloaded, is what a data set may be."""
    infos = _trusted(path)
    for info in infos:
        if info.flag_bits & 1:
            raise DataError(f"{path}: its member {info.filename!r} is locked with a password")
    total = sum(info.file_size for info in infos)
    _refuse_bomb(ArchivePart(path), total, path.stat().st_size)
    if not total:
        raise DataError(f"{path}: the zip is empty")


def _trusted(path: Path) -> list[zipfile.ZipInfo]:
    with _explained(ArchivePart(path)), zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise DataError(f"{path}: {len(infos):,} files in one zip; give the ratings file itself")
    for info in infos:
        _refuse_strange(path, info)
    return [info for info in infos if not info.is_dir()]


def _refuse_strange(path: Path, info: zipfile.ZipInfo) -> None:
    name, kind = info.filename, stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "is a link" if kind == stat.S_IFLNK else "is no plain file"
    # As Windows reads a name too: it may begin with a drive, or use \ as a separator.
    elif any(
        place.anchor or ".." in place.parts
        for place in (PurePosixPath(name), PureWindowsPath(name))
    ):
        what = "lies outside of it"
    else:
        return
    raise DataError(
        f"{path}: its member {name!r} {what}, so the zip is not trusted; "
        "download it again, or unpack it with care and give the ratings file"
    )


def _refuse_bomb(part: ArchivePart, out: int, used: int) -> None:
    if out > MOST_BYTES or (out > ALWAYS_ALLOWED and out > MOST_TIMES * max(used, 1)):
        raise DataError(
            f"{part}: grows to over {out / 1e6:,.0f} MB from {used / 1e6:,.2f} MB; not trusted, "
            "unpack it yourself if you know it is sound"
        )


@contextmanager
def _explained(part: ArchivePart) -> Iterator[None]:
    """Turn what goes wrong in unpacking into words."""
    try:
        yield
    except (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        # What bz2, gzip and pyarrow say of their data has no number, what the system says has.
        # A zip that lost bytes sends us to before its beginning, which the system calls invalid.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise DataError(
            f"{part}: cut off or damaged ({error}); download or copy it again"
        ) from None
    except KeyError:
        raise DataError(f"{part}: no such file in the zip; give the zip alone") from None
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(f"{part}: cannot be unpacked here ({error}); unpack it first") from None
