"""Which columns mean what: recognised, asked for, or refused with the remedy."""

import json
import shutil
from pathlib import Path

import pytest
from small import here

from cftui import paths
from cftui.questions.data import ColumnMapping, FilePreview
from cftui.ratings.reading.columns import find_columns
from cftui.ratings.reading.preview import preview
from cftui.ratings.store import find_store, open_ratings
from cftui.ratings.values import DataError
from cftui.runs.find import find_run

ALL = ("user", "item", "rating", "timestamp")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("userId,movieId,rating,timestamp", (0, 1, 2, 3)),
        ("date,stars,text,business_id,user_id", (4, 3, 1, 0)),
        ("User-ID,ISBN,Book-Rating", (0, 1, 2)),
        ("reviewerID,asin,reviewText,overall,unixReviewTime,reviewTime", (0, 1, 3, 4)),
        ("uid,username,anime_id,score", (0, 2, 3)),
        ("Customer Id,Product Id,Score,Created At", (0, 1, 2, 3)),
        ("index,user,item,value,time", (1, 2, 3, 4)),
    ],
)
def test_usual_names_are_known(names: str, found: tuple[int, ...]) -> None:
    guess = find_columns(names.split(","), ColumnMapping())
    assert guess.problem == ""
    assert guess.places == dict(zip(ALL, found, strict=False))


@pytest.mark.parametrize(
    ("names", "mapping", "words"),
    [
        ("a,b,c", ColumnMapping(), "no column for user and item and rating among 'a, b, c'"),
        ("a,b,c", ColumnMapping("a", "b", "d"), "no column 'd' for rating among 'a, b, c'"),
        ("a,b,c", ColumnMapping("a", "b", "4"), "no column '4' for rating"),
        ("a,b,c", ColumnMapping("a", "b", "0"), "no column '0' for rating"),
        ("a,b,c", ColumnMapping("a", "a", "c"), "'a' cannot be both user and item"),
        (
            "user,customer,item,score",
            ColumnMapping(),
            "columns 1 (user) and 2 (customer) could both",
        ),
        ("a,A,item,score", ColumnMapping("a"), ""),
        ("a,A,item,score", ColumnMapping(" A "), ""),
        ("b,b,item,score", ColumnMapping("b"), "columns 1 and 2 are all called 'b'; give the num"),
        ("b,b,item,score", ColumnMapping("2"), ""),
        ("2,1,item,score", ColumnMapping("1"), ""),
    ],
)
def test_what_is_asked_for_is_taken_or_refused(
    names: str, mapping: ColumnMapping, words: str
) -> None:
    problem = find_columns(names.split(","), mapping).problem
    assert words in problem and bool(words) == bool(problem)
    assert not words or "--" in problem


@pytest.mark.parametrize("separator", ["ab", "x", "7", '"', "\n", "é", "::::"])
def test_a_separator_that_cannot_be_is_refused(separator: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,item,rating\n1,2,3\n")
    with pytest.raises(DataError, match=r"a\.csv: separator .* cannot be used; give one of"):
        open_ratings(path, ColumnMapping(separator=separator))


@pytest.mark.parametrize("asked", ["tab", "\\t", "\t"])
def test_a_tab_can_be_said_in_a_shell(asked: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,x\titem\trating\n1\t2\t3\n")
    assert len(open_ratings(path, ColumnMapping(user="1", separator=asked))) == 1


def test_each_mapping_has_a_store_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,item,mood,score\n1,2,3,4\n")
    one = open_ratings(path)
    other = open_ratings(path, ColumnMapping(rating="mood"))
    assert (one.low, other.low) == (4.0, 3.0)
    assert find_store(path) == one.path
    assert find_store(path, ColumnMapping(rating="mood")) == other.path


@pytest.mark.parametrize("odd", ["1300000000", "2011-03-13", "4"])
def test_a_column_with_a_time_in_it_is_not_left_over_for_the_rating(odd: str) -> None:
    rows = [("1", "2", "3"), ("2", "2", "5"), ("3", "4", odd), ("4", "4", "1")]
    guess = find_columns(("user", "item", "mark"), ColumnMapping(), rows=rows)
    assert guess.places.get("rating") == (2 if odd == "4" else None)
    assert ("no column for rating" in guess.problem) == (odd != "4")


def test_a_look_completes_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("who;item;score;when\n1;2;3,5;4\n2;2;4;5\n")
    seen = preview(path, ColumnMapping(user="who"))
    assert seen == FilePreview(
        source=str(path),
        format="text with semicolons between columns",
        encoding="utf-8",
        separator=";",
        has_header=True,
        columns=("who", "item", "score", "when"),
        rows=(("1", "2", "3,5", "4"), ("2", "2", "4", "5")),
        mapping=ColumnMapping("who", "item", "score", "", ";"),
    )
    unsure = preview(path)
    assert unsure.mapping == ColumnMapping("", "item", "score", "", ";")
    assert "line 1: no column for user among 'who, item" in unsure.problem
    assert "--user-column" in unsure.problem


def test_a_run_remembers_its_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "votes.txt"
    rows = [f"{n % 11}^{n % 7}^{n % 5 + 1}^{n}" for n in range(300)]
    path.write_text("who^what^mark^no\n" + "\n".join(rows))
    options = ["--user-column", "who", "--item-column", "2", "--rating-column", "mark"]
    assert here("data", "ingest", str(path), *options, "--separator", "^", "--json") == 0
    store = json.loads(capsys.readouterr().out.splitlines()[-1])["store"]
    settings = ("user=who", "item=2", "rating=mark", "separator=^")
    chosen = [word for setting in settings for word in ("--set", f"data.{setting}")]
    train = ["train", "--data", str(path), *chosen, "--epochs", "1", "--factors", "4"]
    assert here(*train, "--device", "cpu", "--id", "r") == 0
    run = find_run("r")
    assert run.config().data.mapping == ColumnMapping("who", "2", "mark", "", "^")
    assert run.record().store == store
    shutil.rmtree(paths.stores_folder())  # stores may be deleted at any time
    capsys.readouterr()
    assert here("predict", "--user", "3", "--item", "3", "--run", "r") == 0
