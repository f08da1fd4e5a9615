"""`cftui you`: people known by name, and files of theirs that become profiles."""

import json
from pathlib import Path

import pytest
from small import here, write_ratings

Capture = pytest.CaptureFixture[str]
HEADER = "Date,Name,Year,Letterboxd URI,Rating\n"


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Give the path of small ratings: items 1001, 1002 … are Film 0 (1950), Film 0 (1951) …"""
    return str(write_ratings(tmp_path / "small", users=40, items=60, n=900))


def letterboxd(path: Path, *rows: str) -> str:
    path.write_text(HEADER + "".join(f"2020-01-01,{row}\n" for row in rows))
    return str(path)


def test_an_export_becomes_a_profile_whose_matches_are_shown(
    tmp_path: Path, source: str, capsys: Capture
) -> None:
    file = letterboxd(
        tmp_path / "ratings.csv", "The Film 3,1957,x,4", "Film 0,1950,x,5", "\x1b[2J,1950,x,1"
    )
    words = ["you", "import", file, "--data", source]
    assert here(*words, "--dry-run") == 0
    assert "2 ratings would become the profile letterboxd" in capsys.readouterr().out
    assert here(*words, "--as", "Anna") == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "2\t4\t4\ttitle and year\tThe Film 3 (1957)\t1008\tFilm 3, The (1957)" in said
    assert "not used: 1 rows" in said and "4\t�[2J (1950)\tno such title" in said
    assert "2 ratings became the profile Anna; matches: 2 by title and year; 1 rows not" in said
    assert here("you", "list", "--data", source) == 0
    assert "Anna\t2\tsmall" in capsys.readouterr().out
    assert here("you", "show", "anna", "--data", source, "--json") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["item"], row["rating"]) for row in shown] == [("1008", 4.0), ("1001", 5.0)]


def test_a_profile_is_not_overwritten_unless_told(
    tmp_path: Path, source: str, capsys: Capture
) -> None:
    file = letterboxd(tmp_path / "ratings.csv", "Film 0,1950,x,5", "Film 0,1951,x,2")
    words = ["you", "import", file, "--data", source]
    assert here(*words) == 0
    letterboxd(tmp_path / "ratings.csv", "Film 0,1951,x,4", "Film 1,1952,x,3")
    capsys.readouterr()
    assert here(*words) == 2
    assert "letterboxd has 2 ratings already: give --merge" in capsys.readouterr().err
    assert here(*words, "--merge", "--replace") == 2

    def rated() -> dict[str, float]:
        capsys.readouterr()
        assert here("you", "show", "letterboxd", "--data", source, "--json") == 0
        lines = map(json.loads, capsys.readouterr().out.splitlines())
        return {line["item"]: line["rating"] for line in lines}

    assert rated() == {"1001": 5.0, "1002": 2.0}
    assert here(*words, "--merge") == 0
    assert rated() == {"1001": 5.0, "1002": 4.0, "1003": 3.0}
    assert here(*words, "--replace") == 0
    assert rated() == {"1002": 4.0, "1003": 3.0}


def test_what_was_exported_is_imported_again(tmp_path: Path, source: str, capsys: Capture) -> None:
    file = letterboxd(tmp_path / "ratings.csv", "Film 0,1950,x,5", "Film 0,1951,x,2")
    assert here("you", "import", file, "--data", source, "--as", "Anna") == 0
    out = tmp_path / "anna.csv"
    assert here("you", "export", "anna", "--data", source, "--out", str(out)) == 0
    assert out.read_text().splitlines()[0] == "profile,item,title,rating"
    capsys.readouterr()
    assert here("you", "import", str(out), "--data", source, "--as", "Again", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(m["item"], m["value"], m["sureness"]) for m in lines[:-1]] == [
        ("1001", 5.0, "id"),
        ("1002", 2.0, "id"),
    ]
    assert lines[-1]["event"] == "imported" and lines[-1]["profile"] == "Again"
    assert here("you", "remove", "again", "--data", source) == 0
    assert "removed Again and 2 ratings" in capsys.readouterr().out
    assert here("you", "remove", "again", "--data", source) == 2
    assert "no profile 'again' on these ratings; there are: me, Anna" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["import", "nowhere.csv"], "no such file"),
        (["import", "FILE", "--as", "a,b"], "--as a,b: choose a name without a comma"),
        (["import", "FILE", "--scale", "10"], "--scale 10: write LOW-HIGH"),
        (["import", "FILE", "--scale", "5-1"], "5 to 1 is no scale"),
        (["show", "nobody"], "no profile 'nobody'"),
        (["export", "me", "--out", "me.txt"], "ends in .csv or .parquet"),
        (["dance"], "No such command"),
    ],
)
def test_wrong_use_is_explained(
    tmp_path: Path, source: str, capsys: Capture, words: list[str], complaint: str
) -> None:
    file = letterboxd(tmp_path / "ratings.csv", "Film 0,1950,x,5")
    assert here("you", *(file if w == "FILE" else w for w in words), "--data", source) == 2
    assert complaint in capsys.readouterr().err


def test_a_file_that_matches_nothing_makes_no_profile(
    tmp_path: Path, source: str, capsys: Capture
) -> None:
    file = letterboxd(tmp_path / "ratings.csv", "Nothing of the kind,1950,x,5")
    assert here("you", "import", file, "--data", source) == 1
    assert "nothing in it matches these ratings" in capsys.readouterr().err
    assert here("you", "list", "--data", source) == 0
    assert "letterboxd" not in capsys.readouterr().out


def test_a_profile_gets_its_list_and_two_get_one_together(
    tmp_path: Path, source: str, capsys: Capture
) -> None:
    for name, rows in (("ann", ["Film 0,1950,x,5"]), ("bob", ["Film 1,1952,x,4"])):
        file = letterboxd(tmp_path / f"{name}.csv", *rows)
        assert here("you", "import", file, "--data", source, "--as", name) == 0
    capsys.readouterr()

    def listed(*words: str) -> list[dict[str, object]]:
        assert here("recommend", *words, "--data", source, "-n", "5", "--json") == 0
        lines = map(json.loads, capsys.readouterr().out.splitlines())
        return [line for line in lines if "rank" in line]

    assert listed("--profile", "ANN") == listed("--rated", "1001=5")
    both = listed("--profile", "ann,bob")
    assert [row["rank"] for row in both] == [1, 2, 3, 4, 5]
    assert not {"1001", "1003"} & {row["item"] for row in both}
    assert here("recommend", "--profile", "ann,bob", "--data", source, "-n", "2") == 0
    said = capsys.readouterr().out
    assert "for ann (1 ratings), bob (1 ratings), on small" in said and "Masthoff 2011" in said
    assert "rank\tid\tscore\tann place\tbob place\ttitle" in said
    assert here("recommend", "--profile", "ann,bob", "--data", source, "--why", "1004") == 0
    said = capsys.readouterr().out
    assert "to ann:" in said and "to bob:" in said and said.count("by likes, the sum of") == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--profile", "nobody"], "no profile 'nobody' on these ratings; there are: me"),
        (["--profile", "me"], "me has rated nothing on small"),
        (["--profile", ","], "name one or more; cftui you list"),
        (["--profile", "me", "--rated", "1001=5"], "or --profile NAME"),
    ],
)
def test_profiles_that_cannot_be_asked_for_are_explained(
    source: str, capsys: Capture, words: list[str], complaint: str
) -> None:
    assert here("recommend", *words, "--data", source) == 2
    assert complaint in capsys.readouterr().err
