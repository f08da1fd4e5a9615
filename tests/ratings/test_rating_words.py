"""Ratings in words and signs, and values that mean that there is no rating."""

from pathlib import Path

import pytest

from cftui.ratings.reading.rating_words import usual_whole
from cftui.ratings.reading.rows import parse_value
from cftui.ratings.store import open_ratings
from cftui.ratings.values import DataError


@pytest.mark.parametrize(
    ("text", "value"),
    [("5 stars", 5), ("4.5 Stars", 4.5), ("1 star", 1), ("3-star", 3), ("4★", 4), ("4/5", 4),
     ("4 of 5", 4), ("3,5 / 5", 3.5), ("8 out of 10", 8), ("4/5 stars", 4), ("★★★★☆", 4),
     ("★★★½", 3.5), ("☆☆☆☆☆", 0), ("⭐⭐⭐", 3), ("⭐️⭐️", 2), ("★ ★ ★", 3), ("4,5", 4.5),
     ("like", 1), ("Disliked", 0), ("thumbs_up", 1), ("Thumbs down", 0), ("👎", 0),
     ("TRUE", 1), ("False", 0), ("yes", 1), ("No", 0), ("0/5", 0)],
)  # fmt: skip
def test_words_and_signs_that_stand_for_a_number(text: str, value: float) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    "text",
    ["five", "good", "4/0", "7/5", "stars", "4 5", "1/2/2015", "-1/5", "★4★", "y", "NULL", "½½",
     "٤/٥", "4.5.1 stars", "of 5", "maybe"],
)  # fmt: skip
def test_words_that_could_mean_anything_are_no_number(text: str) -> None:
    assert parse_value(text) == "not a number"


def test_ratings_out_of_several_scales_come_to_the_usual_one() -> None:
    texts = ["4/5", "3/5", "8/10"]
    assert usual_whole(texts) == 5
    assert [parse_value(text, 5) for text in texts] == [4, 3, 4]


@pytest.mark.parametrize(
    ("cells", "values", "note"),
    [
        (["5 stars", "3 stars"], [5, 3], "ratings such as '5 stars' are taken as 5"),
        (["like", "dislike"], [1, 0], "ratings such as 'like' are taken as 1"),
        (["4/5", "5/10", "2/5"], [4, 2.5, 2], "all are brought to a scale out of 5"),
    ],
)
def test_a_file_of_them_is_read_and_how_is_told(
    tmp_path: Path, cells: list[str], values: list[float], note: str
) -> None:
    path = tmp_path / "d.csv"
    path.write_text("user,item,rating\n" + "".join(f"{n},1,{c}\n" for n, c in enumerate(cells)))
    ratings = open_ratings(path)
    assert ratings.value.tolist() == values
    assert note in ratings.warnings[0]


def test_what_a_rating_may_look_like_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("user,item,rating\n1,2,good\n")
    with pytest.raises(DataError, match="'good': not a number; a rating is a number, 4/5, 4 stars"):
        open_ratings(path)
