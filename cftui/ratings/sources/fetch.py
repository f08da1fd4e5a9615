"""Downloads a catalogued data set: resumable, checked, and in its place only when it is whole."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cftui import paths
from cftui.catalogue import CatalogueEntry
from cftui.files import make_folder
from cftui.ratings.sources.packed import check_zip
from cftui.ratings.sources.partial import FetchError, PartialDownload, Uncheckable, Version, alone
from cftui.ratings.values import DataError
from cftui.remedies import cause

if TYPE_CHECKING:
    import httpx

Progress = Callable[[int, int], None]
"""Called with the bytes on the disk and the bytes in all; what it raises ends the download."""

REDIRECTS = 5
SECONDS = 30.0
"""How long the server may be silent."""
SPARE = 50_000_000
"""Bytes that a download leaves free on the disk."""
LARGEST = 4 * 10**9
"""No zip of the catalogue comes near it: a server that sends without an end is not obeyed."""


def fetch(
    entry: CatalogueEntry,
    progress: Progress | None = None,
    *,
    unchecked: bool = False,
    transport: "httpx.BaseTransport | None" = None,
) -> Path:
    """Download a data set, going on where a former attempt ended; return its zip.

    `unchecked`: take the file whatever its checksum and size. Raises FetchError; what was
    received stays as a part for the next attempt, unless it was found to be wrong.
    """
    if entry.changes and not unchecked:
        raise Uncheckable(
            f"{entry.name} changes now and then, so there is no checksum to hold it against;"
            " take it as it is with --unchecked"
        )
    part = PartialDownload(entry)
    try:
        make_folder(part.target.parent)
        with alone(part):
            if not part.target.is_file():
                _receive(part, progress or (lambda done, of: None), unchecked, transport)
                _check(part, unchecked)
                part.publish()
    except OSError as error:
        raise FetchError(f"{part.target}: cannot be written: {cause(error)}") from error
    return part.target


def _receive(
    part: PartialDownload,
    progress: Progress,
    unchecked: bool,
    transport: "httpx.BaseTransport | None",
) -> None:
    from importlib.metadata import version

    import httpx

    where = httpx.URL(part.entry.url).host
    try:
        sender = {"User-Agent": f"cftui/{version('cftui')}"}
        with httpx.Client(transport=transport, timeout=SECONDS, headers=sender) as client:
            _download(client, part, progress, unchecked)
    except httpx.ConnectError as error:
        hint = "check the network"
        if "CERTIFICATE" in str(error):
            hint = "its certificate does not hold, or a proxy is in between"
        raise _failed(part, f"{where} cannot be reached ({error}); {hint}") from None
    except httpx.TimeoutException:
        raise _failed(part, f"{where} did not answer for {SECONDS:g} s") from None
    except ImportError as error:  # for a proxy of a kind that needs more
        raise _failed(part, str(error)) from None
    except httpx.TransportError as error:
        raise _failed(part, f"the connection to {where} broke ({error})") from None


def _failed(part: PartialDownload, why: str) -> FetchError:
    """Return an error that tells what to do: try again, or bring the file by other means."""
    kept = f" ({part.size / 1e6:.1f} MB are kept)" if part.size else ""
    return FetchError(
        f"{part.entry.name}: {why}; try again{kept}, or download {part.entry.url}"
        " by other means and open its path"
    )


def _download(
    client: "httpx.Client", part: PartialDownload, progress: Progress, unchecked: bool
) -> None:
    noted = part.version()
    have = part.size if noted else 0
    headers = {"Accept-Encoding": "identity"}
    if noted and noted.of and have == noted.of:
        return  # ended between the last byte and the check
    if noted and have:
        headers |= {"Range": f"bytes={have}-", "If-Range": noted.sign}
    with _answer(client, part, headers) as answer:
        starts_over = answer.status_code == 416 and have  # fewer bytes there than here
        if not starts_over:
            if not _goes_on(answer, noted, have):
                _refuse_wrong_file(answer, part, unchecked)
                part.begin(_version_of(answer, part.entry))
            _append(answer, part, progress)
    if starts_over:
        part.discard()
        _download(client, part, progress, unchecked)


@contextmanager
def _answer(
    client: "httpx.Client", part: PartialDownload, headers: dict[str, str]
) -> Iterator["httpx.Response"]:
    """Give the server's answer, redirects followed; raises FetchError where it is a refusal."""
    request = client.build_request("GET", part.entry.url, headers=headers)
    for _ in range(REDIRECTS + 1):
        answer = client.send(request, stream=True)
        try:
            if not answer.is_redirect or answer.next_request is None:
                if answer.status_code not in (200, 206, 416):
                    words = f"HTTP {answer.status_code} {answer.reason_phrase}".strip()
                    raise _failed(part, f"{request.url.host} says {words}")
                yield answer
                return
        finally:
            answer.close()
        onward = answer.next_request
        if onward.url.scheme not in (request.url.scheme, "https"):
            raise _failed(part, f"{request.url.host} points to {onward.url}, which is not safe")
        request = onward
    raise _failed(part, f"{request.url.host} sends us round in circles")


def _goes_on(answer: "httpx.Response", noted: Version | None, have: int) -> bool:
    """Return whether the answer is the rest of the very file that the part is of."""
    if answer.status_code != 206 or noted is None:
        return False
    # Not every server that honours Range honours If-Range.
    same = answer.headers.get("ETag", noted.etag) == noted.etag
    piece = str(answer.headers.get("Content-Range", ""))
    return same and piece.startswith(f"bytes {have}-") and piece.endswith(f"/{noted.of}")


def _version_of(answer: "httpx.Response", entry: CatalogueEntry) -> Version:
    return Version(
        entry.url,
        answer.headers.get("ETag", ""),
        answer.headers.get("Last-Modified", ""),
        _length(answer),
    )


def _length(answer: "httpx.Response") -> int:
    """Return how many bytes the server says it sends; 0 where it says no number."""
    said = str(answer.headers.get("Content-Length", ""))
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0


def _refuse_wrong_file(answer: "httpx.Response", part: PartialDownload, unchecked: bool) -> None:
    """Raise FetchError where the answer cannot be what was asked for."""
    if answer.status_code != 200:
        part.discard()
        raise _failed(part, "the server sent a piece that was not asked for")
    kind = answer.headers.get("Content-Type", "")
    if "html" in kind:
        raise _failed(part, f"the server sent a page ({kind}) in place of a zip")
    size = _length(answer)
    if size and size != part.entry.size and not unchecked:
        raise FetchError(
            f"{part.entry.name}: the file on the server has {size:,} bytes, not"
            f" {part.entry.size:,} as catalogued: it has been replaced;"
            " take it as it is with --unchecked"
        )


def _check_room(part: PartialDownload, needed: int) -> None:
    free = shutil.disk_usage(part.target.parent).free
    if needed + SPARE > free:
        raise FetchError(
            f"{part.target.parent}: {needed / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB"
            f" are free; make room, or name another folder in {paths.HOME_VARIABLE}"
        )


def _append(answer: "httpx.Response", part: PartialDownload, progress: Progress) -> None:
    done = part.size
    length = _length(answer)
    of, limit = (done + length, done + length) if length else (part.entry.size, LARGEST)
    _check_room(part, of - done)
    with part.path.open("ab") as file:
        progress(done, of)
        for piece in answer.iter_raw():
            done += len(piece)
            if done > limit:
                break
            file.write(piece)
            progress(done, of)
    if done > limit:
        part.discard()
        raise _failed(part, "the server sent more than it said")


def _check(part: PartialDownload, unchecked: bool) -> None:
    """Raise FetchError, and remove the part, unless it is the very file that was catalogued."""
    try:
        if part.entry.checksum and not unchecked:
            _check_sum(part)
        check_zip(part.path)
    except DataError as error:
        part.discard()
        raise FetchError(f"{part.entry.name}: {error}; what was received is removed") from None


def _check_sum(part: PartialDownload) -> None:
    algorithm, _, expected = part.entry.checksum.partition(":")
    with part.path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != expected:
        raise DataError(
            f"the {algorithm} of what was received is {found}, not {expected} as catalogued;"
            " try again, or take the file as it is with --unchecked"
        )
