"""Gathers the evidence on a run, and has it judged."""

from collections.abc import Mapping

from cftui.hyperparameters import suited
from cftui.runs.directory import Run
from cftui.runs.history import History, read_history
from cftui.runs.index import read_row
from cftui.runs.row import RunRow
from cftui.runs.verdict import Evidence, Verdict, judge


def verdict_of_row(row: RunRow, history: History) -> Verdict | None:
    """Return the verdict on a run in a list, by its events as far as they were read."""
    if not row.worse_than or row.mean_mse is None or row.biases_mse is None:
        return None
    told = history.epochs
    standing = () if row.valid_mse is None else (row.valid_mse,)
    rates = [row.learning_rate, *(change.learning_rate for change in row.rate_changes)]
    smooth, started = history.curve.smooth, history.started
    usual = _usual(row)
    return judge(
        Evidence(
            mean=row.mean_mse,
            biases=row.biases_mse,
            valid=tuple(e.valid_mse for e in told if e.valid_mse is not None) or standing,
            train=tuple(epoch.train_loss for epoch in told) or standing,
            low=row.low,
            high=row.high,
            saturated=told[-1].saturated if told else None,
            first_loss=smooth[0] if len(smooth) else None,
            last_loss=smooth[-1] if len(smooth) else None,
            steps=row.step,
            rate=rates[-1],
            decay=row.weight_decay,
            usual_rate=usual.get("learning_rate"),
            usual_decay=usual.get("weight_decay"),
            ratings_each=started.n_train / row.n_ids if started and row.n_ids else None,
            alive=row.alive,
        )
    )


def verdict_of(run: Run) -> Verdict | None:
    """Return the verdict on a run by its files; its events are read only where it is worse.

    None for a run that is damaged.
    """
    row = read_row(run)
    return verdict_of_row(row, read_history(run.events)) if row.worse_than else None


def _usual(row: RunRow) -> Mapping[str, float]:
    """Return the settings that suit a run's model and optimizer; none for one not known here."""
    try:
        return suited(row.model, row.optimizer)
    except KeyError:
        return {}
