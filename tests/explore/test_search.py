"""Which titles come first, which are merely near, and what is told of those that are alike."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cftui.explore.search import find_item, find_items, find_users
from cftui.questions.errors import Ambiguous
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

Rated = Callable[[Mapping[str, int]], Ratings]


@pytest.fixture
def rated(tmp_path: Path) -> Rated:
    """Give a function that makes ratings: items from id 1 on, by title, with so many ratings."""

    def make(titles: Mapping[str, int]) -> Ratings:
        lines = enumerate(titles.items(), start=1)
        named, rows = ["movieId,title"], ["userId,movieId,rating"]
        for item, (title, n) in lines:
            named.append(f'{item},"{title}"')
            rows += [f"{user + 1},{item},3" for user in range(n)]
        (tmp_path / "movies.csv").write_text("\n".join(named) + "\n")
        (tmp_path / "ratings.csv").write_text("\n".join(rows) + "\n")
        return open_ratings(tmp_path)

    return make


def titles_of(ratings: Ratings, text: str, limit: int = 9) -> list[str]:
    return [row.title for row in find_items(ratings, text, limit)]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        # where a title begins so, before its words elsewhere
        ("matr", ["Matrix, The", "Dead Matrix"]),
        ("the mat", ["Matrix, The", "Mat of the Cat"]),
        # the beginnings of words, before the middle of one
        ("war", ["Star Wars", "Dwarfs"]),
        # an equal title, before one that begins so; its article may be left out
        ("cat", ["Cat, The", "Catwoman", "Mat of the Cat"]),
        # what nobody can type comes where its ratings put it
        ("", ["Catwoman", "Dwarfs", "Dead Matrix", "Mat of the Cat", "!!!"]),
    ],
)
def test_how_well_a_title_fits_decides_before_how_often_it_was_rated(
    rated: Rated, text: str, order: list[str]
) -> None:
    counts = {"!!!": 4, "Matrix, The": 1, "Star Wars": 2, "Cat, The": 3}
    counts |= {"Mat of the Cat": 6, "Dead Matrix": 7, "Dwarfs": 8, "Catwoman": 9}
    assert titles_of(rated(counts), text, 5)[: len(order)] == order


def test_near_titles_follow_those_that_fit_from_six_letters_on(rated: Rated) -> None:
    ratings = rated({"Loves Me": 1, "Lovers": 1, "Lover Boy": 1})
    assert titles_of(ratings, "loves") == ["Loves Me"]  # Lovers is as near as 80 in a hundred
    first, *near = titles_of(ratings, "lovers")
    assert first == "Lovers" and set(near) == {"Loves Me", "Lover Boy"}
    assert set(titles_of(ratings, "lxver")) == {"Lovers", "Lover Boy"}  # where nothing fits


def test_two_letters_are_near_to_nothing(rated: Rated) -> None:
    ratings = rated({"Up": 1, "Upper": 1})
    assert titles_of(ratings, "pu") == []


def test_a_short_title_within_a_long_text_is_not_near(rated: Rated) -> None:
    ratings = rated({"Abcde": 1, "Other": 1})
    assert titles_of(ratings, "xxabcdexx") == ["Abcde"]
    assert titles_of(ratings, "xxabcdexxx") == []  # half as long as the text


def test_of_near_titles_the_nearest_is_meant(rated: Rated) -> None:
    ratings = rated({"Abcdefghij": 5, "Abxdefghij": 1})
    assert ratings.items.title_of(find_item(ratings, "abxdefghxj")) == "Abxdefghij"
    with pytest.raises(Ambiguous, match="several titles fit"):
        find_item(ratings, "abydefghij")


def test_ten_of_many_equal_titles_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    def said(n: int) -> list[str]:
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "movies.csv").write_text(
            "movieId,title\n" + "".join(f"{item},Same\n" for item in range(n))
        )
        (folder / "ratings.csv").write_text(
            "userId,movieId,rating\n" + "".join(f"1,{item},3\n" for item in range(n))
        )
        with pytest.raises(Ambiguous) as several:
            find_item(open_ratings(folder), "same")
        return str(several.value).splitlines()[1:]

    assert said(10) == [f"  {item}  Same" for item in range(10)]
    assert said(12) == [*(f"  {item}  Same" for item in range(10)), "  and 2 more"]


def test_an_id_is_listed_before_the_titles_that_hold_it_and_once(rated: Rated) -> None:
    ratings = rated({"Other": 1, "2 Guns": 1, "2 Fast": 3})
    assert titles_of(ratings, "2") == ["2 Guns", "2 Fast"]
    assert titles_of(ratings, "2", 1) == ["2 Guns"]
    assert titles_of(ratings, "1") == ["Other"]


def test_a_users_own_id_comes_before_those_that_begin_so(tmp_path: Path) -> None:
    rows = [
        f"{user},{item},3" for user, n in ((1, 1), (12, 5), (13, 4), (2, 9)) for item in range(n)
    ]
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n" + "\n".join(rows) + "\n")
    ratings = open_ratings(tmp_path)

    def told(text: str, limit: int) -> list[str]:
        return [row.user for row in find_users(ratings, text, limit)]

    assert told("1", 9) == ["1", "12", "13"]
    assert [told("1", limit) for limit in (1, 2)] == [["1"], ["1", "12"]]
    assert told("12", 9) == ["12"] and told("", 2) == ["2", "12"]
