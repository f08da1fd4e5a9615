"""The name by which users' models import what describes hyper-parameters: cftui.hyperparameters."""

from cftui.hyperparameters import *  # noqa: F403
from cftui.hyperparameters import __all__  # noqa: F401
