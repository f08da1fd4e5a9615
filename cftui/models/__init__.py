"""Models by name: one nn.Module a file, loaded only when it is trained or asked."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cftui.models.base import RatingModel

CLASSES = {"dot-bias": "cftui.models.dot_bias:DotBias"}


def model_class(name: str) -> "type[RatingModel]":
    """Return the class of a model; raises KeyError for a name that is not registered."""
    module, _, attribute = CLASSES[name].partition(":")
    found: type[RatingModel] = getattr(import_module(module), attribute)
    return found
