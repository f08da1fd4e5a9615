"""The beginning of a download, kept on the disk until it is whole or given up."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from cftui import paths
from cftui.catalogue import CATALOGUE, CatalogueEntry
from cftui.files import held, put_in_place, replace_file
from cftui.modes import make_kept
from cftui.ratings.values import DataError

KEPT_SECONDS = 30 * 86400
"""How long a part is kept that nobody goes on with."""


class FetchError(DataError):
    """A download that failed; the message says why and what to do."""


class Uncheckable(FetchError):
    """There is no checksum for this download, and nobody said to do without."""


@dataclass(frozen=True)
class Version:
    """Which file on the server a part is the beginning of."""

    url: str
    etag: str = ""
    modified: str = ""
    of: int = 0
    """Bytes in all; 0 where the server did not say."""

    @property
    def sign(self) -> str:
        """Return what `If-Range` takes: a strong etag, else the time of change, else nothing."""
        return self.modified if self.etag.startswith("W/") or not self.etag else self.etag


class PartialDownload:
    """The beginning of a download on the disk, and a note of which file it is of."""

    def __init__(self, entry: CatalogueEntry) -> None:
        self.entry = entry
        self.target = paths.downloaded(entry.name)
        self.path = self.target.with_name(f"{self.target.name}.part")
        self.note = self.target.with_name(f"{self.target.name}.part.json")
        self.lock = self.target.with_name(f".{self.target.name}.lock")

    @property
    def size(self) -> int:
        """Return the bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self) -> Version | None:
        """Return which file the bytes are of; none where that is not known."""
        try:
            noted = Version(**json.loads(self.note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        texts = all(isinstance(text, str) for text in (noted.url, noted.etag, noted.modified))
        sound = texts and isinstance(noted.of, int) and noted.url == self.entry.url
        return noted if sound and noted.sign else None

    def begin(self, version: Version) -> None:
        """Start over, with nothing."""
        self.discard()
        replace_file(self.note, json.dumps(asdict(version)).encode())
        make_kept(self.path)

    def discard(self) -> None:
        """Remove what is there; the note last, so that bytes are never without one."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def publish(self) -> None:
        """Give the whole and checked file its name."""
        put_in_place(self.path, self.target)
        self.note.unlink(missing_ok=True)


def discard(entry: CatalogueEntry) -> int:
    """Remove what an unfinished download left; return its bytes. Raises FetchError."""
    part = PartialDownload(entry)
    size = part.size
    if part.path.exists() or part.note.exists():
        with alone(part):
            part.discard()
    return size


def sweep(catalogue: Mapping[str, CatalogueEntry] = CATALOGUE) -> None:
    """Remove the parts that nobody has gone on with for a month."""
    for entry in catalogue.values():
        part = PartialDownload(entry)
        with contextlib.suppress(OSError, FetchError):
            if part.path.stat().st_mtime < time.time() - KEPT_SECONDS:
                discard(entry)


@contextmanager
def alone(part: PartialDownload) -> Iterator[None]:
    """Keep other processes from downloading the same; the system lets go when we die."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(part.lock, seconds=0))
        except TimeoutError:
            raise FetchError(f"{part.entry.name} is being downloaded by another cftui") from None
        yield
