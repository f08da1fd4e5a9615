"""Movies held out wholly: of them a factorization machine knows genres and year alone."""

from pathlib import Path

import numpy as np
from small import small_config

from cftui.runs.find import find_run
from cftui.training.start import start_run


def write_genre_ratings(folder: Path, users: int = 60, items: int = 100) -> np.ndarray:
    """Write ratings in which each user likes dramas or westerns; return rows of the last movies."""
    draw = np.random.default_rng(0)
    user, item = (a.ravel() for a in np.indices((users, items)))
    kept = draw.random(len(user)) < 0.4
    user, item = user[kept], item[kept]
    alike = (user + item) % 2 == 0  # users and movies of even and of odd numbers
    value = np.clip(np.round(2 * np.where(alike, 4.2, 2.2) + draw.normal(size=len(user))) / 2, 1, 5)
    rows = np.array([f"{u},{i},{v}" for u, i, v in zip(user, item, value, strict=True)])
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating\n" + "\n".join(rows) + "\n")
    titles = [f"{i},Film {i},{('Drama', 'Western')[i % 2]}" for i in range(items)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(titles) + "\n")
    out: np.ndarray = rows[item >= 0.9 * items]
    return out


def test_genres_tell_of_movies_that_nobody_trained_on(tmp_path: Path) -> None:
    held = write_genre_ratings(tmp_path / "genres")
    (tmp_path / "held.test").write_text("userId,movieId,rating\n" + "\n".join(held) + "\n")
    config = small_config(
        tmp_path / "genres",
        model={"name": "fm", "n_factors": 4, "l2": 2.0},
        split={"kind": "given", "file": str(tmp_path / "held.test")},
        training={"epochs": 20, "batch_size": 256},
    )
    start_run(config, lambda _: None, run_id="r", began=0.0)
    record = find_run("r").record()
    assert record.baselines is not None and record.best_valid_mse is not None
    # Nobody rated these movies in training: biases are the mean and the user's own.
    biases = record.baselines["biases"]
    assert biases > 0.9 and record.best_valid_mse < 0.5 * biases
