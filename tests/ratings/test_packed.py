"""Files that another program has packed as a whole."""

import bz2
import gzip
import lzma
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from cftui.ratings.reading.preview import preview
from cftui.ratings.reading.readers import read
from cftui.ratings.sources.locate import locate

TEXT = "userId,movieId,rating,timestamp\n" + "".join(
    f"{n % 900},{n % 71},{n % 10 / 2},{n}\n" for n in range(200_000)
)


def zstandard(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


PACKERS = {
    ".gz": ("gzip", partial(gzip.compress, compresslevel=1)),
    ".bz2": ("bzip2", bz2.compress),
    ".xz": ("xz", partial(lzma.compress, preset=0)),
    ".zst": ("zstd", zstandard),
}


@pytest.mark.parametrize("ending", PACKERS)
def test_packed_text_is_read_as_it_streams(ending: str, tmp_path: Path) -> None:
    packed, pack = PACKERS[ending]
    half = TEXT[: len(TEXT) // 2].rpartition("\n")[0] + "\n"
    # Two packed files, one behind the other, are one: so parallel packers write.
    data = pack(half.encode()) + pack(TEXT[len(half) :].encode())
    (tmp_path / f"ratings.csv{ending}").write_bytes(data)
    (tmp_path / f"movies.csv{ending}").write_bytes(pack(b"movieId,title,genres\n1,One,Drama\n"))
    told: list[tuple[int, int]] = []
    table = read(locate(tmp_path), lambda done, of: told.append((done, of)))
    assert (len(table.value), table.duplicates) == (63_900, 200_000 - 63_900)
    assert table.titles.titles == {"1": "One"}
    assert len(told) > 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (len(data), len(data))
    seen = preview(tmp_path)
    assert (seen.packed, seen.problem) == (packed, "")
    assert seen.columns == ("userId", "movieId", "rating", "timestamp")
