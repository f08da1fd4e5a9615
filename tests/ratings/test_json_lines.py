"""JSON lines as they are published and as they are damaged."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cftui
from cftui.questions.data import ColumnMapping, Problem
from cftui.ratings.reading import blocks, json_array
from cftui.ratings.reading.preview import preview
from cftui.ratings.store import open_ratings
from cftui.ratings.values import DataError, Ratings

Triple = tuple[str, str, float]

AMAZON_2014 = {
    "reviewerID": "A6X", "asin": "B0101", "reviewerName": "N N", "helpful": [0, 0],
    "reviewText": 'good, "very"', "overall": 5.0, "unixReviewTime": 1300000000,
    "reviewTime": "02 28, 2014",
}  # fmt: skip
AMAZON_2023 = {
    "rating": 5.0, "title": "Such a scent", "text": "Good\n\nVery", "images": [],
    "asin": "B0101", "parent_asin": "B0100", "user_id": "A6X", "timestamp": 1588687728,
    "helpful_vote": 0, "verified_purchase": True,
}  # fmt: skip
YELP = {
    "review_id": "Ku_O5", "user_id": "A6X", "business_id": "B0101", "stars": 5.0,
    "useful": 0, "funny": 0, "cool": 0, "text": "If", "date": "2018-07-07 22:09:11",
}  # fmt: skip


def lines(*objects: object) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def rows_of(ratings: Ratings) -> list[Triple]:
    found = zip(ratings.user, ratings.item, ratings.value.tolist(), strict=True)
    return [(ratings.users.id_of(u), ratings.items.id_of(i), value) for u, i, value in found]


@pytest.mark.parametrize(
    ("review", "columns", "time"),
    [
        (AMAZON_2014, ("reviewerID", "asin", "overall", "unixReviewTime"), 1300000000),
        (AMAZON_2023, ("user_id", "parent_asin", "rating", "timestamp"), 1588687728),
        (YELP, ("user_id", "business_id", "stars", "date"), 1531001351),
    ],
)
def test_reviews_of_the_field_open_as_they_are(
    review: dict[str, object], columns: tuple[str, ...], time: int, tmp_path: Path
) -> None:
    path = tmp_path / "reviews.jsonl.gz"
    path.write_bytes(gzip.compress(lines(review, {**review, columns[0]: "A7X"}).encode()))
    ratings = open_ratings(path)
    item = str(review[columns[1]])
    assert rows_of(ratings) == [("A6X", item, 5.0), ("A7X", item, 5.0)]
    assert list(ratings.timestamp) == [time, time]
    seen = preview(path)
    mapped = (seen.mapping.user, seen.mapping.item, seen.mapping.rating, seen.mapping.timestamp)
    assert (seen.format, seen.packed, seen.problem, mapped) == ("JSON lines", "gzip", "", columns)
    assert seen.columns == tuple(review)
    assert len(seen.rows) == 2 and seen.rows[0][seen.columns.index(columns[1])] == item


def test_a_mapping_names_values(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text(lines(AMAZON_2023))
    ratings = open_ratings(path, ColumnMapping(item="parent_asin"))
    assert rows_of(ratings) == [("A6X", "B0100", 5.0)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"user": 1, "item": 2, "rati', ("the line", '{"user": 1, "item": 2, "rati', "JSON obj")),
        ("[1, 2, 3]", ("the line", "[1, 2, 3]", "not a JSON object")),
        ("nonsense", ("the line", "nonsense", "not a JSON object")),
        ('{"user": 1}{"user": 2}', ("the line", '{"user": 1}{"user": 2}', "not a JSON object")),
        ('{"user": 1, "rating": 3}', ("item", "", "missing")),
        ('{"user": 1, "item": null, "rating": 3}', ("item", "", "missing")),
        ('{"user": " ", "item": 2, "rating": 3}', ("user", " ", "missing")),
        ("{}", ("user", "", "missing")),
        ('{"user": 1, "item": 2, "rating": "five"}', ("rating", "five", "not a number")),
        ('{"user": 1, "item": 2, "rating": true}', ("rating", "True", "neither a number")),
        ('{"user": [1], "item": 2, "rating": 3}', ("user", "[1]", "neither a number")),
        ('{"user": "\\ud800", "item": 2, "rating": 3}', ("user", "'\\ud800'", "neither")),
        ('{"user": 1, "item": 2, "rating": 1e400}', ("rating", "inf", "not finite")),
        ('{"user": 1, "item": 1e400, "rating": 3}', ("item", "inf", "not finite")),
        ("[" * 5000, ("the line", "[" * 200, "not a JSON object")),
    ],
)
def test_an_unusable_line_is_left_out_and_told(
    line: str, problem: tuple[str, str, str], tmp_path: Path
) -> None:
    good = (
        lines({"user": 7, "item": "a", "rating": 3}),
        lines({"user": 8, "item": "b", "rating": 4}),
    )
    path = tmp_path / "reviews.json"
    path.write_text(f"{good[0]}\n{line}\n{good[1]}")
    ratings = open_ratings(path)
    assert rows_of(ratings) == [("7", "a", 3.0), ("8", "b", 4.0)]
    (told,) = ratings.problems
    assert (told.line, told.column, told.value) == (3, *problem[:2])
    assert problem[2] in told.reason


def test_a_file_cut_off_within_a_line_has_one_unusable_row(tmp_path: Path) -> None:
    text = lines(*({"user": n, "item": n % 7, "rating": n % 5 + 1} for n in range(1000)))
    path = tmp_path / "reviews.jsonl"
    path.write_text(text[:-9])
    ratings = open_ratings(path)
    assert len(ratings.value) == 999
    assert [problem.line for problem in ratings.problems] == [1000]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lines({"a": 1, "b": 2}), ["no column for user and item and rating", "'a, b'"]),
        (lines({"user": 1, "uid": 1, "item": 2, "rating": 3}), ["could both be the user"]),
        (lines({"user": 1, "item": 2, "rating": "x"}), ["line 1: rating 'x': not a number"]),
        ('{\n"user": 1,\n"item": 2}\n', ["this is JSON", "export"]),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    text: str, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        open_ratings(path)
    assert all(word in str(caught.value) for word in ["reviews.jsonl", *words]), caught.value


IDS = st.sampled_from([1, 7, 7.0, 2.5, "7", "007", " 7 ", "a", "\u00e9\u65e5", "x\0", -1, 2**70])
OBJECTS = st.fixed_dictionaries(
    {"user": IDS, "item": IDS, "rating": st.sampled_from([1, 4.5, "3", "4,5"])},
    optional={"note": st.sampled_from([None, {"user": 5}, ["}\n{"], 'a "b"'])},
)


@settings(
    derandomize=True, max_examples=100, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(objects=st.lists(OBJECTS, min_size=1, max_size=12))
def test_whole_blocks_come_to_what_lines_do(
    objects: list[dict[str, object]], tmp_path: Path
) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text(lines(*objects), encoding="utf-8")
    expected: dict[tuple[str, str], float] = {}
    for one in objects:
        pair = as_text(one["user"]), as_text(one["item"])
        expected.pop(pair, None)
        expected[pair] = float(str(one["rating"]).replace(",", "."))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 150)
        ratings = open_ratings(path)
    assert rows_of(ratings) == [(*pair, value) for pair, value in expected.items()]
    assert ratings.problems == ()


def as_text(own: object) -> str:
    return str(int(own) if isinstance(own, float) and own == int(own) else own).strip()


def test_problems_come_with_true_lines_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 500)
    path = tmp_path / "reviews.jsonl"
    objects = [{"user": n, "item": 1, "rating": "x" if n in (41, 950) else 3} for n in range(1000)]
    path.write_text(lines(*objects))
    ratings = open_ratings(path)
    assert len(ratings.value) == 998
    assert ratings.problems == tuple(
        Problem(line, "rating", "x", "not a number") for line in (42, 951)
    )


SPREAD = [
    {"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t", "ensure_ascii": False},
]  # fmt: skip


@settings(
    derandomize=True, max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    objects=st.lists(OBJECTS, min_size=1, max_size=12),
    spread=st.sampled_from(SPREAD),
    block=st.sampled_from([7, 150, 1 << 20]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_an_array_comes_to_what_lines_do(
    objects: list[dict[str, object]], spread: dict[str, Any], block: int, codec: str, tmp_path: Path
) -> None:
    array, line = tmp_path / "reviews.json", tmp_path / "reviews.jsonl"
    array.write_bytes(json.dumps(objects, **spread).encode(codec))
    line.write_text(lines(*objects))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        found = open_ratings(array)
    expected = open_ratings(line)
    assert rows_of(found) == rows_of(expected)
    assert found.problems == () and found.warnings == expected.warnings
    assert preview(array).format == "JSON array" and preview(array).problem == ""


ONE = '{"user": 7, "item": "a", "rating": 3, "note": "x}, {y"}'
OTHER = '{"user": 8, "item": "b", "rating": 4}'


@pytest.mark.parametrize(
    ("middle", "value", "reason"),
    [
        ('{"user": 1, "item": 2, "rati', '{"user": 1, "item": 2, "rati', "not a JSON object"),
        ('{"user": 1, "item": "a\nb", "rating": 3}', '{"user": 1, "item": "a', "not a JSON object"),
        ('{"user": 1, "item": 2, "rating": 3', '{"user": 1, "item": 2, "rating": 3', "not a JSON"),
        ("nonsense", "nonsense, ", "not a JSON object"),
        ("5", "5", "not a JSON object"),
        ("null", "null", "not a JSON object"),
        ('{"user": 1, "rating": 3}', "", "missing"),
        ('{"user": 1, "item": 2, "rating": "five"}', "five", "not a number"),
    ],
)
def test_what_is_unusable_in_an_array_is_told_by_its_number(
    middle: str, value: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_array, "ENOUGH", 20)
    monkeypatch.setattr(blocks, "BLOCK", 50)
    path = tmp_path / "reviews.json"
    path.write_text(f"[{ONE}, {middle}, {OTHER}]")
    ratings = open_ratings(path)
    assert rows_of(ratings) == [("7", "a", 3.0), ("8", "b", 4.0)]
    (told,) = ratings.problems
    assert (told.line, told.counted) == (2, "row")
    assert told.value.startswith(value) and reason in told.reason


def test_an_array_cut_off_has_one_unusable_row_and_is_told(tmp_path: Path) -> None:
    rows = [{"user": n, "item": n % 7, "rating": n % 5 + 1} for n in range(1000)]
    text = json.dumps(rows)
    path = tmp_path / "reviews.json"
    for end, left, unusable in ((-9, 999, [1000]), (-1, 1000, []), (None, 1000, [])):
        path.write_text(text[:end])
        ratings = open_ratings(path)
        assert len(ratings) == left
        assert [problem.line for problem in ratings.problems] == unusable
        told = ("the array is not closed: the file may be cut off",) if end else ()
        assert ratings.warnings == told


def test_an_array_larger_than_a_block_is_read_by_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1 << 12)
    monkeypatch.setattr(blocks, "LONGEST_RECORD", 1 << 14)
    path = tmp_path / "reviews.json"
    rows = [{"user": n, "item": n % 97, "rating": n % 5 + 1} for n in range(5000)]
    path.write_text(json.dumps(rows, indent=1))
    ratings = open_ratings(path)
    assert rows_of(ratings) == [(str(n), str(n % 97), n % 5 + 1.0) for n in range(5000)]
    path.write_text(f"[{ONE}, " + '{"note": "' + "x" * 40_000)
    with pytest.raises(DataError, match=r"reviews.json row 2: longer than 0 MB"):
        open_ratings(path)


def test_a_column_that_alone_is_left_is_the_third_in_json_and_parquet_too(tmp_path: Path) -> None:
    rows = [{"who": f"u{n}", "item": n % 3, "rating": n % 5} for n in range(9)]
    frame, note = pd.DataFrame(rows), "column 'who' is taken for the user"
    paths = [tmp_path / f"r.{end}" for end in ("json", "jsonl", "parquet", "feather", "dta")]
    paths[0].write_text(json.dumps(rows))
    paths[1].write_text(lines(*rows))
    frame.to_parquet(paths[2])
    frame.to_feather(paths[3])
    frame.to_stata(paths[4], write_index=False)
    for path in paths:
        ratings = open_ratings(path)
        assert rows_of(ratings) == [(f"u{n}", str(n % 3), float(n % 5)) for n in range(9)]
        assert note in ratings.warnings[0] and note in preview(path).notes[0]
        assert preview(path).mapping.user == "who"
    with pytest.warns(UserWarning, match=note):
        assert len(cftui.from_frame(frame)) == 9
