"""Each oddity of a data set, made small: told with figures and a remedy; and usual data, silent."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter
from small import write_ratings

from cftui.commands.describe import print_profile
from cftui.library.door import Library
from cftui.questions.data import DataProfile, DescribeData, Oddity
from cftui.ratings import oddities
from cftui.ratings.oddities import oddities_of
from cftui.ratings.oddity_words import SCREEN, SHELL, WORDS, oddity_lines
from cftui.ratings.store import open_ratings
from cftui.ratings.values import UNKNOWN_TIME, Ratings

Row = tuple[object, ...]
NOW = 1_700_000_000
"""In November 2023."""


def usual(users: int = 30, items: int = 60) -> list[Row]:
    """Return 25 ratings of each user, nothing odd about them: user, item, value, time."""
    draw = np.random.default_rng(0)
    return [
        (f"u{user}", f"i{item}", draw.integers(1, 6), draw.integers(10**9, 1_400_000_000))
        for user in range(users)
        for item in draw.choice(items, 25, replace=False)
    ]


def read(folder: Path, rows: Sequence[Row]) -> Ratings:
    timed = ",timestamp" if len(rows[0]) > 3 else ""
    lines = [f"user,item,rating{timed}", *(",".join(map(str, row)) for row in rows)]
    (folder / "r.csv").write_text("\n".join(lines) + "\n")
    return open_ratings(folder / "r.csv")


def told(ratings: Ratings, remedies: object = SHELL) -> list[str]:
    """Return the sentences that `data describe` has, or the screen."""
    profile = Library().answer(DescribeData(str(ratings.path)))
    assert isinstance(profile, DataProfile)
    found = replace(profile, oddities=oddities_of(ratings, NOW))
    return oddity_lines(found, SCREEN if remedies is SCREEN else SHELL)


def repeated(rows: list[Row]) -> list[Row]:
    return [*rows, *rows[:50]]


def copies(rows: list[Row]) -> list[Row]:
    return [*rows, *reversed([("copy", *row[1:3], 1_300_000_000) for row in rows[25:50]])]


def constant(rows: list[Row]) -> list[Row]:
    return [
        *rows,
        *((f"c{n}", f"i{n * 7 % 50 + m}", n + 1, NOW) for n in range(4) for m in range(20)),
    ]


def one_value(rows: list[Row]) -> list[Row]:
    return [(*row[:2], 1, row[3]) for row in rows]


def heavy_user(_: list[Row]) -> list[Row]:
    rows = [(f"u{n // 5}", f"i{n * 7 % 300}", n % 4 + 1, NOW + n) for n in range(1000)]
    return [*rows, *(("bot", f"i{n}", n % 5 + 1, NOW) for n in range(260))]


def heavy_item(rows: list[Row]) -> list[Row]:
    return [(item, user, *rest) for user, item, *rest in heavy_user(rows)]


def user_once(rows: list[Row]) -> list[Row]:
    return [(n, *row[1:]) for n, row in enumerate(rows)]


def item_once(rows: list[Row]) -> list[Row]:
    return [(row[0], n, *row[2:]) for n, row in enumerate(rows)]


def few_per_user(rows: list[Row]) -> list[Row]:
    return [*rows, *((f"n{n // 2}", f"i{n % 60}", n % 5 + 1, NOW) for n in range(120))]


def items_once(rows: list[Row]) -> list[Row]:
    return [*rows, *((f"u{n % 30}", f"single{n}", n % 5 + 1, NOW) for n in range(300))]


def timed(time: Callable[[int, object], object]) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [(*row[:3], time(n, row[3])) for n, row in enumerate(rows)]


CASES: dict[str, tuple[Callable[[list[Row]], list[Row]], Oddity, tuple[str, str]]] = {
    "repeated": (
        repeated,
        Oddity("repeated", 50, 800),
        ("50 of 800 rows (6.2%) repeat a user and item", "--values log"),
    ),
    "copies": (
        copies,
        Oddity("copies", 2, 31, ("u1", "copy")),
        ("rate exactly as another, such as users u1 and copy", "keep one of each"),
    ),
    "constant": (
        constant,
        Oddity("constant-users", 4, 34, ("c0",)),
        ("4 of 34 users of 20 ratings or more (11.8%)", "such as user c0"),
    ),
    "one value": (
        one_value,
        Oddity("one-value", 750, 750, ("1",)),
        ("every value is 1", "--rating-column"),
    ),
    "heavy user": (
        heavy_user,
        Oddity("heavy-user", 260, 1260, ("bot",)),
        ("user bot gave 260 of 1,260 ratings (20.6%)", "--split per-user"),
    ),
    "heavy item": (
        heavy_item,
        Oddity("heavy-item", 260, 1260, ("bot",)),
        ("item bot has 260 of 1,260 ratings (20.6%)", "delete"),
    ),
    "user once": (
        user_once,
        Oddity("user-once", 750, 750),
        ("each of 750 users has a single rating", "--user-column"),
    ),
    "item once": (
        item_once,
        Oddity("item-once", 750, 750),
        ("each of 750 items has a single rating", "--item-column"),
    ),
    "few per user": (
        few_per_user,
        Oddity("few-per-user", 60, 90),
        ("60 of 90 users (66.7%) have 1 or 2 ratings", "--split random"),
    ),
    "items once": (
        items_once,
        Oddity("items-once", 300, 360),
        ("300 of 360 items (83.3%) have a single rating", "5 or more"),
    ),
    "same time": (
        timed(lambda _, __: 1_400_000_000),
        Oddity("same-time", 750, 750, ("2014-05-13",)),
        ("all times are one, on 2014-05-13", "--timestamp-column, else use --split random"),
    ),
    "epoch": (
        timed(lambda n, time: 0 if n < 75 else time),
        Oddity("epoch", 75, 750),
        ("75 of 750 times (10.0%) are 0", "--split random"),
    ),
    "early": (
        timed(lambda n, time: 86_400 if n < 3 else time),
        Oddity("early", 3, 750, ("1970-01-02",)),
        ("3 of 750 times (0.4%) lie before 1995, the first on 1970-01-02", "--split random"),
    ),
    "an order for times": (
        timed(lambda n, _: n),
        Oddity("early", 750, 750, ("1970-01-01",)),
        ("all 750 times lie before 1995", "--timestamp-column"),
    ),
    "future": (
        timed(lambda n, time: 2_000_000_000 if n < 3 else time),
        Oddity("future", 3, 750, ("2033-05-18",)),
        ("3 of 750 times (0.4%) lie in the future, the last on 2033-05-18", "--split random"),
    ),
    "future in milliseconds": (
        timed(lambda n, time: (2_000_000_000 if n < 3 else int(str(time))) * 1000),
        Oddity("future", 3, 750, ("2033-05-18",)),
        ("the last on 2033-05-18", "--split random"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_oddity_is_told_with_figures_and_a_remedy(tmp_path: Path, name: str) -> None:
    make, expected, words = CASES[name]
    ratings = read(tmp_path, make(usual()))
    assert oddities_of(ratings, NOW) == (expected,)  # and nothing else
    [line] = told(ratings)
    assert all(word in line for word in words), line


def test_every_kind_has_a_case() -> None:
    assert {expected.kind for _, expected, _ in CASES.values()} == set(WORDS)


def test_usual_data_is_not_odd(tmp_path: Path, bundled: Ratings) -> None:
    assert oddities_of(read(tmp_path, usual()), NOW) == ()
    assert oddities_of(read(tmp_path, [row[:3] for row in usual()]), NOW) == ()
    assert oddities_of(bundled) == ()
    assert oddities_of(read(tmp_path, usual()[:6]), NOW) == ()  # too few to say anything


def test_almost_a_copy_is_none(tmp_path: Path) -> None:
    rows = copies(usual())
    rows[-1] = (*rows[-1][:2], int(str(rows[-1][2])) % 5 + 1, 1_300_000_000)
    assert oddities_of(read(tmp_path, rows), NOW) == ()


def test_sums_that_agree_by_chance_make_no_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oddities, "_sums", lambda ratings: np.zeros(ratings.n_users, np.uint64))
    assert oddities_of(read(tmp_path, usual()), NOW) == ()
    assert oddities_of(read(tmp_path, copies(usual())), NOW) == (CASES["copies"][1],)


def test_parts_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oddities, "CHUNK", 7)
    for name in ("copies", "constant", "epoch", "early", "future"):
        make, expected, _ = CASES[name]
        assert oddities_of(read(tmp_path, make(usual())), NOW) == (expected,)


def test_unknown_times_are_not_odd(tmp_path: Path) -> None:
    ratings = read(tmp_path, usual())
    assert ratings.timestamp is not None
    times = ratings.timestamp.copy()
    times[::2] = UNKNOWN_TIME
    assert oddities_of(replace(ratings, timestamp=times), NOW) == ()
    times[:] = UNKNOWN_TIME
    assert oddities_of(replace(ratings, timestamp=times), NOW) == ()


def test_the_screen_names_its_keys_instead_of_options(tmp_path: Path) -> None:
    for name, key in (
        ("user once", "users: c"),
        ("repeated", "there c, values"),
        ("epoch", "split kind"),
    ):
        [line] = told(read(tmp_path, CASES[name][0](usual())), SCREEN)
        assert key in line and "--" not in line


def test_describe_prints_them_and_a_profile_of_before_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ratings = read(tmp_path, CASES["copies"][0](usual()))
    profile = Library().answer(DescribeData(str(ratings.path)))
    print_profile(profile)
    assert "rate exactly as another" in capsys.readouterr().out.split("Problems")[1]
    adapter = TypeAdapter(DataProfile)
    fields = adapter.dump_python(profile, mode="json")
    assert [one["kind"] for one in fields.pop("oddities")] == ["copies"]
    assert adapter.validate_python(fields).oddities == ()


def test_made_ratings_are_not_odd_but_for_their_times(tmp_path: Path) -> None:
    found = oddities_of(open_ratings(write_ratings(tmp_path / "made")), NOW)
    assert [one.kind for one in found] == ["future"]
