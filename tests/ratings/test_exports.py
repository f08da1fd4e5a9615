"""Files of one person's ratings are no data sets: where they are opened as such leads to You."""

import json
import zipfile
from pathlib import Path

import pytest

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.preview import preview
from cftui.ratings.store import open_ratings
from cftui.ratings.values import DataError

EXPORTS = {
    "Letterboxd": "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Heat,1995,https://boxd.it/x,4\n",
    "IMDb": (
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Year\n"
        "tt0113277,9,2020-01-01,Heat,Heat,https://www.imdb.com/title/tt0113277,Movie,8.3,1995\n"
    ),
    "Goodreads": (
        "Book Id,Title,Author,Author l-f,ISBN,ISBN13,My Rating,Average Rating,Exclusive Shelf\n"
        '1,Dune,Frank Herbert,"Herbert, Frank","=""0441013597""",,5,4.2,read\n'
    ),
    "Trakt": (
        "rated_at,type,title,year,trakt_rating,trakt_id,imdb_id,rating\n"
        "2021-03-22T06:33:01Z,movie,Heat,1995,7.9,1,tt0113277,9\n"
    ),
    "Kinopoisk": "Название\tГод\tМоя оценка\nСхватка\t1995\t9\n",
}
LEADS = "one person's ratings, no data set: `cftui you import FILE` takes them as yours"


def _refused(path: Path) -> str:
    """Return what is said where a file is opened as ratings, which is what is said beforehand."""
    seen = preview(path)
    with pytest.raises(DataError) as caught:
        open_ratings(path)
    assert seen.problem == str(caught.value) and not seen.columns
    return seen.problem


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_opened_as_ratings_leads_to_you(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    for codec in ("utf-8-sig", "utf-16", "windows-1251"):
        path.write_bytes(EXPORTS[kind].encode(codec))
        assert _refused(path) == f"{path}: {kind}: {LEADS} (or `i` in Explore, You)"


def test_ratings_of_imdb_need_no_type_of_title(tmp_path: Path) -> None:
    path = tmp_path / "imdb.csv"
    path.write_text("Const,Your Rating,Date Rated,Title\ntt0113277,9,2020-01-01,Heat\n")
    assert f"IMDb: {LEADS}" in _refused(path)


def test_a_list_of_trakt_leads_to_you(tmp_path: Path) -> None:
    film = {"title": "Heat", "year": 1995, "ids": {"imdb": "tt0113277"}}
    rows = [{"rated_at": "2021-03-22", "rating": 9, "type": "movie", "movie": film}] * 3
    for name in ("ratings-movies.json", "trakt.json"):
        (tmp_path / name).write_text("\n" + json.dumps(rows))
        assert f"Trakt: {LEADS}" in _refused(tmp_path / name)
    assert f"Trakt: {LEADS}" in _refused(tmp_path)  # by the name of the first


def test_the_zip_and_the_folder_of_letterboxd_lead_to_you(tmp_path: Path) -> None:
    watched = "Date,Name,Year,Letterboxd URI\n2020-01-01,Heat,1995,https://boxd.it/x\n"
    files = {"diary.csv": watched, "ratings.csv": EXPORTS["Letterboxd"], "watched.csv": watched}
    folder = tmp_path / "letterboxd"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "letterboxd.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
            (folder / name).write_text(text)
    for path in (folder, tmp_path / "letterboxd.zip"):
        assert f"Letterboxd: {LEADS}" in _refused(path)
    assert "give ratings.csv of the same export" in _refused(folder / "watched.csv")


def test_the_same_columns_of_many_people_are_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    header, row = EXPORTS["Letterboxd"].splitlines()
    rows = "".join(f"{user},{row.replace('Heat', film)}\n" for user in "ab" for film in "xyz")
    path.write_text(f"user,{header}\n{rows}")
    assert len(open_ratings(path)) == 6
    path.write_text(f"{header}\n{row}\n")  # and where somebody says who the people are
    chosen = ColumnMapping(user="Year", item="Name", rating="Rating")
    assert len(open_ratings(path, chosen)) == 1
