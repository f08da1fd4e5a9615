"""Recipes: what they set, what they leave alone, and how the shell takes them."""

import json
from pathlib import Path

import pytest
from small import here, write_ratings

from cftui.commands.recipes import LIST, recipe_words
from cftui.config import RunConfig, make_config
from cftui.hyperparameters import MODELS
from cftui.hyperparameters.recipes import RECIPES, first_recipe, recipe_named, recipes
from cftui.runs.find import find_run

Capture = pytest.CaptureFixture[str]


def test_every_recipe_of_a_model_that_is_there_can_be_trained() -> None:
    for recipe in recipes():
        config = make_config(recipe.applied({}))
        assert config.model.name == recipe.model
        assert recipe_named(recipe.name) is recipe_named(recipe.title.upper()) is recipe
        assert float(recipe.error) < 1 and recipe.line and not recipe.line.endswith(".")
    assert {recipe.model for recipe in RECIPES} - {recipe.model for recipe in recipes()} == {
        name for name in ("fm", "bayes-fm") if name not in MODELS
    }
    assert recipe_named("") is None


def test_the_lesson_s_recipe_is_what_nothing_is() -> None:
    recipe = recipe_named("lesson-sgd")
    assert recipe is not None and make_config(recipe.applied({})) == RunConfig()


def test_a_recipe_leaves_data_split_seed_and_device_alone() -> None:
    mine = {
        "data": {"source": "mine.csv"},
        "split": {"kind": "per-user", "seed": 7},
        "model": {"name": "net", "hidden": [64]},
        "schedule": {"name": "one-cycle", "warm_up": 0.1},
        "training": {"seed": 3, "device": "cpu", "threads": 2, "epochs": 99, "patience": 1},
    }
    recipe = first_recipe()
    found = make_config(recipe.applied(make_config(mine).to_settings()))
    assert (found.data.source, found.split.seed) == ("mine.csv", 7)
    assert (found.training.seed, found.training.device, found.training.threads) == (3, "cpu", 2)
    assert found.training.patience == 0 and found.training.epochs < 99
    alone = make_config(recipe.applied({}))
    assert (found.model, found.method) == (alone.model, alone.method)


def test_a_newcomer_s_first_recipe_is_better_than_the_lesson_s() -> None:
    lesson = [float(one.error) for one in recipes() if one.name.startswith("lesson")]
    assert float(first_recipe().error) < min(lesson)


def test_the_shell_lists_and_trains_recipes(tmp_path: Path, capsys: Capture) -> None:
    assert here("recipes", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["name"] for one in told] == [one.name for one in recipes()]
    assert here("recipes") == 0
    listed = capsys.readouterr().out
    assert here("train", "--recipe", "list") == 0
    assert capsys.readouterr().out == listed and "field-sgd" in listed
    assert recipe_words("field") == ["field-sgd"] and LIST in recipe_words("")
    assert here("train", "--recipe", "fields") == 2
    assert "--recipe fields: choose lesson-sgd, lesson-adam, field-sgd" in capsys.readouterr().err
    data = str(write_ratings(tmp_path / "small", users=40, items=60, n=900))
    words = ("--data", data, "--factors", "4", "--epochs", "1", "--set", "model.l2_biases=0.2")
    assert here("train", "--recipe", "field-sgd", *words, "--id", "r") == 0
    config = make_config(find_run("r").settings())
    model = config.model.model_dump()
    assert (model["n_factors"], model["l2_factors"], model["l2_biases"]) == (4, 0.06, 0.2)
    assert (config.training.epochs, config.schedule.name) == (1, "exponential")
