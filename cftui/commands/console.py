"""What the commands share: printing, JSON lines, and how errors become words and exit codes."""

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from shutil import get_terminal_size
from textwrap import fill
from typing import Annotated, Any, TypeVar

import typer

from cftui.commands.tables import Widths, fit, parts, total
from cftui.config import ConfigError
from cftui.printing import put, put_cells, put_json
from cftui.questions.errors import QuestionError
from cftui.remedies import words_of
from cftui.text import plain

T = TypeVar("T")


@dataclass
class Process:
    """This process."""

    began: float = 0.0
    """`time.monotonic()` when it started."""
    debug: bool = False
    """Whether errors show their traceback."""


process = Process()

# Typer carries its own copy of click, or uses click itself, by its version.
_Wrong = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _set_debug(value: bool) -> bool:
    process.debug = process.debug or value
    return value


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line")]
Debug = Annotated[
    bool, typer.Option("--debug", callback=_set_debug, help="Show the traceback of an error")
]


def run_words() -> list[str]:
    """Return what may stand for a run, for a shell that completes it: the latest ids first."""
    from cftui.paths import runs_folder

    try:
        return ["latest", *sorted((each.name for each in runs_folder().iterdir()), reverse=True)]
    except OSError:
        return ["latest"]


RunWord = Annotated[
    str,
    typer.Option(
        "--run",
        help="A run's id, a unique prefix, its name, or latest",
        autocompletion=run_words,
    ),
]


class UsageError(Exception):
    """Wrong use; the message says what to do. Exit code 2."""


class CommandError(Exception):
    """The command failed; the message says why and what to do. Exit code 1."""


def guarded(command: Callable[[], Any], words: Sequence[str]) -> int:
    """Run a command and return its exit code; errors become one message on stderr."""
    process.debug = "--debug" in words
    try:
        code = command()
    except typer.Exit as done:
        code = done.exit_code
    except (typer.Abort, KeyboardInterrupt):
        say("interrupted")
        code = 130
    except (UsageError, ConfigError, QuestionError, FileNotFoundError) as error:
        code = _explain(error, 2)
    except BrokenPipeError:
        # Whoever read our output has left; what is buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    except (CommandError, ValueError, RuntimeError, OSError) as error:
        code = _explain(error, 1)
    except Exception as error:
        code = _unforeseen(error)
    return code if isinstance(code, int) else 0


def _unforeseen(error: Exception) -> int:
    if isinstance(error, _Wrong):
        error.show()  # type: ignore[attr-defined]
        return 2
    say(f"{type(error).__name__}: {error} (a fault of cftui; --debug shows where)")
    return _explain(None, 1)


def _explain(error: Exception | None, code: int) -> int:
    if error is not None:
        say(words_of(error))
    if process.debug:
        traceback.print_exc()
    return code


def one_of(word: str, known: Sequence[T], complaint: str) -> T:
    """Return the known value that a word is; raises UsageError with the complaint."""
    for value in known:
        if word == value:
            return value
    raise UsageError(complaint)


def say(message: str) -> None:
    """Print a message to stderr, its own line breaks kept, all else that could act made plain."""
    put("cftui: " + "\n".join(message.splitlines()), err=True)


def print_json(value: Any) -> None:
    """Print one JSON line of a mapping or a dataclass."""
    put_json(value if isinstance(value, dict) else asdict(value))


def print_words(words: str) -> None:
    """Print a sentence, broken between words on a terminal."""
    width = get_terminal_size().columns if sys.stdout.isatty() else 0
    put(fill(words, width, subsequent_indent="  ") if width else words)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    yielding: Sequence[str] = (),
    dropping: Sequence[str] | None = None,
    repeating: bool = False,
) -> None:
    """Print rows under headings: drawn on a terminal, tab-separated elsewhere.

    Where a terminal is too narrow, columns of `yielding` are cut, then those of `dropping` (else
    of `yielding`) are left out, each in this order; all others are printed whole, whatever the
    width. `repeating`: instead, further columns go on below, beside the first one once more.
    `right`: columns of numbers.
    """
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            put_cells(row)
        return
    from rich.cells import cell_len
    from rich.console import Console

    room = Console().width
    cells = [[plain(cell) for cell in row] for row in rows]
    texts = zip(map(plain, columns), *cells, strict=True)
    widths: Widths = {place: max(map(cell_len, column)) for place, column in enumerate(texts)}
    cut = [columns.index(column) for column in yielding]
    left_out = cut if dropping is None else [columns.index(column) for column in dropping]
    for part in parts(widths, room) if repeating else [fit(widths, room, cut, left_out)]:
        _draw(part, columns, cells, right)


def _draw(
    widths: Widths, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]
) -> None:
    """Draw the columns that have a width; beyond the terminal's it is the terminal that wraps."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, width in widths.items():
        table.add_column(
            Text(plain(columns[place])),
            justify="right" if columns[place] in right else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=width,
        )
    for row in cells:
        table.add_row(*(Text(row[place]) for place in widths))
    console = Console()
    console.print(table, width=max(console.width, total(widths)), crop=False)
