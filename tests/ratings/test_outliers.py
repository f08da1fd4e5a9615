"""Values far from all others, with their lines; counts, and counts read as logarithms."""

import gzip
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from small import here

from cftui.config import make_config
from cftui.library.door import Library
from cftui.questions.data import ColumnMapping, DataProfile, DescribeData, Outlier
from cftui.ratings import words
from cftui.ratings.sources.recent import recently_used, remember
from cftui.ratings.store import find_store, open_ratings
from cftui.ratings.values import DataError

Capture = pytest.CaptureFixture[str]
LOG = ColumnMapping(values="log")
Draw = Callable[[np.random.Generator, int], np.ndarray]


def write(path: Path, values: list[float], quoted: bool = False) -> Path:
    """Write a rating a line, of user 1, 2, … 20 and of an item each; line 1 is the header."""
    rows = [f"{n % 20 + 1},{n + 100},{value:g}" for n, value in enumerate(values)]
    if quoted:  # a note of two lines in the first row
        rows = [f'{row},"a ""b""\n c"' if n == 0 else f"{row},-" for n, row in enumerate(rows)]
    text = ("user,item,rating,note" if quoted else "user,item,rating") + "\n" + "\n".join(rows)
    data = (text + "\n").encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def profiled(path: Path, mapping: ColumnMapping = ColumnMapping()) -> DataProfile:  # noqa: B008
    library = Library()
    return library.answer(DescribeData(str(library.open(str(path), mapping).path)))


STARS = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5] * 12


def with_typos(**typos: float) -> list[float]:
    values = list(STARS)
    for place, value in typos.items():
        values[int(place[1:])] = value
    return values


@pytest.mark.parametrize("name", ["r.csv", "r.csv.gz"])
def test_outliers_have_the_lines_of_their_file(tmp_path: Path, name: str) -> None:
    found = profiled(write(tmp_path / name, with_typos(n5=500, n40=-99)))
    assert (found.n_outliers, found.inliers) == (2, (0.5, 5.0))
    assert found.outliers == (Outlier(500.0, "6", "105", 7), Outlier(-99.0, "1", "140", 42))
    assert words.outlier_words(found) == (
        "2 outliers, far from all other values (0.5 to 5): 500 in line 7, -99 in line 42; they"
        " stretch the scale and spoil training: mend or delete them there, and open the file"
        " again"
    )


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    found = profiled(write(tmp_path / "r.csv", with_typos(n0=500, n5=600), quoted=True))
    assert [one.line for one in found.outliers] == [2, 8]  # the first row takes two lines


def test_rows_are_counted_where_a_file_has_no_lines(tmp_path: Path) -> None:
    values = with_typos(n5=500)
    columns = {"user": [n % 20 for n in range(len(values))], "item": list(range(len(values)))}
    table = pyarrow.table({**columns, "rating": values})
    pyarrow.parquet.write_table(table, tmp_path / "r.parquet")
    [outlier] = profiled(tmp_path / "r.parquet").outliers
    assert (outlier.line, outlier.counted) == (6, "row")


def test_of_many_a_few_are_named(tmp_path: Path) -> None:
    values = STARS * 600
    for place in range(7):  # 7 of 72,000 are within one in ten thousand
        values[1000 * place] = 400 + place
    found = profiled(write(tmp_path / "r.csv", values))
    assert (found.n_outliers, len(found.outliers)) == (7, 5)
    assert "and 2 more; they stretch" in words.outlier_words(found)


def test_without_the_file_users_and_items_stand_for_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", with_typos(n5=500))
    store = str(open_ratings(path).path)
    path.unlink()
    found = Library().answer(DescribeData(store))
    assert found.outliers == (Outlier(500.0, "6", "105", None),)
    assert "500 of user 6, item 105; they stretch" in words.outlier_words(found)


def test_of_a_pair_rated_twice_the_line_is_that_which_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", with_typos(n5=500))
    with path.open("a") as file:
        file.write("6,105,500\n")
    [outlier] = profiled(path).outliers
    assert outlier.line == len(STARS) + 2


HONEST: dict[str, Draw] = {
    "half stars": lambda draw, n: draw.choice(np.arange(1, 11) / 2, n),
    "mostly five": lambda draw, n: 5 - draw.choice(5, n, p=[0.8, 0.19, 0.006, 0.002, 0.002]),
    "likes": lambda draw, n: draw.integers(0, 2, n),
    "all alike": lambda draw, n: np.ones(n),
    "zero is unrated": lambda draw, n: np.where(draw.random(n) < 0.6, 0, draw.integers(1, 11, n)),
    "percent": lambda draw, n: (100 * draw.beta(3, 1.5, n)).round(),
    "low percent": lambda draw, n: (100 * draw.beta(1, 8, n)).round(),
    "continuous": lambda draw, n: draw.uniform(-10, 10, n),
    "small counts": lambda draw, n: draw.poisson(3, n),
}  # fmt: skip
COUNTS: dict[str, Draw] = {
    "log-normal": lambda draw, n: np.ceil(draw.lognormal(1, 1.5, n)),
    "geometric": lambda draw, n: draw.geometric(0.05, n) // 10,
    "power law": lambda draw, n: np.floor(1 + 3 * draw.pareto(1.5, n)),
}


@pytest.mark.parametrize("n", [30, 300, 3000])
@pytest.mark.parametrize("kind", [*HONEST, *COUNTS])
def test_usual_ratings_and_counts_have_no_outliers(tmp_path: Path, kind: str, n: int) -> None:
    values = (HONEST | COUNTS)[kind](np.random.default_rng(4), n)
    found = profiled(write(tmp_path / "r.csv", values.tolist()))
    assert not found.n_outliers and not words.outlier_words(found)
    assert not (kind in HONEST and found.counts)


@pytest.mark.parametrize("kind", ["log-normal", "power law"])
def test_counts_are_recognised_and_offered_as_logarithms(tmp_path: Path, kind: str) -> None:
    values = COUNTS[kind](np.random.default_rng(4), 3000)
    found = profiled(write(tmp_path / "plays.csv", values.tolist()))
    assert found.counts
    said = words.count_words(found, "this key")
    assert f"half are {np.median(values):,.0f} or less, the largest is {values.max():,.0f}" in said
    assert said.endswith("this key reads them as log2(1 + count)")


def test_a_typo_does_not_make_ratings_counts(tmp_path: Path) -> None:
    values = [1.0, 2, 3, 4, 5] * 100
    values[7] = 500
    found = profiled(write(tmp_path / "r.csv", values))
    assert not found.counts and found.n_outliers == 1


def test_counts_are_read_as_logarithms_where_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "plays.csv", [0, 1, 3, 7, 1000])
    plain, logs = open_ratings(path), open_ratings(path, LOG)
    expected = [0, 1, 2, 3, math.log2(1001)]
    assert logs.value.tolist() == pytest.approx(expected, abs=1e-6)
    assert plain.value.tolist() == [0, 1, 3, 7, 1000]
    assert plain.path != logs.path and plain.fingerprint != logs.fingerprint
    assert find_store(path, LOG) == logs.path
    assert (plain.name, logs.name) == ("plays", "plays (log)")
    assert (plain.summary().scale, logs.summary().scale) == ("", "log2(1 + count)")
    said = words.value_words(logs.summary())
    assert said.startswith("values, log2(1 + count), 0 to 9.96723") and said.endswith("0 to 1,000")
    assert not profiled(path, LOG).counts


def test_what_is_no_count_has_no_logarithm(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", [1, 2, -3])
    with pytest.raises(DataError, match=r"a value of -3 is no count; leave out --values log"):
        open_ratings(path, LOG)


def test_a_run_is_told_to_read_logarithms(tmp_path: Path) -> None:
    path = write(
        tmp_path / "plays.csv", COUNTS["log-normal"](np.random.default_rng(4), 900).tolist()
    )
    settings = ("--set", "data.values=log", "--epochs", "1", "--device", "cpu", "--id", "r")
    assert here("train", "--data", str(path), *settings) == 0
    from cftui.runs.compare import command_line
    from cftui.runs.find import find_run

    run = find_run("r")
    assert run.record().data_name == "plays (log)"
    assert run.config().data.mapping == LOG
    assert "--set data.values=log" in command_line(run)
    assert here("train", "--data", str(path), "--set", "data.values=squares") == 2
    assert make_config({"data": {"source": "x"}}).data.mapping == ColumnMapping()


def test_how_values_were_read_is_remembered(tmp_path: Path) -> None:
    path = write(tmp_path / "plays.csv", [0, 1, 3, 7, 1000])
    remember(str(path), open_ratings(path, LOG).summary(), LOG)
    assert recently_used()[0].mapping == LOG


def test_a_store_of_before_there_were_scales_is_found(tmp_path: Path) -> None:
    """Their key was of the mapping as it was then, without `values`."""
    import hashlib
    import json

    path = write(tmp_path / "r.csv", STARS).resolve()
    stat = path.stat()
    facts = [[str(path), stat.st_size, stat.st_mtime_ns]]
    was = {"user": "1", "item": "", "rating": "", "timestamp": "", "separator": ""}
    key = hashlib.sha256(json.dumps([1, facts, was]).encode()).hexdigest()[:32]
    assert open_ratings(path, ColumnMapping(user="1")).path.name == key


def test_describe_says_first_what_spoils_training(tmp_path: Path, capsys: Capture) -> None:
    path = write(tmp_path / "r.csv", with_typos(n5=500))
    assert here("data", "describe", str(path)) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("1 outlier, far from all other")
    path = write(
        tmp_path / "plays.csv", COUNTS["log-normal"](np.random.default_rng(4), 900).tolist()
    )
    assert here("data", "describe", str(path)) == 0
    said = capsys.readouterr().out.splitlines()[1]
    assert said.startswith("these look like counts") and "--values log (to train: --set" in said
    assert here("data", "describe", str(path), "--values", "log") == 0
    assert "values, log2(1 + count)," in capsys.readouterr().out
    assert here("data", "describe", str(path), "--values", "root") == 2
