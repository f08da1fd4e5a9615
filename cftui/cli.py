"""The command `cftui`: its first word decides between the shell's commands and the screen."""

import difflib
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cftui.printing import put

if TYPE_CHECKING:
    from cftui.tui.tour.asked import TourChoice

BEGAN = time.monotonic()
"""When this process began, as near as Python can tell."""

COMMANDS = (
    *("train", "evaluate", "runs", "data", "predict", "recommend", "you", "similar", "audience"),
    "map",
    *("crosstab", "lab"),
    *("recipes", "config", "completion", "man", "doctor"),
)
TOUR = "tour"

COMPLETING = "_CFTUI_COMPLETE"
"""What a shell sets where it asks how a word may end."""
PARTS = ("torch", "textual", "plotext", "numpy", "pandas", "pyarrow")
"""What a report of a fault should say the versions of."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit code 0 done, 1 failed, 2 wrong use."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETING in os.environ:
        from cftui.commands.completion import complete

        sys.exit(complete())
    first = words[0] if words else ""
    if first in COMMANDS:
        from cftui.commands import run_command

        sys.exit(run_command(words, began=BEGAN))
    if first == TOUR:
        sys.exit(open_tour(words[1:]))
    if first in ("-h", "--help"):
        from cftui.commands.usage import USAGE

        put(USAGE, end="")
        sys.exit(0)
    if first in ("-V", "--version"):
        put(versions())
        sys.exit(0)
    sys.exit(open_screen(words))


def versions() -> str:
    """Return the versions of cftui, and of what it stands on; imports none of them."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    def of(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} missing"

    parts = ", ".join([f"Python {platform.python_version()}", *map(of, PARTS)])
    return f"{of('cftui')}\n{parts}"


def open_screen(words: Sequence[str]) -> int:
    """Open the explorer on the data that the words name; return the exit code."""
    from cftui.catalogue import CATALOGUE
    from cftui.paths import BUNDLED, resolve_source

    if len(words) > 1 or (words and words[0].startswith("-")):
        from cftui.commands.usage import USAGE

        put(f"cftui: cannot make sense of {' '.join(words)!r}\n{USAGE}", err=True, end="")
        return 2
    data = words[0] if words else BUNDLED
    try:
        resolve_source(data)
    except FileNotFoundError as missing:
        message = str(missing)
        if data not in CATALOGUE and data != BUNDLED:
            near = difflib.get_close_matches(
                data, [*COMMANDS, TOUR, BUNDLED, *CATALOGUE], 2, cutoff=0.4
            )
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            message = f"{data!r} is neither a command nor a data set{hint}"
        put(f"cftui: {message}", err=True)
        return 2
    objection = terminal_objection()
    if objection:
        put(f"cftui: {objection}", err=True)
        return 2
    return _run_app(data)


def open_tour(words: Sequence[str]) -> int:
    """Open the explorer with the tour that the words ask for; return the exit code."""
    from cftui.paths import BUNDLED
    from cftui.tui.tour.asked import read_words

    choice = read_words(words)
    if isinstance(choice, str):
        put(choice, end="")
        return 0
    objection = terminal_objection()
    if objection:
        put(f"cftui: {objection}", err=True)
        return 2
    return _run_app(BUNDLED, choice)


def _run_app(data: str, tour: "TourChoice | None" = None) -> int:
    from cftui.terminal_colours import tell_textual

    tell_textual()
    from cftui.tui.app import run_app

    return run_app(data, tour)


def terminal_objection() -> str | None:
    """Return why the explorer cannot draw here, with what to do instead; none if it can."""
    instead = "use the shell's commands: cftui train, cftui recommend --user 15, cftui --help"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return f"the explorer needs a terminal; {instead}"
    if not sys.stderr.isatty():
        return "the explorer draws on the standard error, which is no terminal; do not redirect it"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM={os.environ.get('TERM', '')!r} cannot move the cursor; {instead}"
    return None


if __name__ == "__main__":
    main()
