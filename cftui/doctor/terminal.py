"""The terminal: what it can draw, whether a copy leaves it, and what stands between."""

import locale
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cftui.doctor.finding import Finding, State
from cftui.terminal_colours import ask_program, colours_of, terminfo_colours

SECTION = "terminal"
LEAST = (80, 24)


@dataclass(frozen=True)
class TerminalFacts:
    """What is known of a terminal without asking it anything."""

    size: tuple[int, int] | None
    """Columns and lines; none where there is no terminal."""
    encoding: str
    environ: Mapping[str, str]
    ask: Callable[[Sequence[str]], str] = field(default=ask_program)
    """Runs a program and returns what it prints."""
    terminfo: Callable[[str], int] = field(default=terminfo_colours)
    """Returns the number of colours in terminfo's entry of a TERM."""


def terminal_facts() -> TerminalFacts:
    """Look at the terminal, also while the output goes to a file."""
    size = None
    for number in (1, 0, 2):
        try:
            size = os.get_terminal_size(number)
            break
        except (OSError, ValueError):
            continue
    known = None if size is None else (size.columns, size.lines)
    return TerminalFacts(known, locale.getpreferredencoding(False), os.environ)


def terminal_findings(facts: TerminalFacts) -> Iterator[Finding]:
    """Yield what the screen can expect; nothing here is a failure, the shell needs none of it."""
    if facts.size is None:
        yield Finding(
            SECTION, "size", "not a terminal: the explorer needs one, the shell's commands do not",
            "note",
        )  # fmt: skip
    else:
        yield _size(*facts.size)
        yield _term(facts.environ.get("TERM", ""))
        yield _colours(facts)
    yield _letters(facts)
    yield from _between(facts)


def _size(columns: int, lines: int) -> Finding:
    if 0 in (columns, lines):
        return Finding(
            SECTION, "size", "the terminal does not tell", "warn", "stty rows 24 cols 80"
        )
    words = f"{columns} columns, {lines} lines"
    if columns < LEAST[0] or lines < LEAST[1]:
        return Finding(SECTION, "size", words, "warn", "make the window 80 by 24 or larger")
    return Finding(SECTION, "size", words)


def _term(term: str) -> Finding:
    if term in ("", "dumb"):
        remedy = "the explorer cannot draw here: use another terminal, or the shell's commands"
        return Finding(SECTION, "TERM", repr(term), "warn", remedy)
    return Finding(SECTION, "TERM", term)


def _colours(facts: TerminalFacts) -> Finding:
    """Return what the screen draws in: it decides by the same function."""
    found = colours_of(facts.environ, facts.ask, facts.terminfo)
    state: State = "ok" if found.depth == "millions" else "note"
    return Finding(SECTION, "colours", found.words, state, found.remedy)


def _letters(facts: TerminalFacts) -> Finding:
    name, encoding = "letters", facts.encoding
    if encoding.upper().replace("-", "") != "UTF8":
        remedy = "export LANG=C.UTF-8; until then charts and lines come out wrong"
        return Finding(SECTION, name, encoding or "unknown encoding", "warn", remedy)
    if facts.environ.get("TERM") == "linux":
        remedy = "ctrl+t draws charts in blocks or dots"
        return Finding(SECTION, name, "UTF-8, but a console's font has no braille", "warn", remedy)
    return Finding(SECTION, name, "UTF-8; where braille dots (⣿⠿) show as boxes, press ctrl+t")


def _between(facts: TerminalFacts) -> Iterator[Finding]:
    """Yield SSH, the multiplexer, and whether a copy gets past it."""
    environ = facts.environ
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        yield Finding(SECTION, "SSH", "yes: animation is off")
    if environ.get("TMUX"):
        yield Finding(SECTION, "multiplexer", facts.ask(["tmux", "-V"]) or "tmux")
        yield _tmux_clipboard(facts.ask(["tmux", "show-options", "-sv", "set-clipboard"]))
    elif environ.get("STY"):
        words = facts.ask(["screen", "-v"]) or "screen"
        yield Finding(SECTION, "multiplexer", words)
        yield _clipboard("screen keeps copies from the terminal's clipboard", "copy to a file")
    else:
        if environ.get("ZELLIJ") is not None:
            words = facts.ask(["zellij", "--version"]) or "zellij"
            yield Finding(SECTION, "multiplexer", words)
        yield _plain_clipboard(environ)


def _tmux_clipboard(setting: str) -> Finding:
    if setting == "on":
        return Finding(SECTION, "clipboard", "tmux passes copies on (OSC 52), if its terminal does")
    known = f"set-clipboard is {setting}" if setting else "set-clipboard is not known"
    return _clipboard(
        f"tmux keeps copies from the terminal's clipboard: {known}",
        "tmux set -s set-clipboard on (and into ~/.tmux.conf), or copy to a file",
    )


def _plain_clipboard(environ: Mapping[str, str]) -> Finding:
    if environ.get("TERM_PROGRAM") == "Apple_Terminal" or environ.get("VTE_VERSION"):
        return _clipboard(
            "this terminal may ignore copies (OSC 52)", "if nothing arrives, copy to a file"
        )
    return Finding(
        SECTION,
        "clipboard",
        "copies are sent to the terminal (OSC 52), which does not confirm them",
    )


def _clipboard(words: str, remedy: str) -> Finding:
    return Finding(SECTION, "clipboard", words, "note", remedy)
