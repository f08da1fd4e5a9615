"""The lab's questions to trained runs: decay beside torch.optim, derivatives, moving averages."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from old_home import unpack
from small import here, make_bench, open_small, small_config
from torch import optim

from cftui import paths
from cftui.library.door import Library
from cftui.questions.errors import QuestionError
from cftui.questions.lab_runs import (
    CheckDerivative,
    CompareDecay,
    DecayAnswer,
    DecayIsQuick,
)
from cftui.questions.lab_truths import AverageLoss, CallDotProduct, LookUpEmbedding
from cftui.ratings.pairs import Pairs
from cftui.runs.event_log import EventLog
from cftui.training.order import epoch_order

RUNS = ("dot-bias", "net", "dot")
"""Models, each of the run that is called so."""


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a home with a run of each built-in model."""
    home = tmp_path_factory.mktemp("lab-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(home))
        ratings = open_small(tmp_path_factory.mktemp("lab-ratings"))
        for model in RUNS:
            config = small_config(model={"name": model})
            bench = make_bench(config, ratings, run_id=model)
            bench.trainer.train()
            bench.lock.release()
            log = EventLog(bench.run.events)
            for event in bench.events:
                log.write(event)
            log.close()
            (home / f"{model}.json").write_text(json.dumps(bench.engine.losses))
    yield home


@pytest.fixture(autouse=True)
def within(trained_home: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(trained_home, home)


def path_of(run: str) -> str:
    return str(paths.runs_folder() / run)


def job_of(run: str, *, steps: int, step: int = 0) -> CompareDecay:
    store = Library().trained(path_of(run)).ratings.path
    return CompareDecay(str(store), path_of(run), step, steps)


@pytest.fixture
def decay() -> DecayAnswer:
    return Library().answer(job_of("dot-bias", steps=200))


def test_both_paths_are_torchs_own(decay: DecayAnswer) -> None:
    for path in decay.paths:
        gradients = decay.gradients[("steady", "noisy").index(path.kind)]
        kind, amount = {
            "adam-l2": (optim.Adam, decay.weight_decay),
            "adamw": (optim.AdamW, decay.adamw_decay),
        }[path.rule]
        weight = torch.tensor(path.weights[0], dtype=torch.float64, requires_grad=True)
        optimizer = kind([weight], lr=decay.learning_rate, weight_decay=amount)
        for gradient, after in zip(gradients, path.weights[1:], strict=True):
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
            assert weight.item() == pytest.approx(after, rel=1e-9)


def test_the_gradients_are_those_of_the_runs_batches(decay: DecayAnswer) -> None:
    """By a central difference of the error that another scorer, in numpy, gives for a batch."""
    trained = Library().trained(path_of("dot-bias"))
    train = trained.split.train
    order = epoch_order(trained.config.training.seed, 0, len(train))
    batch = train[order[: trained.config.training.batch_size]]
    users, items = trained.ratings.user[batch], trained.ratings.item[batch]
    tables = {name: table.astype(np.float64) for name, table in trained.tables.items()}

    def error() -> float:
        raw = (tables["user_factors"][users] * tables["item_factors"][items]).sum(1)
        raw += tables["user_bias"][users, 0] + tables["item_bias"][items, 0]
        predicted = 0.5 + 4.5 / (1 + np.exp(-raw))
        return float(np.mean((predicted - trained.ratings.value[batch]) ** 2))

    for weight, gradients in zip((decay.steady, decay.noisy), decay.gradients, strict=True):
        sides = []
        for h in (1e-5, -2e-5):
            tables[weight.parameter][weight.index] += h
            sides.append(error())
        tables[weight.parameter][weight.index] += 1e-5
        assert gradients[0] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-6, abs=1e-9)
        assert np.mean(gradients) == pytest.approx(weight.mean, rel=1e-9)
        assert np.std(gradients) == pytest.approx(weight.deviation, rel=1e-6)
        assert np.mean(np.array(gradients) != 0) == pytest.approx(weight.met)
        assert weight.value == trained.tables[weight.parameter][weight.index]


def test_l2_inside_adam_takes_more_of_the_steady_weight_and_adamw_does_not(
    decay: DecayAnswer,
) -> None:
    assert decay.steady.steadiness > 4 * decay.noisy.steadiness
    rates = {(path.rule, path.kind): path.rate for path in decay.paths}
    assert rates["adam-l2", "steady"] > 1.8 * rates["adam-l2", "noisy"] > 0
    for kind in ("steady", "noisy"):
        assert rates["adamw", kind] == pytest.approx(decay.learning_rate * decay.adamw_decay)
    for path in decay.paths:
        if path.rule == "adamw":
            told = np.array(path.weights[:-1]) * decay.learning_rate * decay.adamw_decay
            np.testing.assert_allclose(np.diff(path.decayed), -told, rtol=1e-9)


def test_a_job_tells_how_far_it_is_and_its_answer_is_kept() -> None:
    library, told = Library(), []
    job = job_of("dot-bias", steps=10, step=7)
    first = library.answer(job, lambda done, of, words: told.append((done, of)))
    assert [done for done, of in told if of == 20] == list(range(20)) == [one for one, _ in told]
    again = library.answer(job, lambda done, of, words: told.append((done, of)))
    assert again == first and len(told) == 20
    library.answer(replace(job, learning_rate=0.5), lambda done, of, words: told.append((0, 0)))
    assert len(told) == 40  # another question


def test_ratings_of_another_run_are_no_excuse(tmp_path: Path) -> None:
    other = open_small(tmp_path, n=900)
    with pytest.raises(QuestionError, match="trained on other ratings"):
        Library().answer(replace(job_of("dot-bias", steps=10), store=str(other.path)))


def test_a_large_run_is_no_quick_matter(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then the shell tells how far it is, on stderr; as JSON among the lines."""
    assert Library().answer(DecayIsQuick(path_of("dot-bias")))
    monkeypatch.setattr("cftui.lab.decay.QUICK", 100)
    assert not Library().answer(DecayIsQuick(path_of("dot-bias")))
    assert here("lab", "decay", "--run", "dot-bias", "--steps", "20") == 0
    assert "0%, gradients of 20 batches" in capsys.readouterr().err
    assert here("lab", "decay", "--run", "dot-bias", "--steps", "21", "--json") == 0
    first, *_ = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first["event"] == "progress" and first["of"] == 42


def test_the_command_tells_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert here("lab", "decay", "--run", "net", "--steps", "50", "--json") == 0
    head, *lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert head["event"] == "decay" and len(head["words"]) == 3
    assert [line["step"] for line in lines] == list(range(51))
    steps = [line["adam-l2"]["steady"] for line in lines]
    later = steps[25:]
    moved = [abs(b["decayed"] - a["decayed"]) for a, b in pairwise(later)]
    rate = sum(moved) / sum(abs(step["weight"]) for step in later[:-1])
    assert head["decay_rates"]["adam-l2/steady"] == pytest.approx(rate)
    assert here("lab", "decay", "--run", "dot-bias", "--steps", "30") == 0
    assert "L2 inside Adam shrinks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("run", "parameter", "index"),
    [
        ("dot-bias", "item_bias", (5,)),
        ("dot-bias", "user_bias", (7, 0)),
        ("dot-bias", "item_factors", (3, 2)),
        ("dot", "user_factors", (4, 7)),
        ("net", "item_factors", (9, 1)),
        ("net", "layers.0.weight", (0, 5)),
        ("net", "layers.1.bias", (0,)),
    ],
)
def test_autograd_is_a_central_difference(run: str, parameter: str, index: tuple[int, ...]) -> None:
    found = Library().answer(CheckDerivative(path_of(run), parameter, index))
    assert found.exact and found.autograd != 0
    assert found.central == pytest.approx(found.autograd, rel=1e-5, abs=1e-9)
    assert found.forward == pytest.approx(found.autograd, rel=1e-2, abs=1e-4)


def test_without_a_parameter_it_is_the_first_number() -> None:
    found = Library().answer(CheckDerivative(path_of("net")))
    assert found.label == "user_factors[0, 0]" and found.autograd != 0
    apart = abs(found.central - found.autograd) / abs(found.autograd)
    assert found.central_apart == pytest.approx(apart) and apart < 1e-5


def test_a_derivatives_loss_is_of_the_ratings_that_depend_on_it() -> None:
    trained = Library().trained(path_of("dot-bias"))
    found = Library().answer(CheckDerivative(path_of("dot-bias"), "item_bias", (5,)))
    train = trained.split.train[trained.ratings.item[trained.split.train] == 5]
    users, items = trained.ratings.user[train], trained.ratings.item[train]
    error = trained.scorer.score(Pairs(users, items)) - trained.ratings.value[train]
    assert found.n_ratings == len(train) and found.label == "item_bias[5, 0]"
    assert found.loss == pytest.approx(float(np.mean(error.astype(np.float64) ** 2)), rel=1e-5)
    assert dict(found.parameters)["item_bias"] == (trained.ratings.n_items, 1)
    assert found.whose.startswith(f"item {trained.ratings.items.id_of(5)}, Film")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["derivative", "--parameter", "item_bais"], "no parameter 'item_bais'; it has user_fac"),
        (["derivative", "--parameter", "item_bias", "--index", "a"], "give whole numbers"),
        (["derivative", "--parameter", "item_bias", "--index", "9999"], "2 numbers: 0 to 199"),
        (["derivative", "--parameter", "item_bias", "-h", "0"], "that is not 0"),
        (["derivative", "--parameter", "item_bias", "-h", "nan"], "that is not 0"),
        (["decay", "--steps", "0"], "give 1 to 5,000"),
        (["decay", "--lr", "0"], "must be greater than 0"),
        (["decay", "--weight-decay", "0"], "weight decay 0: give a number above 0"),
        (["decay", "--adamw-decay", "nan"], "weight decay nan"),
        (["truths", "--user", "nobody"], "no user nobody"),
    ],
)
def test_what_cannot_be_asked_says_why(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("lab", *words, "--run", "dot-bias") == 2
    assert said in capsys.readouterr().err


def test_the_lessons_dot_product() -> None:
    found = Library().answer(CallDotProduct())
    assert found.sums == found.called == (6.0, 70.0)
    assert found.products == ((2.0, 4.0), (30.0, 40.0))
    with pytest.raises(QuestionError, match="unlike shapes"):
        Library().answer(CallDotProduct(b=((1.0,), (2.0,))))


def test_a_look_up_is_a_one_hot_vector_times_the_matrix() -> None:
    trained = Library().trained(path_of("net"))
    found = Library().answer(LookUpEmbedding("", "12", path_of("net")))
    assert found.user == "12" and found.equal
    table = trained.tables["user_factors"]
    assert list(found.multiplied) == table[trained.ratings.users.code_of("12")].tolist()
    assert min(found.look_up_seconds, found.multiply_seconds) > 0


def test_the_smooth_curve_of_a_run_is_the_debiased_average(home: Path) -> None:
    """Beside a run whose every step is known: the plain recurrence of the lesson."""
    found = Library().answer(AverageLoss(path_of("dot-bias")))
    losses = json.loads((home / "dot-bias.json").read_text())
    plain, told = 0.0, {point.step: point for point in found.points}
    for step, loss in enumerate(losses, start=1):
        plain = 0.98 * plain + 0.02 * loss
        if step in told:
            assert told[step].smooth == pytest.approx(plain / (1 - 0.98**step))
            assert told[step].biased == pytest.approx(plain, rel=0.1)
    assert found.points[-1].step == len(losses)
    assert found.debiased_apart < 0.2 * found.biased_apart
    first = found.points[0]
    assert first.debiased == pytest.approx(first.loss)


def test_the_truths_on_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert here("lab", "truths") == 0
    out = capsys.readouterr().out
    assert "(a * b).sum(1) = 6 70" in out and "row 0 of 671" in out
    assert here("lab", "truths", "--run", "dot-bias", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("event") for line in lines[:3]] == ["dot-product", "embedding", "average"]
    assert list(lines[3]) == ["step", "loss", "biased", "debiased", "smooth"]
    assert here("lab", "truths", "--run", "dot-bias") == 0
    assert "The run's smooth curve is the debiased one" in capsys.readouterr().out


@pytest.mark.parametrize("run", ["own-lesson", "dot-bias-adam", "net-adamw-stopped"])
def test_runs_of_earlier_versions_and_a_users_own_model(run: str, home: Path) -> None:
    """A user's own model computes in float32, where a difference has a few digits."""
    shutil.rmtree(home)
    unpack(home)
    if run.startswith("own"):
        assert here("runs", "trust", run) == 0
    found = Library().answer(CheckDerivative(path_of(run), "item_factors", (3, 1)))
    assert found.exact == (not run.startswith("own"))
    close = 1e-5 if found.exact else 0.02
    assert found.central == pytest.approx(found.autograd, rel=close, abs=close * 1e-2)
    answer = Library().answer(job_of(run, steps=40))
    rates = {(path.rule, path.kind): path.rate for path in answer.paths}
    assert rates["adam-l2", "steady"] > 1.5 * rates["adam-l2", "noisy"]
