"""Who trains executes a user's model: it is loaded here for a new run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cftui.config import RunConfig
from cftui.hyperparameters import CustomModel, DataInfo
from cftui.runs.model_source import FILE, refuse_untrusted, source_of_config

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


@dataclass(frozen=True)
class ModelOfNewRun:
    """What a run with a model of the user's own begins with; empty for a built-in one."""

    config: RunConfig
    """With the model's parameters as resolved."""
    loaded: "CustomClass | None" = None
    sha256: str = ""
    files: dict[str, bytes] | None = None
    """To stand in the run's directory, by name."""


def load_for_new_run(config: RunConfig, info: DataInfo) -> ModelOfNewRun:
    """Load the model of a new run, where this person agreed to its source.

    Raises Untrusted where they did not, ConfigError for a file or a parameter that is wrong,
    ModelError where loading fails.
    """
    model = config.model
    if not isinstance(model, CustomModel):
        return ModelOfNewRun(config)
    source = source_of_config(config)
    if source is not None:
        refuse_untrusted(source)  # before torch is imported, which takes seconds
    from cftui.models.custom import load_installed, load_source

    if source is None:
        loaded = load_installed(model.name)
        return ModelOfNewRun(_with_model(config, loaded.settle(model)), loaded)
    loaded = load_source(source, info)
    settled = loaded.settle(CustomModel(name=f"{source.path}:{source.word}", **model.values))
    return ModelOfNewRun(_with_model(config, settled), loaded, source.sha256, {FILE: source.text})


def _with_model(config: RunConfig, model: CustomModel) -> RunConfig:
    return config.model_copy(update={"model": model})
