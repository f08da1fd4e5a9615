"""What a check of a run tells, in words."""

from cftui.questions.check import LISTS, CheckAnswer, SplitAudit
from cftui.questions.data import DataSummary
from cftui.runs.twins import HEADINGS, Twins, other_words, side_by_side, twin_words

NEEDED = "calendar"
"""A field of features that any times tell."""
MARK = "! "
"""Before what a reader of the figures should know."""


def head_words(
    answer: CheckAnswer, by: str, twins: Twins | None = None, *, narrow: bool = False
) -> str:
    """Return the verdict, what it is about, what twins tell, and what warns of it, a line each."""
    best = " (best weights)" if answer.weights == "best" else ""
    about = f"{by}{best}: {answer.audit.n_held_out:,} held-out ratings, {answer.n_users:,} users"
    warnings = [MARK + words for words in answer.audit.warnings]
    if not narrow:
        about += f", lists of {answer.at}, liked from {answer.liked_from:g}"
    else:
        warnings = brief_warnings(answer.audit)
    told = twin_line(twins, narrow=narrow) if twins else ""
    return "\n".join([*verdict(answer), about, *([told] if told else []), *warnings])


def brief_warnings(audit: SplitAudit) -> list[str]:
    """Return what warns of a split in a line: that training knows the future first of all."""
    n = len(audit.warnings)
    if not n:
        return []
    if audit.future is None or not audit.knows_future:
        known = "a warning" if n == 1 else f"{n} warnings"
        return [f"{MARK}{known} about the split: v, as far as Split audit"]
    more = f", and {n - 1} more: v" if n > 1 else ": v, Split audit"
    return [f"{MARK}{audit.future:.0%} of the training ratings are later than held-out ones{more}"]


def twin_line(twins: Twins, *, narrow: bool) -> str:
    """Return how the run does beside its twin, or how to learn that."""
    if twins.awaited:
        return f"The same settings are being trained on {other_words(twins)} to compare"
    if twins.missing is not None:
        return f"t trains the same settings on {other_words(twins)}, to compare"
    return twin_words(twins, briefly=narrow)


def verdict(answer: CheckAnswer) -> list[str]:
    """Return the first comparison as a sentence; none where nothing was compared.

    And the next, where that is of lists and the run's are surely the worse ones: right about
    ratings is not right about lists.
    """
    told = [comparison.words for comparison in answer.comparisons[:1]]
    for comparison in answer.comparisons[1:2]:
        if comparison.measure in LISTS and comparison.gain.high < 0:
            turn = "but" if answer.comparisons[0].gain.low > 0 else "and"
            told.append(f"{turn} its lists are {comparison.words}")
    words = "; ".join(told)
    return [words[:1].upper() + words[1:]] if words else []


def comparison_words(answer: CheckAnswer) -> str:
    """Return what else was compared, a line each."""
    return "\n".join(f"· {comparison.words}" for comparison in answer.comparisons[1:])


def audit_words(audit: SplitAudit, twins: Twins | None = None) -> str:
    """Return what makes the split easier or harder than life, a line each; first, of twins."""
    pairs = _share(audit.unseen_pairs, audit.n_held_out)
    future = (
        "The ratings have no times: how much of the future is in training cannot be told"
        if audit.future is None
        else f"Later than their user's earliest held-out one: {audit.future:.1%} of the training"
        " ratings"
    )
    return "\n".join(
        (
            *(twin_lines(twins) if twins else ()),
            f"Split {audit.kind}: {audit.n_training:,} ratings to train on,"
            f" {audit.n_held_out:,} held out",
            f"Users that training has never seen: {audit.unseen_users:,}",
            f"Movies that training has never seen: {audit.unseen_items:,}",
            f"Held-out ratings of either: {audit.unseen_pairs:,}{pairs}",
            f"Pairs of user and movie both in training and held out: {audit.duplicates:,}",
            future,
            "",
            *(MARK + words for words in audit.warnings or ("Nothing to warn of",)),
        )
    )


def why_no_twin(summary: DataSummary | None, twins: Twins | None) -> str | None:
    """Return why the same settings cannot be trained on the other split now; none if they can."""
    if summary is not None and NEEDED in summary.untold:
        return "These ratings have no times: nobody knows which are a user's latest"
    if twins is None:
        return "Only a run on ratings drawn at random, or on each user's latest, has another"
    if twins.awaited:
        return "The same settings are being trained on the other split already"
    return None if twins.missing is not None else "Both stand side by side already"


def twin_lines(twins: Twins) -> list[str]:
    """Return a run and its twin side by side as the lines of a table, and in words below it."""
    rows = [HEADINGS, *side_by_side(twins)]
    wide = max(len(name) for name, *_ in rows)
    table = [f"{name:<{wide}}" + "".join(f"{cell:>8}" for cell in row) for name, *row in rows]
    return [*table, twin_line(twins, narrow=False), ""]


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.1%})" if whole else ""
