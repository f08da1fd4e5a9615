"""A recorded NVML: what the library answered on some machine, played again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

UNINITIALIZED, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND = 1, 3, 4, 6
DRIVER_NOT_LOADED, LIBRARY_NOT_FOUND, GPU_IS_LOST, VERSION_MISMATCH = 9, 12, 15, 18
FUNCTION_NOT_FOUND = 13
"""Return codes (nvmlReturn_t)."""

GB = 10**9
H100 = {
    "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3",
    "nvmlDeviceGetUUID": "GPU-11111111-aaaa-bbbb-cccc-000000000000",
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=87, memory=12),
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * GB, used=12_300_000_000, free=0),
    "nvmlDeviceGetPowerUsage": 310_400,
    "nvmlDeviceGetTemperature": 64,
    "nvmlDeviceGetCudaComputeCapability": (9, 0),
}
RTX = {
    **H100,
    "nvmlDeviceGetName": "NVIDIA GeForce RTX 4090",
    "nvmlDeviceGetUUID": "GPU-22222222-aaaa-bbbb-cccc-000000000000",
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=3, memory=1),
    "nvmlDeviceGetTemperature": 41,
    "nvmlDeviceGetCudaComputeCapability": (8, 9),
}


@dataclass
class RecordedNvml:
    """Stands for the `pynvml` module after it was loaded."""

    gpus: Sequence[Mapping[str, Any]] = ()
    init_error: int | None = None
    errors: dict[str, int] = field(default_factory=dict)
    """By function: the return code it fails with."""
    gone: int | None = None
    """The return code that every function fails with from now on."""
    driver: str = "560.35.03"
    cuda: int = 12060

    NVMLError = pynvml.NVMLError

    def nvmlInit(self) -> None:
        self._check(self.init_error)

    def nvmlShutdown(self) -> None:
        self._check(None)

    def nvmlSystemGetDriverVersion(self) -> str:
        self._check(None)
        return self.driver

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:
        self._check(None)
        return self.cuda

    def nvmlDeviceGetCount(self) -> int:
        self._check(None)
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        self._check(None if index < len(self.gpus) else 2)
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:
        known = [gpu["nvmlDeviceGetUUID"] for gpu in self.gpus]
        self._check(None if uuid in known else NOT_FOUND)
        return known.index(uuid)

    def nvmlDeviceGetIndex(self, handle: int) -> int:
        self._check(None)
        return handle

    def __getattr__(self, name: str) -> Any:
        def answer(handle: int, *arguments: Any) -> Any:
            self._check(self.errors.get(name))
            if name not in self.gpus[handle]:
                raise pynvml.NVMLError(FUNCTION_NOT_FOUND)
            return self.gpus[handle][name]

        if not name.startswith("nvmlDevice"):
            raise AttributeError(name)
        return answer

    def _check(self, code: int | None) -> None:
        if self.gone is not None:
            raise pynvml.NVMLError(self.gone)
        if code is not None:
            raise pynvml.NVMLError(code)
