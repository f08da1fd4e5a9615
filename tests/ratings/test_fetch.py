"""Downloads against a local server that does what servers do, wrong things too."""

import hashlib
import json
import os
import re
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from server import GOOD, Served, entry_for, zip_of

import cftui.ratings.sources.fetch as fetch_module
from cftui import paths
from cftui.catalogue import CATALOGUE
from cftui.ratings.sources.fetch import fetch
from cftui.ratings.sources.partial import (
    KEPT_SECONDS,
    FetchError,
    PartialDownload,
    alone,
    discard,
    sweep,
)
from cftui.ratings.values import DataError


def left() -> set[str]:
    """Return the names of what lies in the folder of downloads, but for locks."""
    found = paths.datasets_folder().glob("*")
    return {path.name for path in found if not path.name.endswith(".lock")}


def test_a_download_is_kept_as_it_was_published(served: Served) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(entry_for(served), lambda done, of: told.append((done, of)))
    assert path == paths.datasets_folder() / "small.zip"
    assert path.read_bytes() == GOOD
    assert left() == {"small.zip"}
    assert told[0] == (0, len(GOOD)) and told[-1] == (len(GOOD), len(GOOD))
    assert served.asked[0]["accept-encoding"] == "identity"
    assert served.asked[0]["user-agent"].startswith("cftui/")
    assert fetch(entry_for(served)) == path and len(served.asked) == 1


def test_an_md5_is_a_checksum_too(served: Served) -> None:
    digest = hashlib.md5(GOOD, usedforsecurity=False).hexdigest()
    assert fetch(entry_for(served, checksum=f"md5:{digest}")).is_file()


def test_a_broken_download_goes_on_where_it_ended(served: Served) -> None:
    served.cut = 100_000
    with pytest.raises(FetchError, match=r"connection to 127.0.0.1 broke .* \(0\.1 MB are kept\)"):
        fetch(entry_for(served))
    assert left() == {"small.zip.part", "small.zip.part.json"}
    served.cut = None
    path = fetch(entry_for(served))
    assert path.read_bytes() == GOOD and left() == {"small.zip"}
    assert served.asked[1]["range"] == "bytes=100000-"
    assert served.asked[1]["if-range"] == '"one"'


def test_it_goes_on_more_than_once(served: Served) -> None:
    for served.cut in (1000, 2000, 3000):
        with pytest.raises(FetchError):
            fetch(entry_for(served))
    assert PartialDownload(entry_for(served)).size == 6000
    served.cut = None
    assert fetch(entry_for(served)).read_bytes() == GOOD


@pytest.mark.parametrize("change", ["another", "without ranges", "shorter", "part only", "no note"])
def test_what_cannot_go_on_starts_over(served: Served, change: str) -> None:
    served.body, served.cut = GOOD + b"long", 1000
    with pytest.raises(FetchError):
        fetch(entry_for(served, served.body))
    part, served.cut, served.body = PartialDownload(entry_for(served)), None, GOOD
    if change == "another":
        served.etag = '"two"'
    elif change == "without ranges":
        served.ranges = False
    elif change == "shorter":
        with part.path.open("ab") as file:
            file.truncate(len(GOOD) + 1)
    elif change == "part only":
        part.note.write_text("[" * 100_000)
    else:
        part.note.unlink()
    if change == "part only":
        assert part.version() is None
    assert fetch(entry_for(served)).read_bytes() == GOOD
    assert left() == {"small.zip"}


def test_a_server_that_ignores_if_range_is_found_out(served: Served) -> None:
    served.cut = 1000
    with pytest.raises(FetchError):
        fetch(entry_for(served))
    served.cut, other = None, GOOD[::-1]

    def answer(request: httpx.Request) -> httpx.Response:
        begin = int(request.headers.get("Range", "bytes=0-")[6:-1])
        headers = {"ETag": '"two"', "Content-Range": f"bytes {begin}-{len(other)}/{len(other)}"}
        return httpx.Response(206 if begin else 200, content=iter([other[begin:]]), headers=headers)

    with pytest.raises(FetchError, match="a piece that was not asked for"):
        fetch(entry_for(served), transport=httpx.MockTransport(answer))
    assert not left()


def test_a_whole_part_needs_no_server(served: Served) -> None:
    def full(done: int, of: int) -> None:
        if done == of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(entry_for(served), full)
    assert left() == {"small.zip.part", "small.zip.part.json"}
    assert fetch(entry_for(served)).read_bytes() == GOOD
    assert len(served.asked) == 1


def test_a_download_ends_at_any_moment(served: Served) -> None:
    served.pause = threading.Event()

    def some(done: int, of: int) -> None:
        if done >= of // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(entry_for(served), some)
    assert left() == {"small.zip.part", "small.zip.part.json"}
    assert discard(entry_for(served)) == len(GOOD) // 2
    assert not left()


def test_two_do_not_download_the_same(served: Served) -> None:
    entry = entry_for(served)
    paths.datasets_folder().mkdir(parents=True)
    with alone(PartialDownload(entry)):
        for work in (fetch, discard):
            if work is discard:
                PartialDownload(entry).path.write_bytes(b"x")
            with pytest.raises(FetchError, match="small is being downloaded by another cftui"):
                work(entry)


def test_forgotten_parts_are_swept(served: Served) -> None:
    served.cut = 1000
    entry = entry_for(served)
    with pytest.raises(FetchError):
        fetch(entry)
    sweep({"small": entry})
    assert left()
    old = time.time() - KEPT_SECONDS - 60
    os.utime(PartialDownload(entry).path, (old, old))
    sweep({"small": entry})
    assert not left()


def page(served: Served) -> None:
    served.body, served.kind = b"<html>Sign in</html>", "text/html; charset=utf-8"


def longer(served: Served) -> None:
    served.body = GOOD + b"more"


def spoilt(served: Served) -> None:
    served.body = GOOD[:-1] + b"x"


def missing(served: Served) -> None:
    served.status = 404


def busy(served: Served) -> None:
    served.status = 503


def ring(served: Served) -> None:
    served.location = served.url


def to_ftp(served: Served) -> None:
    served.location = "ftp://127.0.0.1/small.zip"


def to_file(served: Served) -> None:
    served.location = "file:///etc/passwd"


def nowhere(served: Served) -> None:
    served.url = "http://127.0.0.1:9/small.zip"


REFUSED: list[tuple[Callable[[Served], None], str]] = [
    (page, r"the server sent a page \(text/html; charset=utf-8\) in place of a zip"),
    (longer, r"has 640.\d+ bytes, not .* it has been replaced; take it .* --unchecked"),
    (spoilt, r"sha256 of what was received is [0-9a-f]{64}, not [0-9a-f]{64} as catalogued"),
    (missing, "127.0.0.1 says HTTP 404 Not Found"),
    (busy, "127.0.0.1 says HTTP 503 Service Unavailable"),
    (ring, "sends us round in circles"),
    (to_ftp, "points to ftp://127.0.0.1/small.zip, which is not safe"),
    (to_file, "points to file://127.0.0.1/etc/passwd, which is not safe"),
    (nowhere, "127.0.0.1 cannot be reached .* check the network"),
]


@pytest.mark.parametrize(("spoil", "message"), REFUSED, ids=[s.__name__ for s, _ in REFUSED])
def test_what_cannot_be_good_data_is_refused_and_not_kept(
    served: Served, spoil: Callable[[Served], None], message: str
) -> None:
    spoil(served)
    with pytest.raises(FetchError, match=message):
        fetch(entry_for(served))
    assert not left()


def test_a_redirect_is_followed(served: Served) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "old.example":
            return httpx.Response(301, headers={"Location": "https://new.example/s.zip"})
        assert str(request.url) == "https://new.example/s.zip"
        return httpx.Response(200, content=iter([GOOD]))

    entry = entry_for(served, url="http://old.example/small.zip")
    assert fetch(entry, transport=httpx.MockTransport(answer)).read_bytes() == GOOD


def test_a_redirect_away_from_https_is_refused(served: Served) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "http://old.example/small.zip"})

    entry = entry_for(served, url="https://safe.example/small.zip")
    with pytest.raises(FetchError, match=r"points to http://old.example/small.zip, which is not"):
        fetch(entry, transport=httpx.MockTransport(answer))


def test_a_silent_server_and_a_bad_certificate_have_words(served: Served) -> None:
    def fail(error: Exception) -> httpx.MockTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            raise error

        return httpx.MockTransport(answer)

    for error, words in (
        (httpx.ReadTimeout(""), "did not answer for 30 s"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "its certificate does not hold"),
        (ImportError("socks needs more"), "socks needs more"),
    ):
        with pytest.raises(FetchError, match=words):
            fetch(entry_for(served), transport=fail(error))
    assert not left()


UNSAFE: list[tuple[str, bytes, str]] = [
    ("no zip", b"PK but nothing like it", "cut off or damaged"),
    ("cut", GOOD[:-30], "cut off or damaged"),
    ("empty", zip_of(), "the zip is empty"),
    ("above", zip_of(("../ratings.csv", b"1")), "'../ratings.csv' lies outside"),
    ("within", zip_of(("a/../../ratings.csv", b"1")), "lies outside of it"),
    ("absolute", zip_of(("/etc/ratings.csv", b"1")), "'/etc/ratings.csv' lies outside"),
    ("drive", zip_of(("C:\\ratings.csv", b"1")), "lies outside of it"),
    ("share", zip_of(("\\\\host\\ratings.csv", b"1")), "lies outside of it"),
    ("link", zip_of(("ratings.csv", b"/etc"), mode=stat.S_IFLNK | 0o777), "is a link"),
    ("device", zip_of(("ratings.csv", b"1"), mode=stat.S_IFCHR | 0o666), "no plain file"),
    ("bomb", zip_of(("ratings.csv", b"0" * 30_000_000)), "grows to over 30 MB"),
    ("many", zip_of(*((f"r{n}", b"") for n in range(10_001))), "10,001 files in one zip"),
]


@pytest.mark.parametrize(
    ("body", "message"), [row[1:] for row in UNSAFE], ids=[u[0] for u in UNSAFE]
)
def test_an_unsafe_zip_is_refused_even_unchecked(served: Served, body: bytes, message: str) -> None:
    served.body = body
    with pytest.raises(FetchError, match=message):
        fetch(entry_for(served), unchecked=True)
    assert not left()


def test_a_file_that_changes_is_taken_only_when_told_so(served: Served) -> None:
    entry = entry_for(served, checksum="", size=335_000_000)
    with pytest.raises(FetchError, match=r"changes now and then.* --unchecked"):
        fetch(entry)
    assert not served.asked
    assert fetch(entry, unchecked=True).read_bytes() == GOOD


def test_a_replaced_file_is_taken_unchecked(served: Served) -> None:
    assert fetch(entry_for(served, b"other"), unchecked=True).read_bytes() == GOOD


def test_more_than_was_said_is_not_taken(served: Served) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        pieces = (GOOD, b"and more")
        return httpx.Response(200, content=iter(pieces), headers={"Content-Length": str(len(GOOD))})

    with pytest.raises(FetchError, match="the server sent more than it said"):
        fetch(entry_for(served), transport=httpx.MockTransport(answer))
    assert not left()


@pytest.mark.parametrize("length", ["abc", "-5", "1e9", "9" * 5000])
def test_a_length_that_is_no_number_does_not_matter(served: Served, length: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        headers = {"Content-Type": "application/zip", "Content-Length": length}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(GOOD))

    path = fetch(entry_for(served), transport=httpx.MockTransport(answer))
    assert path.read_bytes() == GOOD


def test_too_little_room_is_said_before(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module, "SPARE", 10**18)
    with pytest.raises(FetchError, match=r"MB are needed and .* are free; make room"):
        fetch(entry_for(served))


def test_a_full_disk_keeps_what_is_there(served: Served) -> None:
    def full(done: int, of: int) -> None:
        if done >= of // 2:
            raise OSError(28, "No space left on device")

    with pytest.raises(FetchError, match=r"cannot be written: .*No space left .* make room"):
        fetch(entry_for(served), full)
    assert left() == {"small.zip.part", "small.zip.part.json"}


def test_a_folder_that_cannot_be_made_has_words(served: Served, home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        fetch(entry_for(served))


def test_the_catalogue_is_of_one_form() -> None:
    for name, entry in CATALOGUE.items():
        assert name == entry.name and re.fullmatch(r"[a-z0-9-]+", name)
        assert entry.url.startswith("https://files.grouplens.org/datasets/movielens/")
        assert entry.changes or re.fullmatch(r"sha256:[0-9a-f]{64}", entry.checksum)
        assert entry.n_users < entry.n_ratings < entry.size * 5
    assert [entry.name for entry in CATALOGUE.values() if entry.changes] == ["ml-latest"]
    ratings = [entry.n_ratings for entry in CATALOGUE.values()]
    assert ratings == sorted(ratings)
    assert json.dumps(list(CATALOGUE))
