"""The devices: the processor, every GPU, and why torch does not see one."""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

from cftui.doctor.facts import GpuFacts, NvmlFacts, TorchFacts
from cftui.doctor.finding import Finding

SECTION = "devices"
GET_STARTED = "see pytorch.org/get-started"
LEAST_DRIVER = {11: 450, 12: 525, 13: 580}
"""NVIDIA's driver branch that a major version of CUDA needs (CUDA compatibility, table 1)."""


def device_findings(
    torch: TorchFacts | None, nvml: NvmlFacts, environ: Mapping[str, str] = os.environ
) -> Iterator[Finding]:
    """Yield the processor and every GPU that torch or NVML knows of; no torch, if it is broken."""
    yield _cpu()
    yield from _driver(torch, nvml)
    if torch is None:
        for place, gpu in enumerate(nvml.gpus):
            yield Finding(SECTION, f"GPU {place}", _describe(gpu), "note")
        return
    for place, gpu in enumerate(torch.gpus):
        yield _seen(place, gpu, torch)
    for place, gpu in enumerate(nvml.gpus):
        if not _is_seen(gpu, torch, len(nvml.gpus)):
            why, remedy = why_unseen(place, torch, nvml, environ)
            words = f"{_describe(gpu)}; torch does not see it: {why}"
            yield Finding(SECTION, f"GPU {place}", words, "warn", remedy)
    if torch.mps_built:
        yield _mps(torch)
    if not torch.gpus and not torch.mps and not nvml.gpus:
        trouble = f" (torch: {torch.trouble})" if torch.trouble else ""
        yield Finding(SECTION, "GPU", f"none found; training uses the CPU{trouble}", "note")


def _driver(torch: TorchFacts | None, nvml: NvmlFacts) -> Iterator[Finding]:
    if nvml.driver:
        serves = f", serves CUDA up to {nvml.cuda[0]}.{nvml.cuda[1]}" if nvml.cuda else ""
        yield Finding(SECTION, "NVIDIA driver", f"{nvml.driver}{serves}")
    elif nvml.trouble:
        # A driver that is there but does not answer is worth a warning, no driver is not.
        others = torch is None or not torch.gpus or bool(torch.hip)
        absent = others and "no NVIDIA driver is installed" in nvml.trouble
        yield Finding(SECTION, "NVIDIA driver", nvml.trouble, "note" if absent else "warn")


def why_unseen(
    place: int, torch: TorchFacts, nvml: NvmlFacts, environ: Mapping[str, str]
) -> tuple[str, str]:
    """Return why torch does not see a GPU that NVML knows, and what to do."""
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    hidden = visible is not None and (torch.gpus or not _names_any(visible, nvml.gpus))
    if not torch.cuda:
        newest = f" {nvml.cuda[0]}" if nvml.cuda else ""
        return (
            f"torch {torch.version} is built for {torch.build}",
            f"install a torch built for CUDA{newest}, which this driver serves: {GET_STARTED}",
        )
    if hidden:
        return (
            f"CUDA_VISIBLE_DEVICES={visible!r} hides it",
            f"unset CUDA_VISIBLE_DEVICES, or add {place} to it",
        )
    built = int(torch.cuda.partition(".")[0])
    if nvml.cuda and nvml.cuda[0] < built:
        least = f" (to {LEAST_DRIVER[built]} or newer)" if built in LEAST_DRIVER else ""
        return (
            f"driver {nvml.driver} serves CUDA {nvml.cuda[0]}.{nvml.cuda[1]} at most, torch"
            f" {torch.version} is built with CUDA {torch.cuda}",
            f"update the driver{least}, or install a torch built for CUDA {nvml.cuda[0]}:"
            f" {GET_STARTED}",
        )
    return (
        torch.trouble or "torch does not say why",
        "does another CUDA program run? see dmesg, and restart the machine",
    )


def has_kernels(capability: tuple[int, int], architectures: tuple[str, ...]) -> bool:
    """Return whether a build of torch can run on a GPU of this compute capability.

    Binary kernels run on the same major version from their minor version on, those marked `a` on
    their own alone; `compute_` ones are translated for any later GPU (CUDA programming guide).
    """
    for architecture in architectures:
        kind, _, number = architecture.partition("_")
        digits = number.rstrip("af")
        if not digits.isdecimal():
            continue
        major, minor = int(digits[:-1]), int(digits[-1])
        exact = number.endswith("a")
        if exact and (major, minor) != capability:
            continue
        if kind == "compute" and (major, minor) <= capability:
            return True
        if kind == "sm" and major == capability[0] and minor <= capability[1]:
            return True
    return not architectures


def _seen(place: int, gpu: GpuFacts, torch: TorchFacts) -> Finding:
    name = f"cuda:{place}"
    if torch.hip or gpu.capability is None or has_kernels(gpu.capability, torch.architectures):
        return Finding(SECTION, name, f"{_describe(gpu)}; torch trains on it")
    return Finding(
        SECTION,
        name,
        f"{_describe(gpu)}; torch {torch.version} has no kernels for it"
        f" ({', '.join(torch.architectures)})",
        "warn",
        f"install a torch built for compute capability {gpu.capability[0]}.{gpu.capability[1]}:"
        f" {GET_STARTED}",
    )


def _is_seen(gpu: GpuFacts, torch: TorchFacts, known: int) -> bool:
    uuids = {seen.uuid for seen in torch.gpus} - {""}
    if uuids and gpu.uuid:
        return gpu.uuid in uuids
    return len(torch.gpus) >= known  # without identities, only all of them can be told


def _names_any(visible: str, gpus: tuple[GpuFacts, ...]) -> bool:
    """Return whether the first of the visible devices is there: CUDA stops at one that is not."""
    first = visible.split(",", maxsplit=1)[0].strip()
    if first.startswith(("GPU-", "MIG-")):
        return any(f"GPU-{gpu.uuid}".startswith(first) for gpu in gpus) or first[0] == "M"
    return first.isdecimal() and int(first) < len(gpus)


def _describe(gpu: GpuFacts) -> str:
    memory = "" if gpu.memory is None else f", {gpu.memory / 2**30:.1f} GiB"
    capability = gpu.capability
    version = "" if capability is None else f", compute capability {capability[0]}.{capability[1]}"
    return f"{gpu.name}{memory}{version}"


def _mps(torch: TorchFacts) -> Finding:
    if torch.mps:
        return Finding(SECTION, "mps", "Apple's GPU; torch trains on it")
    return Finding(SECTION, "mps", "torch finds no GPU it can use (macOS 14 and Apple's M)", "note")


def _cpu() -> Finding:
    import psutil

    cores = psutil.cpu_count() or 1
    usable = usable_cores(cores)
    whole = psutil.cpu_count(logical=False)
    parts = [
        _cpu_model(),
        f"{cores} cores" if whole in (None, cores) else f"{cores} cores ({whole} physical)",
        f"{usable:g} of them for this process" if usable < cores else "",
        f"{psutil.virtual_memory().total / 2**30:.1f} GiB of memory",
    ]
    return Finding(SECTION, "cpu", ", ".join(part for part in parts if part))


def usable_cores(cores: int, cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> float:
    """Return how many cores this process may keep busy: by its affinity and its container."""
    usable = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores)
    try:
        quota, period = cgroup.read_text(encoding="ascii").split()
        return min(usable, int(quota) / int(period))
    except (OSError, ValueError):  # no such file, or `max`
        return usable


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n"):
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
