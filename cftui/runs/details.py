"""All that is known of one run, read from its files when it is looked at."""

from dataclasses import dataclass
from typing import Any

from cftui.remedies import words_of
from cftui.runs.compare import changed, command_line, flat, settings_of
from cftui.runs.directory import Run, RunError
from cftui.runs.interventions import Intervention, interventions_of
from cftui.runs.judging import verdict_of
from cftui.runs.rates import changes_of
from cftui.runs.record import RateChange, RunRecord
from cftui.runs.verdict import Verdict


@dataclass(frozen=True)
class RunDetails:
    """One run; what could not be read is empty."""

    record: RunRecord | None
    changed: dict[str, Any]
    """Settings that differ from the defaults, by full name."""
    seeds: tuple[Any, Any]
    """Of training and of the split."""
    command: str
    """Repeats it."""
    bytes_on_disk: int
    log_end: str
    problem: str = ""
    """Why something could not be read."""
    rate_changes: tuple[RateChange, ...] = ()
    """Made while it ran."""
    interventions: tuple[Intervention, ...] = ()
    """All that was done to it while it ran."""
    verdict: Verdict | None = None
    """Why it is worse than no model at all; none where it is not."""


def read_details(run: Run, log_lines: int = 12) -> RunDetails:
    """Return all that is known of a run; what is damaged is said, not raised."""
    problem, command = "", ""
    record: RunRecord | None = None
    settings: dict[str, Any] = {}
    try:
        settings = settings_of(run)
        record = run.record()
        command = command_line(run)
    except (RunError, OSError) as error:
        problem = words_of(error)
    values = flat(settings)
    return RunDetails(
        record,
        {key: value for key, value in changed(settings).items() if key != "data.source"},
        (values.get("training.seed"), values.get("split.seed")),
        command,
        run.size(),
        run.log_end(log_lines),
        problem,
        changes_of(run),
        interventions_of(run),
        verdict_of(run),
    )
