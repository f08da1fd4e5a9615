"""The shell's commands (Typer); everything heavy is imported inside functions."""

from collections.abc import Sequence

import typer

from cftui.commands import (
    audience,
    crosstab,
    data,
    doctor,
    evaluate,
    lab,
    predict,
    recommend,
    runs,
    similar,
    train,
    you,
)
from cftui.commands.console import guarded, process

app = typer.Typer(
    name="cftui",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("doctor")(doctor.doctor)
app.command("predict")(predict.predict)
app.command("recommend")(recommend.recommend)
app.command("similar")(similar.similar)
app.command("audience")(audience.audience)
app.command("crosstab")(crosstab.crosstab)
app.add_typer(runs.app, name="runs")
app.add_typer(data.app, name="data")
app.add_typer(lab.app, name="lab")
app.add_typer(you.app, name="you")


def run_command(words: Sequence[str], *, began: float) -> int:
    """Run one command; return its exit code: 0 done, 1 failed, 2 wrong use.

    `began`: `time.monotonic()` when the process started.
    """
    process.began = began
    return guarded(lambda: app(list(words), standalone_mode=False), words)
