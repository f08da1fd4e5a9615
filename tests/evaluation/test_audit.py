"""What of a split flatters its figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import open_small

from cftui.config import RunConfig, SplitConfig
from cftui.evaluation.audit import audit_split
from cftui.ratings.split import Split, split
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

ROWS = """userId,movieId,rating,timestamp
1,10,4,100
1,11,3,200
1,12,5,300
2,10,2,50
2,13,2,60
3,14,1,10
"""


@pytest.fixture
def six(tmp_path: Path) -> Ratings:
    (tmp_path / "ratings.csv").write_text(ROWS)
    return open_ratings(tmp_path / "ratings.csv")


def test_a_split_worked_by_hand(six: Ratings) -> None:
    """Held out: the middle one of user 1, the first of user 2, all of user 3."""
    parts = Split(train=np.array([0, 2, 4]), valid=np.array([1, 3, 5]))
    found = audit_split("random", six, parts)
    assert (found.n_training, found.n_held_out, found.duplicates) == (3, 3, 0)
    assert (found.unseen_users, found.unseen_items, found.unseen_pairs) == (1, 2, 2)
    assert found.future == pytest.approx(2 / 3)
    words = " ".join(found.warnings)
    assert "67% of the training ratings are later" in words
    assert "2 of 3 held-out ratings are of a user or an item" in words
    assert "only 3 users" in words


def test_pairs_on_both_sides_are_said(six: Ratings) -> None:
    found = audit_split("random", six, Split(train=np.arange(6), valid=np.array([1, 3])))
    assert found.duplicates == 2
    assert found.warnings[0].startswith("2 pairs of user and item are both trained on and held out")


def test_without_times_nothing_is_said_of_the_future(six: Ratings) -> None:
    timeless = replace(six, timestamp=None)
    found = audit_split("random", timeless, Split(train=np.arange(4), valid=np.array([4, 5])))
    assert found.future is None
    assert not any("later" in words for words in found.warnings)


@pytest.mark.parametrize("kind", ["time", "per-user-latest", "leave-last-out"])
def test_splits_by_time_have_no_future(kind: str, tmp_path: Path) -> None:
    ratings = open_small(tmp_path, users=60)
    found = audit_split(kind, ratings, split(SplitConfig(kind=kind), ratings))
    assert found.future == 0 and not any("later" in words for words in found.warnings)


def test_the_lesson_s_split_is_full_of_the_future(bundled: Ratings) -> None:
    """742 pairs of a user or an item never trained on: what training says as it begins."""
    config = RunConfig().split
    found = audit_split(config.kind, bundled, split(config, bundled))
    assert found.unseen_pairs == 742 and found.duplicates == 0
    assert found.future is not None and found.future > 0.9
