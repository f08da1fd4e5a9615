"""What torch and NVML say of this machine, gathered once, as values."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from cftui.devices import SourceLost, load_nvml
from cftui.doctor.finding import first_line


@dataclass(frozen=True)
class GpuFacts:
    """One GPU, as torch or NVML see it."""

    name: str
    memory: int | None
    """Bytes in all."""
    capability: tuple[int, int] | None
    uuid: str = ""
    """Without the `GPU-` in front."""


@dataclass(frozen=True)
class TorchFacts:
    """A build of torch, and what it can train on."""

    version: str
    cuda: str = ""
    """Version of the CUDA toolkit it was built with; empty if with none."""
    hip: str = ""
    """Of ROCm, likewise."""
    gpus: tuple[GpuFacts, ...] = ()
    architectures: tuple[str, ...] = ()
    """What it has kernels for: `sm_90`, `compute_90`."""
    mps_built: bool = False
    mps: bool = False
    trouble: str = ""
    """What it says where it finds no GPU."""
    precision: str = "highest"
    """Of float32 matrix products."""
    tf32: bool = False
    """Whether an NVIDIA GPU may round the factors of such products to 11 bits."""

    @property
    def build(self) -> str:
        """Return what it was built for."""
        kinds = [
            f"CUDA {self.cuda}" if self.cuda else "",
            f"ROCm {self.hip}" if self.hip else "",
            "Apple's MPS" if self.mps_built else "",
        ]
        return " and ".join(kind for kind in kinds if kind) or "the CPU alone"


@dataclass(frozen=True)
class NvmlFacts:
    """NVIDIA's driver and its GPUs, whether or not torch may use them."""

    driver: str = ""
    cuda: tuple[int, int] | None = None
    """The latest CUDA that the driver serves."""
    gpus: tuple[GpuFacts, ...] = ()
    trouble: str = ""
    """Why it does not answer, with what to do."""


def torch_facts(torch: Any) -> TorchFacts:
    """Return what a torch module says of itself; its warnings are taken in, not printed."""
    trouble, gpus = "", tuple[GpuFacts, ...]()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            if torch.cuda.is_available():
                places = range(torch.cuda.device_count())
                gpus = tuple(_torch_gpu(torch.cuda.get_device_properties(n)) for n in places)
            elif torch.version.cuda or torch.version.hip:
                torch.cuda.init()
        except (RuntimeError, AssertionError) as error:
            trouble = first_line(error)
    if warned and not gpus:
        trouble = first_line(warned[0].message) if isinstance(warned[0].message, Warning) else ""
    return TorchFacts(
        version=str(torch.__version__),
        cuda=torch.version.cuda or "",
        hip=torch.version.hip or "",
        gpus=gpus,
        architectures=tuple(torch.cuda.get_arch_list()) if gpus else (),
        mps_built=torch.backends.mps.is_built(),
        mps=torch.backends.mps.is_available(),
        trouble=trouble,
        precision=torch.get_float32_matmul_precision(),
        tf32=bool(torch.backends.cuda.matmul.allow_tf32),
    )


def _torch_gpu(properties: Any) -> GpuFacts:
    return GpuFacts(
        str(properties.name),
        int(properties.total_memory),
        (int(properties.major), int(properties.minor)),
        str(getattr(properties, "uuid", "")).removeprefix("GPU-"),
    )


def nvml_facts(load: Callable[[], Any] = load_nvml) -> NvmlFacts:
    """Return what NVML says; `load` gives the library or raises SourceLost."""
    try:
        library = load()
    except SourceLost as error:
        return NvmlFacts(trouble=str(error))
    cuda = _answer(library.nvmlSystemGetCudaDriverVersion_v2)
    count = _answer(library.nvmlDeviceGetCount) or 0
    gpus = [_answer(partial(_nvml_gpu, library, place)) for place in range(count)]
    return NvmlFacts(
        driver=str(_answer(library.nvmlSystemGetDriverVersion) or ""),
        cuda=(cuda // 1000, cuda % 1000 // 10) if cuda else None,
        gpus=tuple(gpu for gpu in gpus if gpu is not None),
    )


def _nvml_gpu(library: Any, place: int) -> GpuFacts:
    handle = library.nvmlDeviceGetHandleByIndex(place)
    memory = _answer(lambda: library.nvmlDeviceGetMemoryInfo(handle))
    capability = _answer(lambda: library.nvmlDeviceGetCudaComputeCapability(handle))
    return GpuFacts(
        str(_answer(lambda: library.nvmlDeviceGetName(handle)) or f"GPU {place}"),
        int(memory.total) if memory else None,
        (int(capability[0]), int(capability[1])) if capability else None,
        str(_answer(lambda: library.nvmlDeviceGetUUID(handle)) or "").removeprefix("GPU-"),
    )


def _answer(ask: Callable[[], Any]) -> Any:
    """Return an answer; none where NVML has none."""
    try:
        return ask()
    except Exception:  # NVMLError and whatever a driver's library raises: unknown either way
        return None
