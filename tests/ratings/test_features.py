"""Features against counts made by hand, one rating after another, in plain Python."""

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from cftui.config import SplitConfig
from cftui.hyperparameters.fields import FIELDS, FUTURE, TIMED, parse_fields
from cftui.ratings.features import Features, features_of
from cftui.ratings.split import Split, split
from cftui.ratings.store import open_ratings
from cftui.ratings.values import UNKNOWN_TIME, Ratings
from tests.small import write_ratings

HELD = SplitConfig(kind="random", fraction=0.3, seed=3)


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    folder = write_ratings(tmp_path_factory.mktemp("f") / "small", users=12, items=20, n=150)
    lines = (folder / "movies.csv").read_text().splitlines()
    lines[1] = '1001,"No year here",(no genres listed)'
    lines[3] = '1003,"Late (2030)",War'
    lines[5] = '1005,"Neither early nor late (1999)",Drama'
    (folder / "movies.csv").write_text("\n".join(lines) + "\n")
    rows = (folder / "ratings.csv").read_text().splitlines()
    # Two ratings of one user at the same moment, and one rating without a time.
    first = rows[1].split(",")
    same = next(row for row in rows[2:] if row.split(",")[0] == first[0]).split(",")
    rows[rows.index(",".join(same))] = ",".join([*same[:3], first[3]])
    rows[-1] = rows[-1].rpartition(",")[0] + ","
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n")
    return open_ratings(Path(folder))


@pytest.fixture(scope="module")
def parts(ratings: Ratings) -> Split:
    return split(HELD, ratings)


@pytest.fixture(scope="module")
def features(ratings: Ratings, parts: Split) -> Features:
    return features_of(ratings, parts, FIELDS)


def rows_of_field(features: Features, name: str, code: int) -> dict[int, float]:
    """Return one user's or item's columns with their values."""
    field = features.named(name)
    places = slice(field.indptr[code], field.indptr[code + 1])
    return dict(zip(field.columns[places].tolist(), field.values[places].tolist(), strict=True))


def test_every_field_is_there(features: Features) -> None:
    assert features.names == FIELDS
    assert not features.absent
    assert features.n_features == sum(field.width for field in features.fields)


def test_sets_hold_training_ratings_alone(
    features: Features, ratings: Ratings, parts: Split
) -> None:
    for user in range(ratings.n_users):
        rated = {int(ratings.item[p]) for p in parts.train if ratings.user[p] == user}
        found = rows_of_field(features, "history", user)
        assert found == {item: pytest.approx(1 / math.sqrt(len(rated))) for item in rated}
    for item in range(ratings.n_items):
        raters = {int(ratings.user[p]) for p in parts.train if ratings.item[p] == item}
        found = rows_of_field(features, "raters", item)
        assert found == {user: pytest.approx(1 / math.sqrt(len(raters))) for user in raters}


def test_items_are_told_by_title_genres_and_training_ratings(
    features: Features, ratings: Ratings, parts: Split
) -> None:
    titles = [ratings.items.title_of(code) for code in range(ratings.n_items)]
    years = [int(t[-5:-1]) if t.endswith(")") and t[-5:-1].isdigit() else 0 for t in titles]
    first = min(year // 3 for year in years if year)
    genres = sorted({g for code in range(ratings.n_items) for g in _genres(ratings, code)})
    shared: dict[int, set[str]] = {}
    for item in range(ratings.n_items):
        expected = {years[item] // 3 - first: 1.0} if years[item] else {}
        assert rows_of_field(features, "year", item) == expected
        count = sum(ratings.item[p] == item for p in parts.train)
        assert rows_of_field(features, "popularity", item) == {int(math.log2(1 + count)): 1.0}
        own = rows_of_field(features, "genres", item)
        assert len(own) == len(_genres(ratings, item))
        assert sum(value**2 for value in own.values()) == pytest.approx(1 if own else 0)
        for column in own:
            shared[column] = shared.get(column, set(genres)) & set(_genres(ratings, item))
    assert sorted(map(tuple, shared.values())) == [(genre,) for genre in genres]


def _genres(ratings: Ratings, code: int) -> list[str]:
    return list(filter(None, ratings.items.genres_of(code).split("|")))


def test_time_is_told_beside_training_ratings_alone(
    features: Features, ratings: Ratings, parts: Split
) -> None:
    assert ratings.timestamp is not None
    when = {p: int(t) for p, t in enumerate(ratings.timestamp) if t != UNKNOWN_TIME}
    assert len(when) == len(ratings) - 1
    trained = [p for p in parts.train.tolist() if p in when]
    halves = sorted({_half(when[p]) for p in trained})
    days = sorted({(int(ratings.user[p]), when[p] // 86_400) for p in trained})
    codes = {name: features.named(name).codes.tolist() for name in TIMED}
    for p in range(len(ratings)):
        if p not in when:
            assert all(codes[name][p] == -1 for name in TIMED)
            continue
        own = [when[q] for q in trained if ratings.user[q] == ratings.user[p]]
        day = (int(ratings.user[p]), when[p] // 86_400)
        assert codes["calendar"][p] == _place(halves, _half(when[p]))
        assert codes["user-day"][p] == _place(days, day)
        place = int(math.log2(1 + sum(t < when[p] for t in own)))
        assert codes["place"][p] == min(place, features.named("place").width - 1)
        since = int(math.log2(1 + max(when[p] - min(own), 0) / 86_400)) if own else -1
        assert codes["since-first"][p] == min(since, features.named("since-first").width - 1)
        assert codes["film-age"][p] == _age(ratings, p, when[p])


def _half(time: int) -> tuple[int, bool]:
    date = datetime.fromtimestamp(time, UTC)
    return date.year, date.month > 6


def _place(known: list, wanted: object) -> int:
    return known.index(wanted) if wanted in known else -1


def _age(ratings: Ratings, position: int, time: int) -> int:
    year = ratings.items.title_of(int(ratings.item[position]))[-5:-1]
    if not year.isdigit():
        return -1
    return int(math.log2(1 + max(datetime.fromtimestamp(time, UTC).year - int(year), 0)))


def test_rows_hold_the_columns_of_every_field_side_by_side(
    features: Features, ratings: Ratings, parts: Split
) -> None:
    rows = features.rows_of(parts.valid)
    for row, p in enumerate(parts.valid.tolist()):
        expected: dict[int, float] = {}
        for field, offset in zip(features.fields, features.offsets.tolist(), strict=False):
            if field.of == "rating":
                own = {int(field.codes[p]): 1.0} if field.codes[p] >= 0 else {}
            else:
                code = int(ratings.user[p] if field.of == "user" else ratings.item[p])
                own = rows_of_field(features, field.name, code)
            expected |= {column + offset: value for column, value in own.items()}
        places = slice(rows.indptr[row], rows.indptr[row + 1])
        found = zip(rows.columns[places].tolist(), rows.values[places].tolist(), strict=True)
        assert dict(found) == expected


def test_pairs_at_a_time_are_told_as_ratings_are(
    features: Features, ratings: Ratings, parts: Split
) -> None:
    assert ratings.timestamp is not None
    p = parts.valid
    told = features.codes_at(ratings.user[p], ratings.item[p], np.asarray(ratings.timestamp[p]))
    for name, codes in features.codes_of(p).items():
        assert (told[name] == codes).all(), name


def test_of_now_nothing_is_known_but_how_old_a_film_is(
    features: Features, ratings: Ratings, parts: Split
) -> None:
    assert ratings.timestamp is not None
    p = parts.valid
    last = datetime.fromtimestamp(int(ratings.timestamp[parts.train].max()), UTC).year
    rows = features.rows_of_pairs(ratings.user[p], ratings.item[p])
    begin = features.offsets[features.names.index("film-age")]
    for row, position in enumerate(p.tolist()):
        columns = rows.columns[rows.indptr[row] : rows.indptr[row + 1]]
        title = ratings.items.title_of(int(ratings.item[position]))
        ages = [max(last - int(title[-5:-1]), 0)] if title.endswith(")") else []
        timed = columns[columns >= features.offsets[len(FUTURE)]]
        assert (timed - begin).tolist() == [int(math.log2(1 + age)) for age in ages]


def test_what_ratings_do_not_tell_is_named(tmp_path: Path) -> None:
    folder = write_ratings(tmp_path / "bare", users=8, items=9, n=40)
    (folder / "movies.csv").unlink()
    rows = [row.rpartition(",")[0] for row in (folder / "ratings.csv").read_text().splitlines()]
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n")
    bare = open_ratings(Path(folder))
    found = features_of(bare, split(HELD, bare), FIELDS)
    assert found.names == ("user", "item", "history", "raters", "popularity")
    assert found.absent == ("genres", "year", *TIMED)


def test_words_for_fields() -> None:
    assert parse_fields("all") == FIELDS
    assert parse_fields(" user-day, future") == (*FUTURE, "user-day")
    assert parse_fields("item user item") == ("user", "item")
    with pytest.raises(ValueError, match="did you mean genres"):
        parse_fields("user genre")
    with pytest.raises(ValueError, match="there are user, item"):
        parse_fields("user xyzzy")
    with pytest.raises(ValueError, match="name at least one"):
        parse_fields(" ")
