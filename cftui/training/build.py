"""Puts a trainer together, at its start or where a checkpoint left it."""

from collections.abc import Callable
from dataclasses import replace

from cftui.config import RunConfig
from cftui.evaluation.errors import baseline_errors
from cftui.hyperparameters import Table
from cftui.library.features import features_for, info_with
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import Checkpoint, CheckpointError
from cftui.runs.directory import Run
from cftui.runs.events import Event
from cftui.runs.record import RunRecord
from cftui.training.bookkeeping import Book
from cftui.training.prepare import Prepared
from cftui.training.progress import read_state
from cftui.training.reporter import FINEST
from cftui.training.steering import Steering
from cftui.training.trainer import Trainer


def build_trainer(
    run: Run,
    record: RunRecord,
    prepared: Prepared,
    emit: Callable[[Event], None],
    *,
    sync: Callable[[], None] = lambda: None,
    should_stop: Callable[[], bool] = lambda: False,
    before: frozenset[str] = frozenset(),
    finest: float = FINEST,
    checkpoint: Checkpoint | None = None,
) -> Trainer:
    """Return a trainer at its start, or where a checkpoint left it.

    The options are those of `Book` and `Steering`. Raises CheckpointError if the checkpoint is of
    another run.
    """
    learner = prepared.learner
    record = replace(
        record,
        device=learner.device,
        threads=learner.threads,
        parameter_count=learner.parameter_count,
        baselines=record.baselines or baseline_errors(prepared.training, prepared.valid),
    )
    squared = prepared.unit.squared
    book = Book(
        run,
        record,
        learner,
        emit=emit,
        sync=sync,
        finest=finest,
        squared_unit=squared,
        settings=prepared.config.to_settings(),
    )
    if checkpoint is not None:
        try:
            book.restore(checkpoint)
        except (KeyError, ValueError, RuntimeError) as error:
            raise _unfit(run, checkpoint, error) from error
    steering = Steering(book, learner, should_stop=should_stop, before=before)
    return Trainer(prepared, book, steering)


def check_checkpoint(
    checkpoint: Checkpoint, run: Run, config: RunConfig, ratings: Ratings, *, custom: bool
) -> None:
    """Raise CheckpointError, before anything is changed, if it is plainly of another run.

    `custom`: whether the model is a user's, whose tables only it knows.
    """
    try:
        read_state(checkpoint.metadata["progress"])
        for table in () if custom else _tables(config, ratings):
            found = checkpoint.arrays[f"parameters/{table.name}"]
            if found.shape != table.shape or found.dtype.kind != "f":
                raise ValueError(
                    f"{table.name} has shape {found.shape} of {found.dtype}, not {table.shape}"
                )
    except (KeyError, ValueError, RecursionError) as error:
        raise _foreign(run, error) from None


def _tables(config: RunConfig, ratings: Ratings) -> tuple[Table, ...]:
    return config.model.tables(info_with(features_for(config, ratings), ratings))


def _unfit(run: Run, checkpoint: Checkpoint, error: Exception) -> CheckpointError:
    if any(name.startswith("state/") for name in checkpoint.arrays):
        return _foreign(run, error)
    return CheckpointError(
        f"{run.best}: this way of learning does not go on from weights alone ({error}); begin it"
        f" again: cftui runs resume {run.id} --from start"
    )


def _foreign(run: Run, error: Exception) -> CheckpointError:
    reason = "nested too deeply" if isinstance(error, RecursionError) else error
    return CheckpointError(f"{run.last}: not a checkpoint of this run ({reason}); train anew")
