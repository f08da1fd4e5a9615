"""`cftui man`: the manual page, made of the same texts as the commands' own help."""

import re
from collections.abc import Iterator
from typing import Any

from cftui.printing import put

FILES = (
    ("config.toml", "config_file", "your own settings; cftui config edit opens it"),
    ("runs", "runs_folder", "a directory for each run"),
    ("datasets", "datasets_folder", "downloaded data sets"),
    ("ratings", "stores_folder", "ratings as they were read; made again where they are gone"),
)
ENVIRONMENT = (
    ("CFTUI_HOME", "one folder in place of all the user's folders"),
    ("CFTUI_CONSENT_HOME", "the folder of what this person agreed to"),
    ("NO_COLOR", "draw without colours"),
)


def man() -> None:
    """Print the manual page; read it with: cftui man | man -l -"""
    put(page())


def page() -> str:
    """Return the manual page, in the macros of man(7)."""
    from importlib.metadata import version

    from typer.main import get_command

    from cftui.commands import whole_app
    from cftui.commands.usage import USAGE

    lines = [
        f'.TH CFTUI 1 "" "cftui {version("cftui")}" "User Commands"',
        *(".SH NAME", r"cftui \- explore collaborative filtering in the terminal"),
        *(".SH SYNOPSIS", ".nf", *map(_text, USAGE.rstrip().splitlines()), ".fi"),
        ".SH COMMANDS",
    ]
    root: Any = get_command(whole_app())
    for words, command in _leaves(root, ["cftui"]):
        lines += _about(words, command)
    lines += [".SH FILES", *_files(), ".SH ENVIRONMENT"]
    for name, about in ENVIRONMENT:
        lines += [".TP", f".B {_text(name)}", _text(about)]
    codes = "0 done; 1 failed; 2 wrong use; 130 and 143 stopped by ctrl+c and by SIGTERM."
    return "\n".join([*lines, ".SH EXIT STATUS", _text(codes)])


def _leaves(command: Any, words: list[str]) -> Iterator[tuple[list[str], Any]]:
    """Yield every command that does something, with the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name in sorted(below):
        yield from _leaves(below[name], [*words, name])


def _about(words: list[str], command: Any) -> Iterator[str]:
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    arguments = [each for each in shown if each.param_type_name == "argument"]
    yield f".SS {_text(' '.join([*words, *(_metavar(each) for each in arguments)]))}"
    for paragraph in re.split(r"\n\s*\n", (command.help or "").strip()):
        yield ".PP"
        yield _text(" ".join(paragraph.split()))
    for each in shown:
        names = ", ".join([*each.opts, *each.secondary_opts])
        name = _metavar(each) if each.param_type_name == "argument" else names
        if each.help if hasattr(each, "help") else name:
            yield ".TP"
            yield f".B {_text(name)}"
            yield _text(" ".join((getattr(each, "help", None) or "").split()))


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _files() -> Iterator[str]:
    from cftui import paths

    for name, place, words in FILES:
        yield ".TP"
        yield f".B {_text(name)}"
        yield _text(f"{words}; here: {getattr(paths, place)()}")


def _text(words: str) -> str:
    """Return text in which nothing acts: backslashes, hyphens, and dots that begin a line."""
    safe = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe
