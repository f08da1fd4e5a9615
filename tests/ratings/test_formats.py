"""The bundled ratings written out in every format and packing are the same ratings when read."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cftui.paths import BUNDLED, bundled_folder
from cftui.questions.data import ColumnMapping
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)  # the lines of ml-100k's u.genre


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    """Give the bundled ratings as they are written."""
    with (bundled_folder() / BUNDLED / "ratings.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


@pytest.fixture(scope="module")
def movies() -> list[list[str]]:
    """Give the bundled movies: id, title, genres."""
    with (bundled_folder() / BUNDLED / "movies.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def comma_separated(rows: list[list[str]]) -> bytes:
    return b"userId,movieId,rating,timestamp\n" + joined(rows, ",")


def u_data(rows: list[list[str]]) -> bytes:
    return joined(rows, "\t")


def ratings_dat(rows: list[list[str]]) -> bytes:
    return joined(rows, "::")


def decimal_commas(rows: list[list[str]]) -> bytes:
    body = [[time, item, value.replace(".", ","), user] for user, item, value, time in rows]
    return b"time;product_id;score;Customer ID\n" + joined(body, ";")


def quoted(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="|", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(["note", "timestamp", "stars", "uid", "item"])
    writer.writerows(["so, so", time, value, user, item] for user, item, value, time in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def wide_text_with_dates(rows: list[list[str]]) -> bytes:
    body = [
        [user, item, value, datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%d %H:%M:%S")]
        for user, item, value, time in rows
    ]
    return ("user_id\titem_id\trating\tdate\n" + joined(body, "\t").decode()).encode("utf-16")


def json_lines(rows: list[list[str]]) -> bytes:
    objects = (
        {"stars": float(value), "text": 'so "so"\n', "user_id": int(user),
         "nested": {"x": 1}, "business_id": item, "date": int(time)}
        for user, item, value, time in rows
    )  # fmt: skip
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def parquet(rows: list[list[str]]) -> bytes:
    frame = pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    kinds = {"userId": "int32", "movieId": "int64", "rating": "float32", "timestamp": "int64"}
    return frame.astype(kinds).to_parquet()  # type: ignore[no-any-return]


def parquet_of_texts_and_dates(rows: list[list[str]]) -> bytes:
    frame = pd.DataFrame(rows, columns=["user", "item", "score", "created_at"])
    frame["user"] = frame["user"].astype("category")
    frame["created_at"] = pd.to_datetime(frame["created_at"].astype("int64"), unit="s", utc=True)
    return frame.to_parquet()  # type: ignore[no-any-return]


def joined(rows: list[list[str]], separator: str) -> bytes:
    return "".join(separator.join(row) + "\n" for row in rows).encode()


def plain(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def gzipped(folder: Path, name: str, data: bytes) -> Path:
    (folder / f"{name}.gz").write_bytes(gzip.compress(data, 1))
    return folder / f"{name}.gz"


def zipped(folder: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(folder / "download.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ml/README.txt", "read me")
        archive.writestr(f"ml/{name}", data)
        archive.writestr("ml/tags.csv", "userId,movieId,tag\n1,2,x\n")
    return folder / "download.zip"


def assert_same(ratings: Ratings, bundled: Ratings) -> None:
    assert ratings.fingerprint == bundled.fingerprint
    for name in ("user", "item", "value", "timestamp"):
        np.testing.assert_array_equal(getattr(ratings, name), getattr(bundled, name))
    np.testing.assert_array_equal(ratings.users.ids, bundled.users.ids)
    np.testing.assert_array_equal(ratings.items.ids, bundled.items.ids)
    assert (ratings.unusable_rows, ratings.duplicates) == (0, 0)


@pytest.mark.parametrize("pack", [plain, gzipped, zipped])
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("ratings.csv", comma_separated),
        ("u.data", u_data),
        ("ratings.dat", ratings_dat),
        ("votes.txt", decimal_commas),
        ("votes.csv", quoted),
        ("votes.tsv", wide_text_with_dates),
        ("votes.jsonl", json_lines),
        ("ratings.parquet", parquet),
        ("votes.parquet", parquet_of_texts_and_dates),
    ],
)
def test_every_format_gives_the_same_ratings(
    name: str,
    written: Callable[[list[list[str]]], bytes],
    pack: Callable[[Path, str, bytes], Path],
    rows: list[list[str]],
    bundled: Ratings,
    tmp_path: Path,
) -> None:
    assert_same(open_ratings(pack(tmp_path, name, written(rows))), bundled)


@pytest.mark.parametrize(
    ("name", "written"),
    [("a.csv", u_data), ("a.parquet", ratings_dat), ("a.tsv", parquet), ("a.gz", decimal_commas)],
)
def test_what_a_file_is_called_does_not_matter(
    name: str,
    written: Callable[[list[list[str]]], bytes],
    rows: list[list[str]],
    bundled: Ratings,
    tmp_path: Path,
) -> None:
    assert_same(open_ratings(plain(tmp_path, name, written(rows))), bundled)


def test_a_mapping_says_what_no_header_does(
    rows: list[list[str]], bundled: Ratings, tmp_path: Path
) -> None:
    body = [[time, "x", value, item, user] for user, item, value, time in rows]
    path = plain(tmp_path, "votes", joined(body, ","))
    assert_same(open_ratings(path, ColumnMapping("5", "4", "3", "1")), bundled)
    path = plain(tmp_path, "odd", b"who^z^what^how^when\n" + joined(
        [[user, "", item, value, time] for user, item, value, time in rows], "^"
    ))  # fmt: skip
    mapping = ColumnMapping("who", "WHAT", "how", "when", separator="^")
    assert_same(open_ratings(path, mapping), bundled)


def u_item(movies: list[list[str]]) -> bytes:
    lines = []
    for own, title, genres in movies:
        flags = ["1" if genre in genres.split("|") else "0" for genre in GENRES]
        lines.append("|".join([own, title, "01-Jan-1995", "", f"http://x/{own}", *flags]))
    return ("\n".join(lines) + "\n").encode("latin-1", "replace")


def movies_dat(movies: list[list[str]]) -> bytes:
    return joined(movies, "::")


def old_movies_dat(movies: list[list[str]]) -> bytes:
    return movies_dat(movies).decode().encode("latin-1", "replace")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "written", "titles", "titles_written"),
    [
        ("u.data", u_data, "u.item", u_item),
        ("ratings.dat", ratings_dat, "movies.dat", movies_dat),
        ("ratings.dat", ratings_dat, "movies.dat", old_movies_dat),
        ("ratings.parquet", parquet, "movies.csv", None),
    ],
)
def test_titles_come_with_every_published_format(
    name: str,
    written: Callable[[list[list[str]]], bytes],
    titles: str,
    titles_written: Callable[[list[list[str]]], bytes] | None,
    packed: bool,
    rows: list[list[str]],
    movies: list[list[str]],
    bundled: Ratings,
    tmp_path: Path,
) -> None:
    told = (bundled_folder() / BUNDLED / "movies.csv").read_bytes()
    files = {name: written(rows), titles: titles_written(movies) if titles_written else told}
    source = tmp_path / "ml-set"
    if packed:
        source = tmp_path / "ml-set.zip"
        with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for own, data in files.items():
                archive.writestr(f"ml-set/{own}", data)
    else:
        source.mkdir()
        for own, data in files.items():
            (source / own).write_bytes(data)
    ratings = open_ratings(source)
    assert ratings.name == "ml-set"
    assert ratings.warnings == ()
    codec = "latin-1" if titles_written in (u_item, old_movies_dat) else "utf-8"
    written_titles = [t.encode(codec, "replace").decode(codec) for t in bundled.items.titles()]
    assert ratings.items.titles() == written_titles
    for code in range(0, ratings.n_items, 97):
        all_of_them = bundled.items.genres_of(code)
        known = [genre for genre in GENRES if genre in all_of_them.split("|")]
        expected = "|".join(known) if titles == "u.item" else all_of_them
        assert ratings.items.genres_of(code) == expected


def test_a_folder_within_a_folder_as_zips_unpack(
    rows: list[list[str]], bundled: Ratings, tmp_path: Path
) -> None:
    inner = tmp_path / "unpacked" / "ml-1m"
    inner.mkdir(parents=True)
    (inner / "ratings.dat").write_bytes(ratings_dat(rows))
    ratings = open_ratings(tmp_path / "unpacked")
    assert ratings.name == "ml-1m"
    assert_same(ratings, bundled)


def test_a_member_of_a_zip_is_named_like_a_file_in_a_folder(
    rows: list[list[str]], bundled: Ratings, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("a/ratings.csv", comma_separated(rows))
        archive.writestr("b/ratings.csv", comma_separated(rows[:9]))
    assert_same(open_ratings(tmp_path / "both.zip" / "a" / "ratings.csv"), bundled)
    assert len(open_ratings(tmp_path / "both.zip" / "b" / "ratings.csv")) == 9
