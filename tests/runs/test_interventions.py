"""What was done to a live run: marks on its charts, and words wherever its settings are."""

import shlex

import pytest
from records import made

from cftui.config import make_config, parse_assignments
from cftui.runs.compare import command_line, run_differences
from cftui.runs.details import read_details
from cftui.runs.event_log import EventLog
from cftui.runs.events import Control, Event, Failed, Finished, Resumed
from cftui.runs.history import History, read_history
from cftui.runs.interventions import Intervention, intervention_words, interventions_of, take
from cftui.runs.rates import unrepeated
from cftui.runs.record import RateChange


def wish(step: int, kind: str, value: float | None = None, outcome: str = "obeyed") -> Control:
    return Control(1.0, step, kind, value, "me", step, outcome)


def resumed(step: int) -> Resumed:
    return Resumed("r", 1.0, 1, "box", "cpu", step, 1)


def ended(step: int, outcome: str = "stopped", signal: int | None = None) -> Finished:
    nothing = (None,) * 5
    return Finished("r", 1.0, outcome, 1, step, *nothing, 0, None, 1.0, 1.0, signal)


STORY: list[Event] = [
    wish(100, "pause"),
    wish(100, "resume"),
    wish(200, "learning-rate", 0.002),
    wish(200, "learning-rate", -1.0, "refused: a learning rate is a number above 0"),
    wish(300, "checkpoint"),
    wish(400, "stop"),
    ended(400),
    resumed(400),
    wish(500, "pause"),
    resumed(450),  # killed at 500 or later: that pause is undone
    ended(600, signal=15),
]
TOLD = (
    "paused at step 100, went on, checkpoint at step 300, stopped at step 400, went on,"
    " went on at step 450, stopped at step 600"
)


def test_events_add_up_to_what_was_done() -> None:
    found: list[Intervention] = []
    for event in STORY:
        take(found, event)
    assert [(one.step, one.words) for one in found] == [
        (100, "paused"),
        (100, "went on"),
        (200, "learning rate 0.002"),
        (300, "checkpoint"),
        (400, "stopped"),
        (400, "went on"),
        (450, "went on"),
        (600, "stopped"),
    ]
    assert intervention_words(found) == TOLD
    assert intervention_words([]) == ""


def test_of_many_the_first_are_told() -> None:
    many = [Intervention(step, "checkpoint") for step in range(1, 1001)]
    words = intervention_words(many)
    assert words.startswith("checkpoint at step 1, checkpoint at step 2,")
    assert words.endswith("checkpoint at step 8, and 992 more")


def test_a_run_that_ends_by_itself_was_not_stopped() -> None:
    found: list[Intervention] = []
    for event in (ended(600, "finished"), Failed("r", 1.0, 700, "disk full")):
        take(found, event)
    assert not found


def test_charts_words_and_differences_tell_the_same() -> None:
    run, lock = made("steered", state="stopped", step=600)
    plain, other = made("plain")
    log = EventLog(run.events)
    history = History()
    for event in STORY:
        log.write(event)
        history.feed([event])
    log.close()
    lock.release()
    other.release()
    assert tuple(history.interventions) == interventions_of(run)
    assert read_history(run.events).interventions == history.interventions
    assert [one.value for one in history.interventions if one.value] == [0.002]
    details = read_details(run)
    assert details.interventions == interventions_of(run)
    rows = {row.key: row.values for row in run_differences([plain, run])}
    assert rows["while it ran"] == (None, TOLD)
    assert rows["learning rate, changed"] == (None, "0.002 from step 200")
    assert run_differences([plain, plain]) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [("finished", ""), ("stopped", "it was stopped at step 600; no option repeats that")],
)
def test_what_no_command_repeats_is_said(state: str, words: str) -> None:
    run, lock = made("one", state=state, step=600)
    lock.release()
    assert unrepeated(run.record()) == words


def test_a_command_repeats_changed_rates() -> None:
    """No digit is lost on the way through the shell's line."""
    changes = (RateChange(0, 0.1 + 0.2), RateChange(3260, 1e-05))
    run, lock = made("one", rate_changes=changes)
    lock.release()
    *_, assigned = shlex.split(command_line(run))
    assert "--set" in command_line(run)
    config = make_config(parse_assignments([assigned]))
    assert config.training.rates_by_step == {0: 0.1 + 0.2, 3260: 1e-05}
