"""How many colours a terminal has, as its variables, terminfo and tmux tell."""

from collections.abc import Sequence

import pytest

from cftui.terminal_colours import WISH, colours_of, tell_textual, terminfo_colours

TMUX = {"TERM": "tmux-256color", "TMUX": "/run/tmux,1,0"}


def depth(
    environ: dict[str, str], *, features: str = "", terminfo: int = -1
) -> tuple[str, str, str]:
    def ask(words: Sequence[str]) -> str:
        assert words[0] == "tmux"
        return features

    found = colours_of(environ, ask, lambda _: terminfo)
    return found.depth, found.words, found.remedy


@pytest.mark.parametrize(
    ("environ", "expected", "why"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "none", "NO_COLOR is set"),
        ({WISH: "256", "COLORTERM": "truecolor"}, "256", WISH),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, "millions", "COLORTERM"),
        ({"TERM": "xterm-256color"}, "256", "TERM"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "256", "TERM"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, "millions", "TERM_PROGRAM"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "millions", "TERM_PROGRAM"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "3409"}, "256", "TERM"),
        ({"TERM": "xterm-256color", "WT_SESSION": "1-2"}, "millions", "TERM_PROGRAM"),
        ({"TERM": "screen-256color", "STY": "1.pts", "VTE_VERSION": "7600"}, "256", "TERM"),
        ({"TERM": "xterm-kitty"}, "millions", "TERM"),
        ({"TERM": "linux"}, "16", "TERM=linux"),
        ({}, "16", "TERM="),
        ({**TMUX, "COLORTERM": "truecolor"}, "millions", "COLORTERM"),
    ],
)
def test_variables_tell(environ: dict[str, str], expected: str, why: str) -> None:
    found, words, remedy = depth(environ)
    assert found == expected and why in words
    assert bool(remedy) == (found in ("16", "256") and WISH not in environ)


def test_tmux_is_asked_what_its_terminal_has() -> None:
    assert depth(TMUX, features="256,RGB,clipboard")[0] == "millions"
    found, words, remedy = depth(TMUX, features="256,clipboard", terminfo=256)
    assert found == "256" and "tmux" in words and "terminal-features" in remedy
    assert depth(TMUX)[0] == "256"  # detached, or a tmux that cannot be asked
    # a terminal that was opened out of tmux is none of its own
    assert depth({"TERM": "xterm-256color", "TMUX": "x"}, features="RGB")[0] == "256"


@pytest.mark.parametrize(
    ("number", "expected"), [(1 << 24, "millions"), (256, "256"), (88, "16"), (8, "16")]
)
def test_terminfo_tells(number: int, expected: str) -> None:
    assert depth({"TERM": "some"}, terminfo=number)[0] == expected


def test_terminfo_of_what_is_no_terminal_tells_nothing() -> None:
    assert terminfo_colours("no-such-terminal") == -1
    assert terminfo_colours("xterm") in (-1, 8, 16)  # -1 where its entry is not installed


def test_textual_is_told_what_was_decided() -> None:
    for environ, expected in (
        ({"TERM": "xterm-kitty"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "linux"}, "standard"),
        ({"NO_COLOR": "1"}, None),
    ):
        tell_textual(environ)
        assert environ.get(WISH) == expected
