"""Titles are found by what a file holds: ids that are those of the ratings, and a text for each."""

import csv
import gzip
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small import here

from cftui.config import DataConfig
from cftui.paths import BUNDLED, bundled_folder
from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.preview import preview
from cftui.ratings.sources.locate import locate
from cftui.ratings.sources.recent import last_mapping, remember
from cftui.ratings.store import find_store, ingest, open_ratings, open_store
from cftui.ratings.values import DataError, Ratings

Files = Callable[..., Path]
RATED = "user_id,movie_id,rating,timestamp\n" + "".join(
    f"{user},{item},{1 + (user + item) % 5},{1300000000 + user}\n"
    for user in range(1, 6)
    for item in range(1, 9)
)
"""Items 1 to 8."""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Give a function that writes a folder of files by their names."""

    def write(contents: Mapping[str, str | bytes], folder: str = "set") -> Path:
        made = tmp_path / folder
        made.mkdir(exist_ok=True)
        for name, text in contents.items():
            (made / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return made

    return write


def table(head: str, row: str, ids: range | list[str] = range(1, 9), codec: str = "utf-8") -> bytes:
    r"""Return a file of a header and a row for each id, `#` in it the id."""
    rows = "".join(row.replace("#", str(own)) + "\n" for own in ids)
    return f"{head}\n{rows}".encode(codec)


def title_of(ratings: Ratings, item: str) -> str:
    """Return an item's title."""
    return ratings.items.title_of(ratings.items.code_of(item))


@pytest.mark.parametrize(
    ("name", "data", "title", "genres"),
    [
        ("movies.csv", table("movie_id,title,genres", '#,"Film, #",A|B'), "Film, 3", "A|B"),
        ("movies.csv", table("movieId;title;genres", "#;Film #;A"), "Film 3", "A"),
        ("movies.csv", table("movieId,title", "#,Amélie #", codec="cp1252"), "Amélie 3", ""),
        ("movies.csv", table("movieId,title", "#,Amélie #", codec="utf-16"), "Amélie 3", ""),
        ("movie.csv", table("movieId,title", "#,Film #"), "Film 3", ""),
        (
            "books.csv",
            table(
                "id,book_id,authors,original_publication_year,title", "#,27670#,X Y,2008.0,Book #"
            ),
            "Book 3 (2008)",
            "",
        ),
        ("books.csv", table("book_id,title,year", "#,Iliad #,-750.0"), "Iliad 3", ""),
        ("anime.csv", table("anime_id,name,genre,rating", '#,Kimi #,"Drama, School",9.3'), "Kimi 3",
         "Drama|School"),
        ("artists.dat", table("id\tname\turl", "#\tSigur Rós #\thttp://x/#"), "Sigur Rós 3", ""),
        (
            "movies_metadata.csv",
            table("id,genres,title,date", "#,\"[{'id': 1, 'name': 'War'}]\",Film #,1995-10-30")
            .replace(b",date", b",release_date"),
            "Film 3 (1995)",
            "War",
        ),
        ("titles.txt", table("1\tFilm 1 a", "#\tFilm # a", range(2, 9)), "Film 3 a", ""),
        ("movies.csv", table("movieId,title", r'#,"The \"#\", a film"'), 'The "3", a film', ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_table_whose_ids_are_the_ratings_gives_titles(
    files: Files, name: str, data: bytes, title: str, genres: str
) -> None:
    others = {"users.csv": table("id,name", "#,User #"), "tags.csv": table("tagid,name", "#,Tag #")}
    ratings = open_ratings(files({"ratings.csv": RATED, name: data, **others}))
    assert title_of(ratings, "3") == title
    assert ratings.items.genres_of(ratings.items.code_of("3")) == genres
    assert ratings.warnings == ()
    assert ratings.summary().titles_from.startswith(f"{name} (8 of 8 items")
    assert ratings.summary().items_word == ("movies" if "movie" in name else "items")


def test_the_file_that_fits_most_is_taken_and_the_other_is_told(files: Files) -> None:
    source = files(
        {
            "ratings.csv": RATED,
            "movies.csv": table("movieId,title", "#,Decoy #", ["7", "8", "9"]),
            "catalogue.csv": table("item_id,name", "#,Thing #"),
            "staff.csv": table("person,name", "#,Staff #"),
        }
    )
    ratings = open_ratings(source)
    assert ratings.items.titles() == [f"Thing {item}" for item in range(1, 9)]
    told = "catalogue.csv (8 of 8 items); movies.csv fits 2 (--titles takes it)"
    assert ratings.summary().titles_from == told


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_a_line_break_within_a_title_is_one_line_feed(files: Files, end: str, codec: str) -> None:
    text = f'movieId,title{end}1,"Amélie,{end}the film"{end}2,Plain{end}'
    ratings = open_ratings(files({"ratings.csv": RATED, "movies.csv": text.encode(codec)}))
    assert title_of(ratings, "1") == "Amélie,\nthe film"
    assert title_of(ratings, "2") == "Plain"


def test_ids_are_compared_as_written(files: Files) -> None:
    rated = RATED.replace("\n1,3,", "\n1,003,")
    source = files(
        {"ratings.csv": rated, "movies.csv": table("movieId,title", "#,F #", ["3", "003"])}
    )
    ratings = open_ratings(source)
    assert title_of(ratings, "003") == "F 003"
    assert title_of(ratings, "3") == "F 3"
    assert "only 2 of 9 items occur in" in ratings.warnings[0]


def test_no_match_is_told_with_the_share(files: Files) -> None:
    none = table("movieId,title", "#,Film #", ["9001", "9002"])
    ratings = open_ratings(files({"ratings.csv": RATED, "movies.csv": none}))
    assert ratings.summary().titled is False
    assert len(ratings.warnings) == 1
    assert "0 of 8 items occur in" in ratings.warnings[0]
    assert "movies.csv; ids stand for titles (--titles FILE" in ratings.warnings[0]


@pytest.mark.parametrize(
    ("name", "head", "row"),
    [("movies.csv", "movieId,title\n", "#,Zoë #"), ("movies.dat", "", "#::Zoë #::Drama")],
)
def test_one_line_that_is_not_unicode_spoils_no_other(
    files: Files, name: str, head: str, row: str
) -> None:
    rows = [row.replace("#", str(own)).encode() for own in range(1, 9)]
    rows[0] = rows[0].replace("ë".encode(), b"\xeb")
    data = head.encode() + b"\n".join(rows) + b"\n"
    ratings = open_ratings(files({"ratings.csv": RATED, name: data}))
    assert [title_of(ratings, own) for own in ("1", "3")] == ["Zoë 1", "Zoë 3"]


def test_a_header_with_more_names_than_any_row_has_fields_gives_no_titles(files: Files) -> None:
    broken = table("movie,Id,title,genres", '#,"Film #",War')
    ratings = open_ratings(files({"ratings.csv": RATED, "movies.csv": broken}))
    assert ratings.summary().titled is False
    assert "movies.csv is no table with a column" in ratings.warnings[0]


def test_other_tables_beside_the_ratings_are_no_titles_and_no_fault(files: Files) -> None:
    others = {
        "notes.csv": table("id,name", "x#,Note #"),
        "tags.csv": table("userId,movieId,tag", "#,#,dull"),
        "links.csv": table("movieId,imdbId", "#,0#"),
        "other.csv": RATED,
        "beer.csv": "beer_id,name,taste\n" + 5 * "".join(f"{n},Beer {n},3\n" for n in range(9)),
        "wine.csv": table("wine_id,name", "#,Wine #", range(8, 40)),
    }
    ratings = open_ratings(files({"ratings.csv": RATED, **others}))
    assert ratings.warnings == ()
    assert not ratings.summary().titled


def test_titles_within_a_zip(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("set/ratings.csv", RATED)
        archive.writestr("set/catalogue.csv", table("item_id,name", "#,Thing #"))
        archive.writestr("elsewhere/movies.csv", table("movieId,title", "#,Wrong #"))
    assert title_of(open_ratings(path), "2") == "Thing 2"


WITH_TITLES = "userId,movieId,rating,title,genres,year\n" + "".join(
    f'{user},{item},{1 + (user + item) % 5},"Film, {item}",Comedy|War,1999\n'
    for user in range(1, 6)
    for item in range(1, 9)
)


def test_titles_in_the_ratings_themselves(files: Files) -> None:
    source = files({"mine.csv": WITH_TITLES.replace("Film, 2", "Other", 1)})
    ratings = open_ratings(source / "mine.csv")
    assert title_of(ratings, "3") == "Film, 3 (1999)"
    assert title_of(ratings, "2") == "Other (1999)"  # the first holds
    assert ratings.items.genres_of(0) == "Comedy|War"
    told = "column title of mine.csv (8 of 8 items, years from year)"
    assert ratings.summary().titles_from == told


@pytest.mark.parametrize("made", ["lines", "array", "odd lines"])
def test_titles_in_json_ratings_are_those_of_a_column(files: Files, made: str) -> None:
    """The witness is the json module; what pyarrow refuses goes line by line."""
    rows: list[dict[str, object]] = list(csv.DictReader(io.StringIO(WITH_TITLES)))
    for row in rows:
        row |= {
            "movieId": int(str(row["movieId"])),
            "title": f'"\u65e5", \u00d6 {row["movieId"]}\\n',
        }
    if made == "odd lines":
        rows = [{**row, "genres": ["Comedy", "War"], "year": 1999.0} for row in rows]
    text = json.dumps(rows) if made == "array" else "\n".join(map(json.dumps, rows)) + "\n"
    source = files({"mine.json": text})
    read = json.loads(text) if made == "array" else [json.loads(line) for line in text.splitlines()]
    ratings = open_ratings(source / "mine.json")
    for row in read:
        assert title_of(ratings, str(row["movieId"])) == f"{row['title'].strip()} (1999)"
    assert ratings.items.genres_of(0) == "Comedy|War"
    told = "column title of mine.json (8 of 8 items, years from year)"
    assert ratings.summary().titles_from == told
    assert locate(source).key() != key_of_before([source / "mine.json"])


def test_titles_in_a_parquet_file(files: Files) -> None:
    rows = [(user, item) for user in range(1, 6) for item in range(1, 9)]
    source = files({})
    columns = {
        "user": [user for user, _ in rows],
        "item": [item for _, item in rows],
        "rating": [float(1 + (user + item) % 5) for user, item in rows],
        "title": pa.array([f"Film {item}" for _, item in rows]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), source / "ratings.parquet")
    assert title_of(open_ratings(source), "3") == "Film 3"


def test_reviews_are_no_titles(files: Files) -> None:
    source = files({"ratings.csv": WITH_TITLES.replace("Film, ", "My view of ")})
    text = (source / "ratings.csv").read_text()
    rows = text.splitlines()
    odd = [rows[0], *(row.replace("view of", f"view {n} of") for n, row in enumerate(rows[1:]))]
    (source / "ratings.csv").write_text("\n".join(odd) + "\n")
    ratings = open_ratings(source)
    assert not ratings.summary().titled
    assert ratings.warnings == ()


def key_of_before(parts: list[Path]) -> str:
    """Return what a store was called before titles were looked for by content."""
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in parts]
    return hashlib.sha256(json.dumps([1, facts]).encode()).hexdigest()[:32]


def test_stores_of_before_are_found_but_where_titles_are_new(files: Files) -> None:
    folder = bundled_folder() / BUNDLED
    assert locate(folder).key() == key_of_before([folder / "ratings.csv", folder / "movies.csv"])
    plain = files({"ratings.csv": RATED}, "plain")
    assert locate(plain).key() == key_of_before([plain / "ratings.csv"])
    snake = files({"ratings.csv": RATED, "movies.csv": table("movie_id,title", "#,F #")}, "snake")
    before = key_of_before([snake / "ratings.csv", snake / "movies.csv"])
    assert locate(snake).key() != before
    within = files({"ratings.csv": WITH_TITLES}, "within")
    assert locate(within).key() != key_of_before([within / "ratings.csv"])


def test_a_store_is_made_anew_when_titles_come_or_change(files: Files) -> None:
    source = files({"ratings.csv": RATED})
    without = ingest(source)
    files({"catalogue.csv": table("item_id,name", "#,Thing #")})
    assert find_store(source) is None
    ratings = open_ratings(source)
    assert title_of(ratings, "1") == "Thing 1"
    assert ratings.fingerprint == open_store(without).fingerprint
    os.utime(source / "catalogue.csv", ns=(1, 1))
    assert find_store(source) is None


@pytest.mark.parametrize(
    ("inside", "ratings", "title"),
    [
        (
            {
                "BX-Book-Ratings.csv": '"User-ID";"ISBN";"Book-Rating"\n"1";"034545104X";"5"\n'
                '"2";"0155061224";"6"\n',
                "BX-Books.csv": '"ISBN";"Book-Title";"Book-Author";"Year-Of-Publication"\n'
                '"034545104X";"Flesh \\"&\\"; T\xf6nes";"M J";"2002"\n'
                '"0155061224";"Rites";"J W";"0"\n'.encode("latin-1"),
                "BX-Users.csv": '"User-ID";"Location";"Age"\n"1";"nyc, usa";NULL\n',
            },
            "BX-Book-Ratings.csv",
            'Flesh "&"; T\xf6nes (2002)',
        ),
        (
            {
                "Ratings.csv": "User-ID,ISBN,Book-Rating\n1,034545104X,5\n2,0155061224,6\n",
                "Books.csv": "ISBN,Book-Title,Book-Author,Year-Of-Publication\n"
                "034545104X,Flesh,M J,2002\n0155061224,Rites,J W,2001\n",
                "Users.csv": "User-ID,Location,Age\n1,nyc,\n",
            },
            "Ratings.csv",
            "Flesh (2002)",
        ),
        (
            {
                "rating.csv": "user_id,anime_id,rating\n1,20,8\n1,24,-1\n",
                "anime.csv": "anime_id,name,genre,type,episodes,rating,members\n"
                '20,Naruto,"Action, Comedy",TV,220,7.81,683297\n24,Other,,TV,26,8,1\n',
            },
            "rating.csv",
            "Naruto",
        ),
        (
            {
                "ratings.csv": "user_id,book_id,rating\n1,258,5\n2,4081,4\n",
                "books.csv": "book_id,goodreads_book_id,isbn,authors,original_publication_year,"
                "original_title,title\n258,9,1,Z,2001.0,La sombra,The Shadow\n"
                "4081,258,2,Y,1987.0,X,Y\n",
                "tags.csv": "tag_id,tag_name\n258,-\n4081,fiction\n",
                "book_tags.csv": "goodreads_book_id,tag_id,count\n9,258,3\n",
                "to_read.csv": "user_id,book_id\n9,8\n",
            },
            "ratings.csv",
            "The Shadow (2001)",
        ),
        (
            {
                "user_artists.dat": "userID\tartistID\tweight\n2\t51\t13883\n2\t52\t11690\n",
                "artists.dat": "id\tname\turl\tpictureURL\n51\tDuran Duran\tu\tp\n52\tAir\tu\tp\n",
                "tags.dat": "tagID\ttagValue\n51\tmetal\n",
                "user_friends.dat": "userID\tfriendID\n2\t275\n",
                "user_taggedartists.dat": "userID\tartistID\ttagID\tday\n2\t52\t13\t1\n",
                "readme.txt": "Last.fm\n",
            },
            "user_artists.dat",
            "Duran Duran",
        ),
        (
            {
                "u.data": "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
                "u.item": "".join(
                    f"{own}|Kolya (1996)|24-Jan-1997||u|{'|'.join('0' * 19)}\n"
                    for own in (242, 302)
                ),
                "u1.base": "196\t242\t3\t881250949\n",
                "u1.test": "186\t302\t3\t891717742\n",
                "u.user": "1|24|M|technician|85711\n2|53|F|other|94043\n",
                "u.genre": "unknown|0\nAction|1\n",
                "u.info": "943 users\n",
            },
            "u.data",
            "Kolya (1996)",
        ),
    ],
    ids=["book-crossing", "book-crossing (Kaggle)", "anime", "goodbooks", "last.fm", "ml-100k"],
)
def test_the_folder_of_a_known_set_opens_with_its_titles(
    files: Files, inside: Mapping[str, str | bytes], ratings: str, title: str
) -> None:
    source = files(inside, "known")
    assert locate(source).ratings.path.name == ratings
    opened = open_ratings(source)
    assert opened.name == "known"
    assert opened.items.title_of(0) == title
    assert [words for words in opened.warnings if "looks like counts" not in words] == []


def test_titles_from_a_file_that_was_asked_for(files: Files, tmp_path: Path) -> None:
    source = files({"ratings.csv": RATED, "movies.csv": table("movieId,title", "#,Near #")})
    far = tmp_path / "far.csv"
    far.write_bytes(table("key,caption,name", "#,x,Far #", ["1"]).replace(b"key", b"some_id"))
    asked = ColumnMapping(titles=str(far))
    ratings = open_ratings(source, asked)
    assert ratings.items.titles()[:2] == ["Far 1", "2"]
    assert ratings.summary().titles_from == "far.csv (1 of 8 items)"
    assert ratings.fingerprint == open_ratings(source).fingerprint
    assert title_of(open_ratings(source), "1") == "Near 1"
    far.write_bytes(table("movieId,title", "#,Far #", ["77"]))
    assert "0 of 8 items occur in" in open_ratings(source, asked).warnings[0]
    remember(str(source), ratings.summary(), asked)
    assert last_mapping(str(source)) == asked
    far.unlink()
    assert last_mapping(str(source)) == ColumnMapping()  # for the ratings are there
    with pytest.raises(DataError, match=r"far\.csv: no file; give the file of titles \(--titles"):
        open_ratings(source, asked)
    shutil.make_archive(str(far.with_suffix("")), "zip", source)
    inside = ColumnMapping(titles=str(far.with_suffix(".zip") / "movies.csv"))
    assert title_of(open_ratings(source, inside), "1") == "Near 1"
    with pytest.raises(DataError, match=r"a zip, of which a file must be named"):
        open_ratings(source, ColumnMapping(titles=str(far.with_suffix(".zip"))))


def test_the_shell_takes_a_file_of_titles(
    files: Files,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = files({"ratings.csv": RATED})
    (tmp_path / "far.csv").write_bytes(table("movieId,title", "#,Far #"))
    monkeypatch.chdir(tmp_path)
    assert here("data", "describe", str(source), "--titles", "far.csv") == 0
    told = capsys.readouterr().out
    assert "titles from far.csv (8 of 8 items)" in told
    assert "Far 1" in told
    assert here("data", "ingest", str(source), "--titles", "none.csv") == 1
    assert "none.csv: no file; give the file of titles" in capsys.readouterr().err
    assert DataConfig(titles="far.csv").mapping.titles == str(tmp_path / "far.csv")


def test_a_beginning_that_is_one_long_line_is_no_table_of_titles(files: Files) -> None:
    """Cut off where it is looked at, nothing is left of it."""
    source = files({"ratings.csv": RATED, "movies.csv": "moviei" + "(" * 40_000})
    assert open_ratings(source).items.titles_column is None


def as_json(lines: bool) -> bytes:
    rows = [
        {"asin": f"B{n}", "movie_id": n, "title": f'Film "{n}",\nthe {n}', "year": 1990 + n,
         "genres": ["War", "Drama"], "more": {"id": n}}
        for n in range(1, 9)
    ]  # fmt: skip
    whole = "".join(json.dumps(row) + "\n" for row in rows) if lines else json.dumps(rows, indent=1)
    return whole.encode()


def as_columns(write: str) -> bytes:
    frame, out = pd.DataFrame(json.loads(as_json(lines=False))).drop(columns="more"), io.BytesIO()
    getattr(frame, write)(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("meta.jsonl", as_json(lines=True)),
        ("movies.json", as_json(lines=False)),
        ("films.json.gz", gzip.compress(as_json(lines=True))),
        ("movies.parquet", as_columns("to_parquet")),
        ("items.feather", as_columns("to_feather")),
    ],
    ids=["lines", "array", "packed", "parquet", "feather"],
)
@pytest.mark.parametrize("rated", ["ratings.csv", "ratings.parquet", "ratings.jsonl"])
def test_titles_stand_in_json_and_in_columns_too(
    files: Files, name: str, data: bytes, rated: str
) -> None:
    frame, out = pd.read_csv(io.StringIO(RATED)), io.BytesIO()
    frame.to_parquet(out)
    kinds = {
        "ratings.csv": RATED.encode(),
        "ratings.parquet": out.getvalue(),
        "ratings.jsonl": frame.to_json(orient="records", lines=True).encode(),
    }
    others = {
        "users.jsonl": b'{"user_id": 1, "name": "A"}\n',
        "about.json": b'{\n"title": "The set",\n"id": 3\n}',
        "list.json": b"[1, 2]",
        "broken.parquet": b"PAR1 and no more",
    }
    folder = files({rated: kinds[rated], name: data, **others})
    ratings = open_ratings(folder / rated)
    assert ratings.items.titles() == [f'Film "{n}",\nthe {n} ({1990 + n})' for n in range(1, 9)]
    assert ratings.items.genres_of(0) == "War|Drama"
    assert ratings.warnings == ()
    assert ratings.titles_from == f"{name} (8 of 8 items, years from year)"
    assert preview(folder / rated).titles == (str(folder / name),)


def test_a_table_of_titles_in_json_or_columns_can_be_asked_for(
    files: Files, tmp_path: Path
) -> None:
    source = files({"ratings.csv": RATED})
    for name, data in (("t.json", as_json(lines=False)), ("t.parquet", as_columns("to_parquet"))):
        (tmp_path / name).write_bytes(data)
        ratings = open_ratings(source, ColumnMapping(titles=str(tmp_path / name)))
        assert title_of(ratings, "3") == 'Film "3",\nthe 3 (1993)'
    for name in ("t.json", "t.parquet"):
        (tmp_path / name).write_bytes(b"PAR1")
        ratings = open_ratings(source, ColumnMapping(titles=str(tmp_path / name)))
        assert name in ratings.warnings[0] and "items are shown by their ids" in ratings.warnings[0]
