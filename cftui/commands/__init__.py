"""The shell's commands (Typer), one file a command or a group; each is imported when it is asked.

Everything heavy is imported inside their functions.
"""

from collections.abc import Sequence
from importlib import import_module

import typer

from cftui.commands.console import guarded, process

SINGLE = (
    *("train", "recipes", "evaluate", "predict", "recommend", "similar", "audience"),
    *("map", "crosstab"),
    *("completion", "man", "doctor"),
)
"""Commands, each the function of its name in the file of its name."""
GROUPS = ("runs", "data", "you", "lab", "config")
"""Words that commands of their own follow: `app` in the file of the name."""


def run_command(words: Sequence[str], *, began: float) -> int:
    """Run one command; return its exit code: 0 done, 1 failed, 2 wrong use.

    `words` begin with one of SINGLE or GROUPS. `began`: `time.monotonic()` when the process
    started.
    """
    process.began = began
    return guarded(lambda: _app(words[0])(list(words), standalone_mode=False), words)


def whole_app() -> typer.Typer:
    """Return an app that knows all commands, for completion and the manual."""
    return _app(*SINGLE, *GROUPS)


def _app(*words: str) -> typer.Typer:
    """Return an app that knows the commands that words name."""
    app = typer.Typer(
        name="cftui",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)  # else a single command is no word of its own
    for word in words:
        module = import_module(f"cftui.commands.{word}")
        if word in GROUPS:
            app.add_typer(module.app, name=word)
        else:
            app.command(word)(getattr(module, word))
    return app
