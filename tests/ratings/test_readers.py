from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest

from cftui.paths import BUNDLED, bundled_folder
from cftui.questions.data import Problem
from cftui.ratings.reading import blocks
from cftui.ratings.reading.intake import Intake
from cftui.ratings.reading.rows import Rows
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.store import open_ratings
from cftui.ratings.values import DataError, Ratings

Write = Callable[..., Path]

HEADER = "userId,movieId,rating,timestamp\n"


def pairs(ratings: Ratings) -> list[tuple[str, str, float]]:
    """Return the ratings by their ids, in the store's order."""
    return [
        (ratings.users.id_of(user), ratings.items.id_of(item), float(value))
        for user, item, value in zip(ratings.user, ratings.item, ratings.value, strict=True)
    ]


def test_the_bundled_ratings_are_those_of_the_file(bundled: Ratings) -> None:
    raw = pd.read_csv(bundled_folder() / BUNDLED / "ratings.csv")
    assert isinstance(bundled.users.ids, np.ndarray)
    assert isinstance(bundled.items.ids, np.ndarray)
    np.testing.assert_array_equal(bundled.users.ids, raw.userId.unique())
    np.testing.assert_array_equal(bundled.items.ids, raw.movieId.unique())
    np.testing.assert_array_equal(bundled.users.ids[bundled.user], raw.userId)
    np.testing.assert_array_equal(bundled.items.ids[bundled.item], raw.movieId)
    np.testing.assert_array_equal(bundled.value, raw.rating)
    np.testing.assert_array_equal(bundled.timestamp, raw.timestamp)
    assert bundled.mean == pytest.approx(raw.rating.mean(), abs=1e-12)


def test_many_chunks_give_what_one_gives(
    bundled: Ratings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 7_001)
    again = open_ratings(bundled_folder() / BUNDLED)
    assert again.path != bundled.path
    assert again.fingerprint == bundled.fingerprint


def test_columns_are_found_by_name(write: Write) -> None:
    source = write("Note,RATING,timestamp,MovieId, userid\nx,3.5,9,b,a\ny,4,8,c,a\n")
    ratings = open_ratings(source)
    assert pairs(ratings) == [("a", "b", 3.5), ("a", "c", 4.0)]
    assert list(ratings.timestamp) == [9, 8]


def test_a_file_without_timestamps_has_none(write: Write) -> None:
    ratings = open_ratings(write("userId,movieId,rating\n1,2,3\n"))
    assert ratings.timestamp is None
    assert pairs(ratings) == [("1", "2", 3.0)]
    assert ratings.step is None


def test_a_path_to_any_csv_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("userId,movieId,rating\n1,2,3\n")
    assert open_ratings(path).name == "votes"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_byte_order_mark_do_not_matter(write: Write, ending: str) -> None:
    text = "\ufeff" + f"{HEADER}1,2,3,4\n\n5,6,x,8\n9,2,1,4".replace("\n", ending)
    ratings = open_ratings(write(text))
    assert pairs(ratings) == [("1", "2", 3.0), ("9", "2", 1.0)]
    assert ratings.problems == (Problem(4, "rating", "x", "not a number"),)


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (["7", "10"], ["7", "10"]),
        (["007", "7"], ["007", "7"]),
        (["1.0", "2"], ["1.0", "2"]),
        (["-0", "0"], ["-0", "0"]),
        (["+7", "7"], ["+7", "7"]),
        (["9223372036854775808", "1"], ["9223372036854775808", "1"]),
        (["NA", "null"], ["NA", "null"]),
        (["True", "1e3"], ["True", "1e3"]),
        (["a\0b", "a\0c"], ["a\0b", "a\0c"]),
        (['"a,b"', "ü"], ["a,b", "ü"]),
        ([" 7", "8 "], ["7", "8"]),
    ],
)
def test_ids_are_kept_as_written(write: Write, ids: list[str], kept: list[str]) -> None:
    ratings = open_ratings(write(HEADER + "".join(f"{own},{own},3,1\n" for own in ids)))
    assert [ratings.users.id_of(code) for code in range(ratings.n_users)] == kept
    assert [ratings.items.code_of(own) for own in kept] == [0, 1]


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        ("1,2,five,4", "rating", "five", "not a number"),
        ("1,2,nan,4", "rating", "nan", "not a number"),
        ("1,2,-inf,4", "rating", "-inf", "not finite"),
        ("1,2,1e39,4", "rating", "1e39", "too large"),
        ("1,2,4/0,4", "rating", "4/0", "not a number"),
        ("1,2,,4", "rating", "", "missing"),
        (",2,3,4", "userId", "", "missing"),
        ("1, ,3,4", "movieId", " ", "missing"),
        ("1,2,3", "timestamp", "", "missing: 3 of 4 fields"),
        ("1,2", "rating", "", "missing: 2 of 4 fields"),
        ("1,2,3,5,4", "beyond the last", "4", "more fields than there are columns"),
        ("1,2,3,5,4,6,7", "beyond the last", "4", "more fields than there are columns"),
    ],
)
def test_an_unusable_row_is_left_out_and_told(
    write: Write, row: str, column: str, value: str, reason: str
) -> None:
    ratings = open_ratings(write(f"{HEADER}1,1,3,1\n{row}\n2,2,4,2\n"))
    assert pairs(ratings) == [("1", "1", 3.0), ("2", "2", 4.0)]
    assert list(ratings.timestamp) == [1, 2]
    assert ratings.unusable_rows == 1
    assert ratings.problems == (Problem(3, column, value, reason),)


def test_all_problems_are_counted_and_the_first_20_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 100)
    rows = [f"{n},1,{'x' if n % 3 == 0 else 3},1" for n in range(2, 302)]
    ratings = open_ratings(write(HEADER + "\n".join(rows)))
    assert ratings.unusable_rows == 100
    assert [problem.line for problem in ratings.problems] == list(range(3, 63, 3))


def test_lines_are_true_after_fields_with_line_breaks(write: Write) -> None:
    text = 'userId,note,movieId,rating\n1,"two\nlines",2,3\n2,,3,x\n3,"a\n\nb",4,y\n4,,5,z\n'
    ratings = open_ratings(write(text))
    assert [(p.line, p.value) for p in ratings.problems] == [(4, "x"), (5, "y"), (8, "z")]


def test_a_row_swallowed_by_a_stray_quotation_mark_is_told(write: Write) -> None:
    inside = "8,8,3,1\n" * 30_000
    ratings = open_ratings(write(f'{HEADER}1,2,3,4\n1,"3,3,4\n{inside}",3,4\n2,2,x,4\n'))
    assert pairs(ratings) == [("1", "2", 3.0)]
    assert [problem.line for problem in ratings.problems] == [3, 30_005]
    assert "quotation mark" in ratings.problems[0].reason


def test_too_many_fields_in_the_first_row_are_told(write: Write) -> None:
    ratings = open_ratings(write(HEADER + "1,2,3,4,5,6,7\n1,2,3,4,\n1,3,4,4\n"))
    assert pairs(ratings) == [("1", "2", 3.0), ("1", "3", 4.0)]
    assert [problem.line for problem in ratings.problems] == [2]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("1,2,3,10\n1,3,1,1\n1,2,4,20\n", [("1", "3", 1.0), ("1", "2", 4.0)]),
        ("1,2,3,20\n1,3,1,1\n1,2,4,10\n", [("1", "2", 3.0), ("1", "3", 1.0)]),
        ("1,2,3,10\n1,2,5,10\n1,2,4,10\n", [("1", "2", 4.0)]),
    ],
)
def test_of_duplicates_the_latest_stays(
    write: Write, rows: str, kept: list[tuple[str, str, float]]
) -> None:
    ratings = open_ratings(write(HEADER + rows))
    assert pairs(ratings) == kept
    assert ratings.duplicates == rows.count("\n") - len(kept)
    assert list(ratings.item) == sorted(ratings.item)  # codes by first appearance of what stays


def test_of_duplicates_among_very_many_users_and_items_the_latest_stays(write: Write) -> None:
    """Of pairs counted in 32 bits, user 65,536's would be user 0's."""
    rows = [f"{n},{n % 65_536},3,{n}" for n in range(66_000)]
    rows += [f"{n},{n % 65_536},4,{n + n % 2 * 2 - 1}" for n in range(0, 66_000, 999)]
    ratings = open_ratings(write(HEADER + "\n".join(rows)))
    assert len(ratings.value) == 66_000
    assert ratings.duplicates == 67
    later = ratings.users.ids[ratings.user[ratings.value == 4]]
    assert sorted(later.tolist()) == list(range(999, 66_000, 1998))


def test_without_timestamps_the_last_line_stays(write: Write) -> None:
    ratings = open_ratings(write("userId,movieId,rating\n1,2,3\n4,2,1\n1,2,5\n"))
    assert pairs(ratings) == [("4", "2", 1.0), ("1", "2", 5.0)]


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (["0.5", "5", "3"], 0.5),
        (["1", "2", "4"], 1.0),
        (["3.7", "3.9", "-0.1"], 0.2),
        (["10", "40", "100"], 30.0),
        (["3", "3"], None),
        (["0", "0.1234567", "1000"], None),
    ],
)
def test_the_step_divides_every_difference(
    write: Write, values: list[str], step: float | None
) -> None:
    rows = "".join(f"{n},1,{value}\n" for n, value in enumerate(values))
    assert open_ratings(write("userId,movieId,rating\n" + rows)).step == step


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["ratings.csv: the file is empty"]),
        ("\n\n", ["the file is empty"]),
        ("x" * 100_000, ["line 1", "too long for a header"]),
        (HEADER, ["a header and no ratings"]),
        (HEADER.strip(), ["a header and no ratings"]),
        ("userId,movieId\n1,2\n", ["line 1", "2 columns", "--separator"]),
        ("1,31,2.5,7\n1,32,3,8\n", ["no header", "no column for rating", "--rating-column"]),
        (
            "userId,customer,movieId,rating\n",
            ["line 1", "columns 1 (userId) and 2 (customer) could both", "--user-column"],
        ),
        (HEADER + "1,2,x,4\n", ["line 2", "rating 'x': not a number", "none of the 1 rows"]),
        (HEADER.encode() + b"1,2,3,4\n1,\0\xfe,3,4\n", ["line 3", "not UTF-8", "save the file"]),
        ("userId,movieId,rating\n".encode("utf-16-le"), ["not text", "save it as UTF-8"]),
        (HEADER + '1,2,3,4\n5,"6,7,8\n9,1,2,3\n', ["line 3", "quotation mark", "close"]),
    ],
)
def test_a_broken_file_is_refused_with_the_remedy(
    write: Write, text: str | bytes, words: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        open_ratings(write(text))
    assert all(word in str(caught.value) for word in ["ratings.csv", *words]), caught.value


@pytest.mark.parametrize(
    ("time", "dated"),
    [("499999999", False), ("500000000", True), ("100000000000", True), ("100000000001", False)],
)
def test_without_a_header_seconds_from_1985_to_5138_tell_the_fourth_column(
    write: Write, time: str, dated: bool
) -> None:
    """A count is smaller, milliseconds are more."""
    source = write(f"7,31,2.5,{time}\n7,32,3,{time}\n8,31,4,{time}\n")
    if not dated:
        with pytest.raises(DataError, match="no header"):
            open_ratings(source)
        return
    ratings = open_ratings(source)
    assert ratings.timestamp is not None and set(ratings.timestamp.tolist()) == {int(time)}
    assert pairs(ratings) == [("7", "31", 2.5), ("7", "32", 3.0), ("8", "31", 4.0)]


def no_rows(unusable: int) -> Rows:
    problem = Problem(2, "rating", "x", "not a number")
    return replace(some_rows([]), unusable=unusable, problems=(problem,))


def some_rows(ids: list[str]) -> Rows:
    own = pyarrow.array(ids, pyarrow.string()).dictionary_encode()
    return Rows(own, own, np.ones(len(ids), np.float32), np.ones(len(ids), np.int64))


def test_a_million_rows_without_a_rating_are_enough(tmp_path: Path) -> None:
    intake = Intake(ArchivePart(tmp_path / "ratings.csv"))
    intake.add(no_rows(999_999))
    with pytest.raises(DataError, match="none of the first 1,000,000 rows is usable"):
        intake.add(no_rows(1))


def test_after_one_rating_any_number_of_other_rows_is_passed_over(tmp_path: Path) -> None:
    intake = Intake(ArchivePart(tmp_path / "ratings.csv"))
    intake.add(some_rows(["1"]))
    intake.add(no_rows(2_000_000))
    assert intake.finish(dated=True).unusable_rows == 2_000_000


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file; give the path"):
        open_ratings(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match=r"no ratings\.csv in this folder"):
        open_ratings(tmp_path)
    with pytest.raises(DataError, match="not a regular file"):
        open_ratings(Path("/dev/null"))
    ring = tmp_path / "ring"
    ring.symlink_to(ring)
    with pytest.raises(DataError, match=r"ring: .*; give"):
        open_ratings(ring)


def test_titles_are_kept_exactly(write: Write) -> None:
    movies = (
        'movieId,title,genres\n2,"Odd, [b]one[/b]\x1b ",A|B\n3,,(no genres listed)\n9,Other,C\n'
    )
    items = open_ratings(write(HEADER + "1,2,3,4\n1,3,3,4\n1,4,3,4\n", movies)).items
    assert items.titles() == ["Odd, [b]one[/b]\x1b ", "3", "4"]
    assert [items.genres_of(code) for code in range(3)] == ["A|B", "", ""]


@pytest.mark.parametrize(
    ("movies", "words"),
    [
        ("", "no table with a column of ids"),
        ("year,genres\n1,x\n", "no table with a column of ids"),
        ("movieId,name\n1,x\n", "0 of 1 items occur"),
        ("movieId,title\n2," + "x" * 200_000, "after line 1: field larger"),
    ],
)
def test_a_broken_titles_file_does_not_stop_the_ratings(
    write: Write, movies: str | bytes, words: str
) -> None:
    ratings = open_ratings(write(HEADER + "1,2,3,4\n", movies))
    assert ratings.items.title_of(0) == "2"
    assert len(ratings.warnings) == 1
    assert words in ratings.warnings[0]
    assert "movies.csv" in ratings.warnings[0]


def test_progress_ends_at_the_size_of_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 50_000)
    source = write(HEADER + "".join(f"{n},1,3,1\n" for n in range(100_000)))
    told: list[tuple[int, int]] = []
    open_ratings(source, progress=lambda done, total: told.append((done, total)))
    size = (source / "ratings.csv").stat().st_size
    assert told == sorted(told)
    assert told[0][0] < size
    assert told[-1] == (size, size)
