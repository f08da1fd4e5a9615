"""Item factors kept as a run trains: few, evenly, small, and never in training's way."""

import os
from pathlib import Path

import numpy as np
import pytest
from small import make_bench, open_small, small_config

from cftui import paths
from cftui.library.door import Library
from cftui.questions.item_map import MapMoments, MapOfItems
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from cftui.runs.directory import Run
from cftui.runs.moments import (
    FOLDER,
    MOST_BYTES,
    moment_path,
    moment_steps,
    most_of,
    read_moment,
    save_moment,
    thinned,
)
from cftui.runs.vocabulary import save_vocabulary
from cftui.training import moments as keeping
from cftui.training.build import build_trainer

SHAPE = (200, 8)


@pytest.fixture
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small")


def test_moments_stay_few_and_even() -> None:
    steps: list[int] = []
    stride = 12
    for step in range(0, 100_000, 12):
        steps, stride = thinned([*steps, step], stride, 30)
        assert len(steps) <= 30 and steps[0] == 0
        gaps = np.diff(steps)
        assert not len(gaps) or gaps.max() <= 2 * gaps.min()
    assert len(steps) >= 15
    assert most_of((9066, 50)) == 30 and MOST_BYTES > 2 * 9066 * 50 * 30
    assert most_of((87_000, 50)) == 5 and MOST_BYTES > 2 * 87_000 * 50 * 5
    assert most_of((2_000_000, 50)) == 0


def test_a_run_keeps_its_item_factors(ratings: Ratings) -> None:
    bench = make_bench(small_config(ratings.source, training={"epochs": 4}), ratings)
    begun = bench.trainer.learner.parameters()["item_factors"].copy()
    bench.trainer.train()
    bench.lock.release()
    steps = moment_steps(bench.run)
    last = load_checkpoint(bench.run.last)
    assert steps[0] == 0 and 5 <= len(steps) <= 30 and steps[-1] == last.step
    kept = read_moment(bench.run, 0, begun.shape)
    assert np.array_equal(kept, begun.astype(np.float16).astype(np.float32))
    own = last.arrays["parameters/item_factors"]
    assert np.abs(read_moment(bench.run, steps[-1], own.shape) - own).max() < 1e-3
    size = sum(path.stat().st_size for path in (bench.run.path / FOLDER).iterdir())
    assert size < len(steps) * (2 * own.size + 1000)

    save_vocabulary(bench.run.path, ratings)
    library, run = Library(), str(bench.run.path)
    told = library.answer(MapMoments(run))
    assert set(steps) <= set(told.steps) and told.weights == last.step
    newest = library.answer(MapOfItems(str(ratings.path), run))
    first = library.answer(MapOfItems(str(ratings.path), run, at=0))
    assert first.step == 0 and newest.step == last.step and newest.bias is not None
    spread = [found.positions.std() for found in (first, newest)]
    assert np.isfinite(first.positions).all() and spread[0] < spread[1]
    almost = library.answer(MapOfItems(str(ratings.path), run, at=steps[-2]))
    distance = [np.abs(m.positions - newest.positions).mean() for m in (almost, first)]
    assert distance[0] < distance[1]


def test_who_goes_back_forgets_what_came_after(ratings: Ratings) -> None:
    config = small_config(ratings.source, training={"epochs": 1})
    bench = make_bench(config, ratings)
    bench.trainer.train()
    step = bench.trainer.progress.step
    save_moment(bench.run.path, step + 5, np.zeros(SHAPE))
    half_written = bench.run.path / FOLDER / f".{step:09d}.safetensors.1-1"
    half_written.write_bytes(b"half")
    build_trainer(
        bench.run,
        bench.trainer.book.record,
        bench.trainer.prepared,
        bench.events.append,
        checkpoint=load_checkpoint(bench.run.last),
    )
    bench.lock.release()
    assert moment_steps(bench.run)[-1] == step and not half_written.exists()


def test_a_disk_that_refuses_ends_the_moments_alone(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(run: Path, step: int, factors: np.ndarray) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeping, "save_moment", refuse)
    bench = make_bench(small_config(ratings.source, training={"epochs": 2}), ratings)
    bench.trainer.train()
    bench.lock.release()
    assert bench.trainer.progress.epoch == 2 and not moment_steps(bench.run)


def test_a_moment_that_is_none_is_refused(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.path.mkdir()
    assert moment_steps(run) == ()
    save_moment(run.path, 7, np.full(SHAPE, 1e9))
    assert read_moment(run, 7, SHAPE).max() == np.finfo(np.float16).max  # no infinity
    place = moment_path(run.path, 7)
    good = place.read_bytes()
    bad = {
        "not item factors": lambda: save_checkpoint(
            place, {"item_factors": np.zeros((3, 8), np.float16)}, {"step": "7"}
        ),
        "not finite": lambda: save_checkpoint(
            place, {"item_factors": np.full(SHAPE, np.nan, np.float16)}, {"step": "7"}
        ),
        "damaged": lambda: place.write_bytes(good[:-100]),
        "too large": lambda: os.truncate(place, 1 << 40),
        "no such moment": place.unlink,
    }
    for words, spoil in bad.items():
        spoil()
        with pytest.raises(CheckpointError, match=words):
            read_moment(run, 7, SHAPE)
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="link"):
        read_moment(run, 7, SHAPE)


def test_a_folder_that_is_a_link_is_neither_read_nor_written(
    ratings: Ratings, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "000000001.safetensors").write_bytes(b"mine")
    (outside / ".000000001.safetensors.1-1").write_bytes(b"mine too")
    run = paths.runs_folder() / "bench"
    bench = make_bench(small_config(ratings.source, training={"epochs": 1}), ratings)
    assert bench.run.path == run and not (run / FOLDER).exists()
    (run / FOLDER).symlink_to(outside)
    bench.trainer.train()
    bench.lock.release()
    assert moment_steps(bench.run) == () and len(list(outside.iterdir())) == 2
