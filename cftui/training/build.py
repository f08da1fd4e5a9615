"""Builds a trainer: the split, the engine with its initial values, the state of a checkpoint."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cftui.config import RunConfig
from cftui.evaluation.errors import baseline_errors
from cftui.models.initial import initial_values
from cftui.ratings.parts import TrainingRatings, ValidRatings
from cftui.ratings.split import Split, split, unseen
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import Checkpoint, CheckpointError
from cftui.runs.directory import Run, RunError
from cftui.runs.events import Event
from cftui.runs.record import RunRecord
from cftui.training.engines.choose import make_engine
from cftui.training.progress import Progress
from cftui.training.trainer import Trainer

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


def build_trainer(
    run: Run,
    record: RunRecord,
    config: RunConfig,
    ratings: Ratings,
    emit: Callable[[Event], None],
    *,
    sync: Callable[[], None],
    should_stop: Callable[[], bool],
    started_ns: int,
    checkpoint: Checkpoint | None,
    custom: "CustomClass | None" = None,
) -> Trainer:
    """Return a trainer at its start, or where a checkpoint left it; `custom` is a user's model.

    Raises RunError if there are too few ratings, EngineError if the device is not there,
    ModelError if a user's model does not work, CheckpointError if the checkpoint is of another run.
    """
    training, valid = _parts(config, ratings)
    engine = make_engine(config, record.threads or config.training.threads, custom)
    seed = config.training.seed
    # A user's module draws its own.
    initial = None if custom else initial_values(config.model, ratings.info(), seed)
    engine.start(config, training, initial)
    trainer = Trainer(
        run,
        config,
        replace(
            record,
            device=engine.device,
            threads=engine.threads,
            parameter_count=engine.parameter_count,
            baselines=record.baselines or baseline_errors(training, valid),
        ),
        engine,
        training=training,
        valid=valid,
        emit=emit,
        sync=sync,
        should_stop=should_stop,
        started_ns=started_ns,
    )
    if checkpoint is not None:
        try:
            trainer.resume(checkpoint)
        except (KeyError, ValueError, RuntimeError) as error:
            raise _foreign(run, error) from error
    return trainer


def check_checkpoint(
    checkpoint: Checkpoint, run: Run, config: RunConfig, ratings: Ratings, *, custom: bool
) -> None:
    """Raise CheckpointError, before anything is changed, if it is plainly of another run.

    `custom`: whether the model is a user's, whose tables only it knows.
    """
    try:
        Progress.from_json(checkpoint.metadata["progress"])
        for table in () if custom else config.model.tables(ratings.info()):
            found = checkpoint.arrays[f"parameters/{table.name}"]
            if found.shape != table.shape or found.dtype.kind != "f":
                raise ValueError(
                    f"{table.name} has shape {found.shape} of {found.dtype}, not {table.shape}"
                )
    except (KeyError, ValueError) as error:
        raise _foreign(run, error) from None


def _foreign(run: Run, error: Exception) -> CheckpointError:
    return CheckpointError(f"{run.last}: not a checkpoint of this run ({error}); train anew")


def _parts(config: RunConfig, ratings: Ratings) -> tuple[TrainingRatings, ValidRatings]:
    parts: Split = split(config.split, ratings)
    train, valid = parts.train, parts.valid
    if not len(train) or not len(valid):
        raise RunError(
            f"{len(ratings)} ratings are too few for this split ({len(train)} to train on,"
            f" {len(valid)} held out); change split.fraction or split.kind"
        )
    return (
        TrainingRatings(
            ratings.user[train], ratings.item[train], ratings.value[train], ratings.info()
        ),
        ValidRatings(
            ratings.user[valid],
            ratings.item[valid],
            ratings.value[valid],
            unseen(ratings, parts),
            ratings.low,
            ratings.high,
        ),
    )
