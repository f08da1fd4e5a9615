"""What is compiled by numba and kept: warmed, damaged, swept, no room for it."""

import errno
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cftui import paths
from cftui.training.gibbs import compiled as compiling
from cftui.training.gibbs.compiled import KeptCode, compiled, folder_in_use


def doubled(values: np.ndarray) -> np.ndarray:
    return values * 2


def kept_hits() -> int:
    """Double something; return how often its code was found kept."""
    function: Any = compiled(doubled)
    assert function(np.arange(3.0)).tolist() == [0.0, 2.0, 4.0]
    return sum(function.stats.cache_hits.values())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.COMPILED_VARIABLE, str(tmp_path / "compiled"))
    compiling._say_damaged.cache_clear()
    return tmp_path / "compiled"


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
def test_damaged_code_is_compiled_anew_with_a_word(
    ending: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert (kept_hits(), kept_hits()) == (0, 1)
    (file,) = folder.rglob(f"*{ending}")
    whole = file.read_bytes()
    for left in (whole[: len(whole) // 2], b"\0" * len(whole)):
        compiling._say_damaged.cache_clear()
        caplog.clear()
        file.write_bytes(left)
        assert kept_hits() == 0
        (record,) = caplog.records
        assert "is damaged" in record.message and "compiled anew" in record.message
        assert kept_hits() == 1 and len(caplog.records) == 1


def test_without_room_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(KeptCode.__base__, "save_overload", full)
    assert (kept_hits(), kept_hits()) == (0, 0)


def test_what_versions_left_that_nobody_uses_is_removed(tmp_path: Path) -> None:
    names = ("0" * 16, "1" * 16, "2" * 16, "notes")
    own = compiling.source_key(compiling.HERE)
    for name in (*names, own):
        (tmp_path / name / "inside").mkdir(parents=True)
    (tmp_path / ("3" * 16)).symlink_to(tmp_path / "notes")
    long_ago = time.time() - 86_400 * (compiling.UNUSED_DAYS + 1)
    for name in (names[0], names[1], "notes", own):
        os.utime(tmp_path / name, (long_ago, long_ago))
    assert folder_in_use(tmp_path) == tmp_path / own
    assert {path.name for path in tmp_path.iterdir()} == {"2" * 16, "3" * 16, "notes", own}
    assert (tmp_path / own).stat().st_mtime > long_ago + 86_400  # used, so that others keep it
