"""The list of recipes, laid over the form that one of them fills."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from cftui.hyperparameters.recipes import WHERE, recipes
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid


class ChooseRecipe(Dialog[str | None]):
    """Lists the recipes with the error and the time to expect; returns a recipe's name."""

    DEFAULT_CSS = """
    ChooseRecipe Static { height: auto; min-height: 2; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel", id="recipes.cancel")
    ]
    COLUMNS = (
        Column("recipe", None, key=lambda recipe: recipe.title),
        Column("model", 9, key=lambda recipe: recipe.model),
        Column("MSE", 5, align="right", key=lambda recipe: recipe.error),
        Column("CPU s", 5, align="right", key=lambda recipe: f"{recipe.seconds:g}"),
    )

    def compose(self) -> ComposeResult:
        """Lay out the list, and below it what to expect of the one under the cursor."""
        with Vertical(classes="overlay") as box:
            box.border_title = "Recipes"
            box.border_subtitle = "enter fills the form, esc cancels"
            yield Grid(self.COLUMNS)
            yield Static("", id="expect", markup=False)
            yield Static(f"MSE and seconds {WHERE}.", markup=False)

    def on_mount(self) -> None:
        """Show them all."""
        self._recipes = recipes()
        grid = self.query_one(Grid)
        grid.set_rows(self._recipes, [recipe.name for recipe in self._recipes])
        grid.styles.height = 1 + len(self._recipes)
        grid.focus()
        self._say(0)

    def _say(self, row: int) -> None:
        recipe = self._recipes[row]
        self.query_one("#expect", Static).update(f"{recipe.line}.")

    @on(Grid.Highlighted)
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._say(event.row)

    @on(Grid.Selected)
    def _choose(self, event: Grid.Selected) -> None:
        event.stop()
        self.dismiss(self._recipes[event.row].name)
