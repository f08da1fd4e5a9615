"""Values that mean that there is no rating: noticed, and left out where one says so."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small import here

from cftui.config import ConfigError, make_config
from cftui.questions.data import ColumnMapping, ValueBar
from cftui.ratings import words
from cftui.ratings.profile import profile
from cftui.ratings.sources.recent import recently_used, remember
from cftui.ratings.store import find_store, open_ratings
from cftui.ratings.unrated import seeming_unrated
from cftui.ratings.values import DataError, Ratings

Write = Callable[[Path, list[float]], Path]
Capture = pytest.CaptureFixture[str]
ZERO = ColumnMapping(unrated="0")


def write(path: Path, values: list[float]) -> Path:
    """Write a rating a line, of user 1, 2, … 20 and of an item each."""
    rows = [f"{n % 20 + 1},{n + 100},{value:g}" for n, value in enumerate(values)]
    path.write_text("\n".join(["user,item,rating", *rows, ""]))
    return path


def drawn(tmp_path: Path, shares: dict[float, float]) -> Ratings:
    """Return 400 ratings of which these values have about these shares."""
    draw = np.random.default_rng(1)
    values = draw.choice(np.array(list(shares), float), 400, p=np.array(list(shares.values())))
    return open_ratings(write(tmp_path / "r.csv", values.tolist()))


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ({0: 0.6, **dict.fromkeys(range(1, 11), 0.04)}, [0]),
        ({0: 0.06, 1: 0.01, 2: 0.01, 3: 0.02, 4: 0.2, 5: 0.7}, [0]),
        ({-1: 0.2, **dict.fromkeys(range(1, 11), 0.08)}, [-1]),
        ({-1: 0.02, **dict.fromkeys((0, 0.5, 1, 1.5, 2, 2.5, 3), 0.14)}, [-1]),
        ({99: 0.5, **dict.fromkeys(np.linspace(-9, 9, 50).tolist(), 0.01)}, [99]),
        ({-1: 0.1, 0: 0.4, 1: 0.1, 2: 0.1, 3: 0.1, 4: 0.1, 5: 0.1}, [-1, 0]),
    ],
)
def test_values_that_stand_apart_are_noticed(
    tmp_path: Path, shares: dict[float, float], found: list[float]
) -> None:
    ratings = drawn(tmp_path, shares)
    seen = seeming_unrated(ratings)
    assert [value.low for value in seen] == found
    assert [value.count for value in seen] == [(ratings.value == one).sum() for one in found]
    assert profile(ratings).unrated_values == seen


@pytest.mark.parametrize(
    "shares",
    [
        dict.fromkeys(np.arange(1, 11) / 2, 0.1),
        {0: 0.6, 1: 0.4},
        {-1: 0.5, 0: 0.2, 1: 0.3},
        {0: 0.1, 1: 0.1, 2: 0.2, 3: 0.2, 4: 0.2, 5: 0.2},
        {0: 0.5, 0.5: 0.1, 1: 0.1, 1.5: 0.1, 2: 0.2},
        dict.fromkeys(range(-2, 3), 0.2),
        dict.fromkeys(range(0, 100), 0.01),
    ],
)
def test_the_ends_of_a_scale_are_not(tmp_path: Path, shares: dict[float, float]) -> None:
    assert seeming_unrated(drawn(tmp_path, shares)) == ()


def test_a_0_as_frequent_as_the_others_is_one_of_them(tmp_path: Path) -> None:
    ratings = open_ratings(write(tmp_path / "r.csv", [0, 1, 2, 3, 4] * 20))
    assert seeming_unrated(ratings) == ()


def test_what_was_noticed_is_told_with_what_to_do() -> None:
    one, two = ValueBar(0, 0, 575), ValueBar(-1, -1, 100)
    assert words.unrated_words([one], 1000, words.unrated_options([one])) == (
        "0 (57.5% of all) stands apart from the other values: if it means not rated, leave such"
        " rows out with --unrated 0 (to train: --set data.unrated=0)"
    )
    assert "with --unrated=-1,0 (to train: --set data.unrated=-1,0)" in words.unrated_options(
        [two, one]
    )
    assert words.unrated_words([], 1000, "") == ""


def test_they_are_left_out_counted_apart_and_kept_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", [0, 3, 0, 4, 5, -1, 99, 3.5])
    with path.open("a") as file:
        file.write("2,101,0\n5,1,x\n")  # what is no rating replaces none
    all_of_them, some = open_ratings(path), open_ratings(path, ColumnMapping(unrated=" 0,-1, 99"))
    assert len(all_of_them) == 8 and all_of_them.duplicates == 1 and all_of_them.unrated == 0
    assert some.value.tolist() == [3, 4, 5, 3.5]
    assert (some.unrated, some.unusable_rows, some.duplicates) == (5, 1, 0)
    assert words.left_out_words(some.summary()) == (
        "1 unusable row skipped; 5 rows without a rating left out"
    )
    assert some.path != all_of_them.path and some.name == "r (without  0,-1, 99)"
    assert find_store(path, ZERO) is None
    with pytest.raises(DataError, match="all 1 ratings are 0, which is left out"):
        open_ratings(write(tmp_path / "none.csv", [0]), ZERO)


def test_a_run_says_which_were_left_out(tmp_path: Path, capsys: Capture) -> None:
    path = write(tmp_path / "r.csv", [0, 3, 0, 4, 5] * 15)
    assert here("data", "ingest", str(path)) == 0
    assert "--unrated 0 (to train: --set data.unrated=0)" in capsys.readouterr().out
    assert here("data", "describe", str(path), "--unrated", "0", "--timestamp-column", "none") == 0
    assert "30 rows without a rating left out" in capsys.readouterr().out
    for options in (("--unrated", "none"), ("--dates", "year-first")):
        assert here("data", "describe", str(path), *options) == 2
    for value in (0, "0", 0.0):
        assert make_config({"data": {"unrated": value}}).data.mapping == ZERO
    assert make_config({"data": {"unrated": "-1,99"}}).data.mapping.unrated_values == (-1, 99)
    assert make_config({"data": {"source": "x"}}).data.mapping == ColumnMapping()
    with pytest.raises(ConfigError, match=r"data.unrated.*give a number"):
        make_config({"data": {"unrated": "nan"}})
    remember(str(path), open_ratings(path, ZERO).summary(), ZERO)
    assert recently_used()[0].mapping == ZERO
