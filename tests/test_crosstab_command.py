"""`cftui crosstab` in this process, on small and on the bundled ratings."""

import json
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from small import here, small_config, write_ratings

from cftui.questions.sheet import Labels
from cftui.sheet.export import cells_text
from cftui.sheet.read_workbook import read_workbook
from cftui.training.start import start_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Give small ratings with a trained run."""
    source = write_ratings(tmp_path / "small", users=40, items=60, n=900)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return source


def test_the_lessons_table_as_csv_is_pandas_own(tmp_path: Path) -> None:
    assert here("crosstab", "--users", "15", "--items", "15", "--out", str(tmp_path / "t.csv")) == 0
    read = pd.read_csv(tmp_path / "t.csv", index_col=0)
    assert read.index.tolist()[:3] == [15, 30, 73] and list(read.columns)[-1] == "2571"
    assert read.notna().to_numpy().sum() == 206 and read.loc[15, "1"] == 2


def test_predicted_cells_are_what_predict_says(small: Path, capsys: Capture) -> None:
    size = ("--users", "4", "--items", "3", "--data", str(small), "--json")
    assert here("crosstab", *size, "--values", "predicted") == 0
    table = json.loads(capsys.readouterr().out.splitlines()[-1])
    for user, row in zip(table["users"], table["cells"], strict=True):
        for item, cell in zip(table["items"], row, strict=True):
            assert here("predict", "--user", user, "--item", item, "--json") == 0
            said = json.loads(capsys.readouterr().out.splitlines()[-1])
            assert cell == pytest.approx(said["predicted"], rel=1e-6)
    assert here("crosstab", *size, "--values", "error", "--run", "r") == 0
    errors = json.loads(capsys.readouterr().out.splitlines()[-1])["cells"]
    assert here("crosstab", *size) == 0
    actual = json.loads(capsys.readouterr().out.splitlines()[-1])["cells"]
    for wrong, own, cell in zip(
        *(np.ravel(t) for t in (errors, actual, table["cells"])), strict=True
    ):
        assert (wrong is None) == (own is None)
        assert wrong is None or wrong == pytest.approx(cell - own)


def test_a_workbook_solved_elsewhere_goes_on_here(
    small: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "sheet.xlsx"
    data = ("--data", str(small))
    words = ("--users", "6", "--items", "7", "--factors", "2", "--biases")
    assert here("crosstab", *data, *words, "--out", str(path)) == 0
    book = openpyxl.load_workbook(path)
    ((tab, area),) = book.defined_names["user_factors"].destinations
    book[tab][area.replace("$", "").split(":")[0]].value = 9.0  # as if a solver had put it there
    book.save(path)
    capsys.readouterr()
    assert here("crosstab", *data, "--from", str(path), "--json") == 0
    read = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert read_workbook(path)[0].user_factors[0, 0] == 9.0 and read["rmse"] > 1
    assert here("crosstab", *data, "--from", str(path), "--sheet", "--json") == 0
    solved = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert solved["rmse"] < 0.5 * read["rmse"] and solved["items"] == read["items"]


WRONG = [
    (["--users", "0"], "choose 1 to 40"),
    (["--items", "61"], "choose 1 to 60"),
    (["--factors", "21", "--sheet"], "choose 1 to 20"),
    (["--values", "mean"], "--values mean: choose actual, predicted, error"),
    (["--order", "name"], "--order name"),
    (["--solver", "magic", "--sheet"], "--solver magic"),
    (["--out", "table.pdf"], "choose a name that ends in .csv"),
    (["--sheet", "--run", "r"], "leave one of them out"),
    (["--from", "nowhere.xlsx"], "nowhere.xlsx: cannot be read"),
    (["--from", "nowhere.xlsx", "--users", "3"], "leave --users, --items and --order out"),
    (["--run", "nope", "--values", "predicted"], "no run 'nope'"),
]


def test_wrong_use_is_two_with_a_message(small: Path, capsys: Capture) -> None:
    for words, message in WRONG:
        assert here("crosstab", "--data", str(small), *words) == 2, words
        said = capsys.readouterr().err
        assert message in said and "Traceback" not in said, words


def test_a_run_or_a_workbook_of_other_ratings_is_refused(
    small: Path, tmp_path: Path, capsys: Capture
) -> None:
    other = write_ratings(tmp_path / "other", users=15, items=20, n=200, seed=7)
    size = ("--users", "5", "--items", "5")
    assert here("crosstab", "--data", str(other), "--run", "r", *size, "--values", "error") == 2
    assert "run r is of small, not of" in capsys.readouterr().err
    path = str(tmp_path / "t.xlsx")
    assert here("crosstab", "--data", str(small), *size, "--out", path) == 0
    capsys.readouterr()
    assert here("crosstab", "--data", str(other), "--from", path) == 2
    assert "in other" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_with_a_message(small: Path, capsys: Capture) -> None:
    for name in ("t.csv", "t.xlsx"):
        words = ["--users", "5", "--items", "5", "--out", f"/nonexistent/{name}"]
        assert here("crosstab", "--data", str(small), *words) == 1
        said = capsys.readouterr().err
        assert f"/nonexistent/{name}" in said and "Traceback" not in said


def test_titles_that_look_like_formulas_stay_text(tmp_path: Path) -> None:
    folder = write_ratings(tmp_path / "small", users=8, items=9, n=60)
    ratings = pd.read_csv(folder / "ratings.csv")
    ids = sorted(ratings.movieId.unique())
    titles = ["=1+1", "+2", "-A", "@x", *[f"Film | {i}\x1b[31m" for i in ids[4:]]]
    pd.DataFrame({"movieId": ids, "title": titles}).to_csv(folder / "movies.csv", index=False)
    size = ("--data", str(folder), "--users", "3", "--items", str(len(ids)))
    for name in ("t.tsv", "t.md"):
        assert here("crosstab", *size, "--out", str(tmp_path / name)) == 0
    heads = (tmp_path / "t.tsv").read_text().splitlines()[0].split("\t")
    assert heads[1:5] == ["'=1+1", "+2", "'-A", "'@x"]
    for_programs = cells_text(".csv", Labels(("=1", "-A"), ("@x",), ("@x",)), np.zeros((2, 1)))
    assert for_programs == "user,@x\n=1,0\n-A,0\n"
    document = (tmp_path / "t.md").read_text()
    assert "\x1b" not in document and r"Film \| " in document
