"""The library under the screen: ratings and answers as frames, runs in the trainer's process."""

import ast
import json
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd
import pytest
from forking import forking
from loaded import modules_after
from small import wait_for, write_ratings

import cftui
from cftui import paths
from cftui.api import run as api_run
from cftui.explore.predict import predict
from cftui.library.trained import load_trained
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings as Opened
from cftui.runs.directory import Run as StoredRun
from cftui.runs.find import list_runs as stored_runs

Asked = tuple[cftui.TrainingRun, cftui.DataSet]
ROOT = Path(__file__).parent.parent
QUICK: dict[str, Any] = {
    "optimizer": "adam",
    "epochs": 2,
    "batch_size": 512,
    "factors": 4,
    "device": "cpu",
    "settings": {"training.threads": 1},
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = write_ratings(tmp_path / "small", users=60, items=90, n=2000)
    titles = (folder / "movies.csv").read_text().splitlines()
    titles[1] = '1001,"Matrix, The (1999)",Action|Sci-Fi'
    titles[2] = "1002,Titanic (1997),Drama|Romance"
    (folder / "movies.csv").write_text("\n".join(titles) + "\n")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give a run that all tests here may ask and none may change, and its ratings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(tmp_path_factory.mktemp("api-home")))
        folder = write_ratings(tmp_path_factory.mktemp("api") / "small", 60, 90, 2000)
        ratings = cftui.read_ratings(folder)
        return cftui.train(ratings, **QUICK, name="asked"), ratings


@pytest.fixture(autouse=True)
def forked() -> Iterator[None]:
    """Fork the trainers of single tests; `trained` has started a real one."""
    with forking():
        yield


def opened(ratings: cftui.DataSet) -> Opened:
    return ratings._opened


# The package's root


def test_import_cftui_loads_nothing_but_itself() -> None:
    loaded = modules_after("import cftui; dir(cftui)")
    assert loaded.isdisjoint({"torch", "pandas", "numpy", "textual", "pyarrow", "pydantic"})


def test_every_name_of_the_root_is_there_and_no_other() -> None:
    here = Path(cftui.__file__).parent
    for name in cftui.__all__:
        assert name in dir(cftui) and getattr(cftui, name).__doc__
        assert not (here / name).exists() and not (here / f"{name}.py").exists()
    assert cftui.__version__ == version("cftui")
    with pytest.raises(AttributeError, match="no attribute 'trane'"):
        cftui.trane  # noqa: B018


def test_type_checkers_are_told_of_the_same_names() -> None:
    tree = ast.parse(Path(cftui.__file__).read_text(encoding="utf-8"))
    told = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    (ours,) = [node for node in told if node.module == "cftui.api"]
    assert {alias.name for alias in ours.names} | {"__version__"} == set(cftui.__all__)
    assert (Path(cftui.__file__).parent / "py.typed").is_file()


def test_no_module_imports_a_name_of_the_root() -> None:
    package = Path(cftui.__file__).parent
    found = [
        f"{module.name}: {alias.name}"
        for module in package.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "cftui"
        for alias in node.names
        if not (package / alias.name).is_dir() and not (package / f"{alias.name}.py").is_file()
    ]
    assert found == []


# Ratings


def test_a_frame_holds_what_the_file_holds(source: Path) -> None:
    ratings = cftui.read_ratings(source)
    frame = ratings.to_frame()
    file = pd.read_csv(source / "ratings.csv")
    assert list(frame) == ["user", "item", "rating", "timestamp", "title", "genres"]
    assert frame.user.dtype == frame.item.dtype == np.int64
    assert str(frame.title.dtype) == str(frame.genres.dtype) == "category"
    assert (frame.user == file.userId).all() and (frame.item == file.movieId).all()
    assert (frame.rating == file.rating).all()
    assert (frame.timestamp == pd.to_datetime(file.timestamp, unit="s", utc=True)).all()
    titles = pd.read_csv(source / "movies.csv").set_index("movieId").title
    assert (frame.title.astype(object) == frame.item.map(titles)).all()  # two may have the same
    assert len(ratings) == len(frame) == 2000 and "2,000 from 0.5 to 5" in repr(ratings)


def test_frames_go_in_and_out_unchanged(source: Path) -> None:
    ratings = cftui.read_ratings(source)
    frame = ratings.to_frame()
    again = cftui.from_frame(frame)
    assert opened(again).fingerprint == opened(ratings).fingerprint
    pd.testing.assert_frame_equal(again.to_frame(), frame)


def test_ids_stay_as_they_are_written() -> None:
    frame = pd.DataFrame({"user": ["007", "7", "7"], "item": [3, 5, 3], "rating": [1, 2, 3]})
    back = cftui.from_frame(frame).to_frame()
    assert list(back.user) == ["007", "7", "7"] and list(back.item) == [3, 5, 3]
    assert back.item.dtype == np.int64 and list(back) == ["user", "item", "rating"]


def test_the_same_frame_comes_to_the_same_file_in_the_data_folder(source: Path) -> None:
    frame = cftui.read_ratings(source).to_frame()
    first, again = (cftui.from_frame(frame, name="My films") for _ in range(2))
    other = cftui.from_frame(frame[1:], name="My films")
    assert first.source == again.source != other.source
    assert Path(first.source).is_relative_to(paths.datasets_folder())
    assert re.fullmatch("My-films-[0-9a-f]{12}", first.name)
    shutil.rmtree(paths.stores_folder())  # the cache can be emptied at any time
    assert opened(cftui.read_ratings(first.source)).fingerprint == opened(first).fingerprint


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ([1.0, 2.0, None], [1, 2]),
        (["a", 2, None], ["a", "2"]),
        (pd.Categorical(["b", "a", None]), ["b", "a"]),
        (pd.array([1, 2, None], "Int64"), [1, 2]),
    ],
)
def test_ids_of_any_type_that_pandas_makes(user: Any, expected: list[Any]) -> None:
    frame = pd.DataFrame({"user": user, "item": ["x", "y", "z"], "stars": [1, 2, 3]})
    with pytest.warns(UserWarning, match="1 rows of .* index 2: user '': missing"):
        ratings = cftui.from_frame(frame)
    assert list(ratings.to_frame().user) == expected


def test_times_of_any_zone_are_kept_in_seconds() -> None:
    whole = pd.to_datetime(["2020-01-01 12:00:00.7", "1969-12-31 23:59:59.5"])
    for times in (whole, whole.tz_localize("UTC").tz_convert("Asia/Tokyo"), whole.astype(str)):
        frame = pd.DataFrame({"user": [1, 2], "item": [1, 2], "rating": [1, 2], "time": times})
        back = cftui.from_frame(frame).to_frame()
        assert list(back.timestamp) == list(whole.floor("s").tz_localize("UTC"))


def test_rows_that_cannot_be_used_are_told_by_their_labels() -> None:
    frame = pd.DataFrame(
        {"who": [1, 2, 3], "what": [4, 5, 6], "grade": ["5", "five", "3"]}, index=["a", "b", "c"]
    )
    words = "1 rows of frame-.* cannot be used: index b: grade 'five': not a number"
    with pytest.warns(UserWarning, match=words):
        ratings = cftui.from_frame(frame, user="who", item="what", rating="grade")
    assert ratings.unusable_rows == 1 and len(ratings) == 2
    problems = ratings.problems()
    assert problems.loc["b"].tolist() == ["grade", "five", "not a number"]


def test_a_frame_of_which_nothing_can_be_used_says_so_in_pythons_words() -> None:
    frame = pd.DataFrame({"user": [1], "item": [2], "rating": ["x"]}, index=["only"])
    with pytest.raises(cftui.DataError, match="the frame index only: rating 'x': not a number"):
        cftui.from_frame(frame)
    with pytest.raises(cftui.DataError, match=r"no column for rating .*: rating=…$"):
        cftui.from_frame(frame[["user", "item"]])
    with pytest.raises(cftui.DataError, match="title='name' is not the label of one column"):
        cftui.from_frame(frame, title="name")
    with pytest.raises(ValueError, match="a letter or a digit"):
        cftui.from_frame(frame, name="../..")
    assert list(paths.frames_folder().glob("*")) == []


def test_bad_lines_of_a_file_are_told_by_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("user,item,rating\n1,1,5\n1,2,?\n")
    with pytest.warns(UserWarning, match=r"line 3: rating '\?': not a number"):
        ratings = cftui.read_ratings(tmp_path / "r.csv")
    assert ratings.problems().index.tolist() == [3] and ratings.problems().index.name == "line"
    with pytest.raises(FileNotFoundError, match=r"no data set and no file called 'r2\.csv'"):
        cftui.read_ratings("r2.csv")


def test_the_crosstab_is_the_one_that_pandas_makes() -> None:
    ratings = cftui.read_ratings("ml-latest-small")
    frame = ratings.to_frame()
    users, items = (
        frame.groupby(who).size().sort_values(ascending=False, kind="stable").index[:15]
        for who in ("user", "item")
    )
    top = frame[frame.user.isin(users) & frame.item.isin(items)]
    expected = pd.crosstab(top.user, top["item"], top.rating, aggfunc="sum").astype(float)
    table = cftui.crosstab(ratings, users=15, items=15)
    pd.testing.assert_frame_equal(table, expected)
    titled = cftui.crosstab(ratings, titles=True, order="activity")
    assert titled.columns[0] == "Forrest Gump (1994)" and titled.index[0] == users[0]


# Runs


def test_the_readmes_example_runs_as_printed(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = [b for b in re.findall(r"```python\n(.*?)```", readme, re.S) if "cftui.train" in b]
    monkeypatch.chdir(source.parent)
    names: dict[str, Any] = {}
    exec(block.replace("ml-latest-small", "./small"), names)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[0] == "epoch" and [line.split()[0] for line in lines[2:]] == list("123")
    run = names["run"]
    assert run.status == "finished" and cftui.open_run("latest").id == run.id
    assert cftui.list_runs().loc[run.id, ["status", "epoch"]].tolist() == ["finished", 3]
    assert opened(run.ratings).fingerprint == opened(names["often"]).fingerprint
    assert all(isinstance(names[table], pd.DataFrame) for table in ("table", "frame"))


def test_the_history_is_what_the_run_recorded(trained: Asked) -> None:
    run, _ = trained
    lines = (run.path / "events.jsonl").read_text().splitlines()
    epochs = [event for event in map(json.loads, lines) if event["event"] == "epoch"]
    history = run.history()
    assert history.epoch.tolist() == [1, 2] and history.epoch.dtype == np.int64
    for column in ("step", "train_loss", "valid_mse", "valid_rmse", "learning_rate", "seconds"):
        assert history[column].tolist() == [event[column] for event in epochs]
    for column in ("recall", "ndcg"):  # judged or not, by the time that it takes here
        told = [event[column] for event in epochs]
        assert history[column].tolist() == pytest.approx(np.array(told, float), nan_ok=True)
    assert history.list_users.tolist() == [event["list_users"] for event in epochs]
    losses = run.losses()
    assert losses.step.iloc[-1] == history.step.iloc[-1] and (losses.loss <= losses.high).all()
    assert run.settings["model"]["n_factors"] == 4 and run.name == "asked"


def test_predictions_stand_beside_the_pairs(trained: Asked) -> None:
    run, ratings = trained
    first = ratings.to_frame()[["user", "item"]].head(3).rename(columns={"item": "movieId"})
    predicted = run.predict(first)
    assert list(predicted) == ["user", "movieId", "prediction"]
    found = load_trained(StoredRun(run.path))
    expected = [predict(found, code, item).predicted for code, item in codes(found.ratings, first)]
    np.testing.assert_allclose(predicted.prediction, expected, rtol=1e-6)
    for kind in (str, float, "category", "Int64"):
        np.testing.assert_array_equal(
            run.predict(first.astype(kind)).prediction, predicted.iloc[:, 2]
        )
    strangers = pd.DataFrame({"a": ["1", "01", "nobody", None], "b": [1001, 1001, 1001, 1001]})
    answer = run.predict(strangers, user="a", item="b").prediction
    assert answer.isna().tolist() == [False, True, True, True]
    with pytest.raises(cftui.DataError, match=r"no column is clearly the user among 'a, b'"):
        run.predict(strangers)


def codes(ratings: Opened, pairs: pd.DataFrame) -> list[tuple[int, int]]:
    return [
        (ratings.users.code_of(str(user)), ratings.items.code_of(str(item)))
        for user, item in pairs.itertuples(index=False)
    ]


def test_lists_have_ids_and_titles(trained: Asked) -> None:
    run, ratings = trained
    frame = ratings.to_frame()
    best = run.recommend(user=15, n=5)
    assert list(best) == ["item", "title", "genres", "score", "prediction", "n_ratings"]
    assert best.index.tolist() == [1, 2, 3, 4, 5] and best.item.dtype == np.int64
    assert not best["item"].isin(frame.item[frame.user == 15]).any()
    starred = run.recommend(user=15, n=5, order="stars")
    assert starred.prediction.is_monotonic_decreasing
    asked = run.predict(best.assign(user=15)).prediction
    np.testing.assert_allclose(best.prediction, asked, rtol=1e-5)
    near = run.similar(1001, n=3, min_ratings=20, metric="euclid")
    assert len(near) == 3 and near.score.is_monotonic_increasing and (near.n_ratings >= 20).all()
    new = run.recommend(rated={1001: 5, 1003: 1.0}, n=3)
    assert len(new) == 3 and not new["item"].isin([1001, 1003]).any()
    assert list(new) == list(best) and new.prediction.between(ratings.low, ratings.high).all()
    popular = run.recommend(rated={1001: 5, 1003: 1.0}, n=3, order="popular")
    assert popular["item"].tolist() != new["item"].tolist()


def test_factors_are_the_models_tables(trained: Asked) -> None:
    run, ratings = trained
    items, users = run.factors("item"), run.factors("user")
    assert list(items) == [0, 1, 2, 3, "bias", "title"] and list(users) == [0, 1, 2, 3, "bias"]
    assert items.index.name == "item" and items.loc[1001, "title"] == "Film 0, The (1950)"
    raw = (items.loc[1001, [0, 1, 2, 3]] * users.loc[15, [0, 1, 2, 3]]).sum()
    raw += items.loc[1001, "bias"] + users.loc[15, "bias"]
    squeezed = ratings.low + (ratings.high - ratings.low) / (1 + np.exp(-float(raw)))
    pair = pd.DataFrame({"user": [15], "item": [1001]})
    assert run.predict(pair).prediction[0] == pytest.approx(squeezed, rel=1e-5)


def test_what_cannot_be_answered_is_raised(trained: Asked) -> None:
    run, _ = trained
    with pytest.raises(cftui.QuestionError, match="no user 999"):
        run.recommend(999)
    with pytest.raises(cftui.QuestionError, match="give a user, or what somebody new"):
        run.recommend()
    with pytest.raises(cftui.QuestionError, match="several titles fit 'film'"):
        run.similar("film")
    with pytest.raises(cftui.QuestionError, match="choose item or user"):
        run.factors("movie")  # type: ignore[arg-type]
    with pytest.raises(cftui.RunError, match="no run 'nothing'"):
        cftui.open_run("nothing")
    with pytest.raises(cftui.RunError, match="nothing is left to train"):
        run.resume()


def test_settings_that_are_wrong_are_told_before_anything_starts(source: Path) -> None:
    ratings = cftui.read_ratings(source)
    for words, wrong in (
        ("optimizer", {"optimizer": "adm"}),
        ("SECTION.KEY", {"settings": {"hidden": 3}}),
        ("hiden", {"model": "net", "settings": {"model.hiden": "64"}}),
    ):
        with pytest.raises(cftui.ConfigError, match=words):
            cftui.train(ratings, **wrong)
    with pytest.raises(TypeError, match=r"cftui\.from_frame\(frame\)"):
        cftui.train(ratings.to_frame())  # type: ignore[arg-type]
    assert stored_runs() == [] and cftui.list_runs().empty


def test_a_run_that_fails_raises_with_its_message(source: Path) -> None:
    with pytest.raises(cftui.TrainingError, match=r"failed: .*") as caught:
        cftui.train(source, **{**QUICK, "optimizer": "sgd", "lr": 1000}, model="dot")
    assert caught.value.run is not None and caught.value.run.status == "failed"


def test_a_trainer_that_does_not_start_raises_with_its_last_words(source: Path) -> None:
    ratings = cftui.read_ratings(source)
    shutil.rmtree(source)
    with pytest.raises(cftui.TrainingError, match=r"did not start: .*no file called") as caught:
        cftui.train(ratings, **QUICK)
    assert caught.value.run is None and not list(paths.runs_folder().glob("*"))


LONG = {**QUICK, "epochs": 100_000, "batch_size": 64}


def test_a_live_run_is_stopped_and_goes_on(source: Path) -> None:
    run = cftui.train(source, **LONG, wait=False)
    wait_for(lambda: len(run.history()))
    assert run.status == "running" and run.predict(run.ratings.to_frame()).prediction.notna().all()
    run.stop()
    assert run.status == "stopped"
    done = len(run.history())
    run.resume(wait=False)
    wait_for(lambda: len(run.history()) > done)
    elsewhere = cftui.open_run(run.id)
    elsewhere.stop()
    assert run.status == "stopped" and run.wait() is run and "stopped>" in repr(elsewhere)


def test_an_interrupt_stops_with_a_checkpoint(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        wait_for(lambda: len(cftui.TrainingRun(stored_runs()[0]).history()))
        raise KeyboardInterrupt

    monkeypatch.setattr(api_run, "follow", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cftui.train(source, **LONG)
    run = cftui.open_run()
    assert run.status == "stopped" and (run.path / "last.safetensors").is_file()


# A class as the model

SCRIPT = """
import numpy as np
import torch.nn.functional as F
from torch import nn
from torch.nn.init import normal_

import cftui

SPREAD = np.float64(0.05)
users = object()  # called like an argument, which it is not


def table(rows, width):
    made = nn.Embedding(rows, width)
    normal_(made.weight, std=SPREAD)
    return made


class Base(nn.Module):
    pass


class Mine(Base):
    def __init__(self, n_users, n_items, rank=8):
        super().__init__()
        self.user_factors, self.item_factors = table(n_users, rank), table(n_items, rank)

    def forward(self, users, items):
        product = self.user_factors(users) * self.item_factors(items)
        return 0.5 + 4.5 * F.sigmoid(product.sum(1))


settings = {"model.rank": 4, "training.threads": 1}
run = cftui.train("small", model=Mine, optimizer="adam", epochs=1, device="cpu", settings=settings)
print(run.factors("item").shape)
"""


def test_a_class_of_a_script_trains_without_running_the_script_again(source: Path) -> None:
    (source.parent / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=source.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "(90, 5)\n", done.stderr
    (run,) = stored_runs()
    text = (run.path / "model.py").read_text()
    assert "class Mine(Base)" in text and "SPREAD = 0.05" in text and "cftui.train" not in text


def test_a_class_of_a_module_is_its_file(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cftui.api.model_class import model_word

    (tmp_path / "own_model_of_mine.py").write_text("class Mine:\n    class Inner: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    import own_model_of_mine as own  # type: ignore[import-not-found]

    assert model_word(own.Mine) == f"{tmp_path / 'own_model_of_mine.py'}:Mine"
    assert model_word("net") == "net"
    with pytest.raises(cftui.ConfigError, match="at the top of a file"):
        model_word(own.Mine.Inner)
    with pytest.raises(TypeError, match="or a class"):
        model_word(own.Mine())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("class Mine:\n    def f(self): ...", "the source of Mine cannot be had here; put Mine"),
        ("Mine = type('Mine', (), {})", "the source of Mine cannot be had here"),
    ],
)
def test_a_class_without_source_names_the_remedy(code: str, words: str) -> None:
    ask = "\nfrom cftui.api.model_class import model_word\nmodel_word(Mine)"
    done = subprocess.run(
        [sys.executable, "-c", code + ask], capture_output=True, text=True, check=False
    )
    assert words in done.stderr and "model='path/to/file.py:Mine'" in done.stderr


def test_a_class_that_uses_what_cannot_be_written_says_what(tmp_path: Path) -> None:
    script = """
        from cftui.api.model_class import model_word
        table = object()
        class Mine:
            def f(self):
                return table
        model_word(Mine)
    """
    (tmp_path / "script.py").write_text(dedent(script))
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False
    )
    assert "Mine uses table, a object that cannot be written" in done.stderr


NOTEBOOK = """
import linecache
from cftui.api.model_class import model_word

def cell(number, text):
    # As IPython keeps what was typed, and runs what it made of it.
    linecache.cache[number] = (len(text), None, text.splitlines(keepends=True), number)
    exec(compile(text.replace("%time", "pass"), number, "exec"), globals())

cell("<cell 1>", "n_factors = 6\\ndef half(n):\\n    return n // 2\\n")
cell(
    "<cell 2>",
    "%time\\nclass Mine:\\n    def f(self, half_of):\\n        return half(n_factors)\\n",
)
print(open(model_word(Mine).rpartition(":")[0]).read())
"""


def test_a_class_of_a_notebook_is_taken_from_its_cells() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=False
    )
    names: dict[str, Any] = {}
    exec(done.stdout, names)
    assert names["Mine"]().f(0) == 3, done.stderr


def test_reading_sound_ratings_warns_of_nothing(source: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ratings = cftui.read_ratings(str(source))
    assert opened(ratings).fingerprint == open_ratings(source).fingerprint
    assert ratings.problems().empty and ratings.duplicates == 0
