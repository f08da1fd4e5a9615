"""Times as files write them; one that cannot be read never costs a rating."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cftui
from cftui.config import ConfigError, SplitConfig, make_config
from cftui.evaluation.audit import audit_split
from cftui.explore.profiles import user_by_ratings
from cftui.questions.data import ColumnMapping
from cftui.ratings import words
from cftui.ratings.profile import profile
from cftui.ratings.reading.preview import preview
from cftui.ratings.reading.times import TimeFormat, time_format
from cftui.ratings.split import split, summarize
from cftui.ratings.store import open_ratings
from cftui.ratings.values import UNKNOWN_TIME, DataError, Ratings

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
        (["42005", "42005.5"], ["2015-01-01", "2015-01-01 12:00"], "Excel's days (2015-01-01); "),
        (["43831", "43831,25"], ["2020-01-01", "2020-01-01 06:00"], "--dates numbers takes them"),
        (["13/01/2015", "42005"], ["2015-01-13", "2015-01-01"], "Excel's days (2015-01-01); "),
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
    ("dates", "text", "iso", "said"),
    [
        ("excel", "43831.5", "2020-01-01 12:00", "Excel's days (2020-01-01)"),
        ("excel", "61", "1900-03-01", "Excel's days (1900-03-01)"),
        ("days", "18262", "2020-01-01", "days since 1970 (2020-01-01)"),
        ("days", "-1.5", "1969-12-30 12:00", "days since 1970 (1969-12-30)"),
        ("numbers", "43831", "1970-01-01 12:10:31", ""),
        ("numbers", "2012", "1970-01-01 00:33:32", ""),
    ],
)
def test_what_numbers_are_can_be_asked_for(dates: str, text: str, iso: str, said: str) -> None:
    form = time_format([text], dates)
    assert form.parse(text) == seconds(iso)
    assert said in form.said and "--dates" not in form.said and bool(said) == bool(form.said)


def test_days_since_1970_are_offered_and_not_taken_in_silence(dated: Read) -> None:
    times = ["18262", "18263", "18000.5"]
    asis, days = dated(times), dated(times, ColumnMapping(dates="days"))
    assert asis.timestamp is not None and days.timestamp is not None
    assert asis.timestamp.tolist() == [18262, 18263, 18000]
    told = "are taken as they are; as days since 1970 (2020-01-01) --dates days reads them"
    assert told in asis.warnings[0]
    noon = seconds("2019-04-14 12:00")
    assert days.timestamp.tolist() == [seconds("2020-01-01"), seconds("2020-01-02"), noon]


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


TIME_COLUMNS = [
    ("date,time", "{d.year}-{d.month:02}-{d.day:02},{d:%H:%M:%S}", "4 (date) and 5 (time)"),
    ("time,date", "{d:%I:%M:%S %p},{d:%m/%d/%Y}", "5 (date) and 4 (time)"),
    ("rating_date,rating_time", '"{d:%b} {d.day}, {d.year}",{d.hour}:{d:%M:%S}',
     "4 (rating_date) and 5 (rating_time)"),
    ("date_day,date_month,date_year,date_hour,date_minute,date_second",
     "{d.day},{d.month},{d.year},{d.hour},{d.minute},{d.second}",
     "6 (date_year), 5 (date_month), 4 (date_day), 7 (date_hour), 8 (date_minute) and"
     " 9 (date_second)"),
    ("year,month,day,hour,minute,second",
     "{d.year}.0,{d.month:02},{d.day},{d.hour}.0,{d.minute},{d.second}",
     "4 (year), 5 (month), 6 (day), 7 (hour), 8 (minute) and 9 (second)"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "pattern", "told"), TIME_COLUMNS)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "frame"])
def test_a_time_in_several_columns_is_joined(
    header: str, pattern: str, told: str, kind: str, tmp_path: Path
) -> None:
    days = pd.date_range("1999-12-25 07:08:09", periods=300, freq="31h7min11s", tz="UTC")
    rows = [f"{n},{n % 7},{n % 5 + 1}," + pattern.format(d=day) for n, day in enumerate(days)]
    path = tmp_path / f"r.{kind}"
    path.write_text("\n".join([f"user,item,rating,{header}", *rows, ""]))
    frame = pd.read_csv(path)
    if kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif kind == "parquet":
        frame.to_parquet(path)
    if kind == "frame":
        with pytest.warns(UserWarning, match="joined to the time"):
            times = cftui.from_frame(frame).to_frame()["timestamp"]
        assert pd.to_datetime(times, unit="s", utc=True).tolist() == days.tolist()
        return
    ratings = open_ratings(path)
    assert ratings.timestamp is not None and ratings.untimed == 0
    assert ratings.timestamp.tolist() == days.as_unit("s").astype("int64").tolist()
    assert ratings.warnings[0] == f"columns {told} are joined to the time"
    again = preview(path).mapping  # what the Data pane gives back
    assert open_ratings(path, again).timestamp.tolist() == ratings.timestamp.tolist()


def test_what_lacks_of_a_joined_time_is_unknown_or_midnight(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(TWO_TIMES + "3,2,4,2015-01-03,\n4,2,4,,10:00\n5,2,4,2015-01-03, 1:02:03 \n")
    ratings = open_ratings(path)
    assert ratings.timestamp is not None
    assert ratings.timestamp.tolist() == [
        *(seconds(f"2015-01-0{n} {clock}") for n, clock in ((1, "10:07"), (2, "09:07"), (3, ""))),
        UNKNOWN_TIME,
        seconds("2015-01-03 01:02:03"),
    ]
    for column, first in (("date", "2015-01-01"), ("4+5", "2015-01-01 10:07"), ("none", "")):
        asked = open_ratings(path, ColumnMapping(timestamp=column)).timestamp
        assert (asked is None and not first) or asked[0] == seconds(first)
    with pytest.raises(DataError, match=r"a time of 4 columns: give a date and a time of day"):
        open_ratings(path, ColumnMapping(timestamp="date+time+1+2"))
    with pytest.raises(DataError, match="no column 'hour' for timestamp"):
        open_ratings(path, ColumnMapping(timestamp="date+hour"))


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("release_year,release_month,release_day", "1999,3,7", ""),
        ("year,month,day", "1,13,99", "--timestamp-column year+month+day joins them"),
        ("date,time", "7,10:07:00", "could both be the time; 4 is taken"),
        ("date,time", "2015-01-01 10:07,11:00", "could both be the time; 4 is taken"),
        ("date,time", "2015-01-01,1300000000", "could both be the time; 4 is taken"),
        ("timestamp,date,time", "1300000000,2015-01-01,10:07", ""),
    ],
)
def test_other_columns_are_not_joined(header: str, row: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text(f"userID,movieID,rating,{header}\n1,2,3,{row}\n")
    assert told in " ".join(open_ratings(path).warnings)
    assert "joined" not in " ".join(open_ratings(path).warnings)
    assert bool(told) or not open_ratings(path).warnings


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
