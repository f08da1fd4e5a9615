"""Which devices there are, on machines that are not here: torch's answers are played."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cftui.devices import Gpu
from cftui.training.engines.protocol import EngineError
from cftui.training.engines.torch_device import (
    choose_device,
    refuse_missing,
    visible_devices,
    which_gpu,
)


def play(patch: pytest.MonkeyPatch, gpus: int) -> None:
    patch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    patch.setattr(torch.cuda, "device_count", lambda: gpus)
    patch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, 0)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, 2)


@pytest.mark.usefixtures("no_gpu")
def test_one_processor_alone() -> None:
    assert visible_devices() == ["cpu"]


@pytest.mark.usefixtures("two_gpus")
def test_two_gpus() -> None:
    assert visible_devices() == ["cpu", "cuda:0", "cuda:1"]
    assert [str(choose_device(word)) for word in ("auto", "cuda", "cuda:1", "cpu")] == [
        "cuda", "cuda", "cuda:1", "cpu",
    ]  # fmt: skip
    with pytest.raises(EngineError, match="no such device here; use auto, cpu, cuda:0 or cuda:1"):
        choose_device("cuda:2")
    with pytest.raises(EngineError, match="'mps'"):
        choose_device("mps")


@pytest.mark.usefixtures("no_gpu")
def test_auto_and_cpu_are_never_refused() -> None:
    for word in ("auto", "cpu"):
        refuse_missing(word)
    with pytest.raises(EngineError):
        refuse_missing("cuda")


def test_a_processor_is_not_refused_and_torch_not_waited_for() -> None:
    code = (
        "import sys\nfrom cftui.training.engines.torch_device import refuse_missing\n"
        "refuse_missing('cpu'), refuse_missing('auto')\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_identity_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def properties(index: int) -> Any:
        if index > 1:
            raise AssertionError("Invalid device id")
        return SimpleNamespace(uuid=f"GPU-{index}{index}")

    monkeypatch.setattr(torch.cuda, "get_device_properties", properties)
    assert which_gpu("cuda") == Gpu("00", 0) and which_gpu("cuda:1") == Gpu("11", 1)
    assert which_gpu("cuda:2") == Gpu("", 2), "by its number where torch tells none"
    assert which_gpu("cpu") == Gpu()
