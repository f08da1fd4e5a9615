"""JSON lines as they are published and as they are damaged."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cftui.questions.data import ColumnMapping, Problem
from cftui.ratings.reading import blocks
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
