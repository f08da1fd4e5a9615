"""Two short cuts through torch's private parts; both are spared time, never another result.

Written for torch 2.9 to 2.13: `Optimizer.step` and its like are wrapped for the profiler and for
the compiler there, and a wrapped method bears `__wrapped__`. Where a later torch does otherwise
neither finds what it looks for, and all goes the long way.
"""

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def leave_compiler_out() -> None:
    """Spare an optimizer's first use the import of torch's compiler, which takes about 2 s.

    Some of its methods load the compiler only to tell it to keep out of them. They remember what
    it answers on themselves, as `__dynamo_disable`; that answer is given here beforehand. A torch
    that does otherwise loads the compiler as ever.
    """
    from torch.optim import Optimizer

    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        method = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if method is not None:
            method.__dynamo_disable = method


def stepper(optimizer: "torch.optim.Optimizer") -> "Callable[[], None]":
    """Return what takes a step: the optimizer's own, without the wrappers for the compiler."""
    import torch

    step = inspect.unwrap(type(optimizer).step)

    def take() -> None:
        with torch.no_grad():
            step(optimizer)

    return take
