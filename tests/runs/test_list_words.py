"""What is said of an epoch's lists."""

from dataclasses import replace

import pytest

from cftui.runs.events import Epoch, Finished, Started
from cftui.runs.history import History
from cftui.runs.list_words import below_most_liked, of_users, why_no_lists_yet

EPOCH = Epoch(1, 100, 0.9, 0.8, 0.9, 0.8, 0, None, 0.1, 1.0, 1.0)
JUDGED = replace(EPOCH, recall=0.2, ndcg=0.1, list_users=200)
STARTED = Started("r", 0.0, 1, "box", "cpu", 5, 64, 16, 0, 100, 4)
END = Finished("r", 0.0, "finished", 1, 100, 0.8, 0.9, 0.8, 0.8, 1, 0, None, 1.0, 1.0)
COMING = "to come"


def told(*events: object) -> History:
    history = History()
    history.feed(events)  # type: ignore[arg-type]
    return history


@pytest.mark.parametrize(
    ("counts", "words"),
    [((200,), " of 200 users"), ((0, 200), " of 200 users"), ((1,), " of 1 user"),
     ((50, 200, 50), " of 50 to 200 users"), ((0,), ""), ((), "")],
)  # fmt: skip
def test_whose_lists_are_judged_is_said(counts: tuple[int, ...], words: str) -> None:
    assert of_users(*counts) == words


def test_why_there_are_no_lists_is_the_reason_that_the_trainer_gave() -> None:
    why = "no recall and NDCG: the lists of 20 users take more than a tenth of an epoch"
    without = told(STARTED, replace(EPOCH, no_lists=why), END)
    assert why_no_lists_yet([without, without], COMING) == why
    assert why_no_lists_yet([told(STARTED)], COMING) == COMING
    assert "No lists were judged" in why_no_lists_yet([told(STARTED, EPOCH, END)], COMING)
    none_held_out = told(replace(STARTED, n_valid=0), EPOCH, END)
    assert "nothing was held out" in why_no_lists_yet([none_held_out], COMING)
    assert "No epoch was done" in why_no_lists_yet([told(STARTED, END)], COMING)


def test_lists_lose_to_popularity_only_where_that_is_known() -> None:
    assert below_most_liked(replace(JUDGED, most_liked_ndcg=0.15))
    assert not below_most_liked(replace(JUDGED, most_liked_ndcg=0.05))
    assert not below_most_liked(JUDGED) and not below_most_liked(EPOCH)
