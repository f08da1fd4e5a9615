"""`cftui map`: what its files hold, for the Embedding Projector and for embedding atlases."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from small import here, small_config, write_ratings

from cftui import paths
from cftui.commands import map as map_module
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.directory import Run
from cftui.training.start import start_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a small run in a home of its own, on titles that would break a table; return it."""
    home = tmp_path_factory.mktemp("map")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(home))
        source = write_ratings(home / "small")
        text = (source / "movies.csv").read_text()
        text = text.replace('"Film 0, The (1950)"', '"A\tB\x1b[2J ""C"" (1950)"')
        (source / "movies.csv").write_text(text)
        start_run(small_config(source), lambda _: None, run_id="small", began=0.0)
    return home


@pytest.fixture(autouse=True)
def own_home(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(trained))


def test_the_projector_s_files(trained: Path, tmp_path: Path) -> None:
    assert here("map", "--out", str(tmp_path / "out")) == 0
    vectors = np.loadtxt(tmp_path / "out" / "vectors.tsv", delimiter="\t")
    weights = load_checkpoint(Run(paths.runs_folder() / "small").last).arrays
    assert np.allclose(vectors, weights["parameters/item_factors"], rtol=1e-4)
    raw = (tmp_path / "out" / "metadata.tsv").read_text()
    head, *rows = [line.split("\t") for line in raw.splitlines()]
    assert head == ["title", "item", "genres", "year", "ratings", "mean"]
    assert len(rows) == len(vectors) and {len(row) for row in rows} == {len(head)}
    assert "\x1b" not in raw and [r[0] for r in rows if r[1] == "1001"] == [
        'A B\ufffd[2J "C" (1950)'
    ]
    assert sum(int(row[4]) for row in rows) == 5000


def test_the_atlas_s_file(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "map.parquet"
    assert here("map", "--out", str(out), "--min-ratings", "20", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    axes = [row for row in told if row["event"] == "axis"]
    table = pyarrow.parquet.read_table(out)
    assert {"item", "title", "genres", "year", "n_ratings", "x", "y"} <= {*table.column_names}
    assert min(table["n_ratings"].to_pylist()) >= 20
    assert told[-1]["items"] == len(table) and told[-1]["left_out"] == 200 - len(table)
    # Axes are components of these very items: uncorrelated, and their variances the shares told.
    x, y = (np.array(table[name].to_pylist()) for name in "xy")
    assert abs(np.corrcoef(x, y)[0, 1]) < 1e-3
    assert x.var() / y.var() == pytest.approx(axes[0]["share"] / axes[1]["share"], rel=1e-3)
    assert here("map", "--by", "likes", "--out", str(tmp_path / "likes.csv")) == 0
    with (tmp_path / "likes.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "magic"), "choose run or likes"),
        (("--out", "map.xlsx"), "ends in .parquet or .csv"),
        (("--umap",), "--umap goes with --out"),
        (("--at", "9999"), "no item factors of step 9,999 are kept; there are: 0"),
        (("--by", "likes", "--run", "small"), "--run goes with --by run"),
        (("--run", "nobody"), "nobody"),
    ],
)
def test_wrong_use_is_told(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("map", *words) == 2
    assert said in capsys.readouterr().err


def test_a_former_moment_is_told_and_umap_is_an_extra(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert here("map", "--at", "0") == 0
    assert "step 0: 8 item factors" in capsys.readouterr().out

    def without() -> object:
        raise ImportError

    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    assert here("map", "--umap", "--out", str(tmp_path / "map.csv")) == 2
    assert "pip install 'cftui[umap]'" in capsys.readouterr().err

    class Reducer:
        def fit_transform(self, vectors: np.ndarray) -> np.ndarray:
            return vectors[:, :2] * 2

    monkeypatch.setattr(map_module, "_umap", Reducer)
    assert here("map", "--umap", "--out", str(tmp_path / "map.csv")) == 0
    weights = load_checkpoint(Run(paths.runs_folder() / "small").last).arrays
    with (tmp_path / "map.csv").open() as file:
        first = next(iter(csv.DictReader(file)))
    assert float(first["x"]) == pytest.approx(
        2 * float(weights["parameters/item_factors"][0, 0]), rel=1e-5
    )
