"""A run's settings once more, for training on all ratings, nothing held out."""

from pathlib import Path

from cftui.config import RunConfig, make_config
from cftui.paths import BUNDLED
from cftui.runs.directory import Run, RunError
from cftui.runs.history import read_history


def refit_config(run: Run) -> RunConfig:
    """Return the settings that train a run's model again on all ratings.

    As many epochs as the run had at its best validation error, since a refit has none to stop by.
    Raises RunError where there is nothing to repeat: no whole epoch, or nothing held out.
    """
    settings, record = run.config().to_settings(), run.record()
    if settings["split"]["kind"] == "none":
        raise RunError(f"{run.id} was trained on all ratings already")
    errors = {
        epoch.epoch: epoch.valid_mse
        for epoch in read_history(run.events).epochs
        if epoch.valid_mse is not None
    }
    if not errors:
        raise RunError(f"{run.id} has no whole epoch, so that nothing tells how good it is")
    settings["training"] |= {
        "epochs": min(errors, key=errors.__getitem__),
        "patience": 0,
        "rate_changes": "",
    }
    settings["split"]["kind"] = "none"
    if settings["data"]["source"] != BUNDLED and Path(record.data_source).is_absolute():
        settings["data"]["source"] = record.data_source
    return make_config(settings)


def refit_name(run: Run) -> str:
    """Return what a refit of a run is called; empty where the run has no name."""
    return f"{run.name()}, refit" if run.name() else ""
