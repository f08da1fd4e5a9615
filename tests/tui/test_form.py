"""The training form: numbers that suit, switches, sizes, and a model of the user's own."""

from pathlib import Path

import pytest
from driving import cells, opened, text, until
from textual.pilot import Pilot
from textual.widgets import Static

from cftui.config import make_config
from cftui.hyperparameters import registry
from cftui.hyperparameters.recipes import recipe_named, recipes
from cftui.paths import BUNDLED, consent_folder
from cftui.questions.compiling import CompileSampler
from cftui.runs.directory import Run
from cftui.runs.events import Finished
from cftui.runs.model_source import is_trusted, read_source, trust
from cftui.training.start import start_run
from cftui.tui.app import CftuiApp
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.shared.form import TrainingForm
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.inputs import Choice, FileField, NumberField, TextField
from cftui.tui.shared.messages import StartRun
from cftui.tui.shared.overlays import AskYesNo
from cftui.tui.train import new_run
from cftui.tui.train.pane import TrainPane
from cftui.tui.train.recipes import ChooseRecipe

MINE = """
from pydantic import BaseModel, Field
from torch import nn

open({sign!r}, "a").write("x")


class Mine(nn.Module):
    \"\"\"Nothing but factors.\"\"\"

    class Parameters(BaseModel):
        rank: int = Field(4, ge=1, description="Size of the embeddings")
        wide: bool = False

    def __init__(self, info, rank):
        super().__init__()
        self.user_factors = nn.Embedding(info.n_users, rank)
        self.item_factors = nn.Embedding(info.n_items, rank)

    @classmethod
    def from_data(cls, info, parameters):
        return cls(info, parameters.rank)

    def forward(self, users, items):
        return (self.user_factors(users) * self.item_factors(items)).sum(1)
"""


def field(app: CftuiApp, key: str) -> Choice | TextField:
    form = app.query_one(TrainingForm)
    return next(w for w in form.query("Choice, TextField") if w.key == key)  # type: ignore[attr-defined, return-value]


async def choose(app: CftuiApp, pilot: Pilot[None], key: str, word: str) -> None:
    choice = field(app, key)
    choice.focus()
    while choice.value != word:
        await pilot.press("right")
    await pilot.pause()


def numbers(app: CftuiApp) -> tuple[str, str]:
    keys = ("optimizer.learning_rate", "optimizer.weight_decay")
    rate, decay = (field(app, key).value for key in keys)
    return rate, decay


async def test_model_and_optimizer_bring_the_numbers_that_suit(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert numbers(app) == ("0.1", "0.0002")
        await choose(app, pilot, "optimizer.name", "adam")
        assert numbers(app) == ("0.01", "0.0002")
        await choose(app, pilot, "model.name", "net")
        assert numbers(app) == ("0.001", "1e-05")
        # What the user chose stays.
        field(app, "optimizer.learning_rate").value = "0.005"
        await pilot.pause()
        await choose(app, pilot, "model.name", "dot-bias")
        assert numbers(app) == ("0.005", "0.0002")
        config = app.query_one(TrainingForm).config
        assert config is not None and config.optimizer.weight_decay == 2e-4


async def test_a_model_with_a_method_of_its_own_has_other_sections(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its sampler is compiled meanwhile, once, by a process of its own."""
    jobs: list[object] = []

    async def do_job(job: object, tell: object) -> None:
        jobs.append(job)

    monkeypatch.setattr(new_run, "do_job", do_job)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await choose(app, pilot, "model.name", "fm")
        assert not jobs
        field(app, "training.epochs").value = "7"
        field(app, "optimizer.beta1").value = "0.85"
        await pilot.pause()
        await choose(app, pilot, "model.name", "bayes-fm")
        form = app.query_one(TrainingForm)
        assert form.config is not None and form.config.method.name == "gibbs"
        assert field(app, "training.epochs").value == "200"
        assert field(app, "method.burn_in").value == "10"
        keys = {one.key for one in app.query(Choice)}
        assert "model.name" in keys and "optimizer.name" not in keys
        assert app.focused is field(app, "model.name")
        # What was chosen for the other method is there again.
        await pilot.press("left")
        kept = {"model.name": "fm", "optimizer.beta1": "0.85", "training.epochs": "7"}
        await until(
            pilot,
            lambda: (
                kept
                == {
                    one.key: one.value
                    for one in (*app.query(Choice), *app.query(TextField))
                    if one.key in kept
                }
            ),
        )
        await choose(app, pilot, "model.name", "bayes-fm")
        ratings = app.workspace.ratings
        assert ratings is not None
        await until(pilot, lambda: jobs == [CompileSampler(ratings.store)])


async def test_a_model_that_cannot_be_trained_here_says_what_to_install(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await choose(app, pilot, "model.name", "bayes-fm")
        form = app.query_one(TrainingForm)
        assert form.config is None
        assert "bayes-fm needs the package numba" in form.problem
        assert "pip install numba" in form.problem
        await choose(app, pilot, "model.name", "dot-bias")
        assert form.config is not None and not form.problem


async def test_a_model_brings_its_optimizer_schedule_and_epochs(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await choose(app, pilot, "model.name", "fm")
        assert numbers(app) == ("0.01", "0")
        shown = [field(app, f"{part}.name").value for part in ("optimizer", "schedule")]
        assert shown == ["adam", "cosine"]
        assert [field(app, f"training.{k}").value for k in ("epochs", "batch_size")] == ["6", "0"]
        assert app.query_one(TrainingForm).config == make_config({"model": "fm"})
        assert text(app, "#cost").endswith("40 steps an epoch")
        await choose(app, pilot, "model.name", "dot-bias")
        assert app.query_one(TrainingForm).config == make_config({})


async def test_switches_and_sizes(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await choose(app, pilot, "model.name", "net")
        assert field(app, "model.hidden").value == "10"
        field(app, "model.hidden").value = "64 32"
        await choose(app, pilot, "optimizer.nesterov", "yes")
        config = app.query_one(TrainingForm).config
        assert config is not None
        settings = config.to_settings()
        assert settings["model"]["hidden"] == [64, 32]
        assert settings["optimizer"]["nesterov"] is True
        field(app, "model.hidden").value = "64 x"
        await pilot.pause()
        assert text(app, "#cost").startswith("model.hidden.1 = 'x': must be a valid integer")


async def test_a_recipe_fills_the_form(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        form = app.query_one(TrainingForm)
        assert form.config == make_config({"data": form.settings()["data"]})  # the lesson's
        field(app, "training.seed").value = "7"
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ChooseRecipe))
        grid = app.screen.query_one(Grid)
        names = [recipe.name for recipe in recipes()]
        assert [row[0] for row in cells(grid)] == [recipe.title for recipe in recipes()]
        await pilot.press(*["down"] * names.index("field-sgd"))
        await until(pilot, lambda: "L2 per rating" in text(app, "#expect"))
        await pilot.press("enter")
        await until(pilot, lambda: field(app, "schedule.name").value == "exponential")
        await until(pilot, lambda: form.config is not None and form.config.training.seed == 7)
        recipe = recipe_named("field-sgd")
        assert recipe is not None and form.config is not None
        expected = make_config(recipe.applied({"training": {"seed": 7}}))
        assert (form.config.model, form.config.method) == (expected.model, expected.method)
        assert form.config.training == expected.training
        await pilot.press("n", "escape")
        await pilot.pause()
        assert form.config.training == expected.training


async def test_a_file_is_read_only_after_a_yes(stored: Path, tmp_path: Path) -> None:
    sign, path = tmp_path / "executed", tmp_path / "mine.py"
    path.write_text(MINE.format(sign=str(sign)))
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await choose(app, pilot, "model.name", "file…")
        assert text(app, "#cost").startswith("model: name a file and the class in it")
        name = field(app, "model.file")
        assert isinstance(name, FileField)
        name.focus()
        name.value = str(path)
        await pilot.press("end", *":Mine")
        assert field(app, "model.file") is name  # what is typed into stays
        for answer in ("n", "y"):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, AskYesNo))
            assert not sign.exists()
            await pilot.press(answer)
        await until(
            pilot, lambda: bool([f for f in app.query(NumberField) if f.key == "model.rank"])
        )
        # 671 users and 9,066 movies, four factors each; then seven
        await until(pilot, lambda: "38,948 parameters" in text(app, "#cost"))
        field(app, "model.rank").value = "0"
        await until(pilot, lambda: text(app, "#cost").startswith("model.rank = 0: must be great"))
        assert app.query_one(TrainPane).check_action("start", ()) is None
        field(app, "model.rank").value = "7"
        await until(pilot, lambda: "68,159 parameters" in text(app, "#cost"))
        await choose(app, pilot, "model.wide", "yes")
        form = app.query_one(TrainingForm)
        assert str(form.help_of("model.rank")) == "Size of the embeddings; at least 1"
        assert form.config is not None
        model = form.config.to_settings()["model"]
        assert model == {"name": f"{path}:Mine", "rank": 7, "wide": True}
        await choose(app, pilot, "model.name", "dot")
        assert not [f for f in app.query(TextField) if f.key in ("model.file", "model.rank")]
    assert sign.exists()


def refuse(*_: object) -> None:
    raise OSError("no trainer here")


async def test_a_run_of_a_strangers_model_is_asked_only_after_a_yes(
    stored: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trained by somebody else: this machine has never agreed to its source."""
    sign, path = tmp_path / "executed", tmp_path / "mine.py"
    path.write_text(MINE.format(sign=str(sign)))
    model = {"name": f"{path}:Mine", "rank": 3}
    settings = {"model": model, "training": {"epochs": 1, "batch_size": 4096, "device": "cpu"}}
    trust(read_source(model["name"]))
    end = start_run(make_config(settings), lambda _: None, run_id="r", began=0.0)
    assert isinstance(end, Finished)
    for mark in (consent_folder() / "trusted-models").iterdir():
        mark.unlink()
    sign.unlink()
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.screen, AskYesNo))
        assert not sign.exists()
        await pilot.press("n")
        pane = app.query_one(ExplorePane)
        about = pane.query_one("#about", Static)
        await until(pilot, lambda: "cftui runs trust r" in str(about.content))
        await pilot.press("4", "f")  # a fork of it is no agreement either
        await until(pilot, lambda: app.query_one(TrainPane).display)
        await until(pilot, lambda: field(app, "model.name").value == "file…")
        monkeypatch.setattr("cftui.runs.launch._spawn", refuse)
        for answer in "ny":
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, AskYesNo))
            assert not sign.exists() and not is_trusted(read_source(model["name"]))
            await pilot.press(answer)
            await app.workers.wait_for_complete()
            said = [toast.message for toast in app._notifications]
            assert ("no trainer here" in said) == (answer == "y")
        assert is_trusted(read_source(model["name"])) and not sign.exists()
        (mark,) = (consent_folder() / "trusted-models").iterdir()
        mark.unlink()
        await pilot.press("5")
        pane._asked_about.clear()  # as when the app is opened again
        pane._describe(str(Run(home / "data" / "runs" / "r").path))
        await until(pilot, lambda: isinstance(app.screen, AskYesNo))
        await pilot.press("y")
        await until(pilot, lambda: "ratings, mean" in str(about.content))
    assert sign.exists()


async def test_what_no_number_has_is_a_key_still_and_a_start_leaves_the_field(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[StartRun] = []
    monkeypatch.setattr(CftuiApp, "on_start_run", lambda _, message: asked.append(message))
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        pane = app.query_one(TrainPane)
        await until(pilot, lambda: not pane.why_not("start"))
        rate, epochs = field(app, "optimizer.learning_rate"), field(app, "training.epochs")
        assert isinstance(rate, NumberField) and isinstance(epochs, NumberField)
        epochs.focus()
        await pilot.pause()
        taken = [key for key in "7eE+-." if epochs.check_consume_key(key, key)]
        assert taken == ["7"]
        rate.focus()
        await pilot.pause()
        assert not rate.check_consume_key("e", "e")  # all of it is selected: no digit before
        await pilot.press("2", "e", "minus", "3")
        assert rate.value == "2e-3"
        await pilot.press("s")
        await until(pilot, lambda: bool(asked))
        assert asked[0].settings["optimizer"]["learning_rate"] == 0.002
        assert app.focused is field(app, "optimizer.name")
        # Another optimizer is one key away, wherever the focus is.
        pane.runs.focus()
        await pilot.press("3")  # the pane's own number: where one begins
        await until(pilot, lambda: app.focused is field(app, "model.name"))
        pane.runs.focus()
        await pilot.press("o")
        await until(pilot, lambda: "adam" in str(pane.form.settings()["optimizer"]["name"]))
        await choose(app, pilot, "model.name", "bayes-fm")
        await until(pilot, lambda: "without an optimizer" in str(pane.why_not("optimizer")))
