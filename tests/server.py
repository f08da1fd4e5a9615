"""A local server that does what servers do, wrong things too, and a zip for it to serve."""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cftui.catalogue import CatalogueEntry


def zip_of(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    """Return a zip of members with these names and bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, data)
    return packed.getvalue()


NOISE = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(20_000))
GOOD = zip_of(("small/ratings.csv", b"userId,movieId,rating\n1,1,3\n"), ("small/noise", NOISE))


@dataclass
class Served:
    """What the server answers, and what it was asked."""

    body: bytes = GOOD
    etag: str = '"one"'
    status: int = 200
    kind: str = "application/zip"
    location: str = ""
    told: int | None = None
    """The length in the header, where it lies."""
    ranges: bool = True
    cut: int | None = None
    """Closes the connection after so many bytes."""
    pause: threading.Event | None = None
    """Waits for it in the middle of the body."""
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve() -> Iterator[Served]:
    """Give a server on this machine; what it serves can be changed at any time."""
    what = Served()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *words: Any) -> None:
            pass

        def do_GET(self) -> None:
            what.asked.append({key.lower(): value for key, value in self.headers.items()})
            body, status = what.body, what.status
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            same = self.headers.get("If-Range") == what.etag
            headers = {"Content-Type": what.kind, "ETag": what.etag}
            if what.location:
                status, body, headers["Location"] = 302, b"", what.location
            elif wanted and what.ranges and same and status == 200:
                begin = int(wanted.group(1))
                if begin >= len(body):
                    status, body = 416, b""
                else:
                    headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
                    status, body = 206, body[begin:]
            headers["Content-Length"] = str(len(body) if what.told is None else what.told)
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            with suppress(OSError):
                half = len(body) // 2
                self.wfile.write(body[: half if what.cut is None else what.cut])
                if what.cut is None:
                    if what.pause:
                        self.wfile.flush()
                        what.pause.wait(10)
                    self.wfile.write(body[half:])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    what.url = f"http://127.0.0.1:{server.server_port}/small.zip"
    yield what
    if what.pause:
        what.pause.set()
    server.shutdown()
    server.server_close()


def entry_for(served: Served, body: bytes = GOOD, **changes: Any) -> CatalogueEntry:
    checksum = f"sha256:{hashlib.sha256(body).hexdigest()}"
    entry = CatalogueEntry("small", served.url, len(body), checksum, 1, 1, 1, "a test", "none")
    return replace(entry, **changes)
