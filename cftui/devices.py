"""What the device under a run is doing: NVIDIA's GPUs through NVML, else the machine by psutil."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class DeviceReading:
    """One look at a device; what could not be read is none."""

    label: str
    """`GPU 0`, numbered as nvidia-smi does, or `CPU`."""
    name: str = ""
    """As the maker calls it."""
    use: float | None = None
    """Percent: of the time that the GPU was busy, or of all the machine's cores."""
    memory_used: int | None = None
    """Bytes on the GPU, or of the machine's memory."""
    memory_total: int | None = None
    power: float | None = None
    """Watts."""
    temperature: float | None = None
    """Degrees Celsius."""
    cores: int | None = None
    """Of a CPU: how many it has."""
    own_cores: float | None = None
    """Of a CPU: how many of them this process keeps busy."""


class SourceLost(Exception):
    """A source that can answer no longer, or never could; the message says why and what to do."""


class Source(Protocol):
    """Something that readings come from."""

    def read(self) -> DeviceReading:
        """Return a reading. Raises SourceLost."""


@dataclass(frozen=True)
class Gpu:
    """Which GPU: by its identity, which survives any renumbering, or by its place."""

    uuid: str = ""
    """Without the `GPU-` in front."""
    index: int = 0
    """Among those that CUDA_VISIBLE_DEVICES leaves."""


_REMEDIES = {
    4: "may this user open /dev/nvidia*?",
    9: "the NVIDIA driver is not loaded; does nvidia-smi work?",
    12: "no NVIDIA driver is installed here, or the container was started without its utilities",
    15: "the GPU fell off the bus; see dmesg, and restart the machine",
    16: "reset the GPU, or restart the machine",
    17: "the operating system blocks it; was the container started with its GPUs?",
    18: "the driver was updated while in use; restart the machine",
    28: "no GPU is visible; was the container started with its GPUs?",
}
"""What to do about an NVML return code (nvmlReturn_t)."""
_LOST = {1, 9, 12, 15, 16, 17, 18, 28}
"""Return codes after which NVML answers nothing about a GPU; others concern one field."""


def nvml_words(error: Exception) -> str:
    """Return what NVML's error means and what to do, in words."""
    remedy = _REMEDIES.get(getattr(error, "value", -1), "")
    words = str(error).strip().rstrip(".") or type(error).__name__
    return f"{words}: {remedy}" if remedy else words


def load_nvml() -> Any:
    """Return the NVML library, ready to be asked. Raises SourceLost."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception as error:  # pynvml's own, or whatever loading a driver's library raises
        raise SourceLost(f"NVML does not answer ({nvml_words(error)})") from error
    return pynvml


class NvmlSource:
    """One NVIDIA GPU."""

    def __init__(self, library: Any, gpu: Gpu, environ: Mapping[str, str] = os.environ) -> None:
        """Find the GPU; `library` is pynvml, after nvmlInit. Raises SourceLost."""
        self._nvml = library
        self._handle = self._find(gpu, environ)
        self._label = f"GPU {self._ask('nvmlDeviceGetIndex', otherwise=gpu.index)}"
        self._name = str(self._ask("nvmlDeviceGetName", otherwise=""))

    def _find(self, gpu: Gpu, environ: Mapping[str, str]) -> Any:
        if gpu.uuid:
            for prefix in ("GPU-", "MIG-"):
                try:
                    return self._nvml.nvmlDeviceGetHandleByUUID(prefix + gpu.uuid)
                except Exception as error:
                    self._give_up_if_lost(error)
        try:
            visible = environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
            place = visible[gpu.index].strip() if gpu.index < len(visible) else ""
            if place.startswith(("GPU-", "MIG-")):
                return self._nvml.nvmlDeviceGetHandleByUUID(place)
            return self._nvml.nvmlDeviceGetHandleByIndex(int(place or gpu.index))
        except Exception as error:
            raise SourceLost(f"NVML does not know this GPU ({nvml_words(error)})") from error

    def read(self) -> DeviceReading:
        """Return a reading, at least one field of it known. Raises SourceLost."""
        use = self._ask("nvmlDeviceGetUtilizationRates")
        memory = self._ask("nvmlDeviceGetMemoryInfo")
        milliwatts = self._ask("nvmlDeviceGetPowerUsage")
        temperature = self._ask("nvmlDeviceGetTemperature", 0)
        if temperature is None:  # the call above goes with CUDA 14, this one came with 13
            temperature = self._ask("nvmlDeviceGetTemperatureV", 0)
        if (use, memory, milliwatts, temperature) == (None,) * 4:
            raise SourceLost("NVML tells nothing about this GPU")
        return DeviceReading(
            self._label,
            self._name,
            use=None if use is None else float(use.gpu),
            memory_used=None if memory is None else int(memory.used),
            memory_total=None if memory is None else int(memory.total),
            power=None if milliwatts is None else milliwatts / 1000,
            temperature=None if temperature is None else float(temperature),
        )

    def _ask(self, function: str, *arguments: Any, otherwise: Any = None) -> Any:
        """Return one of NVML's answers, `otherwise` where it has none. Raises SourceLost."""
        try:
            return getattr(self._nvml, function)(self._handle, *arguments)
        except Exception as error:
            self._give_up_if_lost(error)
            return otherwise

    def _give_up_if_lost(self, error: Exception) -> None:
        if getattr(error, "value", None) in _LOST:
            raise SourceLost(f"NVML stopped answering ({nvml_words(error)})") from error


SHORTEST_SECONDS = 0.1
"""Time over which a processor's load means something (psutil's own advice)."""


class MachineSource:
    """The machine's processor and memory, and this process's share of them."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil
        self._process = psutil.Process()
        self.cores = psutil.cpu_count() or 1
        # Both tell the use since they were last asked, and nonsense of a moment.
        psutil.cpu_percent()
        self._process.cpu_percent()
        self._asked = time.monotonic()

    def read(self) -> DeviceReading:
        """Return a reading of the time since the last. Raises SourceLost."""
        try:
            memory = self._psutil.virtual_memory()
            use, own = self._psutil.cpu_percent(), self._process.cpu_percent() / 100
            known = time.monotonic() - self._asked >= SHORTEST_SECONDS
            self._asked = time.monotonic()
            return DeviceReading(
                "CPU",
                use=use if known else None,
                memory_used=memory.total - memory.available,
                memory_total=memory.total,
                cores=self.cores,
                own_cores=own if known else None,
            )
        except (self._psutil.Error, OSError) as error:
            raise SourceLost(f"the machine's load cannot be read ({error})") from error


class DeviceReader:
    """Reads from the first source that answers; on to the next for good when one is lost."""

    def __init__(self, sources: list[Callable[[], Source]], say: Callable[[str], None]) -> None:
        """Take what makes each source, best first; `say` hears once of each that is lost."""
        self._waiting = list(sources)
        self._say = say
        self._source: Source | None = None
        self._open_next()

    def read(self) -> DeviceReading | None:
        """Return a reading; none when no source is left."""
        while self._source is not None:
            try:
                return self._source.read()
            except SourceLost as error:
                self._say(str(error))
                self._open_next()
        return None

    def _open_next(self) -> None:
        self._source = None
        while self._source is None and self._waiting:
            try:
                self._source = self._waiting.pop(0)()
            except SourceLost as error:
                self._say(str(error))


def reader_for(device: str, gpu: Gpu, say: Callable[[str], None]) -> DeviceReader:
    """Return a reader for a device by torch's name for it, such as `cuda:0` or `cpu`."""
    sources: list[Callable[[], Source]] = [MachineSource]
    if device.startswith("cuda"):
        sources.insert(0, lambda: NvmlSource(load_nvml(), gpu))
    return DeviceReader(sources, say)


FIRST_SECONDS = 1.0
"""Until the first reading."""
OFTEN_SECONDS, SELDOM_SECONDS = 2.0, 8.0
SELDOM_AFTER = 3600.0


def seconds_between(elapsed: float) -> float:
    """Return how long to wait between readings of a run that is so old, in seconds.

    2 s in its first quarter of an hour, 8 s after its first hour, so that a week's readings stay
    near 9 MB.
    """
    return min(SELDOM_SECONDS, max(OFTEN_SECONDS, elapsed * SELDOM_SECONDS / SELDOM_AFTER))


STALE_SECONDS = 10.0
"""A reading older than this tells nothing about now."""
