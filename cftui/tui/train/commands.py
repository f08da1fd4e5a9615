"""What can be done in the Train pane, and what its help says first."""

from cftui.tui.shared.commands import Command

COMMANDS = (
    Command("train.start", "s", "start", "Start", "Train a new run with the form's settings", True),
    Command(
        "train.pause",
        "p",
        "pause",
        "Pause",
        "Pause the run, or let it go on; a stopped or died one goes on from its checkpoint",
        True,
    ),
    Command(
        "train.recipes",
        "n",
        "recipes",
        "Recipes",
        "Fill the form with settings by name; says what error each reaches, and in what time",
        True,
    ),
    Command(
        *("train.optimizer", "o", "optimizer", "Optimizer"),
        "The form's next optimizer, from wherever the focus is",
    ),
    Command("train.stop", "x", "stop", "Stop", "End the run; what it learned is kept", True),
    Command("train.rate", "l", "rate", "Rate", "Change the learning rate of a live run", True),
    Command("train.checkpoint", "w", "checkpoint", "Checkpoint", "Write a checkpoint now"),
    Command(
        "train.view", "v", "view", "View", "Loss, learning rate, recall and NDCG of lists", True
    ),
    Command("train.axis", "a", "axis", "Axis", "Steps, epochs or seconds along the x axis", True),
    Command("train.log", "y", "log", "Log", "Logarithmic loss axis, on or off"),
    Command("train.log-x", "H", "log_x", "Log x", "Logarithmic x axis, on or off"),
    Command(
        "train.range",
        "V",
        "range",
        "Range",
        "The loss axis without outliers, with the range of validation alone, or with everything",
    ),
    Command(
        "train.read",
        "c",
        "read",
        "Read",
        "Read values off the charts: left and right move along, escape leaves",
        True,
    ),
    Command("train.zoom-in", "plus,equals_sign", "zoom(2)", "Zoom in", "Show half as many steps"),
    Command("train.zoom-out", "minus", "zoom(-2)", "Zoom out", "Show twice as many steps"),
    Command("train.earlier", "left_square_bracket", "pan(-1)", "Earlier", "Show earlier steps"),
    Command("train.later", "right_square_bracket", "pan(1)", "Later", "Show later steps"),
    Command("train.whole", "z,0", "whole", "Whole", "Show all steps again"),
    Command("train.tell", "T", "tell", "Tell", "What the charts show, in sentences"),
    Command("train.runs", "r", "runs", "Runs", "Go to the list of runs"),
    Command("train.form", "f", "form", "Form", "Go to the form"),
)
ABOUT = (
    "Choose a model, an optimizer and a schedule at the left, press s, and watch it learn."
    " n fills the form with a recipe, settings by name with what each reaches;"
    " tab goes through the fields and lists; left and right change a choice; in a"
    " number's field digits are typed, and esc takes them back and leaves it, as s does, which"
    " starts with them.\n\n"
    "A run lives in a process of its own: quit, or lose the connection, and it goes on; open"
    " cftui again and it is there.\n\n"
    "A run that is worse than the mean of the ratings alone (‼), or than user and item biases"
    " (!), says so above its state, with the likely reason and what to do.\n\n"
    "The band has four of five batch losses, the thick line is their debiased moving average,"
    " validation the mean squared error on the ratings held out, ◆ where it was best; dashed"
    " lines are the errors of what needs no model. Runs marked in Runs (4) stand behind, each with"
    " its letter: a race. c reads values at a step: left and right"
    " move along, with shift farther, home and end to the ends, up and down zoom, esc leaves;"
    " so does the mouse, and its wheel zooms, with shift it moves along.\n\n"
    "unseen is the error of pairs whose user or movie has no rating in training. recall@20 and"
    " NDCG@20 tell how much of what people were found to like is among the 20 movies with their"
    " highest predictions, and how far up: of at most 200 people, the same ones in all epochs."
)
