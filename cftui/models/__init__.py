"""Models by name: one nn.Module a file, loaded only when it is trained or asked."""

from importlib import import_module
from typing import TYPE_CHECKING

from cftui.parameters import DataInfo, ModelParameters

if TYPE_CHECKING:
    from torch import nn

CLASSES = {
    "dot": "cftui.models.dot:Dot",
    "dot-bias": "cftui.models.dot_bias:DotBias",
    "net": "cftui.models.net:Net",
}


def build_model(parameters: ModelParameters, info: DataInfo) -> "nn.Module":
    """Return the module that the hyper-parameters describe, for ratings of this size and range."""
    module, _, attribute = CLASSES[parameters.name].partition(":")
    kind = getattr(import_module(module), attribute)
    built: nn.Module = kind.from_data(info, parameters)
    return built
