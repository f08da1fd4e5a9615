"""What a trainer says when it fails: what happened, and what to do."""

import errno
import os
from pathlib import Path

import pytest
import torch
from small import open_small, record_of, small_config

from cftui.config import ConfigError
from cftui.models.errors import ModelError
from cftui.runs.checkpoint import CheckpointError
from cftui.runs.directory import Run, RunError, create_run
from cftui.training.endings import NonFiniteLoss
from cftui.training.engines.protocol import EngineError
from cftui.training.faults import explain, keep_reserve, release_reserve

NUMBERS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ESTALE, errno.EACCES, errno.EROFS),
    *(errno.EMFILE, errno.ENOLCK, errno.ENAMETOOLONG, errno.ELOOP, errno.ENODEV, errno.ENOTCONN),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    ratings = open_small(tmp_path / "small", n=300)
    run, lock = create_run(record_of("r", ratings), small_config())
    lock.release()
    return run


def said(error: Exception, run: Run) -> str:
    return explain(error, run, small_config(), 0.5)


def test_a_loss_that_is_no_number_asks_for_a_tenth_of_the_rate(run: Run) -> None:
    words = said(NonFiniteLoss("the loss became nan at step 7"), run)
    assert words.startswith("the loss became nan at step 7; the weights of the last checkpoint")
    assert words.endswith("cftui runs resume r --lr 0.05")


@pytest.mark.parametrize("number", [*NUMBERS, errno.EDOM])
def test_what_the_system_refuses_names_the_place_the_remedy_and_the_word_to_go_on(
    run: Run, number: int
) -> None:
    inside = OSError(number, os.strerror(number), str(run.path / ".last.safetensors.12-3"))
    for error in (inside, OSError(number, os.strerror(number))):
        words = said(error, run)
        assert words.startswith(f"{run.path}: {os.strerror(number)}; ")
        assert words.endswith("; no checkpoint was written yet. To go on: cftui runs resume r")
        assert "[Errno" not in words and "12-3" not in words
    run.last.write_bytes(b"")
    assert "; the last checkpoint is kept. To go on: " in said(inside, run)


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_too_little_memory_asks_for_less(run: Run, error: Exception) -> None:
    assert said(error, run).startswith("out of memory on cpu; lower training.batch_size or")


@pytest.mark.parametrize("kind", [EngineError, RunError, CheckpointError, ModelError, ConfigError])
def test_what_tells_the_remedy_itself_is_passed_on(run: Run, kind: type[Exception]) -> None:
    assert said(kind("do this"), run) == "do this"


@pytest.mark.parametrize("error", [OSError("odd"), RuntimeError("odd")])
def test_anything_else_names_the_log(run: Run, error: Exception) -> None:
    words = said(error, run)
    assert words.startswith(f"{type(error).__name__}: ") and words.endswith(str(run.log))


def test_room_for_the_last_words_is_kept_and_given_back(run: Run) -> None:
    before = set(run.path.iterdir())
    keep_reserve(run.path)
    [kept] = set(run.path.iterdir()) - before
    assert kept.stat().st_size == 65_536
    release_reserve(run.path)
    release_reserve(run.path)  # twice, where a failure ends a training
    assert set(run.path.iterdir()) == before
