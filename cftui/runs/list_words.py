"""What is said of an epoch's lists: whose they are, why there are none, what they lose to."""

from collections.abc import Iterable

from cftui.runs.events import Epoch
from cftui.runs.history import History


def of_users(*counts: int) -> str:
    """Return whose lists were judged, as ` of 200 users`; of several runs, their range.

    Empty where that is not known.
    """
    known = sorted({count for count in counts if count})
    if not known:
        return ""
    span = f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"
    return f" of {span} user{'s' * (known[-1] > 1)}"


def judged_users(history: History) -> int:
    """Return how many users' lists were judged, the same ones in every epoch; 0 without any."""
    return next((epoch.list_users for epoch in history.epochs if epoch.list_users), 0)


def why_no_lists(history: History) -> str:
    """Return why an epoch has no recall and NDCG; empty where lists are judged."""
    said = (epoch.no_lists for epoch in reversed(history.epochs))
    return next(filter(None, said), "")


def why_no_lists_yet(histories: Iterable[History], to_come: str) -> str:
    """Return what stands in place of lists: what is to come, or why there are none."""
    told = list(histories)
    whys = list(dict.fromkeys(filter(None, map(why_no_lists, told))))
    if whys:
        return "; ".join(whys)
    if any(history.end is None for history in told):
        return to_come
    if any(history.epochs for history in told):
        held_out = any(history.started and history.started.n_valid for history in told)
        return "No lists were judged" + ("" if held_out else ": nothing was held out")
    return "No epoch was done: lists are judged at an epoch's end"


def below_most_liked(epoch: Epoch) -> bool:
    """Return whether what most like, the same for all, makes better lists, where that is known."""
    most = epoch.most_liked_ndcg
    return most is not None and epoch.ndcg is not None and epoch.ndcg < most
