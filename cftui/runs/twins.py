"""Twins: runs of the same settings on ratings drawn at random, and on each user's latest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cftui.config import RunConfig
from cftui.runs.directory import Run, RunError, run_called
from cftui.runs.row import RunRow

LATEST = "per-user-latest"
OTHER = {"random": LATEST, "per-user": LATEST, LATEST: "random"}
"""The split kind of a twin."""
ELSEWHERE = ("device", "threads")
"""Of the section `training`, in what twins may differ."""
HEADINGS = ("held out", "MSE", "biases", "ahead")
"""Of `side_by_side`."""
SHARES = {0.5: "half", 0.25: "quarter", 0.2: "fifth", 0.1: "tenth"}


@dataclass(frozen=True)
class OnSplit:
    """How a run does on its split; mean squared errors in squared rating units."""

    run: str
    mse: float
    """The best of its epochs."""
    biases: float | None
    """Of user and item biases alone on the same split."""


@dataclass(frozen=True)
class Twins:
    """What is known of a run and its twin."""

    drawn: OnSplit | None
    """On ratings drawn at random; none while that is not known."""
    latest: OnSplit | None
    share: float
    """Of the ratings, how many are held out."""
    missing: Mapping[str, Any] | None = None
    """The section `split` of the twin to train; none where it is there."""
    awaited: str = ""
    """The twin that is being trained."""


def find_twins(run: Run, rows: Sequence[RunRow]) -> Twins | None:
    """Return a run beside its twin among `rows`, newest first; none where it can have none.

    Raises RunError where its settings cannot be read.
    """
    own = next((row for row in rows if row.id == run.id), None)
    config = run.config()
    other = OTHER.get(config.split.kind)
    if own is None or own.best_valid_mse is None or other is None:
        return None
    fit = [row for row in rows if _may_be(row, own) and _is_twin(row, config)]
    whole = [row for row in fit if row.shown == "finished" and row.best_valid_mse is not None]
    sides = {_is_latest(config): _side(own)}
    if whole:
        sides[not _is_latest(config)] = _side(whole[0])
    return Twins(
        drawn=sides.get(False),
        latest=sides.get(True),
        share=config.split.fraction,
        missing=None if whole else {**config.to_settings()["split"], "kind": other},
        awaited="" if whole else next((row.id for row in fit if row.alive), ""),
    )


def _may_be(row: RunRow, own: RunRow) -> bool:
    """Return whether a row's run may be a twin, before its settings are read."""
    same = (row.fingerprint, row.model, row.epochs, row.rate_changes)
    alike = same == (own.fingerprint, own.model, own.epochs, own.rate_changes)
    return alike and row.id != own.id and not row.refit_of


def _is_twin(row: RunRow, config: RunConfig) -> bool:
    try:
        found = run_called(row.id).config()
    except RunError:
        return False
    if found.split.kind not in OTHER or _is_latest(found) == _is_latest(config):
        return False
    return _comparable(found) == _comparable(config)


def _is_latest(config: RunConfig) -> bool:
    return config.split.kind == LATEST


def _comparable(config: RunConfig) -> object:
    """Return what twins have in common: of the split the share alone, of the data nothing.

    Whether the ratings are the same their fingerprint tells.
    """
    settings = config.to_settings()
    del settings["data"], settings["split"]
    for key in ELSEWHERE:
        settings["training"].pop(key, None)
    return settings, config.split.fraction


def _side(row: RunRow) -> OnSplit:
    assert row.best_valid_mse is not None
    return OnSplit(row.id, row.best_valid_mse, row.biases_mse)


def share_words(share: float) -> str:
    """Return a share in words, such as `fifth`."""
    return SHARES.get(share, f"{share:.0%}")


def twin_words(twins: Twins, *, briefly: bool = False) -> str:
    """Return a run beside its twin as a sentence, without its end; empty where there is no twin."""
    drawn, latest = twins.drawn, twins.latest
    if drawn is None or latest is None:
        return ""
    at_random = "at random" if briefly else "on ratings drawn at random"
    words = (
        f"MSE {drawn.mse:.3f} {at_random}, {latest.mse:.3f} on each user's latest"
        f" {share_words(twins.share)}"
    )
    if drawn.biases is None or latest.biases is None:
        return f"{words}: {latest.mse - drawn.mse:+.3f}"
    if briefly:
        return f"{words} (biases {drawn.biases:.3f}, {latest.biases:.3f})"
    return (
        f"{words}: {latest.mse - drawn.mse:+.3f}; biases alone have {drawn.biases:.3f} and"
        f" {latest.biases:.3f}, so it is"
        f" {_against(drawn.biases - drawn.mse, latest.biases - latest.mse)}"
    )


def _against(first: float, then: float) -> str:
    """Return how far ahead of biases two errors are, or behind."""
    words = ["ahead of" if gain >= 0 else "behind" for gain in (first, then)]
    second = "" if words[0] == words[1] else f"{words[1]} them "
    return f"{words[0]} them by {abs(first):.3f} and {second}by {abs(then):.3f}"


def other_words(twins: Twins) -> str:
    """Return what the twin that is not known would be measured on."""
    if twins.drawn is None:
        return "ratings drawn at random"
    return f"each user's latest {share_words(twins.share)}"


def side_by_side(twins: Twins) -> list[tuple[str, str, str, str]]:
    """Return a row for each side that is known: its split, MSE, that of biases, the difference."""
    names = ("drawn at random", f"each user's latest {share_words(twins.share)}")
    return [
        (name, f"{side.mse:.3f}", _number(side.biases), _number(_ahead(side)))
        for name, side in zip(names, (twins.drawn, twins.latest), strict=True)
        if side is not None
    ]


def _ahead(side: OnSplit) -> float | None:
    return None if side.biases is None else side.biases - side.mse


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
