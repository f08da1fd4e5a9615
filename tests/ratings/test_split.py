import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import here

from cftui.brain import answer
from cftui.config import ConfigError, SplitConfig, make_config
from cftui.paths import BUNDLED, answers_folder, bundled_folder
from cftui.pipes import Failure
from cftui.questions.data import DescribeSplit, SplitSummary
from cftui.ratings.given_split import as_begun
from cftui.ratings.split import split, summarize, unseen
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Grouping, Ratings, Vocabulary
from cftui.ratings.words import split_lines

KINDS = ("random", "per-user", "per-user-latest", "leave-last-out", "time")


@pytest.fixture
def table_of(tmp_path: Path) -> Callable[..., tuple[pd.DataFrame, Ratings]]:
    """Give a maker of ratings from columns, beside the table they were written from."""

    def make(**columns: Any) -> tuple[pd.DataFrame, Ratings]:
        table = pd.DataFrame(columns)
        table.to_csv(tmp_path / "ratings.csv", index=False)
        return table, open_ratings(tmp_path)

    return make


@pytest.fixture(params=[0, 1])
def drawn(
    request: pytest.FixtureRequest, table_of: Callable[..., tuple[pd.DataFrame, Ratings]]
) -> tuple[pd.DataFrame, Ratings]:
    """Give ratings with many equal timestamps, in no order; some users have a single rating."""
    draw = np.random.default_rng(request.param)
    pairs = draw.choice(300 * 40, 2000, replace=False)
    user = np.where(pairs // 40 < 250, pairs // 400, pairs // 40)  # few busy, many idle users
    table = pd.DataFrame({"userId": user, "movieId": pairs, "rating": draw.integers(1, 6, 2000)})
    return table_of(**table, timestamp=draw.integers(0, 60, 2000))


def test_the_random_split_is_the_lessons(bundled: Ratings) -> None:
    parts = split(SplitConfig(), bundled)
    drawn = np.random.RandomState(42).permutation(100_004)
    np.testing.assert_array_equal(parts.valid, drawn[:20_000])
    np.testing.assert_array_equal(parts.train, np.setdiff1d(np.arange(100_004), drawn[:20_000]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fraction", [0.0001, 0.2, 0.5, 0.999])
def test_every_rating_is_in_exactly_one_part(
    kind: str, fraction: float, drawn: tuple[pd.DataFrame, Ratings]
) -> None:
    config = SplitConfig.model_validate({"kind": kind, "fraction": fraction, "seed": 7})
    parts = split(config, drawn[1])
    assert sorted([*parts.train, *parts.valid]) == list(range(2000))
    assert list(parts.train) == sorted(parts.train)
    assert parts.train.dtype == parts.valid.dtype == np.int64
    assert not parts.train.flags.writeable
    assert not parts.valid.flags.writeable
    again = split(config, drawn[1])
    np.testing.assert_array_equal(parts.valid, again.valid)


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_rating_stays_in_training(
    kind: str, table_of: Callable[..., tuple[pd.DataFrame, Ratings]]
) -> None:
    _, ratings = table_of(userId=[1], movieId=[2], rating=[3.0], timestamp=[4])
    parts = split(SplitConfig.model_validate({"kind": kind, "fraction": 0.9}), ratings)
    assert (list(parts.train), list(parts.valid)) == ([0], [])
    assert summarize(SplitConfig.model_validate({"kind": kind}), ratings).cut is None


def test_another_seed_draws_others(bundled: Ratings) -> None:
    for kind in ("random", "per-user"):
        first, second = (
            split(SplitConfig.model_validate({"kind": kind, "seed": seed}), bundled).valid
            for seed in (1, 2)
        )
        assert set(first) != set(second)


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.9])
def test_per_user_holds_out_that_share_of_each_users_ratings(
    fraction: float, drawn: tuple[pd.DataFrame, Ratings]
) -> None:
    table, ratings = drawn
    config = SplitConfig(kind="per-user", fraction=fraction, seed=3)
    found = table.iloc[split(config, ratings).valid].groupby("userId").size()

    sizes = table.groupby("userId").size()
    share = np.minimum([round(fraction * size) for size in sizes], sizes - 1)
    expected = pd.Series(share, index=sizes.index)
    pd.testing.assert_series_equal(found, expected[expected > 0], check_names=False)


def test_per_user_draws_without_favour(
    table_of: Callable[..., tuple[pd.DataFrame, Ratings]],
) -> None:
    _, ratings = table_of(userId=[1] * 10, movieId=range(10), rating=[1, 2] * 5)
    times = np.zeros(10)
    for seed in range(2000):
        times[split(SplitConfig(kind="per-user", fraction=0.3, seed=seed), ratings).valid] += 1
    # Each of the ten is held out 600 times of 2,000, give or take five standard deviations.
    assert (abs(times - 600) < 5 * np.sqrt(2000 * 0.3 * 0.7)).all()


def test_leave_last_out_holds_out_each_users_latest(
    drawn: tuple[pd.DataFrame, Ratings],
) -> None:
    table, ratings = drawn
    ordered = table.sort_values("timestamp", kind="stable")
    several = ordered.groupby("userId").filter(lambda rows: len(rows) > 1)
    expected = several.groupby("userId").tail(1).index
    found = split(SplitConfig(kind="leave-last-out"), ratings).valid
    assert list(found) == sorted(expected)


@pytest.mark.parametrize("fraction", [0.0001, 0.013, 0.2, 0.75])
def test_time_holds_out_the_latest_of_all(
    fraction: float, drawn: tuple[pd.DataFrame, Ratings]
) -> None:
    table, ratings = drawn
    n_valid = int(fraction * len(table))
    ordered = table.sort_values("timestamp", kind="stable")
    expected = ordered.iloc[len(ordered) - n_valid :]
    config = SplitConfig(kind="time", fraction=fraction)
    assert list(split(config, ratings).valid) == sorted(expected.index)
    cut = summarize(config, ratings).cut
    assert cut == (int(expected.timestamp.min()) if n_valid else None)


def latest_of_each(user: list[int], timestamp: list[int], fraction: float) -> list[int]:
    """Return the places held out by `per-user-latest`, told user by user without numpy."""
    held = []
    for one in set(user):
        own = [place for place, of in enumerate(user) if of == one]
        n = min(round(fraction * len(own)), len(own) - 1)
        own.sort(key=lambda place: (timestamp[place], place))
        held += own[len(own) - n :]
    return sorted(held)


@pytest.mark.parametrize("fraction", [0.0001, 0.2, 0.5, 0.999])
def test_per_user_latest_holds_out_each_users_latest_share(
    fraction: float, drawn: tuple[pd.DataFrame, Ratings]
) -> None:
    table, ratings = drawn
    found = split(SplitConfig(kind="per-user-latest", fraction=fraction), ratings)
    user, times = list(table.userId), list(table.timestamp)
    assert list(found.valid) == latest_of_each(user, times, fraction)
    # Each user keeps one.
    assert set(table.userId[found.train]) == set(user)


def in_memory(user: list[int], timestamp: list[int]) -> Ratings:
    """Return ratings of one item each, without a store."""
    codes = pd.factorize(np.array(user))[0].astype(np.int32)
    n, counts = len(user), np.bincount(codes)
    by_user = Grouping(
        np.concatenate([[0], np.cumsum(counts)]), np.argsort(codes, kind="stable").astype(np.int32)
    )
    own = np.arange(n, dtype=np.int32)
    fields: dict[str, Any] = dict.fromkeys(Ratings.__dataclass_fields__)
    return Ratings(
        **{
            **fields,
            "user": codes,
            "item": own,
            "value": np.ones(n, np.float32),
            "timestamp": np.array(timestamp, np.int64),
            "users": Vocabulary("user", "drawn", np.arange(len(counts))),
            "items": Vocabulary("item", "drawn", own.astype(np.int64)),
            "by_user": by_user,
            "by_item": Grouping(np.arange(n + 1), own),
            "untimed": 0,
        }
    )


@settings(deadline=None)  # the first example imports what the others have
@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=1, max_size=40),
    fraction=st.floats(0.001, 0.999),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_split_agrees_with_pandas(
    rows: list[tuple[int, int]], fraction: float, seed: int
) -> None:
    table = pd.DataFrame(rows, columns=["user", "timestamp"])
    ratings = in_memory(list(table.user), list(table.timestamp))
    ordered = table.sort_values("timestamp", kind="stable")
    sizes = table.groupby("user").size()
    share = np.minimum([round(fraction * size) for size in sizes], sizes - 1)
    for kind in KINDS:
        config = SplitConfig.model_validate({"kind": kind, "fraction": fraction, "seed": seed})
        parts = split(config, ratings)
        assert sorted([*parts.train, *parts.valid]) == list(range(len(rows)))
        found = sorted(parts.valid)
        if kind == "time":
            assert found == sorted(ordered.index[len(rows) - int(fraction * len(rows)) :])
        elif kind == "leave-last-out":
            latest = ordered.groupby("user").tail(1)
            assert found == sorted(latest.index[latest.user.map(sizes) > 1])
        elif kind == "per-user-latest":
            assert found == latest_of_each(list(table.user), list(table.timestamp), fraction)
        elif kind == "per-user":
            held = table.iloc[found].groupby("user").size().reindex(sizes.index, fill_value=0)
            assert list(held) == list(share)
        else:
            assert len(found) == int(fraction * len(rows))


def test_equal_times_are_told_apart_by_their_place_in_the_file(
    table_of: Callable[..., tuple[pd.DataFrame, Ratings]],
) -> None:
    _, ratings = table_of(
        userId=[1, 2, 1, 2, 3], movieId=[1, 1, 2, 2, 1], rating=[1, 2, 3, 4, 5], timestamp=[9] * 5
    )
    assert list(split(SplitConfig(kind="leave-last-out"), ratings).valid) == [2, 3]
    latest = SplitConfig(kind="per-user-latest", fraction=0.4)
    assert list(split(latest, ratings).valid) == [2, 3]
    assert list(split(SplitConfig(kind="time", fraction=0.4), ratings).valid) == [3, 4]


@pytest.mark.parametrize("kind", ["per-user-latest", "leave-last-out", "time"])
def test_what_needs_timestamps_says_so(
    kind: str, table_of: Callable[..., tuple[pd.DataFrame, Ratings]]
) -> None:
    _, ratings = table_of(userId=[1, 1], movieId=[1, 2], rating=[1, 2])
    message = rf"split.kind = '{kind}': .* has no timestamps; choose random or per-user"
    for ask in (split, summarize):
        with pytest.raises(ConfigError, match=message):
            ask(SplitConfig.model_validate({"kind": kind}), ratings)


def test_unseen_pairs_are_those_without_a_training_rating(bundled: Ratings) -> None:
    parts = split(SplitConfig(), bundled)
    found = unseen(bundled, parts)

    raw = pd.read_csv(bundled_folder() / BUNDLED / "ratings.csv")
    train, valid = raw.iloc[parts.train], raw.iloc[parts.valid]
    known = valid.userId.isin(train.userId) & valid.movieId.isin(train.movieId)
    np.testing.assert_array_equal(found, ~known.to_numpy())
    assert found.sum() == 742  # counted when the lesson was measured


@pytest.mark.parametrize("kind", KINDS)
def test_a_summary_counts_what_training_never_sees(kind: str, bundled: Ratings) -> None:
    settings = {"kind": kind, "fraction": 0.2}
    config = SplitConfig.model_validate(settings)
    parts = split(config, bundled)

    raw = pd.read_csv(bundled_folder() / BUNDLED / "ratings.csv")
    train, valid = raw.iloc[parts.train], raw.iloc[parts.valid]
    new_user, new_item = (~valid[key].isin(train[key]) for key in ("userId", "movieId"))
    expected = SplitSummary(
        kind=kind,
        n_train=len(train),
        n_valid=len(valid),
        unseen_users=valid.userId[new_user].nunique(),
        unseen_items=valid.movieId[new_item].nunique(),
        unseen_pairs=int((new_user | new_item).sum()),
        cut=int(valid.timestamp.min()) if kind == "time" else None,
    )
    assert summarize(config, bundled) == expected
    assert answer(DescribeSplit(str(bundled.path), settings)) == expected


def test_the_brain_refuses_a_split_with_words(bundled: Ratings) -> None:
    refused = answer(DescribeSplit(str(bundled.path), {"kind": "sideways"}))
    assert isinstance(refused, Failure)
    assert "split.kind = 'sideways': must be 'random', 'per-user'" in refused.message


def test_the_shell_says_what_a_split_holds_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert here("data", "describe", "--split", "time", "--set", "split.fraction=0.1") == 0
    said = capsys.readouterr().out
    raw = pd.read_csv(bundled_folder() / BUNDLED / "ratings.csv")
    cut = int(raw.timestamp.sort_values().iloc[-10_000])
    moment = pd.Timestamp(cut, unit="s")
    assert "90,004 train, 10,000 valid\n" in said
    assert f"begins with timestamp {cut} ({moment:%Y-%m-%d %H:%M:%S})\n" in said

    assert here("data", "describe", "--json", "--set", "split.seed=42") == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (record["event"], record["kind"]) == ("split", "random")
    assert record["unseen_pairs"] == 742

    assert here("data", "describe", "--split", "sideways") == 2
    assert "split.kind = 'sideways': must be 'random'" in capsys.readouterr().err


@pytest.mark.parametrize("cut", [10**12 * 4, -(10**18), 2**63 - 1])
def test_a_time_that_cannot_be_seconds_is_only_a_number(cut: int) -> None:
    lines = split_lines(SplitSummary("time", 8, 2, 1, 1, 2, cut), "items")
    assert lines[-1] == f"validation begins with timestamp {cut}"


def test_a_given_split_holds_out_the_rows_of_its_file(tmp_path: Path) -> None:
    rows = [f"{user}\t{item}\t{1 + (user + item) % 5}\t{881250000 + user}" for user in range(1, 21)
            for item in range(1, 11)]  # fmt: skip
    test = [row for n, row in enumerate(rows) if n % 7 == 3]
    (tmp_path / "u.data").write_text("\n".join(rows) + "\n")
    file = tmp_path / "u1.test"
    file.write_text("\n".join([*reversed(test), "99\t1\t3\t881250001"]) + "\n")
    ratings = open_ratings(tmp_path)
    parts = split(SplitConfig(kind="given", file=str(file)), ratings)
    assert list(parts.valid) == [n for n in range(200) if n % 7 == 3]
    assert len(parts.train) == 200 - len(test)
    assert summarize(SplitConfig(kind="given", file=str(file)), ratings).n_valid == len(test)
    assert summarize(SplitConfig(), ratings).offered == ("u1.test",)
    assert split_lines(summarize(SplitConfig(), ratings), "items")[-1] == (
        "kind given can take u1.test"
    )
    # What a run began with holds, whatever becomes of the file.
    begun = as_begun(SplitConfig(kind="given", file=str(file)), ratings)
    file.write_text("\n".join(test[:5]) + "\n")
    assert list(split(begun, ratings).valid) == list(parts.valid)
    assert len(split(begun.model_copy(update={"held": ""}), ratings).valid) == 5
    file.unlink()
    assert list(split(begun, ratings).valid) == list(parts.valid)
    shutil.rmtree(answers_folder())
    with pytest.raises(ConfigError, match=r"split\.file = .*u1\.test.*no such file"):
        split(begun, ratings)
    file.write_text("\n".join(test[:5]) + "\n")
    with pytest.raises(ConfigError, match="others than when the run began"):
        split(begun, ratings)
    file.write_text("99\t1\t3\t881250001\n")
    with pytest.raises(ConfigError, match="none of its 1 rows is a rating in"):
        split(SplitConfig(kind="given", file=str(file)), ratings)


def test_a_given_split_needs_its_file() -> None:
    with pytest.raises(ConfigError, match=r"split.*name the file.*split\.file=u1\.test"):
        make_config({"split": {"kind": "given"}})
    assert "file" not in make_config({}).to_settings()["split"]
    again = make_config({"split": {"kind": "given", "file": "/a/u1.test", "held": "abc"}})
    assert make_config(again.to_settings()) == again
