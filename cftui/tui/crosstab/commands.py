"""What can be done in the crosstab's pane."""

from cftui.tui.shared.commands import Command

COMMANDS = (
    Command("crosstab.actual", "a", "view('actual')", "Actual", "Show the ratings", True),
    Command(
        *("crosstab.predicted", "p", "view('predicted')"),
        *("Predicted", "Show what the sheet or the run predicts", True),
    ),
    Command("crosstab.error", "e", "view('error')", "Error", "Show predicted minus actual", True),
    Command("crosstab.model", "m", "model", "Sheet/run", "Let the sheet predict, or the run", True),
    Command(
        *("crosstab.solve", "s", "solve"),
        *("Solve", "Gradient descent on the known cells; again to pause", True),
    ),
    Command("crosstab.bfgs", "b", "bfgs", "L-BFGS", "Solve as a spreadsheet's solver does", True),
    Command("crosstab.step", "full_stop", "step", "Step", "One step of gradient descent"),
    Command("crosstab.restart", "r", "restart", "Afresh", "Start with fresh factors"),
    Command("crosstab.undo", "u", "undo", "Undo", "Back to the sheet before"),
    Command("crosstab.cell", "enter", "cell", "Cell", "Its arithmetic, product by product"),
    Command("crosstab.edit", "i", "edit", "Edit", "Change the rating or the factor here"),
    Command(
        "crosstab.sort-users",
        "left_square_bracket",
        "sort('rows')",
        "Sort users",
        "Sort users by this column; again, the other way",
    ),
    Command(
        "crosstab.sort-items",
        "right_square_bracket",
        "sort('columns')",
        "Sort movies",
        "Sort movies by this row; again, the other way",
    ),
    Command("crosstab.unsort", "o", "unsort", "Order", "Back to the order of before"),
    Command("crosstab.find", "slash", "find", "Find", "Go to a user or a movie"),
    Command("crosstab.settings", "n", "settings", "Size", "Size, factors, biases, seed"),
    Command("crosstab.factors", "f", "factors", "Factors", "Show the factors beside, or hide them"),
    Command(
        "crosstab.export",
        "x",
        "export",
        "Export",
        "Write .xlsx with live formulas, .csv, .tsv or .md",
    ),
    Command("crosstab.copy", "y", "copy", "Copy", "Send the cells to the clipboard"),
)
