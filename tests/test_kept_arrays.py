"""Arrays that are kept: mapped and read-only, as another library reads them, or not at all."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from cftui.library.kept_arrays import keep_arrays, kept_arrays

ARRAYS = {
    "a": np.arange(6, dtype=np.int64).reshape(2, 3),
    "none": np.zeros((0, 4), np.float32),
    "b": np.array([1.5, -2.5], np.float32),
    "c": np.array([True, False, True]),
    "d": np.array([7], np.int32),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    keep_arrays(tmp_path / "x.safetensors", ARRAYS, {"told": "words"}, form="1")
    return tmp_path / "x.safetensors"


def test_what_is_kept_is_mapped(place: Path) -> None:
    found = kept_arrays(place, form="1")
    assert found is not None and found[1]["told"] == "words"
    for name, array in safetensors.numpy.load_file(place).items():
        mine = found[0][name]
        assert mine.dtype == array.dtype == ARRAYS[name].dtype and mine.shape == array.shape
        np.testing.assert_array_equal(mine, ARRAYS[name])
        assert not mine.flags.writeable and not mine.flags.owndata and mine.flags.aligned
    assert kept_arrays(place, form="2") is None
    place.unlink()  # what is mapped stays
    assert found[0]["a"].sum() == 15


def test_what_is_not_as_it_was_written_is_not_taken(place: Path) -> None:
    whole = place.read_bytes()
    size = int.from_bytes(whole[:8], "little")
    header, numbers = json.loads(whole[8 : 8 + size]), whole[8 + size :]

    def written(told: object, rest: bytes = numbers) -> bytes:
        words = json.dumps(told).encode()
        words += b" " * (-len(words) % 8)
        return len(words).to_bytes(8, "little") + words + rest

    assert kept_arrays(place, form="1") is not None
    one = header["a"]
    wrong = {
        "cut": whole[:-3],
        "empty": b"",
        "short": whole[:5],
        "a bit": whole[:-1] + bytes([whole[-1] ^ 1]),
        "header beyond": (2**62).to_bytes(8, "little") + whole[8:],
        "no words": whole[:8] + b"\xff" * size + numbers,
        "a list": written([1, 2]),
        "deep": (20_000).to_bytes(8, "little") + b"[" * 20_000,
        "no marks": written({"a": one}),
        "marks of a list": written({**header, "__metadata__": []}),
        "beyond": written({**header, "a": {**one, "data_offsets": [0, 2**40]}}),
        "backwards": written({**header, "a": {**one, "data_offsets": [48, 0]}}),
        "below": written({**header, "a": {**one, "data_offsets": [-48, 48]}}),
        "no numbers": written({**header, "a": {**one, "data_offsets": ["x", "y"]}}),
        "no kind": written({**header, "a": {**one, "dtype": "BF16"}}),
        "shape": written({**header, "a": {**one, "shape": [2, 4]}}),
        "shape of text": written({**header, "a": {**one, "shape": "23"}}),
        "one less": written({k: v for k, v in header.items() if k != "d"}),
    }
    for words, content in wrong.items():
        place.unlink()
        place.write_bytes(content)
        assert kept_arrays(place, form="1") is None, words
    place.unlink()
    place.write_bytes(written(header))
    assert kept_arrays(place, form="1") is not None  # else the cases above show nothing


def test_nothing_else_than_a_file_is_opened(place: Path) -> None:
    other = place.with_name("other")
    place.rename(other)
    os.mkfifo(place)
    assert kept_arrays(place, form="1") is None
    place.unlink()
    place.symlink_to(other)
    assert kept_arrays(place, form="1") is None
