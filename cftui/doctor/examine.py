"""The examination from its first finding to its last, each as soon as it is known."""

from collections.abc import Iterator

from cftui.doctor.arithmetic import arithmetic_findings
from cftui.doctor.facts import TorchFacts, nvml_facts, torch_facts
from cftui.doctor.finding import Finding, first_line
from cftui.doctor.folders import folder_findings
from cftui.doctor.hardware import device_findings
from cftui.doctor.kept import SECTION as KEPT
from cftui.doctor.kept import state_findings, store_findings
from cftui.doctor.leftovers import SECTION as LEFTOVERS
from cftui.doctor.leftovers import leftover_findings
from cftui.doctor.reach import SECTION as REACH
from cftui.doctor.reach import reach_findings
from cftui.doctor.runs import SECTION as RUNS
from cftui.doctor.runs import run_findings
from cftui.doctor.sampling import sampling_findings
from cftui.doctor.sharing import access_findings
from cftui.doctor.surroundings import SECTION as SURROUNDINGS
from cftui.doctor.surroundings import surroundings_findings
from cftui.doctor.terminal import terminal_facts, terminal_findings
from cftui.doctor.versions import SECTION as VERSIONS
from cftui.doctor.versions import version_findings


def examine(
    device: str | None = None, *, quick: bool = False, repair: bool = False
) -> Iterator[Finding]:
    """Yield all findings, each settled as `repair` says.

    `quick` trains nothing and reads no file to its end; `device` is the only one to train on.
    """
    for finding in _all(device, quick=quick):
        yield finding.settled(repair=repair)


def _all(device: str | None, *, quick: bool) -> Iterator[Finding]:
    yield from _whatever_happens(VERSIONS, version_findings())
    facts: TorchFacts | None = None
    try:
        import torch

        facts = torch_facts(torch)
        yield Finding(VERSIONS, "torch", f"{facts.version}, built for {facts.build}")
    except Exception as error:  # a broken build fails in any way while it is imported
        words = f"{type(error).__name__}: {first_line(error)}"
        yield Finding(VERSIONS, "torch", words, "fail", "install torch again: pytorch.org")
    yield from _whatever_happens("devices", device_findings(facts, nvml_facts()))
    yield from _whatever_happens("terminal", terminal_findings(terminal_facts()))
    yield from _whatever_happens("folders", folder_findings())
    yield from _whatever_happens("folders", access_findings())
    yield from _whatever_happens(SURROUNDINGS, surroundings_findings())
    yield from _whatever_happens(RUNS, run_findings(quick=quick))
    yield from _whatever_happens(KEPT, store_findings(quick=quick))
    yield from _whatever_happens(KEPT, state_findings())
    yield from _whatever_happens(LEFTOVERS, leftover_findings())
    yield from _whatever_happens(REACH, reach_findings())
    if facts is not None and not quick:
        yield from _arithmetic(device, facts)


def _whatever_happens(section: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield the findings; one that cannot be had ends its section, not the report."""
    try:
        yield from findings
    except Exception as error:
        words = f"could not be looked at ({type(error).__name__}: {first_line(error)})"
        yield Finding(section, "the rest", words, "warn", "send this report")


def _arithmetic(device: str | None, facts: TorchFacts) -> Iterator[Finding]:
    from cftui.training.engines.torch_device import visible_devices

    here = visible_devices()
    wanted = f"{device}:0" if device == "cuda" else device
    if wanted is not None and wanted not in here:
        words = f"no such device here; there is {', '.join(here)}"
        yield Finding("arithmetic", wanted, words, "fail", "see devices above for what is missing")
        return
    yield from arithmetic_findings([wanted] if wanted else here, facts)
    if wanted in (None, "cpu"):
        yield from sampling_findings()
