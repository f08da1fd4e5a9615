"""`cftui recipes`: settings by name, and what to expect of each."""

from dataclasses import asdict

from cftui.commands.console import Debug, Json, UsageError, print_json, print_table
from cftui.hyperparameters.recipes import WHERE, Recipe, recipe_named
from cftui.hyperparameters.recipes import recipes as all_recipes
from cftui.printing import put

LIST = "list"
"""What `train --recipe` takes in place of a name to print them all."""


def recipes(*, json: Json = False, debug: Debug = False) -> None:
    """List the recipes: settings by name for `cftui train --recipe NAME`, and what each reaches."""
    if json:
        for one in all_recipes():
            print_json({"event": "recipe", **asdict(one)})
        return
    rows = [(one.name, one.title, one.error, f"{one.seconds:g}", one.line) for one in all_recipes()]
    columns = ["recipe", "called", "MSE", "CPU s", "what to expect"]
    print_table(columns, rows, right=["MSE", "CPU s"], yielding=["what to expect"])
    put(f"MSE and seconds {WHERE}; cftui train --recipe NAME")


def recipe_words(incomplete: str) -> list[str]:
    """Return what a shell may complete a recipe's name to."""
    names = (*(one.name for one in all_recipes()), LIST)
    return [name for name in names if name.startswith(incomplete)]


def chosen_recipe(name: str) -> Recipe:
    """Return the recipe of that name; raises UsageError where there is none."""
    found = recipe_named(name)
    if found is None:
        known = ", ".join(one.name for one in all_recipes())
        raise UsageError(f"--recipe {name}: choose {known}; cftui recipes says what each is")
    return found
