"""Models by name: one nn.Module a file, loaded only when it is trained or asked."""

from importlib import import_module
from typing import TYPE_CHECKING

from cftui.hyperparameters import CustomModel, DataInfo, ModelParameters, is_source
from cftui.ratings.features import Features
from cftui.runs.directory import Run
from cftui.runs.model_source import refuse_untrusted, source_of
from cftui.runs.record import RunRecord

if TYPE_CHECKING:
    from torch import nn

    from cftui.models.custom import CustomClass


def build_model(
    parameters: ModelParameters,
    info: DataInfo,
    custom: "CustomClass | None" = None,
    features: Features | None = None,
) -> "nn.Module":
    """Return the module that the hyper-parameters describe, for ratings of this size and range.

    `custom`: the loaded class of a user's model; `features`: what the model reads, whose
    sizes `info` has. Raises ModelError where a user's model does not work.
    """
    known = None
    if features is not None:
        from cftui.models.features import KnownFeatures

        known = KnownFeatures(features)
    if isinstance(parameters, CustomModel):
        assert custom is not None, "a user's model is loaded by who may execute it"
        return custom.build(info, parameters, known)
    module, _, attribute = parameters.module.partition(":")
    kind = getattr(import_module(module), attribute)
    built: nn.Module = kind.from_data(info, parameters)
    if known is not None:
        built.known = known
    return built


def features_read(parameters: ModelParameters, custom: "CustomClass | None") -> tuple[str, ...]:
    """Return the fields of features that a model reads."""
    return parameters.reads if custom is None else custom.reads


def load_of_run(
    run: Run, record: RunRecord, model: ModelParameters, info: DataInfo
) -> "CustomClass | None":
    """Load the model that a run was trained with, from its own copy; none for a built-in one.

    Raises Untrusted, RunError or ModelError.
    """
    if not isinstance(model, CustomModel):
        return None
    source = source_of(run, record, model.name) if is_source(model.name) else None
    if source is not None:
        refuse_untrusted(source)  # before torch is imported, which takes seconds
    from cftui.models.custom import load_installed, load_source

    return load_source(source, info) if source is not None else load_installed(model.name)
