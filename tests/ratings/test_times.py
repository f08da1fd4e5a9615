"""Times as files write them; one that cannot be read never costs a rating."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cftui.config import ConfigError, SplitConfig, make_config
from cftui.evaluation.audit import audit_split
from cftui.explore.profiles import user_by_ratings
from cftui.questions.data import ColumnMapping
from cftui.ratings import words
from cftui.ratings.profile import profile
from cftui.ratings.reading.times import TimeFormat, time_format
from cftui.ratings.split import split, summarize
from cftui.ratings.store import open_ratings
from cftui.ratings.values import UNKNOWN_TIME, Ratings

TWO_TIMES = "user,item,rating,date,time\n1,2,3,2015-01-01,10:07:00\n2,2,4,2015-01-02,9:07:00\n"
Read = Callable[..., Ratings]


def seconds(text: str) -> int:
    """Return what pandas makes of a date in ISO 8601."""
    return int(pd.Timestamp(text, tz="UTC").timestamp())


@pytest.fixture
def dated(tmp_path: Path) -> Read:
    """Give what reads ratings, each user's own, with these times."""

    def read(times: list[str], mapping: ColumnMapping = ColumnMapping()) -> Ratings:  # noqa: B008
        path = tmp_path / f"{abs(hash(tuple(times)))}.csv"
        rows = [f'u{n},i{n % 3},{n % 5 + 1},"{time}"' for n, time in enumerate(times)]
        path.write_text("\n".join(["user,item,rating,date", *rows, ""]))
        return open_ratings(path, mapping)

    return read


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2015-01-01T00:00:00.000+0000", "2015-01-01"),
        ("2015-01-01 00:00:00+00", "2015-01-01"),
        ("2015-01-01 10:00:00+01:00", "2015-01-01 09:00"),
        ("2015-01-01 10:00:00.123456", "2015-01-01 10:00"),
        ("2015/1/5", "2015-01-05"),
        ("2015-1-5 7:08", "2015-01-05 07:08"),
        ("01/13/2015", "2015-01-13"),
        ("12/1/2010 8:26", "2010-12-01 08:26"),
        ("1/13/15 10:07:05 PM", "2015-01-13 22:07:05"),
        ("1/13/2015 12:30 am", "2015-01-13 00:30"),
        ("Feb 12, 2020", "2020-02-12"),
        ("February 12 2020 23:01", "2020-02-12 23:01"),
        ("12 Feb 2020", "2020-02-12"),
        ("12-Feb-2020", "2020-02-12"),
        ("3rd of March 2019", "2019-03-03"),
        ("Wed, 12 Feb 2020 10:00:00 +0100", "2020-02-12 09:00"),
        ("Wed Feb 12 10:00:00 +0000 2020", "2020-02-12 10:00"),
        ("Wed Feb 12 10:00:00 2020", "2020-02-12 10:00"),
        ("1969-12-31 23:59:59", "1969-12-31 23:59:59"),
    ],
)
def test_the_usual_spellings_are_read(text: str, iso: str) -> None:
    assert time_format([text]).parse(text) == seconds(iso)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "NULL", "2015-02-30", "13/13/2015", "Feb 30, 2020", "10:07:00", "1/2", "1-2-15",
     "Febtober 3", "25/12/2015 25:00", "1/2/20155", "1" * 30, "1e400", "inf", "٣/١/٢٠١٥"],
)  # fmt: skip
def test_what_is_no_time_is_unknown(text: str) -> None:
    assert TimeFormat().parse(text) == UNKNOWN_TIME


@pytest.mark.parametrize(
    ("texts", "iso", "said"),
    [
        (["20150101", "20151231"], ["2015-01-01", "2015-12-31"], "20150101 are read as dates"),
        (["20150101103005"], ["2015-01-01 10:30:05"], "(2015-01-01)"),
        (["2012", "1999"], ["2012-01-01", "1999-01-01"], "2012 are read as years"),
        (["42005", "42005.5"], ["2015-01-01", "2015-01-01 12:00"], "Excel's days (2015-01-01)"),
    ],
)
def test_numbers_that_are_dates_are_told_from_seconds(
    texts: list[str], iso: list[str], said: str
) -> None:
    form = time_format(texts)
    assert [form.parse(text) for text in texts] == [seconds(one) for one in iso]
    assert said in form.said


@pytest.mark.parametrize(
    "texts",
    [["1260759144"], ["1300000000000"], ["964982703000000"], ["3", "4"], ["20150101", "7", "2"],
     ["1260759144.0"], ["0"], ["-1"]],
)  # fmt: skip
def test_other_numbers_are_taken_as_they_are(texts: list[str]) -> None:
    form = time_format(texts)
    assert [form.parse(text) for text in texts] == [int(float(text)) for text in texts]
    assert form.said == ""


@pytest.mark.parametrize(
    ("texts", "dates", "iso", "said"),
    [
        (["01/02/2015", "01/13/2015"], "", "2015-01-02", "month first (2015-01-13)"),
        (["01/02/2015", "13/01/2015"], "", "2015-02-01", "day first (2015-01-13)"),
        (["01.02.2015"], "", "2015-02-01", "--dates month-first reads them otherwise"),
        (["01/02/2015"], "", "2015-01-02", "--set data.dates=day-first"),
        (["01/02/2015"], "day-first", "2015-02-01", "read as day first (2015-02-01)"),
        (["2015/01/02"], "", "2015-01-02", ""),
    ],
)
def test_the_order_of_day_and_month_is_told_by_all(
    texts: list[str], dates: str, iso: str, said: str
) -> None:
    form = time_format(texts, dates)
    assert form.parse(texts[0]) == seconds(iso)
    assert said in form.said and bool(said) == bool(form.said)


def test_a_date_far_on_in_the_file_tells_the_order(tmp_path: Path) -> None:
    early = [f'{n},{n % 7},3,"x, 1.13.2014",02/{n % 12 + 1:02}/2015' for n in range(4000)]
    path = tmp_path / "r.csv"
    ends = ("05/06/2015", "month", "2015-02-01"), ("31/03/2015", "day", "2015-01-02")
    for late, order, iso in ends:
        path.write_text("\n".join(["user,item,rating,note,date", *early, f"9,1,3,-,{late}", ""]))
        ratings = open_ratings(path)
        assert f"read as {order} first" in ratings.warnings[0]
        assert ratings.timestamp is not None and ratings.timestamp[0] == seconds(iso)
        assert ("--dates" in ratings.warnings[0]) == (order == "month")


def test_any_date_is_read_as_pandas_reads_it() -> None:
    days = pd.date_range("1990-01-01", "2035-12-31", freq="37D")
    for pattern in (
        "%m/%d/%Y",
        "%d.%m.%Y",
        "%b %d, %Y",
        "%d %B %Y",
        "%Y%m%d",
        "%a %b %d %H:%M:%S %Y",
    ):
        texts = days.strftime(pattern).tolist()
        form = time_format(texts)
        again = pd.to_datetime(texts, format=pattern, utc=True).as_unit("s").astype("int64")
        assert [form.parse(text) for text in texts] == again.tolist()


def test_a_rating_without_a_time_is_kept_and_counted(dated: Read) -> None:
    ratings = dated(["", "1300000001", "NULL", "1300000004", "nan", "1300000005"])
    assert len(ratings) == 6 and ratings.unusable_rows == 0
    assert ratings.timestamp is not None
    assert ratings.timestamp.tolist()[::2] == [UNKNOWN_TIME] * 3
    assert words.left_out_words(ratings.summary()) == "3 of 6 ratings without a time"
    found = profile(ratings)
    assert found.timeline is not None and sum(found.timeline.counts) == 3
    assert found.timeline.first.startswith("2011-03-13")
    assert [row.time for row in found.rows][:2] == ["", "2011-03-13 07:06"]


def test_dates_of_a_file_become_seconds_and_how_is_told(dated: Read) -> None:
    ratings = dated(["01/13/2015", "02/01/2015", "13/13/2015"])
    assert ratings.timestamp is not None
    known = [seconds("2015-01-13"), seconds("2015-02-01")]
    assert ratings.timestamp.tolist() == [*known, UNKNOWN_TIME]
    assert any("dates such as" in note for note in ratings.warnings)
    assert words.problem_lines(profile(ratings))[-1] == ratings.warnings[-1]


def test_times_none_of_which_can_be_read_are_none(dated: Read) -> None:
    ratings = dated(["a while ago", "yesterday", ""])
    assert ratings.timestamp is None and len(ratings) == 3 and ratings.untimed == 0
    assert "'a while ago' cannot be read" in ratings.warnings[0]
    assert "all are taken without" in ratings.warnings[1]


def test_no_column_of_times_can_be_asked_for(dated: Read) -> None:
    times = ["1300000000", "1300000001"]
    assert dated(times, ColumnMapping(timestamp="none")).timestamp is None
    assert dated(times).timestamp is not None
    assert make_config({"data": {"timestamp": "none"}}).data.mapping.timestamp == "none"


def test_of_two_columns_of_times_one_is_taken_and_told(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(TWO_TIMES)
    ratings = open_ratings(path)
    assert ratings.timestamp is not None
    assert ratings.timestamp.tolist() == [seconds("2015-01-01"), seconds("2015-01-02")]
    assert ratings.warnings == ("columns 4 (date) and 5 (time) could both be the time; 4 is taken",)


def test_a_date_in_three_columns_is_not_read_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("userID,movieID,rating,date_day,date_month,date_year\n1,2,3,29,10,2006\n")
    ratings = open_ratings(path)
    assert ratings.timestamp is None
    assert ratings.warnings == (
        "times in columns of their own for day, month and year are not read",
    )


def test_json_lines_and_columns_between_blanks_are_read_alike(tmp_path: Path) -> None:
    lines, table = tmp_path / "d.jsonl", tmp_path / "d.txt"
    days = [f"{n:02d}/0{n % 9 + 1}/2015" for n in range(1, 29)]
    lines.write_text(
        "".join(
            f'{{"user": {n}, "item": 1, "rating": "{n % 5}/5", "date": "{day}"}}\n'
            for n, day in enumerate(days)
        )
    )
    rows = [f"{n} 1 {n % 5 - 1} {day}\n" for n, day in enumerate(days)]
    table.write_text("".join(["user item rating date\n", *rows]))
    expected = pd.to_datetime(days, format="%d/%m/%Y", utc=True).as_unit("s").astype("int64")
    for path, unrated in ((lines, "0"), (table, "-1")):
        ratings = open_ratings(path, ColumnMapping(unrated=unrated))
        assert ratings.timestamp is not None and ratings.unrated == 6
        assert ratings.timestamp.tolist() == [one for n, one in enumerate(expected) if n % 5]
        assert "dates such as 13/05/2015 are read as day first" in ratings.warnings[-1]


def test_times_of_parquet_in_parts_of_a_second_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ns.parquet"
    frame = pd.DataFrame({"user": [1, 2], "item": [1, 1], "rating": [3, 4]})
    frame["date"] = pd.to_datetime(["2015-01-13T10:07:05.123456789", "2015-01-14T00:00:00.0"])
    frame.to_parquet(path)
    ratings = open_ratings(path)
    assert ratings.timestamp is not None and ratings.warnings == ()
    assert ratings.timestamp.tolist() == [seconds("2015-01-13T10:07:05"), seconds("2015-01-14")]


def test_a_parquet_file_s_times_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    frame = pd.DataFrame({"user": [1, 2, 3], "item": [1, 1, 1], "rating": [3, 4, 5]})
    frame.assign(date=pd.array([20150101, None, 20150103], "Int64")).to_parquet(path)
    ratings = open_ratings(path)
    assert ratings.timestamp is not None and ratings.untimed == 1
    assert ratings.timestamp.tolist() == [
        seconds("2015-01-01"),
        UNKNOWN_TIME,
        seconds("2015-01-03"),
    ]


def test_unknown_times_are_the_oldest(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    rows = ["1,a,3,", "1,b,4,1000", "1,c,4,3000", "1,d,4,2000", "2,a,4,5000", "2,b,4,", "2,a,1,"]
    path.write_text("\n".join(["user,item,rating,timestamp", *rows, ""]))
    ratings = open_ratings(path)
    assert ratings.duplicates == 1  # what has no time does not replace what has one
    assert ratings.value[(ratings.user == 1) & (ratings.item == 0)].tolist() == [4.0]
    last = split(SplitConfig(kind="leave-last-out"), ratings)
    assert last.valid.tolist() == [2, 4]
    share = split(SplitConfig(kind="per-user-latest", fraction=0.4), ratings)
    assert share.valid.tolist() == [2, 3, 4]  # of user 1 two of four, of user 2 one of two
    latest = summarize(SplitConfig(kind="time", fraction=0.4), ratings)
    assert (latest.cut, latest.untimed) == (3000, 2)
    assert "2 ratings without a time count as the oldest" in words.split_lines(latest, "items")
    newest = user_by_ratings(ratings, 0, 2).rated
    assert [rated.item for rated in newest] == ["c", "d", "b", "a"]
    parts = split(SplitConfig(kind="time", fraction=0.4), ratings)
    assert audit_split("time", ratings, parts).future == 0.0


def test_no_split_by_times_that_most_ratings_do_not_have(dated: Read) -> None:
    few = dated(["", "", "", "1300000000"])
    with pytest.raises(ConfigError, match="3 of 4 ratings have no time; choose random"):
        split(SplitConfig(kind="leave-last-out"), few)
    with pytest.raises(ConfigError, match="3 of 4 ratings have no time; choose random"):
        split(SplitConfig(kind="per-user-latest"), few)
    half = dated(["", "", "1300000000", "1300000000"])
    with pytest.raises(ConfigError, match="only 2 ratings have a time; hold out fewer"):
        split(SplitConfig(kind="time", fraction=0.8), half)
    assert len(split(SplitConfig(kind="random", fraction=0.5), few).valid) == 2


def test_unknown_times_are_none_for_pandas(dated: Read) -> None:
    times = dated(["", "1300000001", "1300000002"]).timestamp
    assert times is not None
    assert np.isnat(times.astype("datetime64[s]")).tolist() == [True, False, False]
