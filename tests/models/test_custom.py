"""The user's own models: trained, resumed and asked without a change to cftui."""

import json
import re
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import torch
from loaded import modules_after
from small import cli, here, small_config, write_ratings

from cftui.config import make_config
from cftui.explore.predict import predict_valid
from cftui.hyperparameters import installed
from cftui.library.trained import load_trained
from cftui.models.errors import ModelError
from cftui.paths import consent_folder
from cftui.questions.errors import Untrusted
from cftui.ratings.pairs import Pairs
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.control import send
from cftui.runs.directory import Run, RunError
from cftui.runs.events import Event, Failed, Started, Step
from cftui.runs.find import find_run
from cftui.runs.model_source import read_source, trust, trust_run
from cftui.training.start import resume_run, start_run

Capture = pytest.CaptureFixture[str]

MINE = '''
from pydantic import BaseModel, Field
import torch
from torch import nn


class Mine(nn.Module):
    """Product of two tables, with dropout and a norm that keeps running averages."""

    class Parameters(BaseModel):
        rank: int = Field(4, ge=1, le=64, description="Size of the embeddings")
        share: float = 0.2

    def __init__(self, info, p):
        super().__init__()
        self.user_factors = nn.Embedding(info.n_users, p.rank)
        self.item_factors = nn.Embedding(info.n_items, p.rank)
        self.norm = nn.BatchNorm1d(p.rank)
        self.drop = nn.Dropout(p.share)
        self.middle = nn.Parameter(torch.tensor(3.0))

    @classmethod
    def from_data(cls, info, parameters):
        return cls(info, parameters)

    def forward(self, users, items):
        print("not JSON")
        product = self.norm(self.user_factors(users) * self.item_factors(items))
        return self.middle + self.drop(product).sum(1)
'''

# As lesson 5 prints it, line by line; a notebook's first cells are its imports.
LESSON = """
import torch
import torch.nn.functional as F
from torch import nn

min_rating,max_rating = ratings.rating.min(),ratings.rating.max()
min_rating,max_rating

def get_emb(ni,nf):
    e = nn.Embedding(ni, nf)
    e.weight.data.uniform_(-0.01,0.01)
    return e

class EmbeddingDotBias(nn.Module):
    def __init__(self, n_users, n_movies):
        super().__init__()
        (self.u, self.m, self.ub, self.mb) = [get_emb(*o) for o in [
            (n_users, n_factors), (n_movies, n_factors), (n_users,1), (n_movies,1)
        ]]

    def forward(self, cats, conts):
        users,movies = cats[:,0],cats[:,1]
        um = (self.u(users)* self.m(movies)).sum(1)
        res = um + self.ub(users).squeeze() + self.mb(movies).squeeze()
        res = F.sigmoid(res) * (max_rating-min_rating) + min_rating
        return res

class EmbeddingNet(nn.Module):
    def __init__(self, n_users, n_movies, nh=10, p1=0.5, p2=0.5):
        super().__init__()
        (self.u, self.m) = [get_emb(*o) for o in [
            (n_users, n_factors), (n_movies, n_factors)]]
        self.lin1 = nn.Linear(n_factors*2, nh)
        self.lin2 = nn.Linear(nh, 1)
        self.drop1 = nn.Dropout(p1)
        self.drop2 = nn.Dropout(p2)

    def forward(self, cats, conts):
        users,movies = cats[:,0],cats[:,1]
        x = self.drop1(torch.cat([self.u(users),self.m(movies)], dim=1))
        x = self.drop2(F.relu(self.lin1(x)))
        return F.sigmoid(self.lin2(x)) * (max_rating-min_rating+1) + min_rating-0.5
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_ratings(tmp_path / "small", users=60, items=90, n=1500)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def train(source: Path, *words: str) -> int:
    return here("train", "--data", str(source), "--epochs", "2", "--id", "r", *words)


def test_a_class_trains_and_answers_like_the_built_in_ones(
    source: Path, mine: Path, capsys: Capture
) -> None:
    assert train(source, "--model", f"{mine}:Mine", "--set", "model.rank=3", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["parameter_count"] == (60 + 90) * 3 + 2 * 3 + 1
    run = find_run("r")
    # Resolved, so that the file alone repeats the run.
    assert run.config().to_settings()["model"] == {
        "name": f"{mine}:Mine",
        "rank": 3,
        "share": 0.2,
    }
    mine.unlink()  # the run has its own copy
    trained = load_trained(run)
    _, predicted = predict_valid(trained)
    squares = (predicted - trained.ratings.value[trained.split.valid]) ** 2
    assert float(squares.mean()) == pytest.approx(lines[-1]["valid_mse"], abs=1e-5)
    assert trained.require("item_factors").shape == (90, 3)
    assert trained.factors is None and trained.user_bias is None
    assert here("similar", "1001", "--by", "cosine", "--json", "-n", "2") == 0
    assert here("recommend", "--user", "3", "--json", "-n", "2") == 0
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_the_readmes_own_example_does_what_it_says(
    source: Path, tmp_path: Path, capsys: Capture
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (block,) = [b for b in re.findall(r"```python\n(.*?)```", readme, re.S) if "class Mine" in b]
    (tmp_path / "mine.py").write_text(block)
    words = ["--set", "model.rank=8", "--optimizer", "adam", "--json"]
    assert train(source, "--model", f"{tmp_path / 'mine.py'}:Mine", *words) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["parameter_count"] == (60 + 90) * 9
    epochs = [line["valid_mse"] for line in lines if line["event"] == "epoch"]
    assert epochs[1] < epochs[0]  # it learns
    trained = load_trained(find_run("r"))
    users, items = trained.ratings.user[:9], trained.ratings.item[:9]
    factors = trained.require("user_factors")[users] * trained.require("item_factors")[items]
    biases = trained.require("user_bias")[users] + trained.require("item_bias")[items]
    expected = (trained.ratings.low + trained.ratings.high) / 2 + factors.sum(1) + biases
    np.testing.assert_allclose(trained.scorer.score(Pairs(users, items)), expected, rtol=1e-5)
    assert here("similar", "1001") == 0


def test_the_seed_decides_where_it_begins_and_what_it_drops(source: Path, mine: Path) -> None:
    def weights(run_id: str, seed: int) -> dict[str, bytes]:
        words = ["--data", str(source), "--model", f"{mine}:Mine", "--seed", str(seed)]
        torch.rand(3)  # whatever the process did before
        assert here("train", *words, "--epochs", "1", "--id", run_id) == 0
        arrays = load_checkpoint(find_run(run_id).last).arrays
        return {name: array.tobytes() for name, array in arrays.items()}

    first = weights("first", 7)
    assert weights("again", 7) == first
    other = weights("other", 8)
    assert other["parameters/user_factors"] != first["parameters/user_factors"]


def stopped_and_resumed(source: Path, mine: Path, run_id: str, at: int | None) -> Run:
    """Train, stopped once after a step where one is given."""
    config = small_config(
        source,
        model={"name": f"{mine}:Mine"},
        optimizer={"name": "adam"},
        training={"epochs": 3, "batch_size": 2},
    )
    config = config.model_copy(
        update={"model": type(config.model)(name=f"{mine}:Mine")}  # without the eight factors
    )

    trust(read_source(config.model.name))

    def watch(event: Event) -> None:
        # Between two epochs alone would prove nothing of the order within one.
        if at is not None and isinstance(event, Step) and event.step > at and event.step % 600:
            send(find_run(run_id).path, "stop")

    start_run(config, watch, run_id=run_id, began=0.0)
    run = find_run(run_id)
    if at is not None:
        assert run.record().state == "stopped" and run.record().step % 600
        mine.write_text("raise SystemExit")  # the copy goes on
        resume_run(run, lambda _: None, began=0.0)
    return run


def test_it_resumes_bit_for_bit_with_dropout_and_running_averages(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cftui.training.trainer.CHUNK_SECONDS", 0.0)  # look for wishes each step
    whole = load_checkpoint(stopped_and_resumed(source, mine, "whole", None).last)
    torch.rand(7)  # whatever the process did in between
    rest = load_checkpoint(stopped_and_resumed(source, mine, "part", 650).last)
    assert whole.arrays.keys() == rest.arrays.keys() and whole.step == rest.step
    assert "parameters/norm.running_var" in whole.arrays
    for name, array in whole.arrays.items():
        assert array.tobytes() == rest.arrays[name].tobytes(), name


def test_the_lessons_class_runs_as_the_lesson_prints_it(
    source: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "lesson.py"
    path.write_text(LESSON)
    assert train(source, "--model", f"{path}:EmbeddingDotBias", "--factors", "5") == 0
    said = capsys.readouterr().out
    assert f"{path} does not define n_factors = 50, ratings: given as the lesson has them" in said
    trained = load_trained(find_run("r"))
    assert trained.tables.keys() == {"user_factors", "item_factors", "user_bias", "item_bias"}
    assert trained.require("user_factors").shape == (60, 5)
    users, items = trained.ratings.user[:50], trained.ratings.item[:50]
    raw = (trained.require("user_factors")[users] * trained.require("item_factors")[items]).sum(1)
    raw = raw + trained.require("user_bias")[users] + trained.require("item_bias")[items]
    low, high = trained.ratings.low, trained.ratings.high
    expected = low + (high - low) / (1 + np.exp(-raw.astype(np.float64)))
    np.testing.assert_allclose(trained.scorer.score(Pairs(users, items)), expected, atol=1e-5)


def test_the_lessons_net_takes_its_own_arguments(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "lesson.py"
    path.write_text(LESSON)
    assert train(source, "--model", f"{path}:EmbeddingNet", "--set", "model.nh=6") == 0
    run = find_run("r")
    settings = run.config().to_settings()["model"]
    assert settings == {
        "name": f"{path}:EmbeddingNet",
        "nh": 6,
        "p1": 0.5,
        "p2": 0.5,
        "n_factors": 50,
    }
    assert load_trained(run).tables["lin1.weight"].shape == (6, 100)


HEAD = "import torch\nfrom torch import nn\n"
BODY = """
class M(nn.Module):
    def __init__(self, n_users, n_items):
        super().__init__()
        self.t = nn.Embedding(n_users, 1)
    def forward(self, users, items):
        {forward}
"""
BROKEN = {
    "a syntax error": (HEAD + "class M(nn.Module)\n    pass\n", r"m\.py line 3: expected ':'"),
    "no such class": (HEAD + "class N(nn.Module): pass\n", r"no class M; nn\.Modules there: N"),
    "not a module": (HEAD + "class M: pass\n", r"m\.py: M is not a torch nn\.Module"),
    "raises while it is loaded": (HEAD + "1 / 0\n", r"m\.py line 3: .*ZeroDivisionError"),
    "leaves": ("raise SystemExit('bye')\n", r"m\.py line 1: .*SystemExit: bye"),
    "a missing import": ("import no_such_package\n", r"m\.py line 1: .*no_such_package"),
    "an unknown global": (HEAD + "print(unheard_of)\n", r"line 3: .*'unheard_of' is not defined"),
    "another constructor": (
        HEAD + "class M(nn.Module):\n    def __init__(self, a, b, c): pass\n",
        r"M takes \(a, b, c\); write M\.from_data\(info, parameters\)",
    ),
    "raises when built": (
        HEAD + "class M(nn.Module):\n    def __init__(self, a, b):\n        raise KeyError('x')\n",
        r"m\.py line 5: building M: KeyError: 'x'",
    ),
    "raises in forward": (
        HEAD + BODY.format(forward="return self.t(users) @ 'text'"),
        r"m\.py line 9: in forward: TypeError",
    ),
    "a column": (
        HEAD + BODY.format(forward="return self.t(users)"),
        r"M\.forward returned shape \(3, 1\) for 3 ratings; it must be \(3,\): add \.squeeze\(1\)",
    ),
    "one number": (
        HEAD + BODY.format(forward="return self.t(users).sum()"),
        r"M\.forward returned shape \(\) for 3 ratings",
    ),
    "no tensor": (
        HEAD + BODY.format(forward="return None"),
        r"M\.forward returned a NoneType, not a Tensor",
    ),
    "not a number": (
        HEAD + BODY.format(forward="return self.t(users).sum(1) * float('nan')"),
        r"M\.forward gave \[nan, nan, nan\] before any training",
    ),
    "nothing to learn": (
        HEAD + BODY.format(forward="return users.float()"),
        r"M\.forward does not depend on any nn\.Parameter",
    ),
    "sparse": (
        HEAD + BODY.replace("n_users, 1", "n_users, 1, sparse=True").format(forward="return users"),
        r"sparse=True; leave that out",
    ),
    "parameters of another kind": (
        HEAD + "class M(nn.Module):\n    Parameters = dict\n",
        r"M\.Parameters is not a pydantic BaseModel",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_ends_with_one_message(
    source: Path, tmp_path: Path, capsys: Capture, kind: str
) -> None:
    text, message = BROKEN[kind]
    (tmp_path / "m.py").write_text(text)
    assert train(source, "--model", f"{tmp_path / 'm.py'}:M") in (1, 2)
    said = capsys.readouterr()
    assert re.search(message, said.out + said.err), said
    assert "Traceback" not in said.err + said.out
    assert len((said.out + said.err).strip().splitlines()) == 1
    runs = list((tmp_path / "home" / "data" / "runs").glob("*"))
    assert all(Run(path).record().state == "failed" for path in runs)


def test_a_forward_that_breaks_later_fails_the_run(
    source: Path, tmp_path: Path, capsys: Capture
) -> None:
    late = "assert len(users) != 48\n        return self.t(users).sum(1)"  # 1200 = 18 x 64 + 48
    (tmp_path / "m.py").write_text(HEAD + BODY.format(forward=late))
    assert train(source, "--model", f"{tmp_path / 'm.py'}:M") == 1
    assert "m.py line 9: in forward: AssertionError" in capsys.readouterr().out
    assert find_run("r", weights=False).record().state == "failed"


WRONG = [
    ([":M"], "No such|is not one of|names no class"),
    (["gone.py:M"], r"no such file .*gone\.py"),
    (["gone.py"], r"names no class; write it as .*gone\.py:Class"),
    (["mine.py:Mine", "--set", "model.rnk=3"], r"model\.rnk: unknown key; did you mean rank\?"),
    (["mine.py:Mine", "--set", "model.rank=0"], r"model\.rank = 0: must be greater than or equal"),
    (["mine.py:Mine", "--set", "model.rank=x"], r"model\.rank = 'x': must be a valid integer"),
    (["mine.py:Mine", "--factors", "3"], r"model\.n_factors: unknown key; known here: rank, share"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_use_is_said(
    source: Path, mine: Path, capsys: Capture, words: list[str], message: str
) -> None:
    model, *rest = words
    assert (
        train(source, "--model", f"{mine.parent}/{model}" if model[0] != ":" else model, *rest) == 2
    )
    assert re.search(message, capsys.readouterr().err)


def test_nothing_but_agreement_lets_a_source_run(
    source: Path, mine: Path, home: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A run that came from elsewhere: listed and shown, yet nothing of it is executed."""
    sign = tmp_path / "executed"
    mine.write_text(f"{MINE}\nopen({str(sign)!r}, 'a').write('x')\n")
    assert train(source, "--model", f"{mine}:Mine") == 0
    assert sign.read_text() == "x"
    for mark in (consent_folder() / "trusted-models").iterdir():
        mark.unlink()
    capsys.readouterr()
    run = find_run("r")
    assert here("runs", "list") == here("runs", "show", "r") == 0
    for words in (["recommend", "--user", "3"], ["predict", "--split", "valid", "--out", "v.csv"]):
        assert here(*words) == 2
        assert f"cftui runs trust {run.id}" in capsys.readouterr().err
    with pytest.raises(Untrusted):
        load_trained(run)
    run.write_record(Run(run.path).record().__class__(**{**vars(run.record()), "state": "stopped"}))
    with pytest.raises(Untrusted):
        resume_run(run, lambda _: None, began=0.0)
    assert sign.read_text() == "x"
    assert here("runs", "trust", "r") == 0
    load_trained(run)
    assert sign.read_text() == "xx"
    with (run.path / "model.py").open("a") as file:
        file.write("\n")
    for forbidden in (load_trained, trust_run):
        with pytest.raises(RunError, match="its hash differs"):
            forbidden(run)
    (run.path / "model.py").unlink()
    with pytest.raises(RunError, match="cannot be read"):
        load_trained(run)


def test_listing_does_not_load_torch(source: Path, mine: Path) -> None:
    """Nor does validating a configuration that names a file which is not even there."""
    loaded = modules_after(
        "from cftui.config import make_config;"
        " make_config({'model': {'name': '/nowhere/gone.py:M', 'rank': 3}})"
    )
    assert "torch" not in loaded


def test_an_installed_package_offers_its_models(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """By an entry point, as `pip install` would write it."""
    (tmp_path / "site" / "their_models.py").parent.mkdir()
    (tmp_path / "site" / "their_models.py").write_text(dedent(MINE))
    folder = tmp_path / "site" / "theirs-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[cftui.models]\ntheirs = their_models:Mine\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    installed.installed_models.cache_clear()
    try:
        assert train(source, "--model", "theirs", "--set", "model.rank=3") == 0
        assert load_trained(find_run("r")).require("item_factors").shape == (90, 3)
        assert train(source, "--model", "ours") == 2
        assert (
            "'ours' is not one of bayes-fm, dot, dot-bias, fm, net, theirs"
            in capsys.readouterr().err
        )
    finally:
        installed.installed_models.cache_clear()


def test_a_real_process_shows_no_traceback_unless_asked(source: Path, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("1 / 0\n")
    words = ["train", "--data", str(source), "--model", f"{tmp_path / 'm.py'}:M"]
    plain, debug = cli(*words), cli(*words, "--debug")
    assert (plain.returncode, plain.stderr.count("\n")) == (1, 1)
    assert "Traceback" in debug.stderr and debug.returncode == 1


def test_the_events_say_what_was_given(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "lesson.py"
    path.write_text(LESSON)
    said: list[Event] = []
    config = small_config(source, model={"name": f"{path}:EmbeddingDotBias", "n_factors": 3})
    trust(read_source(config.model.name))
    start_run(config, said.append, run_id="r", began=0.0)
    assert not any(isinstance(event, Failed) for event in said)
    (note,) = next(event for event in said if isinstance(event, Started)).notes or []
    assert "n_factors" in note and "get_emb" not in note


WITH_FEATURES = '''
import torch
from torch import nn


class Knowing(nn.Module):
    """Factors of users and items, those of genres added to the item's, and biases by half-year."""

    features = "genres year calendar raters"

    @classmethod
    def from_data(cls, info, parameters):
        return cls(info)

    def __init__(self, info, k=4):
        super().__init__()
        self.user_factors = nn.Embedding(info.n_users, k)
        self.item_factors = nn.Embedding(info.n_items, k)
        self.genres = nn.Linear(info.width("genres"), k, bias=False)
        self.raters = nn.Parameter(0.01 * torch.randn(info.width("raters"), k))
        self.half_year = nn.Embedding(info.width("calendar") + 1, 1)
        self.mean = nn.Parameter(torch.tensor(info.mean))

    def forward(self, users, items, features):
        item = self.item_factors(items) + self.genres(features["genres"])
        item = item + features.product("raters", self.raters)
        when = self.half_year(features["calendar"] + 1).squeeze(1)  # -1 where unknown
        assert list(features) == ["raters", "genres", "year", "calendar"]
        return self.mean + when + (self.user_factors(users) * item).sum(1)
'''


def test_a_model_with_features_trains_and_is_asked(tmp_path: Path) -> None:
    """What it is given is the same in training and afterwards: its errors are the run's."""
    folder = write_ratings(tmp_path / "ratings", 40, 50, 900)
    source = tmp_path / "knowing.py"
    source.write_text(WITH_FEATURES)
    name = f"{source}:Knowing"
    trust(read_source(name))
    config = make_config({"data": {"source": str(folder)}, "model": name, "optimizer": "adam"})
    end = start_run(config, lambda _: None, run_id="knowing", began=0.0)
    trained = load_trained(find_run("knowing"))
    positions, predicted = predict_valid(trained)
    actual = trained.ratings.value[positions]
    error = float(((predicted - actual) ** 2).mean())
    assert end.valid_mse == pytest.approx(error, rel=1e-5)  # type: ignore[union-attr]
    everything = trained.scorer.score_all_items(3)
    pairs = Pairs.of_user(3, np.arange(trained.ratings.n_items))
    np.testing.assert_allclose(everything, trained.scorer.score(pairs), rtol=1e-5)


def test_a_feature_that_is_none_is_told_with_the_file(tmp_path: Path) -> None:
    source = tmp_path / "wrong.py"
    source.write_text(WITH_FEATURES.replace('"genres year', '"genre year'))
    trust(read_source(f"{source}:Knowing"))
    folder = write_ratings(tmp_path / "r", 20, 20, 200)
    config = make_config({"data": {"source": str(folder)}, "model": f"{source}:Knowing"})
    with pytest.raises(ModelError, match=r"wrong\.py: Knowing\.features: no field 'genre'"):
        start_run(config, lambda _: None, run_id="wrong", began=0.0)
