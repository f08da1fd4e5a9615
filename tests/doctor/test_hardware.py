"""What is said of devices, from recorded machines: none of them is here."""

import os
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nvml import H100, NO_PERMISSION, RTX, RecordedNvml

from cftui.devices import SourceLost
from cftui.doctor.facts import GpuFacts, NvmlFacts, TorchFacts, nvml_facts, torch_facts
from cftui.doctor.finding import Finding
from cftui.doctor.hardware import device_findings, has_kernels, usable_cores

ARCHITECTURES = ("sm_80", "sm_86", "sm_90", "compute_90")
H100_SEEN = GpuFacts("NVIDIA H100 80GB HBM3", 80 * 10**9, (9, 0), H100["nvmlDeviceGetUUID"][4:])
CPU_BUILD = TorchFacts("2.13.0+cpu")
CUDA_BUILD = TorchFacts("2.13.0+cu126", cuda="12.6", architectures=ARCHITECTURES)
BOX = nvml_facts(lambda: RecordedNvml([H100, RTX]))
NO_NVIDIA = NvmlFacts(trouble="NVML does not answer (x: no NVIDIA driver is installed here, or y)")


def look(torch: TorchFacts, nvml: NvmlFacts, **environ: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in device_findings(torch, nvml, environ)}


def test_the_facts_of_nvml() -> None:
    assert BOX.driver == "560.35.03" and BOX.cuda == (12, 6)
    assert BOX.gpus[0] == H100_SEEN and BOX.gpus[1].capability == (8, 9)
    refusing = RecordedNvml([H100])
    refusing.errors = {"nvmlDeviceGetMemoryInfo": NO_PERMISSION}
    assert nvml_facts(lambda: refusing).gpus[0].memory is None

    def lost() -> Any:
        raise SourceLost("gone")

    assert nvml_facts(lost) == NvmlFacts(trouble="gone")


def fake_torch(**cuda: Any) -> SimpleNamespace:
    """Stand for a torch with CUDA, as its documentation has it."""
    functions = {
        "is_available": lambda: False,
        "init": lambda: None,
        "device_count": lambda: 0,
        "get_arch_list": lambda: list(ARCHITECTURES),
        **cuda,
    }
    mps = SimpleNamespace(is_built=lambda: False, is_available=lambda: False)
    matmul = SimpleNamespace(allow_tf32=False)
    return SimpleNamespace(
        __version__="2.13.0+cu126",
        version=SimpleNamespace(cuda="12.6", hip=None),
        cuda=SimpleNamespace(**functions),
        backends=SimpleNamespace(mps=mps, cuda=SimpleNamespace(matmul=matmul)),
        get_float32_matmul_precision=lambda: "highest",
    )


def test_the_facts_of_torch() -> None:
    properties = SimpleNamespace(
        name="NVIDIA H100 80GB HBM3", total_memory=80 * 10**9, major=9, minor=0,
        uuid=H100["nvmlDeviceGetUUID"][4:],
    )  # fmt: skip
    facts = torch_facts(
        fake_torch(
            is_available=lambda: True,
            device_count=lambda: 1,
            get_device_properties=lambda place: properties,
        )
    )
    assert facts.gpus == (H100_SEEN,) and facts.architectures == ARCHITECTURES
    assert facts.build == "CUDA 12.6" and not facts.trouble and not facts.tf32


def test_what_torch_says_where_cuda_does_not_start_is_kept_not_printed() -> None:
    def refuse() -> None:
        raise RuntimeError("No CUDA GPUs are available\nand more")

    assert torch_facts(fake_torch(init=refuse)).trouble == "No CUDA GPUs are available"

    def warn() -> bool:
        warnings.warn("CUDA initialization: The NVIDIA driver is too old", stacklevel=1)
        return False

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "driver is too old" in torch_facts(fake_torch(is_available=warn)).trouble


def test_a_machine_without_a_gpu() -> None:
    findings = look(CPU_BUILD, NO_NVIDIA)
    assert findings["GPU"].value == "none found; training uses the CPU"
    assert {finding.state for finding in findings.values()} == {"ok", "note"}
    assert "cores" in findings["cpu"].value and "GiB of memory" in findings["cpu"].value


def test_a_gpu_that_torch_trains_on() -> None:
    seeing = TorchFacts("2.13.0+cu126", cuda="12.6", gpus=(H100_SEEN,), architectures=ARCHITECTURES)
    findings = look(seeing, nvml_facts(lambda: RecordedNvml([H100])))
    assert findings["cuda:0"].value == (
        "NVIDIA H100 80GB HBM3, 74.5 GiB, compute capability 9.0; torch trains on it"
    )
    assert findings["NVIDIA driver"].value == "560.35.03, serves CUDA up to 12.6"
    assert "GPU 0" not in findings and "GPU" not in findings


UNSEEN = [
    (CPU_BUILD, BOX, {}, "torch 2.13.0+cpu is built for the CPU alone",
     "install a torch built for CUDA 12, which this driver serves"),
    (CUDA_BUILD, BOX, {"CUDA_VISIBLE_DEVICES": ""}, "CUDA_VISIBLE_DEVICES='' hides it",
     "unset CUDA_VISIBLE_DEVICES"),
    (CUDA_BUILD, BOX, {"CUDA_VISIBLE_DEVICES": "-1"}, "CUDA_VISIBLE_DEVICES='-1'", "unset"),
    (CUDA_BUILD, BOX, {"CUDA_VISIBLE_DEVICES": "7"}, "CUDA_VISIBLE_DEVICES='7'", "unset"),
    (CUDA_BUILD, BOX, {"CUDA_VISIBLE_DEVICES": "GPU-33"}, "CUDA_VISIBLE_DEVICES", "unset"),
    (TorchFacts("2.13.0+cu130", cuda="13.0"), BOX, {}, "driver 560.35.03 serves CUDA 12.6 at most",
     "update the driver (to 580 or newer), or install a torch built for CUDA 12"),
    (TorchFacts("2.13.0+cu126", cuda="12.6", trouble="CUDA unknown error"), BOX, {},
     "CUDA unknown error", "dmesg"),
    (TorchFacts("2.13.0+rocm6.4", hip="6.4"), BOX, {},
     "torch 2.13.0+rocm6.4 is built for ROCm 6.4", "for CUDA 12"),
]  # fmt: skip


@pytest.mark.parametrize(("torch", "nvml", "environ", "why", "remedy"), UNSEEN)
def test_why_torch_does_not_see_a_gpu(
    torch: TorchFacts, nvml: NvmlFacts, environ: dict[str, str], why: str, remedy: str
) -> None:
    findings = look(torch, nvml, **environ)
    for name in ("GPU 0", "GPU 1"):
        assert findings[name].state == "warn"
        assert f"torch does not see it: {why}" in findings[name].value
        assert remedy in findings[name].remedy


def test_one_of_two_gpus_hidden() -> None:
    seeing = TorchFacts("2.13.0+cu126", cuda="12.6", gpus=(H100_SEEN,), architectures=ARCHITECTURES)
    findings = look(seeing, BOX, CUDA_VISIBLE_DEVICES="0")
    assert findings["cuda:0"].state == "ok" and "GPU 0" not in findings
    assert findings["GPU 1"].value == (
        "NVIDIA GeForce RTX 4090, 74.5 GiB, compute capability 8.9; torch does not see it:"
        " CUDA_VISIBLE_DEVICES='0' hides it"
    )
    assert findings["GPU 1"].remedy == "unset CUDA_VISIBLE_DEVICES, or add 1 to it"


def test_a_driver_that_does_not_answer_is_a_warning() -> None:
    words = "NVML does not answer (version mismatch: the driver was updated while in use)"
    assert look(CUDA_BUILD, NvmlFacts(trouble=words))["NVIDIA driver"].state == "warn"
    assert look(CUDA_BUILD, NO_NVIDIA)["NVIDIA driver"].state == "note"


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ((9, 0), ARCHITECTURES, True),
        ((8, 9), ARCHITECTURES, True),  # sm_86 runs on 8.9
        ((8, 0), ("sm_86",), False),  # but not on 8.0
        ((7, 5), ARCHITECTURES, False),
        ((12, 0), ARCHITECTURES, True),  # compute_90 is translated
        ((12, 0), ("sm_90",), False),
        ((10, 0), ("sm_90a",), False),
        ((9, 0), ("sm_90a",), True),
        ((12, 1), ("sm_120",), True),
        ((12, 0), ("sm_100", "compute_120a"), True),
        ((9, 0), ("gfx942",), False),
        ((9, 0), (), True),  # unknown
    ],
)
def test_which_kernels_run_on_which_gpu(
    capability: tuple[int, int], architectures: tuple[str, ...], runs: bool
) -> None:
    assert has_kernels(capability, architectures) is runs


def test_a_gpu_without_kernels_is_told_before_it_fails() -> None:
    old = GpuFacts("Tesla P100", 16 * 2**30, (6, 0), "p")
    torch = TorchFacts("2.13.0+cu126", cuda="12.6", gpus=(old,), architectures=ARCHITECTURES)
    finding = look(torch, NO_NVIDIA)["cuda:0"]
    assert finding.state == "warn" and "no kernels for it (sm_80, sm_86" in finding.value
    assert "compute capability 6.0" in finding.remedy


def test_apples_gpu() -> None:
    assert "trains on it" in look(TorchFacts("2", mps_built=True, mps=True), NO_NVIDIA)["mps"].value
    assert look(TorchFacts("2", mps_built=True), NO_NVIDIA)["mps"].state == "note"


def test_a_broken_torch_and_a_torch_for_other_gpus() -> None:
    broken = {finding.name: finding for finding in device_findings(None, BOX, {})}
    assert broken["GPU 0"].value.startswith("NVIDIA H100 80GB HBM3, 74.5 GiB")
    assert broken["NVIDIA driver"].value.startswith("560.35.03")
    amd = GpuFacts("AMD Instinct MI300X", 192 * 2**30, (9, 4), "u")
    rocm = TorchFacts("2.13.0+rocm6.4", hip="6.4", gpus=(amd,), architectures=("gfx942",))
    findings = look(rocm, NO_NVIDIA)
    assert findings["cuda:0"].state == "ok" and findings["NVIDIA driver"].state == "note"


def test_the_cores_that_a_container_grants(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    assert usable_cores(64, quota) == len(os.sched_getaffinity(0))
    quota.write_text("50000 100000\n")
    assert usable_cores(64, quota) == 0.5
    quota.write_text("max 100000\n")
    assert usable_cores(64, quota) == len(os.sched_getaffinity(0))


def test_a_name_cannot_act_on_the_terminal() -> None:
    odd = GpuFacts("\x1b]0;stolen\x07GPU", None, None)
    findings = look(TorchFacts("2", cuda="12.6", gpus=(odd,)), NO_NVIDIA)
    assert "\x1b" not in str(findings["cuda:0"].as_row())
