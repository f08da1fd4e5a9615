"""Exports of Letterboxd, IMDb and Goodreads, and any CSV, read as ratings of the data's items."""

import csv
import io
import json
import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cftui.explore.importing.matching import isbn10
from cftui.explore.importing.names import folded
from cftui.explore.importing.read import read_export
from cftui.explore.importing.scale import ScaleMap, scale_map
from cftui.questions.errors import QuestionError
from cftui.questions.people import ExportRead
from cftui.ratings.facets import facets
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

LETTERBOXD = "Date,Name,Year,Letterboxd URI,Rating"
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),"
    "Year,Genres,Num Votes,Release Date,Directors"
)
GOODREADS = (
    "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,"
    "Publisher,Binding,Number of Pages,Year Published,Original Publication Year,Date Read,"
    "Date Added,Bookshelves,Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,"
    "Private Notes,Read Count,Owned Copies"
)
TITLES = (
    ("11", "Matrix, The (1999)"),
    ("12", "Star Wars: Episode IV - A New Hope (1977)"),
    ("13", "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)"),
    ("14", "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"),
    ("15", "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)"),
    ("16", "Rocky II (1979)"),
    ("17", "Rocky III (1982)"),
    ("18", "Heat (1995)"),
    ("19", "Heat, The (2013)"),
    ("20", "Hamlet (1996)"),
    ("21", "Hamlet (2000)"),
    ("22", "War of the Worlds (2005)"),
    ("23", "War of the Worlds (2005)"),
    ("24", "Thelma & Louise (1991)"),
    ("25", "Undated"),
    ("26", "Seven Samurai (Shichinin no samurai) (1954)"),
    ("27", "Lord of the Rings: The Fellowship of the Ring, The (2001)"),
)
Source = Callable[..., Ratings]


@pytest.fixture
def films(tmp_path: Path) -> Source:
    """Give ratings of a few films, on any values, with titles unless told otherwise."""

    def make(
        values: Sequence[float] = (0.5, 1.5, 3, 4.5, 5), titled: bool = True, links: str = ""
    ) -> Ratings:
        folder = tmp_path / f"films-{titled}-{len(values)}-{values[0]}"
        folder.mkdir()
        rows = [(u, item) for u in range(9) for item, _ in TITLES]
        given = [f"{u},{item},{values[n % len(values)]}" for n, (u, item) in enumerate(rows)]
        (folder / "ratings.csv").write_text("userId,movieId,rating\n" + "\n".join(given) + "\n")
        if titled:
            text = "".join(f'{item},"{title}",Drama\n' for item, title in TITLES)
            (folder / "movies.csv").write_text("movieId,title,genres\n" + text)
        if links:
            (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n" + links)
        return open_ratings(folder)

    return make


@pytest.fixture
def imported(tmp_path: Path, films: Source) -> Callable[..., ExportRead]:
    """Give what a text reads as, on those films."""

    def read(text: str | bytes, ratings: Ratings | None = None, **named: object) -> ExportRead:
        path = tmp_path / "export.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_export(ratings or films(), path, **named)  # type: ignore[arg-type]

    return read


def goodreads(title: str, rating: str, year: str = "", isbn: str = "", isbn13: str = "") -> str:
    cells = ["1", title, "A", "A", "", f'="{isbn}"', f'="{isbn13}"', rating, "4", "", "", "1"]
    cells += [year, year, "", "2012/01/01", "", "", "read", 'a "fine"\nbook', "", "", "1", "0"]
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def test_letterboxd_is_matched_by_title_and_year_each_with_how_sure(
    imported: Callable[..., ExportRead],
) -> None:
    rows = (
        ("The Matrix,1999", "11", "exact"),
        ("Star Wars,1977", "12", "part"),
        ("Amélie,2001", "13", "exact"),
        ("Amelie,2002", None, "rated again in line 4"),
        ("Léon: The Professional,1994", "14", "exact"),
        ('"The Good, the Bad and the Ugly",1966', "15", "exact"),
        ("Rocky 2,1980", "16", "near year"),
        ("Rocky IV,1985", None, "no such title"),
        ("The Heat,2013", "19", "exact"),
        ("Heat,", "18", "no year"),
        ("Hamlet,", None, "several are called so: Hamlet (1996), id 20; Hamlet (2000), id 21"),
        ("Hamlet,1996", "20", "exact"),
        ("Hamlet,1948", None, "no such title of 1948; there is Hamlet (1996), id 20"),
        ("War of the Worlds,2005", None, "several are called so"),
        ("Thelma and Louise,1991", "24", "exact"),
        ("Undated,2011", "25", "no year"),
        ("Sevn Samurai,1954", "26", "similar"),
        ("The Fellowship of the Ring,2001", "27", "part"),
    )
    text = "\n".join(f"2020-01-01,{row},https://boxd.it/x,4" for row, _, _ in rows)
    read = imported(f"{LETTERBOXD}\n{text}\n2020-01-01,Up,2009,https://boxd.it/x,\n")
    matches = {row.line: (row.item, row.sureness) for row in read.matches}
    left = {row.line: row.why for row in read.left}
    for line, (row, item, words) in enumerate(rows, start=2):
        if item is None:
            assert left[line].startswith(words), row
        else:
            assert matches[line] == (item, words), row
    assert (read.kind, read.profile, read.unrated) == ("Letterboxd", "letterboxd", 1)
    assert len(matches) + len(left) == len(rows)
    assert "26" not in dict(read.rated()) and dict(read.rated(similar=True))["26"] == 4.0


def test_a_row_with_more_cells_than_columns_is_left_with_its_line(
    imported: Callable[..., ExportRead],
) -> None:
    rows = ["2020-01-01,Heat,1995,u,4", "2020-01-02,Undated,,u,2,3", "2020-01-03,Hamlet,1996,u,4,"]
    read = imported("\n".join([LETTERBOXD, *rows]))
    assert [match.line for match in read.matches] == [2, 4]
    assert [(row.line, row.why[:10]) for row in read.left] == [(3, "more cells")]


def test_imdb_is_matched_by_its_ids_where_a_file_of_links_tells_them(
    imported: Callable[..., ExportRead], films: Source
) -> None:
    def row(const: str, rating: str, title: str, kind: str = "Movie", original: str = "") -> str:
        url = f"https://www.imdb.com/title/{const}"
        return (
            f"{const},{rating},2020-01-01,{title},{original or title},{url},{kind},8,99,1999,"
            '"Action, Drama",1,1999-03-31,"A, B"'
        )

    text = "\r\n".join(
        [
            f"\ufeff{IMDB}",
            row("tt0000042", "10", "Whatever it is called"),
            row("tt0133093", "1", "The Matrix"),
            row("tt0133093", "8", "Ozymandias", "TV Episode"),
            row("tt1", "", "Unrated"),
            row("tt2", "11", "Too much"),
        ]
    )
    read = imported(text, films(links="15,0000042,7\n"))
    assert [(m.item, m.value, m.sureness) for m in read.matches] == [
        ("15", 5.0, "id"),
        ("11", 0.5, "exact"),
    ]
    assert [(r.line, r.why) for r in read.left] == [
        (4, "it is a TV Episode"),
        (6, "column your rating: '11' is no rating from 1 to 10"),
    ]
    assert read.unrated == 1
    assert read.scale_words == "values 1 to 10 linearly onto 0.5 to 5, to the nearest 0.5"


def test_imdb_falls_back_to_the_original_title(imported: Callable[..., ExportRead]) -> None:
    cells = "tt1,9,2020-01-01,Die sieben Samurai,Shichinin no samurai,u,Movie,8,1,1954,x,1,x,x"
    [match] = imported(f"{IMDB}\n{cells}\n").matches
    assert (match.item, match.sureness, match.value) == ("26", "exact", 4.5)


def test_goodreads_nought_is_unrated_and_an_isbn_is_an_id(
    tmp_path: Path, imported: Callable[..., ExportRead]
) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    books = ("0439023483", "080442957X", "plain")
    lines = [f"{u},{book},{1 + (u + n) % 10}" for u in range(10) for n, book in enumerate(books)]
    (folder / "ratings.csv").write_text("user,item,rating\n" + "\n".join(lines))
    text = GOODREADS + "\n" + goodreads("A", "5", isbn="0439023483", isbn13="9780439023481")
    text += goodreads("B", "3", isbn13="9780804429573") + goodreads("C", "0", "1999")
    text += goodreads("D (D, #1)", "2", "-750")
    read = imported(text, open_ratings(folder))
    assert [(m.item, m.value, m.sureness) for m in read.matches] == [
        ("0439023483", 10.0, "id"),
        ("080442957X", 6.0, "id"),  # halfway, 5.5, is the higher
    ]
    [left] = read.left
    assert left.year == -750 and "have no titles" in left.why and read.unrated == 1
    # Each record is two lines long: a review holds a line end.
    assert [m.line for m in read.matches] == [2, 4] and left.line == 8


def test_any_csv_by_title_or_by_id(imported: Callable[..., ExportRead], films: Source) -> None:
    ratings = films()
    read = imported("Title;Rating\r\nThe Matrix (1999);4,5\r\nheat (1995);3\r\n", ratings)
    assert dict(read.rated()) == {"11": 4.5, "18": 3.0}
    assert [m.sureness for m in read.matches] == ["exact", "exact"]
    assert (read.kind, read.profile) == ("CSV", "export")
    read = imported("movieId,rating\n11,5\n4711,3\n11,2\n", ratings)
    assert read.rated() == (("11", 2.0),)  # the later stands
    assert [(r.line, r.why[:7]) for r in read.left] == [(2, "rated a"), (3, "no item")]
    with pytest.raises(QuestionError, match=r"line 2: rating 8 is not within .* --scale 1-10"):
        imported("title,rating\nHeat,8\n", ratings)
    assert imported("title,year,rating\nHeat,1995,8\n", ratings, scale=(1, 10)).rated() == (
        ("18", 4.0),
    )


TRAKT_LIST = [
    {
        "rated_at": "2021-05-01T08:00:00.000Z",
        "rating": 8,
        "type": "movie",
        "movie": {"title": "Whatever", "year": 1990, "ids": {"trakt": 1, "imdb": "tt0000042"}},
    },
    {"rated_at": "2021", "rating": 10, "type": "movie", "movie": {"title": "Heat", "year": 1995}},
    {
        "rated_at": "2021",
        "rating": 3,
        "type": "episode",
        "episode": {"title": "Up", "number": 1},
        "show": {"title": "Heat", "year": 1995},
    },
    {"rated_at": "2021", "rating": None, "movie": {"title": "Amélie", "year": 2001, "ids": None}},
]
TRAKT_HEADER = "rated_at,type,title,year,trakt_rating,trakt_id,imdb_id,tmdb_id,rating"
TRAKT_CSV = (
    f"{TRAKT_HEADER}\n2021-05-01T08:00:00Z,movie,Whatever,1990,7.1,1,tt0000042,2,8\n"
    "2021,movie,Heat,1995,7.9,2,,,10\n2021,episode,Heat,1995,7.9,2,,,3\n"
    "2021,movie,Amélie,2001,7.9,3,,,\n"
)


@pytest.mark.parametrize(
    "text", [TRAKT_CSV, json.dumps(TRAKT_LIST), json.dumps(TRAKT_LIST, indent=1), "[]"]
)
def test_trakt_is_read_as_csv_and_as_its_list(
    text: str, imported: Callable[..., ExportRead], films: Source
) -> None:
    if text == "[]":
        with pytest.raises(QuestionError, match="this is JSON"):
            imported(text)
        return
    read = imported(text, films(links="15,0000042,7\n"))
    assert [(m.item, m.value, m.given, m.sureness) for m in read.matches] == [
        ("15", 4.0, 8.0, "id"),  # 1 to 10 onto 0.5 to 5: (8 - 1) / 9 of 4.5 above 0.5
        ("18", 5.0, 10.0, "exact"),
    ]
    assert [row.why for row in read.left] == ["it is an episode"]
    assert (read.kind, read.profile, read.unrated) == ("Trakt", "trakt", 1)


KINOPOISK = (
    "русскоязычное название\tоригинальное название\tгод\tстраны\tмоя оценка\tрейтинг КиноПоиска\n"
    "Амели\tLe fabuleux destin, Amélie\t2001\tФранция, Германия\t10\t8.0\n"
    "Схватка\tHeat\t1995\tСША\t1\t8.1\n"
    "Матрица\tThe Matrix\t1999\tСША\t\t8.5\n"
    "Ёлки\t\t2010\tРоссия\t6\t6.5\n"
)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "windows-1251"])
def test_kinopoisk_is_read_in_russian_and_in_old_encodings(
    codec: str, imported: Callable[..., ExportRead], films: Source
) -> None:
    ratings = films()
    read = imported(KINOPOISK.replace("é", "e").encode(codec), ratings)
    assert ("18", 0.5) in read.rated() and (read.kind, read.unrated) == ("Kinopoisk", 1)
    assert read.left[-1].title == "Ёлки"
    read = imported(
        "Название;Год;Моя оценка;Дата\nHeat;1995;2;01.02.2020\nHeat;1995;9;31.01.2020\n", ratings
    )
    assert read.rated() == (("18", 1.0),)  # of the later day


def test_an_export_of_before_unicode_is_read(
    imported: Callable[..., ExportRead], films: Source
) -> None:
    ratings = films()
    text = f"{LETTERBOXD}\n2020-01-01,Amélie,2001,x,4\n"
    for codec in ("cp1252", "utf-16"):
        assert imported(text.encode(codec), ratings).rated() == (("13", 4.0),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Date,Name,Year,Letterboxd URI\n2020-01-01,Heat,1995,x\n", "give ratings.csv of the"),
        (b"Const,Title,Title Type\ntt1,Heat,Movie\n", "export the page Your ratings"),
        (b"a,b\n1,2\n", "line 1: it needs a column rating"),
        (b"", "the file is empty"),
        (b"title,rating\n", "none of its 0 rows"),
        (b"title,rating\nHeat,\n", "none of its 1 rows has a rating"),
        (b"title,rating\nHeat,good\n", "line 2: column rating: 'good' is no rating"),
        (b"title,rating\nHeat,nan\n", "'nan' is no rating"),
        (b"title,rating\nHeat,3\nCaf\xe9\x01,3\n", "line 3: b'Caf\\xe9\\x01,3' is not UTF-8"),
        (b'[{"rated_at": "2020", "rating": 8},\n{"rated', "line 1: the list is broken, or cut off"),
        (b'[{"title": "Heat"}]', "this is JSON, but neither an object a line"),
        (b'title,rating\nHeat,3\n"Up,3\nM,3\n', "line 3: unexpected end of data"),
        (b"userId,movieId,rating\n1,11,3\n2,11,4\n", "line 3: a second person's ratings"),
        (b"PK\x03\x04 no zip at all", "zip"),
        (b"%PDF-1.4", "a PDF document"),
    ],
)
def test_what_is_no_export_is_refused_with_a_remedy(
    imported: Callable[..., ExportRead], content: bytes, words: str
) -> None:
    with pytest.raises(QuestionError) as caught:
        imported(content)
    assert words in str(caught.value) and "export.csv" in str(caught.value)


def test_a_zip_and_a_folder_of_letterboxd_are_read(tmp_path: Path, films: Source) -> None:
    ratings, text = films(), f"{LETTERBOXD}\n2020-01-01,Heat,1995,x,3.5\n"
    with zipfile.ZipFile(tmp_path / "letterboxd.zip", "w") as archive:
        archive.writestr("watched.csv", "Date,Name,Year,Letterboxd URI\n")
        archive.writestr("ratings.csv", text)
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "ratings.csv").write_text(text)
    for name in ("letterboxd.zip", "unpacked"):
        assert read_export(ratings, tmp_path / name).rated() == (("18", 3.5),)
    for missing in ("nowhere.csv", "."):
        with pytest.raises(QuestionError, match=r"no such file|no ratings.csv in this"):
            read_export(ratings, tmp_path / missing)


def test_of_a_diary_the_last_time_stands(imported: Callable[..., ExportRead]) -> None:
    text = (
        "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        "2021-05-01,Heat,1995,x,5,Yes,,2021-05-01\n"
        "2020-05-01,Heat,1995,x,2,,,2019-01-01\n"
    )
    read = imported(text)
    assert read.rated() == (("18", 5.0),)
    assert [row.line for row in read.left] == [3]


def test_titles_that_may_act_are_left_as_they_are_and_match_nothing(
    imported: Callable[..., ExportRead],
) -> None:
    text = f"{LETTERBOXD}\n2020-01-01,\x1b[31mHeat\x00[bold],1995,x,3\n2020-01-01,M,1995,x,3\n"
    read = imported(text)
    assert not read.matches and len(read.left) == 2


@pytest.mark.parametrize(
    ("scale", "onto", "step", "pairs"),
    [
        ((1, 10), (0.5, 5), 0.5, {n: n / 2 for n in range(1, 11)}),
        ((0.5, 5), (0.5, 5), 0.5, {3.5: 3.5}),
        ((1, 5), (0.5, 5), 0.5, {1: 0.5, 2: 1.5, 3: 3.0, 4: 4.0, 5: 5.0}),
        ((1, 5), (1, 10), 1, {1: 1, 2: 3, 3: 6, 4: 8, 5: 10}),
        ((1, 10), (-10, 10), None, {1: -10, 5.5: 0, 10: 10}),
    ],
)
def test_scales_are_mapped_ends_on_ends(
    scale: tuple[float, float],
    onto: tuple[float, float],
    step: float | None,
    pairs: dict[float, float],
) -> None:
    mapped = ScaleMap(scale, onto, step)
    assert {value: mapped.value(value) for value in pairs} == pairs


@given(st.floats(0, 1), st.sampled_from([0.1, 0.25, 0.5, 1.0, 20.0]), st.integers(2, 60))
def test_a_mapped_value_is_the_nearest_step(share: float, step: float, steps: int) -> None:
    low, high = -step, (steps - 1) * step
    value = ScaleMap((1.0, 10.0), (low, high), step).value(1 + 9 * share)
    exact = np.interp(1 + 9 * share, [1, 10], [low, high])
    grid = low + step * np.arange(steps + 1)
    assert low <= value <= high and np.isclose(grid, value).any()
    assert abs(value - exact) <= np.abs(grid - exact).min() + 1e-6 * step


def test_counts_and_likes_alone_take_no_stars(tmp_path: Path) -> None:
    for name, values in (("likes", [1] * 60), ("plays", [1] * 40 + [2] * 15 + [9999] * 5)):
        folder = tmp_path / name
        folder.mkdir()
        lines = [f"{n // 6},{n % 6},{value}" for n, value in enumerate(values)]
        (folder / "ratings.csv").write_text("user,item,rating\n" + "\n".join(lines))
        with pytest.raises(QuestionError, match=r"no scale to map to|are counts"):
            scale_map((0.5, 5.0), open_ratings(folder))


def test_old_isbns_have_the_digits_of_the_new() -> None:
    assert isbn10("9780439023481") == "0439023483"
    assert isbn10("9780804429573") == "080442957X"
    assert not isbn10("9790804429573") and not isbn10("0439023483") and not isbn10("")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Matrix, The", "the matrix"),
        ("Ocean's Eleven", "Oceans Eleven"),
        ("WALL·E", "Wall-E"),
        ("Rocky II", "rocky 2"),
        ("Fast & Furious", "Fast and Furious"),
        ("Søstre", "Sostre"),
        ("Crouching Tiger, Hidden Dragon", "Crouching Tiger Hidden Dragon"),
    ],
)
def test_spellings_that_mean_one_title(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_signs_alone_and_a_letter_alone_stay_what_they_are() -> None:
    assert folded("!!!") != folded("???") and folded("X") != folded("10") and folded("The")


def written(title: str) -> str:
    """Return a title of the data as a site would write it."""
    return title.rpartition(" (")[0].removesuffix(", The")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_way_a_file_is_written_its_films_are_found(
    bundled: Ratings, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    years = facets(bundled).years
    codes = data.draw(st.lists(st.integers(0, bundled.n_items - 1), max_size=12, unique=True))
    codes = [code for code in codes if years[code]]
    rows = []
    for code in codes:
        title = written(bundled.items.title_of(code))
        title = data.draw(st.sampled_from([title, title.upper(), title.lower()]))
        rating = data.draw(st.sampled_from(["", "0.5", "3", "4.5", "5"]))
        rows.append(["2020-01-01", title, str(years[code]), "x", rating])
    out = io.StringIO()
    writer = csv.writer(
        out,
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerows([LETTERBOXD.split(","), *rows, ["2020-01-01", "Nothing is", "1800", "x", "3"]])
    bom = data.draw(st.sampled_from(["", "\ufeff"]))
    path = tmp_path_factory.mktemp("files") / "ratings.csv"
    path.write_bytes((bom + out.getvalue()).encode())
    read = read_export(bundled, path)
    wanted = {
        line: (bundled.items.id_of(code), float(row[-1]))
        for line, (code, row) in enumerate(zip(codes, rows, strict=True), start=2)
        if row[-1]
    }
    found = {match.line: (match.item, match.value) for match in read.matches}
    assert read.unrated == len(rows) - len(wanted)
    told = {row.line: row.why for row in read.left}
    for line, pair in wanted.items():
        assert found.get(line) == pair or "called so" in told[line] or "again" in told[line]
    assert all(math.isfinite(match.value) for match in read.matches)
