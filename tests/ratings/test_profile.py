"""Profiles, held against pandas on the bundled file and against sums worked by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import cli, here

from cftui import paths
from cftui.library.door import Library
from cftui.paths import answers_folder
from cftui.questions.data import DataProfile, DescribeData, ValueBar
from cftui.ratings import words
from cftui.ratings.profile import profile
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.text import bar


def read(folder: Path, *lines: str, header: str = "userId,movieId,rating,timestamp") -> Ratings:
    folder.mkdir(exist_ok=True)
    (folder / "ratings.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return open_ratings(folder)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(paths.bundled_folder() / paths.BUNDLED / "ratings.csv")


def test_the_bundled_ratings_as_pandas_counts_them(bundled: Ratings, table: pd.DataFrame) -> None:
    found = profile(bundled)
    by_value = table["rating"].value_counts().sort_index()
    assert [(v.low, v.count) for v in found.values] == list(by_value.items())
    assert found.density == pytest.approx(100_004 / (671 * 9066))
    for tail, key in ((found.users, "userId"), (found.items, "movieId")):
        counts = table[key].value_counts()
        shares = [0, 0.25, 0.5, 0.75, 0.9, 0.99, 1]
        assert tail.quantiles == pytest.approx(counts.quantile(shares).tolist())
        assert tail.counts == tuple(counts.iloc[np.array(tail.ranks) - 1])
        assert tail.ranks[0] == 1 and tail.ranks[-1] == len(counts)
        assert tail.single == (counts == 1).sum()
        top = counts.iloc[: -(-len(counts) // 10)].sum() / len(table)
        assert tail.top_10_percent == pytest.approx(top)
    months = pd.to_datetime(table["timestamp"], unit="s").dt.strftime("%Y-%m").value_counts()
    timeline = found.timeline
    assert timeline is not None and timeline.unit == "month" and timeline.outside == 0
    assert (timeline.first, timeline.last) == (months.index.min(), months.index.max())
    every = pd.period_range(timeline.first, timeline.last, freq="M").astype(str)
    assert list(timeline.counts) == [months.get(month, 0) for month in every]
    first = found.rows[0]
    assert (first.user, first.item, first.value) == ("1", "31", 2.5)
    assert (first.title, first.time) == ("Dangerous Minds (1995)", "2009-12-14 02:52")


def test_a_value_that_never_occurs_has_an_empty_bar(tmp_path: Path) -> None:
    ratings = read(tmp_path / "d", "1,1,1,0", "1,2,2,0", "2,1,5,0", "2,2,5,0")
    assert profile(ratings).values == (
        ValueBar(1, 1, 1),
        ValueBar(2, 2, 1),
        ValueBar(3, 3, 0),
        ValueBar(4, 4, 0),
        ValueBar(5, 5, 2),
    )


def test_one_value_for_all(tmp_path: Path) -> None:
    found = profile(read(tmp_path / "d", "1,1,4,0", "2,1,4,0"))
    assert found.values == (ValueBar(4, 4, 2),)
    assert found.users.quantiles == (1,) * 7 and found.items.quantiles == (2,) * 7


def test_many_whole_values_go_into_bins_of_whole_steps(tmp_path: Path) -> None:
    rows = [f"{user},{user % 3},{user % 101},0" for user in range(1010)]
    found = profile(read(tmp_path / "d", *rows))
    # 101 values in at most 20 bins: 6 values each, the last one takes what is left, 96 to 100
    assert [value.low for value in found.values] == list(range(0, 101, 6))
    assert [value.count for value in found.values] == [60] * 16 + [50]
    assert found.values[-1].high == 100


def test_continuous_values_as_numpy_bins_them(tmp_path: Path) -> None:
    draw = np.random.default_rng(3).normal(size=4000)
    rows = [f"{n},{n % 7},{value:.9f},0" for n, value in enumerate(draw)]
    ratings = read(tmp_path / "d", *rows)
    found = profile(ratings)
    counts, edges = np.histogram(ratings.value, bins=20)
    assert ratings.step is None
    assert sum(value.count for value in found.values) == 4000
    # float32 and float64 may differ about a value at the very edge
    assert np.abs(np.array([value.count for value in found.values]) - counts).max() <= 1
    assert [value.low for value in found.values] == pytest.approx(edges[:-1].tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("times", "unit", "first", "counts"),
    [
        ((0, 3599, 3600, 7300), "hour", "1970-01-01T00", (2, 1, 1)),
        ((0, 86_400 * 30, 86_400 * 31), "day", "1970-01-01", (1, *[0] * 29, 1, 1)),
        ((0, 86_400 * 31, 86_400 * 500), "month", "1970-01", (1, 1, *[0] * 14, 1)),
        ((0, 86_400 * 366 * 40), "year", "1970", (1, *[0] * 39, 1)),
        # milliseconds and microseconds are told by their size: 2001-09-09 and the day after
        ((10**12, 10**12 + 86_400_000 * 20), "day", "2001-09-09", (1, *[0] * 19, 1)),
        ((10**15, 10**15 + 3_600_000_000), "hour", "2001-09-09T01", (1, 1)),
    ],
)
def test_the_timeline_takes_a_unit_that_suits(
    tmp_path: Path, times: tuple[int, ...], unit: str, first: str, counts: tuple[int, ...]
) -> None:
    rows = [f"{n},1,{n % 5},{time}" for n, time in enumerate(times)]
    timeline = profile(read(tmp_path / "d", *rows)).timeline
    assert timeline is not None
    assert (timeline.unit, timeline.first, timeline.outside) == (unit, first, 0)
    assert timeline.counts == counts


def test_a_timestamp_out_of_this_world_hides_no_other(tmp_path: Path) -> None:
    rows = [f"{n},1,3,{10**9 + n}" for n in range(9)]
    timeline = profile(read(tmp_path / "d", *rows, f"9,1,3,{10**15}")).timeline
    assert timeline is not None and timeline.outside == 1
    assert sum(timeline.counts) == 9 and len(timeline.counts) <= 400


def test_text_ids_no_timestamps_and_problems_with_their_lines(tmp_path: Path) -> None:
    ratings = read(
        tmp_path / "d",
        *("ann,1,4", "bob,x,five", "7,1,3", "ann,1,5", "bob,1,", "bob,x,2"),
        header="userId,movieId,rating",
    )
    found = profile(ratings)
    assert found.timeline is None and {row.time for row in found.rows} == {""}
    assert (found.text_users, found.text_items) == (2, 1)
    assert words.id_words(found) == "2 of 3 user ids and 1 of 2 item ids are text"
    assert [problem.line for problem in found.problems] == [3, 6]
    assert words.problem_lines(found)[0] == "line 3, rating 'five': not a number; skipped"
    assert words.left_out_words(found) == (
        "2 unusable rows skipped; 1 earlier of duplicate ratings dropped"
    )


def test_a_profile_is_kept_and_a_broken_one_made_anew(tmp_path: Path) -> None:
    ratings = read(tmp_path / "d", "1,1,1,0", "1,2,2,0", "2,1,5,0")
    told: list[tuple[int, int, str]] = []

    def asked() -> DataProfile:
        return Library().answer(DescribeData(str(ratings.path)), lambda *part: told.append(part))

    made = asked()
    assert [part[:2] for part in told] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    [kept] = (answers_folder() / ratings.fingerprint).iterdir()
    assert made == profile(ratings) == asked() and len(told) == 4
    kept.write_text('{"name": 3}')
    assert asked() == made and len(told) == 8
    assert json.loads(kept.read_text())["n_ratings"] == 3


def test_equal_ratings_of_another_file_have_a_profile_of_their_own(tmp_path: Path) -> None:
    for name in ("one", "other"):
        ratings = read(tmp_path / name, "1,1,1,0", "1,2,2,0")
        assert Library().answer(DescribeData(str(ratings.path))).name == name
    assert len(list((answers_folder() / ratings.fingerprint).iterdir())) == 2


def test_neighbours_share_a_bar_where_there_is_little_room(bundled: Ratings) -> None:
    found = profile(bundled)
    lines = words.value_lines(found, 60, 5)
    # 0.5 and 1 together: 1,101 + 3,326 of 100,004; a ninth of 3.5 and 4 together, 36 cells long
    assert len(lines) == 5 and lines[0].split() == ["0.5", "to", "1", "████", "4,427", "4.4%"]
    assert len(words.value_lines(found, 60, 10)) == 10
    assert words.value_lines(found, 22, 5)[0].split() == ["0.5…", "▊", "4.4%"]


def test_bars_are_as_long_as_their_share() -> None:
    assert bar(1, 3) == "███" and bar(0, 3) == ""
    assert bar(0.5, 3) == "█▌"
    assert bar(1e-9, 3) == "▏"


def test_describe_prints_what_json_says(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    read(tmp_path / "d", "1,1,1,0", "1,2,bad,0", "2,\x1b[31m1,5,0")
    assert here("data", "describe", str(tmp_path / "d"), "--json") == 0
    *_, last = capsys.readouterr().out.splitlines()
    found = json.loads(last)
    assert found["event"] == "profile" and found["n_ratings"] == 2
    assert here("data", "describe", str(tmp_path / "d")) == 0
    printed = capsys.readouterr().out
    assert "2 ratings by 2 users of 2 items (50% of all pairs)" in printed
    assert "line 3, rating 'bad': not a number; skipped" in printed
    assert "\x1b" not in printed and "�[31m1" in printed


def test_describe_ends_with_a_word_where_there_is_nothing(tmp_path: Path) -> None:
    done = cli("data", "describe", str(tmp_path / "none.csv"))
    assert done.returncode == 2 and "none.csv" in done.stderr and "Traceback" not in done.stderr
