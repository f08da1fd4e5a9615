"""Recipes: named settings to begin from, with what to expect of each.

Errors and times are of the bundled ratings, split as in the lesson (random, seed 42): the mean
squared error on what is held out, predictions clipped to the range of the ratings, and seconds of
one CPU core, training alone. Those of dot-bias were measured with this program; those of the
factorization machines with sketches of them.

The field's SGD was chosen on that split: 0.7505, and with seed 7 for values and order 0.7478; on
the split of seed 7 0.7552 and 0.7539; on each user's latest fifth 0.794, Adam with restarts 0.806.
The field's own numbers (lambdas 0.1 and 0.05, rate 0.01 times 0.97 an epoch, 60 epochs; half of the
published rate, for the 2 of the squares is counted here) reach 0.7576 from initial values within
0.1; smaller ones are worth 0.005. Users folded in from 5 and from 20 of their ratings: RMSE 0.928
and 0.890, by Adam with restarts 0.941 and 0.896. But recall@20 of its lists is 0.05, Adam's 0.14.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cftui.hyperparameters.registry import MODELS

Settings = Mapping[str, Mapping[str, Any]]
WHOLE = ("model", "method", "optimizer", "schedule")
"""Sections that a recipe replaces, whatever was in them."""
LENGTH = ("epochs", "batch_size", "patience", "min_improvement")
"""Of the section `training`, what a recipe replaces; seed, device and threads stay."""
WHERE = "on the bundled ratings, held out as in the lesson; one core, training alone"
"""What a recipe's figures are of."""
QUICK = 15.0
"""Seconds that somebody waits for a first run."""


@dataclass(frozen=True)
class Recipe:
    """Settings under a name."""

    name: str
    """As the shell takes it."""
    title: str
    error: str
    """Validation MSE to expect, on the bundled ratings."""
    seconds: float
    """CPU seconds of training to expect there."""
    line: str
    """What it is, and what to expect of it."""
    settings: Settings = field(default_factory=dict)
    """Sections, each with the keys that are not left to their defaults."""

    @property
    def model(self) -> str:
        """Return the name of its model."""
        return str(self.settings["model"]["name"])

    def applied(self, settings: Settings) -> dict[str, dict[str, Any]]:
        """Return settings with the recipe's: data, split, seed and device stay as they are."""
        kept = {name: dict(keys) for name, keys in settings.items() if name not in WHOLE}
        training = {k: v for k, v in kept.pop("training", {}).items() if k not in LENGTH}
        own = {name: dict(keys) for name, keys in self.settings.items()}
        training |= own.pop("training", {})
        return {**kept, **own, **({"training": training} if training else {})}


RECIPES = (
    Recipe(
        "lesson-sgd",
        "lesson SGD",
        "0.808",
        4,
        "The lesson's first: SGD with momentum, biases more than tastes",
        {
            "model": {"name": "dot-bias"},
            "optimizer": {"name": "sgd"},
            "schedule": {"name": "constant"},
            "training": {"epochs": 3, "batch_size": 64},
        },
    ),
    Recipe(
        "lesson-adam",
        "lesson Adam with restarts",
        "0.763",
        11,
        "The lesson's other: tastes within three epochs, and better lists than the two SGDs",
        {
            "model": {"name": "dot-bias"},
            "optimizer": {"name": "adam"},
            "schedule": {"name": "cosine-restarts"},
            "training": {"epochs": 3, "batch_size": 64},
        },
    ),
    Recipe(
        "field-sgd",
        "the field's SGD",
        "0.751",
        5,
        "Plain SGD, L2 per rating (Koren, Bell and Volinsky 2009): right about ratings, not lists",
        {
            "model": {
                "name": "dot-bias",
                "n_factors": 100,
                "init_range": 0.02,
                "l2_factors": 0.06,
                "l2_biases": 0.05,
            },
            "optimizer": {
                "name": "sgd",
                "learning_rate": 0.02,
                "momentum": 0.0,
                "weight_decay": 0.0,
                "reduction": "sum",
            },
            "schedule": {"name": "exponential", "gamma": 0.93},
            "training": {"epochs": 30, "batch_size": 64},
        },
    ),
    Recipe(
        "fm",
        "FM",
        "0.696",
        4,
        "A factorization machine on what holds for the future (Rendle 2010); 0.679 by all",
        {"model": {"name": "fm"}},
    ),
    Recipe(
        "fm-3",
        "FM, 3 members",
        "0.689",
        11,
        "Three of them at once: their mean predicts, their spread says how sure; 0.671 by all",
        {"model": {"name": "fm", "members": 3}},
    ),
    Recipe(
        "bayes-fm",
        "Bayesian FM",
        "0.684",
        17,
        "The same by Gibbs sampling, each rating with a band of 80 %; 0.666 by all",
        {"model": {"name": "bayes-fm"}},
    ),
)
"""All of them, also those of models that are not there."""


def recipes() -> tuple[Recipe, ...]:
    """Return the recipes whose models are there."""
    return tuple(recipe for recipe in RECIPES if recipe.model in MODELS)


def recipe_named(name: str) -> Recipe | None:
    """Return a recipe by its name or its title; none where there is no such recipe."""
    wanted = name.strip().lower()
    return next((one for one in recipes() if wanted in (one.name, one.title.lower())), None)


def first_recipe() -> Recipe:
    """Return what a newcomer's first run is: the least error of those that are quick.

    Only of models that newcomers are folded into.
    """
    quick = [
        one
        for one in recipes()
        if one.seconds <= QUICK and "dot-product" in MODELS[one.model].abilities
    ]
    return min(quick, key=lambda recipe: float(recipe.error))
