"""What one can do in the lab."""

from cftui.tui.shared.commands import Command

COMMANDS = (
    Command("lab.step", "full_stop,down", "step(1)", "Step", "Take the next step", True),
    Command("lab.back", "comma,up", "step(-1)", "Back", "Go back over a step", True),
    Command("lab.run", "s,space", "run", "Run", "Take steps one after another, or pause", True),
    Command("lab.optimizer", "o", "optimizer", "Optimizer", "Another in its place", True),
    Command("lab.add", "n", "add", "Add", "One more optimizer on the same points", True),
    Command(
        "lab.next", "tab,right", "focus(1)", "Next", "Look at the next optimizer's steps", True
    ),
    Command("lab.chain", "enter", "chain", "Chain rule", "This step, factor by factor", True),
    Command("lab.view", "v", "view", "View", "Table, contour or errors, or all", True),
    Command("lab.form", "f", "form", "Set", "Learning rate, h, batch, points", True),
    Command("lab.decay", "c", "decay", "Decay", "L2 in Adam, and AdamW, on a run's weights", True),
    Command("lab.truths", "t", "truths", "Truths", "Dot product, one-hot, derivative, loss", True),
    Command("lab.reset", "r", "reset", "Reset", "Back to the start"),
    Command("lab.faster", "plus,equals_sign", "speed(1)", "Faster", "More steps a second"),
    Command("lab.slower", "minus", "speed(-1)", "Slower", "Fewer steps a second"),
    Command("lab.drop", "d", "drop", "Drop", "Take this optimizer off"),
    Command("lab.previous", "shift+tab,left", "focus(-1)", "Previous", "Look at the one before"),
    Command("lab.weight", "w", "weight", "Weight", "Set a weight by hand; a step like any"),
    Command("lab.lower", "l", "lower", "Lower rate", "Begin anew with a tenth of the rate"),
    Command("lab.epoch", "pagedown", "epoch(1)", "Epoch on", "As many steps as an epoch has"),
    Command("lab.epoch-back", "pageup", "epoch(-1)", "Epoch back", "Back over as many steps"),
    Command("lab.export", "e", "export", "Export", "These steps as .xlsx with formulas, or .csv"),
    Command("lab.axis", "a", "axis", "Axis", "Errors by step, or by epoch"),
)
