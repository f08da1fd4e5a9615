"""What torch must remember between steps, by names that are no engine's own.

An optimizer's slots are called by what they are: `optimizer/velocity/user_factors` is the sum of
gradients that momentum keeps (Sutskever et al. 2013, without the learning rate). A random state is
worth nothing to another engine and bears torch's name. Checkpoints of the first version have
torch's names for both, and are read still.
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from cftui.models.module import to_numpy, trainable
from cftui.training.engines.protocol import Arrays

_MOMENTS = {
    "step": "steps",
    "exp_avg": "gradient_average",
    "exp_avg_sq": "square_average",
}
SLOTS: dict[str, dict[str, str]] = {
    "sgd": {"momentum_buffer": "velocity"},
    "adam": _MOMENTS,
    "adamw": _MOMENTS,
    "rmsprop": {
        "step": "steps",
        "square_avg": "square_average",
        "grad_avg": "gradient_average",
        "momentum_buffer": "velocity",
    },
    "adagrad": {"step": "steps", "sum": "square_sum"},
}
"""By optimizer: how what torch calls so is called in checkpoints."""
RANDOM, RANDOM_BEFORE = "random/torch-", "random/"


def optimizer_arrays(
    name: str, optimizer: torch.optim.Optimizer, model: nn.Module
) -> dict[str, np.ndarray]:
    """Return copies of the slots of the optimizer that `name` means, by slot and parameter."""
    weights, called = [weight for weight, _ in trainable(model)], SLOTS[name]
    return {
        f"optimizer/{called[slot]}/{weights[index]}": to_numpy(value)
        for index, slots in optimizer.state_dict()["state"].items()
        for slot, value in slots.items()
        if value is not None
    }


def load_optimizer(
    name: str, optimizer: torch.optim.Optimizer, model: nn.Module, arrays: Arrays
) -> None:
    """Set what `optimizer_arrays` returned; raises KeyError for a parameter that is not there."""
    places = {weight: index for index, (weight, _) in enumerate(trainable(model))}
    torchs = {ours: theirs for theirs, ours in SLOTS[name].items()}
    found: dict[int, dict[str, Any]] = {}
    for key, array in arrays.items():
        kind, _, rest = key.partition("/")
        if kind == "optimizer":
            slot, _, weight = rest.partition("/")
            slots = found.setdefault(places[weight], {})
            slots[torchs.get(slot, slot)] = torch.from_numpy(array.copy())
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": found, "param_groups": groups})


def random_arrays(device: torch.device) -> dict[str, np.ndarray]:
    """Return copies of the states of torch's generators: the CPU's, and that of a GPU in use."""
    arrays = {f"{RANDOM}cpu": torch.get_rng_state().numpy().copy()}
    if device.type == "cuda":
        arrays[f"{RANDOM}cuda"] = torch.cuda.get_rng_state(device).numpy().copy()
    return arrays


def load_random(device: torch.device, arrays: Arrays) -> None:
    """Set what `random_arrays` returned, as far as it is there."""
    states = {
        where: arrays.get(f"{RANDOM}{where}", arrays.get(f"{RANDOM_BEFORE}{where}"))
        for where in ("cpu", "cuda")
    }
    if (state := states["cpu"]) is not None:
        torch.set_rng_state(torch.from_numpy(state.copy()))
    if (state := states["cuda"]) is not None and device.type == "cuda":
        torch.cuda.set_rng_state(torch.from_numpy(state.copy()), device)
