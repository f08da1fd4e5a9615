"""A checkpoint that is not as it was written is noticed, wherever the bit is that flipped."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from cftui.runs.checkpoint import (
    CheckpointError,
    check_finite,
    load_checkpoint,
    read_metadata,
    save_checkpoint,
)

ARRAYS = {
    "parameters/user_factors": np.linspace(-1, 1, 60, dtype=np.float32).reshape(12, 5),
    "state/step": np.array([7], np.int64),
}
METADATA = {"step": "7", "epoch": "1", "trained_in": "0.5-5"}


@pytest.fixture
def last(tmp_path: Path) -> Path:
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, ARRAYS, METADATA)
    return path


def test_a_flipped_bit_is_noticed_in_every_byte(last: Path) -> None:
    whole = last.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        last.write_bytes(flipped)
        with pytest.raises(CheckpointError, match=r"last\.safetensors: .*train anew"):
            load_checkpoint(last)
    last.write_bytes(whole)
    assert load_checkpoint(last).step == 7


def test_the_sum_is_sha256_of_the_file_with_naughts_for_it(last: Path) -> None:
    whole = last.read_bytes()
    told = re.search(rb'"sha256:([0-9a-f]{64})"', whole)
    assert told is not None
    naughts = whole.replace(told[1], b"0" * 64)
    assert hashlib.sha256(naughts).hexdigest().encode() == told[1]
    assert safetensors.numpy.load(whole)["parameters/user_factors"].tolist() == (
        ARRAYS["parameters/user_factors"].tolist()
    ), "other programs read it as before"


def test_a_checkpoint_without_a_sum_loads_as_before(last: Path) -> None:
    safetensors.numpy.save_file(ARRAYS, last, METADATA)
    found = load_checkpoint(last, "state/")
    assert found.metadata == METADATA and list(found.arrays) == ["state/step"]


def test_the_other_checkpoint_is_offered_where_it_is_whole(last: Path) -> None:
    best = last.with_name("best.safetensors")
    save_checkpoint(best, ARRAYS, METADATA)
    whole = last.read_bytes()
    for damaged, words in ((last, "ask those (--best)"), (best, "leave --best out")):
        damaged.write_bytes(whole[:-1] + b"\x01")
        with pytest.raises(CheckpointError, match=re.escape(words)):
            load_checkpoint(damaged)
        damaged.write_bytes(whole)
    for path in (last, best):
        path.write_bytes(whole[:-1] + b"\x01")
    with pytest.raises(CheckpointError, match="train anew"):
        load_checkpoint(last)


def test_numbers_that_are_not_finite_are_said(last: Path) -> None:
    check_finite(last, ARRAYS)
    broken = {"parameters/item_bias": np.array([0.5, np.nan], np.float32)}
    with pytest.raises(CheckpointError, match="item_bias has numbers that are not finite"):
        check_finite(last, broken)


@pytest.mark.parametrize("content", [b"", b"x" * 9, (1 << 60).to_bytes(8, "little"), b"[" * 4000])
def test_metadata_of_what_is_no_checkpoint_are_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "last.safetensors"
    path.write_bytes(content)
    assert read_metadata(path) == {}
    path.write_bytes(len(content).to_bytes(8, "little") + content)
    assert read_metadata(path) == {}
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    save_checkpoint(tmp_path / "elsewhere", ARRAYS, {**METADATA, "progress": json.dumps({})})
    assert read_metadata(path) == {}, "a link is not followed"
