"""Which devices torch can train on here, and what is said of one that is not there."""

from typing import TYPE_CHECKING

from cftui.devices import Gpu
from cftui.training.engines.protocol import EngineError

if TYPE_CHECKING:
    import torch


def visible_devices() -> list[str]:
    """Return every device that torch can train on, by its name: `cpu`, `cuda:0`, `mps`."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *(f"cuda:{index}" for index in range(gpus)), *mps]


def choose_device(word: str) -> "torch.device":
    """Return the device a configuration names; `auto` is the first GPU, else the CPU.

    Raises EngineError if it is not there.
    """
    import torch

    if word == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    here = visible_devices()
    if (f"{word}:0" if word == "cuda" else word) not in here:
        *others, last = ["auto", *here]
        raise EngineError(
            f"training.device = {word!r}: no such device here; use {', '.join(others)} or {last}"
            " (cftui doctor says what is missing)"
        )
    return torch.device(word)


def refuse_missing(word: str) -> None:
    """Raise EngineError if a device is not there; `auto` and `cpu` always are, without torch."""
    if word not in ("auto", "cpu"):
        choose_device(word)


def which_gpu(device: str) -> Gpu:
    """Return the identity of a GPU by torch's name for it, by its number where torch tells none."""
    kind, _, number = device.partition(":")
    index = int(number or 0)
    if kind != "cuda":
        return Gpu(index=index)
    import torch

    try:
        properties = torch.cuda.get_device_properties(index)
    except (RuntimeError, AssertionError):
        return Gpu(index=index)
    return Gpu(str(getattr(properties, "uuid", "")).removeprefix("GPU-"), index)
