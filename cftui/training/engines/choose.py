"""Which engine serves a run."""

from typing import TYPE_CHECKING

from cftui.config import RunConfig
from cftui.training.engines.protocol import Engine

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


def make_engine(config: RunConfig, threads: int, custom: "CustomClass | None" = None) -> Engine:
    """Return the engine for a run, with the class of a user's model where it is one.

    Raises EngineError if its device is not there.
    """
    from cftui.training.engines.torch_engine import TorchEngine

    return TorchEngine(config.training.device, threads, custom)
