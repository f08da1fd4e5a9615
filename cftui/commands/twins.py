"""What a run's settings are worth on the other split: random, or each user's latest."""

from dataclasses import asdict

from cftui.commands.console import CommandError, UsageError, print_json, print_table, print_words
from cftui.config import make_config, merge
from cftui.printing import put
from cftui.runs.directory import RunError, new_id, run_called
from cftui.runs.index import RunsIndex
from cftui.runs.twins import (
    HEADINGS,
    Twins,
    find_twins,
    other_words,
    side_by_side,
    twin_words,
)


def known_twins(run_id: str) -> Twins | None:
    """Return a run and its twin; none where it can have none. Raises UsageError if damaged."""
    try:
        return find_twins(run_called(run_id), RunsIndex().refresh())
    except RunError as error:
        raise UsageError(str(error)) from None


def train_twin(run_id: str, *, json: bool) -> None:
    """Train a run's settings on the other split, unless that was done.

    Raises UsageError for a split that has no other, CommandError where training fails.
    """
    from cftui.commands.train import train_here

    twins = known_twins(run_id)
    if twins is None:
        raise UsageError(
            "evaluate: --both-splits compares ratings drawn at random with each user's latest;"
            f" {run_id} has another split, or no whole epoch"
        )
    if twins.awaited:
        raise UsageError(f"{twins.awaited} trains the same settings on the other split just now")
    if twins.missing is None:
        return
    settings = run_called(run_id).config().to_settings()
    config = make_config(merge(settings, {"split": twins.missing}))
    if train_here(config, new_id(config), "", json=json):
        raise CommandError("the run on the other split did not come to its end")


def tell_twins(run_id: str, *, json: bool) -> None:
    """Print a run beside its twin, or how to learn how it does on the other split."""
    twins = known_twins(run_id)
    if twins is None:
        return
    if json:
        print_json({"event": "splits", **asdict(twins)})
    elif twins.missing is not None:
        print_words(f"on {other_words(twins)} the same settings may do otherwise:")
        put(f"  cftui evaluate --run {run_id} --both-splits")
    else:
        print_table(HEADINGS, side_by_side(twins), right=HEADINGS[1:], yielding=())
        print_words(twin_words(twins))
