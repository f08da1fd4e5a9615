"""How many colours a terminal has, decided in one place for the screen and for the doctor."""

import os
import subprocess
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Literal

Depth = Literal["none", "16", "256", "millions"]
SYSTEMS: Mapping[Depth, str] = {"16": "standard", "256": "256", "millions": "truecolor"}
"""What Textual calls them."""
WISH = "TEXTUAL_COLOR_SYSTEM"
"""The variable that Textual takes its colours by, and so what a user may set too."""
ASK_SECONDS = 2.0
MANY = 1 << 24
FULL_TERMS = ("kitty", "alacritty", "foot", "wezterm", "ghostty", "contour", "rio", "direct")
"""Parts of TERM that only terminals with 16 million have: TERM alone comes along over SSH."""
FULL_PROGRAMS = ("iTerm.app", "vscode", "WezTerm", "ghostty", "Hyper", "rio", "WarpTerminal")
"""Values of TERM_PROGRAM."""
FIRST_FULL_VTE = 3600
TMUX_REMEDY = "tmux set -as terminal-features ',*:RGB', if its terminal has 16 million"


@dataclass(frozen=True)
class Colours:
    """What was decided, and why."""

    depth: Depth
    why: str
    remedy: str = ""
    """What to do where there may be more; empty where there are 16 million."""

    @property
    def words(self) -> str:
        """Return it as the doctor says it."""
        number = {"none": "greys alone", "millions": "16 million"}.get(self.depth, self.depth)
        return f"{number} ({self.why})"


def ask_program(words: Sequence[str]) -> str:
    """Return what a program prints, on one line; empty where it cannot be run."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=ASK_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


_asked: set[str] = set()
"""The terminal that curses was set up for."""


def terminfo_colours(term: str) -> int:
    """Return the number of colours in terminfo's entry; -1 where there is none, or no terminfo.

    16 million where it has the flag RGB or Tc, as entries of direct colour and tmux's users do.
    Of one terminal alone: curses passes over all further ones of a process.
    """
    try:
        import curses

        if _asked and term not in _asked:
            return -1
        curses.setupterm(term, 1)
        _asked.add(term)
        if curses.tigetflag("RGB") > 0 or curses.tigetflag("Tc") > 0:
            return MANY
        return curses.tigetnum("colors")
    except Exception:  # no module, no entry, no such capability: each with an error of its own
        return -1


def colours_of(
    environ: Mapping[str, str],
    ask: Callable[[Sequence[str]], str] = ask_program,
    terminfo: Callable[[str], int] = terminfo_colours,
) -> Colours:
    """Return how many colours there are. `ask` runs a program and returns what it prints."""
    if "NO_COLOR" in environ:
        return Colours("none", "NO_COLOR is set")
    for depth, system in SYSTEMS.items():
        if environ.get(WISH) == system:
            return Colours(depth, f"{WISH} asks for it")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Colours("millions", "COLORTERM")
    term = environ.get("TERM", "")
    if environ.get("TMUX") and term.startswith(("tmux", "screen")):
        return _within_tmux(ask)
    found = terminfo(term)
    for why, full in (
        ("terminfo", found >= MANY),
        ("TERM", any(part in term for part in FULL_TERMS)),
        ("the program that TERM_PROGRAM names", _is_full_program(environ)),
    ):
        if full:
            return Colours("millions", why)
    remedy = "if yours has more: export COLORTERM=truecolor"
    if "256" in term or found >= 256:
        return Colours("256", "TERM" if "256" in term else "terminfo", remedy)
    return Colours("16", f"TERM={term} tells of no more", remedy)


def _within_tmux(ask: Callable[[Sequence[str]], str]) -> Colours:
    """Return what tmux passes on: it has 256 itself, and knows whether its terminal has more."""
    features = ask(["tmux", "display-message", "-p", "#{client_termfeatures}"])
    if "RGB" in features.split(","):
        return Colours("millions", "tmux says that its terminal has them")
    return Colours("256", "tmux, which knows of no more in its terminal", TMUX_REMEDY)


def _is_full_program(environ: Mapping[str, str]) -> bool:
    if environ.get("STY"):  # GNU screen hands on the variables, not the colours
        return False
    version = environ.get("VTE_VERSION", "")
    return (
        environ.get("TERM_PROGRAM") in FULL_PROGRAMS
        or bool(environ.get("WT_SESSION") or environ.get("KONSOLE_VERSION"))
        or (version.isdecimal() and int(version) >= FIRST_FULL_VTE)
    )


def tell_textual(environ: MutableMapping[str, str] = os.environ) -> None:
    """Have Textual draw in the colours that there are; to be called before it is imported."""
    system = SYSTEMS.get(colours_of(environ).depth)
    if system is not None:
        environ[WISH] = system
