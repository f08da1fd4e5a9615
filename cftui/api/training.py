"""Training from Python: a configuration of keywords, and a trainer in a process of its own."""

import time
from collections.abc import Mapping
from os import PathLike
from typing import Any

from cftui.api.model_class import model_word
from cftui.api.ratings import DataSet, read_ratings
from cftui.api.run import TrainingRun, failure, kept
from cftui.config import ConfigError, RunConfig, make_config, merge
from cftui.runs.annotations import checked_name
from cftui.runs.directory import new_id
from cftui.runs.launch import Launched, launch
from cftui.runs.model_source import source_of_config, trust, trust_typed

POLL_SECONDS = 0.02


def train(
    ratings: DataSet | str | PathLike[str],
    *,
    model: str | type | None = None,
    optimizer: str | None = None,
    schedule: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    weight_decay: float | None = None,
    factors: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    split: str | None = None,
    trust_model: bool = False,
    name: str = "",
    settings: Mapping[str, Any] | None = None,
    progress: bool = False,
    wait: bool = True,
) -> TrainingRun:
    """Train a model on ratings and return the run; by default, the lesson's SGD recipe.

    The run is like any other: it trains in a process of its own, is shown on the screen, can be
    stopped, resumed and asked from anywhere, and goes on if this process ends.

        `ratings`: ratings, or the path or name of some. `model`: `dot`, `dot-bias`, `net`, `fm`,
    `bayes-fm`, a file's `path.py:Class`, or a class: of that the file is taken, or from a notebook
    or a script itself the source with what it uses. `optimizer`: `sgd`, `adam`, `adamw`, `rmsprop`,
    `adagrad`; `schedule`: `constant`, `cosine`, `cosine-restarts`, `one-cycle`, `exponential`;
    `epochs`: passes over the training ratings; `batch_size`: ratings in a step; `lr`,
    `weight_decay`: by default what suits model and optimizer; `factors`: size of the embeddings;
    `device`: `auto`, `cpu`, `cuda`, `cuda:0`, `mps`; `split`: `random`, `per-user`,
    `per-user-latest`, `leave-last-out`, `time`, `given`; `settings`: any other by its full name,
    such as `{"model.hidden": "64 32", "training.patience": 2}`.

    A `path.py:Class` that you name is executed where the file is yours; one of somebody else's, or
    one that lies in a run, with `trust_model=True` alone, and then whenever it is the same.

    `progress` prints a line an epoch. `wait=False` returns while the run is live. An interrupt
    (ctrl+c, a notebook's stop) stops it with a checkpoint and is raised on.

    Raises ConfigError for settings that are wrong, FileNotFoundError or DataError for such ratings,
    TrainingError for a training that does not start, fails or dies, OSError where the disk refuses,
    QuestionError for a file that you never agreed to execute.
    """
    data = _ratings(ratings)._data.model_dump()
    given: dict[str, dict[str, Any]] = {
        "model": {"name": None if model is None else model_word(model), "n_factors": factors},
        "optimizer": {"name": optimizer, "learning_rate": lr, "weight_decay": weight_decay},
        "schedule": {"name": schedule},
        "split": {"kind": split},
        "training": {"epochs": epochs, "batch_size": batch_size, "seed": seed, "device": device},
    }
    chosen = {
        section: {key: value for key, value in keys.items() if value is not None}
        for section, keys in given.items()
    }
    config = make_config(merge({"data": data, **chosen}, _sections(settings or {})))
    source = source_of_config(config)
    if source is not None:
        # A class was executed already: it is in this process.
        (trust if trust_model or isinstance(model, type) else trust_typed)(source)
    run = _start(config, checked_name(name))
    return run.wait(progress=progress) if wait else run


def _ratings(ratings: DataSet | str | PathLike[str]) -> DataSet:
    if isinstance(ratings, DataSet):
        return ratings
    if isinstance(ratings, str | PathLike):
        return read_ratings(ratings)
    raise TypeError(f"train takes ratings, not a {type(ratings).__name__}: cftui.from_frame(frame)")


def _sections(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return settings by section and key; raises ConfigError for a name that is neither."""
    sections: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        section, dot, key = name.partition(".")
        if not (section and dot and key):
            raise ConfigError(f"setting {name!r}: write it as SECTION.KEY, such as model.hidden")
        sections.setdefault(section, {})[key] = value
    return sections


def _start(config: RunConfig, name: str) -> TrainingRun:
    """Start a trainer and return its run, once that is there."""
    launched = kept(launch(config, new_id(config), name))
    try:
        _wait_for_directory(launched)
    except KeyboardInterrupt:
        launched.process.terminate()
        launched.process.wait()
        raise
    return TrainingRun(launched.run, launched)


def _wait_for_directory(launched: Launched) -> None:
    while not launched.run.path.is_dir():
        if launched.ended() and not launched.run.path.is_dir():
            raise failure(f"the trainer did not start: {launched.last_words()}")
        time.sleep(POLL_SECONDS)
