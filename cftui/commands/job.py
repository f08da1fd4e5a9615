"""What the commands share that the screen runs as jobs: how they end, and that they give way."""

from typing import Annotated

import typer

from cftui.jobs import give_way, leave_tidily

WhileStdin = Annotated[bool, typer.Option("--while-stdin", hidden=True)]


def begin_job(*, while_stdin: bool) -> None:
    """Have this process end tidily, and when its standard input closes as well, if it shall."""
    leave_tidily()
    if while_stdin:
        give_way()
