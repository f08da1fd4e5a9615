"""`cftui completion`: what makes a shell complete the words of cftui, and the answers to it."""

from typing import Annotated, Literal

import typer

from cftui.printing import put

COMPLETING = "_CFTUI_COMPLETE"
"""What the scripts set where they ask how a word may end."""
Shell = Literal["bash", "zsh", "fish"]
HOW = {
    "bash": 'add to ~/.bashrc:  eval "$(cftui completion bash)"',
    "zsh": 'add to ~/.zshrc, after compinit:  eval "$(cftui completion zsh)"',
    "fish": "once:  cftui completion fish > ~/.config/fish/completions/cftui.fish",
}


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish")],
) -> None:
    """Print the script that completes cftui's words, in bash, zsh or fish.

    bash: add to ~/.bashrc eval "$(cftui completion bash)"; zsh: the same in ~/.zshrc, after
    compinit; fish: cftui completion fish > ~/.config/fish/completions/cftui.fish
    """
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="cftui", complete_var=COMPLETING, shell=shell)
    put(f"# {HOW[shell]}", script)


def complete() -> int:
    """Answer a shell that asks how a word may end; return the exit code."""
    from typer._completion_classes import completion_init
    from typer.main import get_command

    from cftui.commands import whole_app

    completion_init()
    try:
        get_command(whole_app()).main([], prog_name="cftui", complete_var=COMPLETING)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    return 0
