"""How right a run is, beside its own record, scikit-learn and what it is told of itself."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, ndcg_score
from small import here, small_config, write_ratings

from cftui.evaluation.measuring import Resampled
from cftui.explore import baselines, check
from cftui.explore.check import _compared
from cftui.explore.likes import ease, item_knn
from cftui.explore.predict import predict_held_out
from cftui.library.door import Library
from cftui.library.trained import Trained
from cftui.questions.check import ERRORS, LISTS, CheckAnswer, CheckRun
from cftui.questions.errors import QuestionError
from cftui.runs.find import find_run
from cftui.training.start import start_run

AT = 10
OWN = """
import torch
from torch import nn


class Own(nn.Module):
    def __init__(self, n_users, n_items):
        super().__init__()
        self.u = nn.Embedding(n_users, 3)
        self.m = nn.Embedding(n_items, 3)

    def forward(self, users, items):
        return 3.0 + (self.u(users) * self.m(items)).sum(1)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_ratings(tmp_path / "small", users=60, items=90, n=1500)


@pytest.fixture
def run(source: Path) -> str:
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return str(find_run("r").path)


def question(trained: Trained, at: int = AT) -> CheckRun:
    return CheckRun(str(trained.ratings.path), trained.path, trained.step, at)


def ask(run: str) -> tuple[Trained, CheckAnswer]:
    library = Library()
    trained = library.trained(run)
    return trained, library.answer(question(trained))


def test_what_a_list_does_without_the_day_is_told(source: Path) -> None:
    config = small_config(
        source, model={"name": "fm", "fields": "all", "n_factors": 4}, training={"epochs": 3}
    )
    start_run(config, lambda _: None, run_id="r", began=0.0)
    trained, answer = ask(str(find_run("r").path))
    ratings, held = trained.ratings, trained.split.valid
    asked = [trained.scorer.score_all_items(user) for user in range(ratings.n_users)]
    predicted = np.stack(asked)[ratings.user[held], ratings.item[held]].astype(float)
    rmse = math.sqrt(mean_squared_error(ratings.value[held].astype(float), predicted))
    told = next(words for words in answer.audit.warnings if "asked without" in words)
    assert float(told.partition(": RMSE ")[2].split()[0]) == pytest.approx(rmse, abs=1e-4)


def test_the_run_s_figures_are_scikit_learn_s(run: str) -> None:
    trained, answer = ask(run)
    ours = answer.methods[0]
    held_out = predict_held_out(trained)
    squares = mean_squared_error(held_out.actual.astype(float), held_out.predicted.astype(float))
    rmse = ours.measured("rmse")
    assert rmse is not None and rmse.value == pytest.approx(math.sqrt(squares), abs=1e-9)
    assert rmse.value == pytest.approx(trained.record.valid_rmse, abs=1e-5)
    gains = []
    for user in range(trained.ratings.n_users):
        theirs = trained.ratings.by_user.of(user)
        held = theirs[trained.held_out[theirs]]
        liked = trained.ratings.item[held[trained.ratings.value[held] >= answer.liked_from]]
        known = trained.ratings.item[theirs[~trained.held_out[theirs]]]
        left = np.setdiff1d(np.arange(trained.ratings.n_items), known)
        if len(liked):
            scores = trained.scorer.score_all_items(user)[left]
            gains.append(ndcg_score([np.isin(left, liked)], [scores], k=AT))
    ndcg = ours.measured("ndcg")
    assert ndcg is not None and ndcg.value == pytest.approx(np.mean(gains), abs=1e-9)
    assert answer.n_users == len(gains)


def test_every_method_has_what_it_can(run: str) -> None:
    _, answer = ask(run)
    found = {method.name: {name for name, _ in method.measures} for method in answer.methods}
    assert list(found) == ["run", *baselines.NAMES]
    assert found["run"] == found["biases"] == found["item-knn"] == {*ERRORS, *LISTS}
    assert found["mean"] == set(ERRORS)
    assert found["popularity"] == found["ease"] == set(LISTS)
    assert [(one.measure, one.against) for one in answer.comparisons] == list(check.COMPARED)
    assert (answer.at, answer.weights, answer.audit.n_held_out) == (AT, "last", 300)
    assert np.array(answer.joint.counts).sum() == sum(p.n for p in answer.calibration) == 300
    assert sum(cell.n for row in answer.residuals for cell in row) == 300


def test_the_worst_predictions_are_those_farthest_off(run: str) -> None:
    trained, answer = ask(run)
    held_out = predict_held_out(trained)
    off = np.abs(held_out.predicted.astype(float) - held_out.actual)
    told = [abs(one.predicted - one.actual) for one in answer.worst]
    np.testing.assert_allclose(told, np.sort(off)[::-1][: len(told)], atol=1e-6)
    first = answer.worst[0]
    theirs = trained.ratings.by_user.of(trained.ratings.users.code_of(first.user))
    assert first.user_ratings == np.count_nonzero(~trained.held_out[theirs])
    assert first.title.startswith("Film ")


def test_an_answer_is_kept_for_its_step_and_weights(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library()
    trained, best = library.trained(run), library.trained(run, best=True)
    answer = library.answer(question(trained))
    told: list[str] = []
    of_best = library.answer(question(best), lambda done, total, words: told.append(words))
    assert of_best.weights == "best" and told
    monkeypatch.setattr(check, "check", lambda *words: pytest.fail("made again"))
    assert Library().answer(question(trained)) == answer
    assert Library().answer(question(best)) == of_best


def test_no_two_runs_or_weights_share_a_key() -> None:
    paths = ["/runs/a", "/runs/b", "/runs/a/best.safetensors", "/runs/b/best.safetensors"]
    keys = {CheckRun("s", path, step, at).key for path in paths for step in (1, 2) for at in (5, 6)}
    assert len(keys) == 16
    assert CheckRun("s", "/runs/a").key == ""


def test_progress_never_goes_back_and_stays_below_its_whole(run: str) -> None:
    library, told = Library(), list[tuple[int, int, str]]()
    library.answer(question(library.trained(run)), lambda *words: told.append(words))
    shares = [done / total for done, total, _ in told]
    assert shares == sorted(shares) and shares[-1] < 1
    assert {total for _, total, _ in told} == {100 * (3 + len(baselines.NAMES))}
    assert told[-1][2] == "intervals"


def test_progress_is_whole_where_baselines_are_fitted_another_way(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever their words then are: every doing is counted once."""
    monkeypatch.setattr(ease, "EXACT_SIDE", 5)
    monkeypatch.setattr(item_knn, "MOST_WORK", 20_000)
    library, told = Library(), list[float]()
    job = question(library.trained(run))
    answer = library.answer(job, lambda done, total, words: told.append(done / total))
    assert "truncated SVD" in answer.methods[-1].words
    assert "nearness from" in answer.methods[-2].words
    assert told == sorted(told) and told[-1] < 1


@pytest.mark.parametrize("model", ["dot", "net", "own"])
def test_every_kind_of_model_is_checked(model: str, source: Path, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    name = f"{tmp_path / 'own.py'}:Own" if model == "own" else model
    words = ["--data", str(source), "--epochs", "1", "--id", "m", "--device", "cpu"]
    assert here("train", "--model", name, *words) == 0
    trained, answer = ask(str(find_run("m").path))
    rmse = answer.methods[0].measured("rmse")
    assert rmse is not None and rmse.value == pytest.approx(trained.record.valid_rmse, abs=1e-4)
    assert answer.methods[0].measured("ndcg") is not None


def test_a_run_that_predicts_no_numbers_is_said(run: str) -> None:
    trained = Library().trained(run)

    class Diverged:
        def score(self, pairs: object) -> np.ndarray:
            return np.full(300, np.nan)

        def score_all_items(self, user: int) -> np.ndarray:
            raise AssertionError

    with pytest.raises(QuestionError, match="no number for 300 of 300 held-out ratings"):
        check.check(replace(trained, scorer=Diverged()), AT, lambda *words: None)


def test_other_ratings_than_the_run_s_are_refused(run: str, tmp_path: Path) -> None:
    library = Library()
    other = library.open(str(write_ratings(tmp_path / "other", n=400)))
    with pytest.raises(QuestionError, match="was trained on other ratings"):
        library.answer(CheckRun(str(other.path), run))


def test_where_nothing_held_out_is_liked_there_are_errors_alone(tmp_path: Path) -> None:
    """The latest rating of each is a dislike; lists cannot be judged, and that is said."""
    rows = ["userId,movieId,rating,timestamp"]
    for user in range(12):
        rows += [f"{user},{item},{3 + (user + item) % 3},{item}" for item in range(6)]
        rows.append(f"{user},{6 + user % 3},1,99")
    rows += [f"99,{item},1,5" for item in range(6, 9)]
    (tmp_path / "ratings.csv").write_text("\n".join(rows) + "\n")
    config = small_config(tmp_path / "ratings.csv", split={"kind": "leave-last-out"})
    start_run(config, lambda _: None, run_id="d", began=0.0)
    _, answer = ask(str(find_run("d").path))
    assert answer.n_users == 0
    assert {name for name, _ in answer.methods[0].measures} == set(ERRORS)
    assert {one.measure for one in answer.comparisons} == {"rmse"}
    assert any("lists cannot be judged" in words for words in answer.audit.warnings)


@pytest.mark.parametrize(
    ("gain", "begins"),
    [
        (0.02, "better than biases by 0.0200: RMSE 0.8800 against 0.9000 (95 %: 0.01"),
        (-0.02, "worse than biases by 0.0200: RMSE 0.9200 against 0.9000 (95 %: 0.01"),
        (0.0, "no better than biases, as far as can be told: RMSE 0.9000 against 0.9000, +0.0000"),
    ],
)
def test_the_verdict_is_plain(run: str, gain: float, begins: str) -> None:
    trained = Library().trained(run)
    trial = baselines.trial_of(trained.config.split, trained.ratings, AT)
    noise = np.linspace(-0.005, 0.005, 1_000)
    theirs = Resampled(0.9, np.full(1_000, 0.9))
    found = _compared(trial, "rmse", "biases", Resampled(0.9 - gain, 0.9 - gain + noise), theirs)
    assert found.words.startswith(begins)
    assert found.gain.value == pytest.approx(gain)


def test_all_of_an_answer_goes_into_json(run: str, tmp_path: Path) -> None:
    out = tmp_path / "check.json"
    assert here("evaluate", "--run", "r", "--at", str(AT), "--out", str(out)) == 0
    _, answer = ask(run)
    told = json.loads(out.read_text())
    assert told["comparisons"][0]["words"] == answer.comparisons[0].words
    assert len(told["worst"]) == len(answer.worst) and told["audit"]["n_training"] == 1200
