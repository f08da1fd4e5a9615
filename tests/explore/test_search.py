"""Which titles come first, which are merely near, and what is told of those that are alike."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cftui.explore.search import find_item, find_items, find_users, normalise
from cftui.questions.errors import Ambiguous, QuestionError
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings, UnknownId

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


FILMS = {
    "Titanic (1997)": 9,
    "Titanic (1953)": 1,
    "Parasite (1982)": 3,
    "Matrix, The (1999)": 8,
    "Matrix Reloaded, The (2003)": 7,
    "X-Men (2000)": 5,
    "X2: X-Men United (2003)": 4,
    "Death Race 2000 (1975)": 2,
    "Death Race (2008)": 2,
    "2001: A Space Odyssey (1968)": 6,
    "Class (1983)": 2,
    "City of Lost Children, The (Cité des enfants perdus, La) (1995)": 2,
    "Forsyte Saga, The (1967-1969)": 1,
    "1984 (1984)": 2,
    "Babylon": 1,
}


@pytest.fixture
def films(rated: Rated) -> Ratings:
    return rated(FILMS)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("titanic 1997", "Titanic (1997)"),
        ("Titanic (1998)", "Titanic (1997)"),  # one off
        ("1952 titanic", "Titanic (1953)"),
        ("matrix, the", "Matrix, The (1999)"),  # though others begin alike
        ("the MATRIX", "Matrix, The (1999)"),
        ("matrix, the (2000)", "Matrix, The (1999)"),
        ("the matrix 1998", "Matrix, The (1999)"),
        ("matrx 1999", "Matrix, The (1999)"),
        ("reloaded 2003", "Matrix Reloaded, The (2003)"),
        ("death race 2000", "Death Race 2000 (1975)"),  # a year of its own words
        ("death race 2000 1976", "Death Race 2000 (1975)"),
        ("space odyssey 2001", "2001: A Space Odyssey (1968)"),
        ("2001 a space odyssey 1968", "2001: A Space Odyssey (1968)"),
        ("city of lost children, the", next(title for title in FILMS if "City" in title)),
        ("forsyte saga 1968", "Forsyte Saga, The (1967-1969)"),
        ("1984 (1985)", "1984 (1984)"),
    ],
)
def test_a_year_agrees_and_a_title_is_itself(films: Ratings, text: str, title: str) -> None:
    assert films.items.title_of(find_item(films, text)) == title


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("titanic", ["Titanic (1997)", "Titanic (1953)"]),
        ("titanic 1950", ["Titanic (1997)", "Titanic (1953)"]),
        ("1950 titanic", ["Titanic (1997)", "Titanic (1953)"]),
        ("Parasite (2019)", ["Parasite (1982)"]),
        ("X-Men (2003)", ["X-Men (2000)", "X2: X-Men United (2003)"]),
        ("class of 1984", ["Class (1983)"]),  # near, and of a year beside it: not near enough
        ("babylon 2022", ["Babylon"]),  # of no year
    ],
)
def test_candidates_are_told_where_no_year_agrees(
    films: Ratings, text: str, told: list[str]
) -> None:
    with pytest.raises(Ambiguous) as several:
        find_item(films, text)
    assert [line.split("  ")[-1] for line in str(several.value).splitlines()[1:]] == told


@pytest.mark.parametrize("text", ["99999999", "1997", " 42 ", "-3", "+7", "2000"])
def test_a_number_that_is_no_id_is_no_title_either(films: Ratings, text: str) -> None:
    with pytest.raises(UnknownId, match=r"no item .*; ids run from 1 to 15; and no title"):
        find_item(films, text)


def test_a_title_that_is_a_number_is_told_with_its_id(films: Ratings) -> None:
    with pytest.raises(UnknownId, match=r"no item 1984 .*\n  14  1984 \(1984\)$"):
        find_item(films, "1984")


def test_every_title_finds_itself(bundled: Ratings) -> None:
    titles = bundled.items.titles()
    often = Counter(map(normalise, titles))
    for code, title in enumerate(titles):
        if often[normalise(title)] > 1:
            with pytest.raises(Ambiguous, match=re.escape(f"  {bundled.items.id_of(code)}  ")):
                find_item(bundled, title)
        else:
            assert find_item(bundled, title) == code, title


def test_no_title_answers_to_another_year(bundled: Ratings) -> None:
    """A year two off is told; or it is that of another film of the very same name."""
    for title in bundled.items.titles()[::251]:
        dated = re.fullmatch(r"(.*) \((\d{4})\)", title)
        for off in (-2, 2) if dated else ():
            assert dated is not None
            year = int(dated[2]) + off
            try:
                found = bundled.items.title_of(find_item(bundled, f"{dated[1]} ({year})"))
            except QuestionError:
                continue
            name, own = found[:-7], int(found[-5:-1])
            assert normalise(name) == normalise(dated[1]) and abs(own - year) <= 1, title
