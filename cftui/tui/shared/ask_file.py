"""A question for a file to write."""

from collections.abc import Callable
from pathlib import Path

from textual.widget import Widget

from cftui.remedies import cause
from cftui.text import plain
from cftui.tui.shared.ask_line import AskText


def ask_file(
    widget: Widget,
    question: str,
    name: str,
    take: Callable[[Path], None],
    refuse: Callable[[str], str] | None = None,
) -> None:
    """Ask for a file to write, `name` if none other is given; `take` gets its path.

    `refuse` says why one will not do; as a rule whether it can be written.
    """

    def answered(text: str | None) -> None:
        if text is not None:
            take(Path(text).expanduser())

    def unwritable(text: str) -> str:
        return refuse_path(text, name)

    asked = AskText(
        *(question, name), refuse=refuse or unwritable, doubt=doubt_path, means=folder_words
    )
    widget.app.push_screen(asked, answered)


def ask_where(widget: Widget, question: str, name: str, export: Callable[[Path], None]) -> None:
    """Ask for a file, have it written by `export`, and tell what came of it."""

    def write(path: Path) -> None:
        try:
            export(path)
        except OSError as error:
            words = f"{path}: {cause(error)}"
            widget.notify(plain(words), title="Not written", severity="error", markup=False)
        else:
            widget.notify(plain(str(path.absolute())), title="Written", markup=False)

    ask_file(widget, question, name, write)


def refuse_path(text: str, name: str) -> str:
    """Return why no such file can be written, `name` is one that could be; empty if it can."""
    path = Path(text).expanduser()
    if not text or path.is_dir():
        return f"a file name, such as {name}"
    folder = path.absolute().parent
    return "" if folder.is_dir() else f"there is no folder {folder}"


def folder_words(text: str) -> str:
    """Return into which folder a file goes; empty where none is named yet."""
    try:
        return f"into {Path(text).expanduser().absolute().parent}" if text else ""
    except (RuntimeError, OSError):  # nobody's home, or no folder to be in
        return ""


def doubt_path(text: str) -> str:
    """Return what is to be confirmed before a file is written; empty if nothing is."""
    path = Path(text).expanduser()
    return f"{path.name} is there already; enter again replaces it" if path.exists() else ""
