"""An exported file becomes a profile: its path is asked for, what it says is shown, then kept."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from cftui.people import load_profile, refuse_name, save_profile
from cftui.questions.data import DataSummary
from cftui.questions.people import SURENESS, ExportLeft, ExportMatch, ExportRead, ReadExport
from cftui.questions.question import Ask
from cftui.remedies import words_of
from cftui.text import plain
from cftui.tui.services.child import ChildError
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid


class Importer:
    """Leads from a path to a profile; `done` is told its name."""

    def __init__(
        self, widget: Widget, ask: Ask, summary: DataSummary, done: Callable[[str], None]
    ) -> None:
        self._widget, self._summary, self._done = widget, summary, done
        self._ask = Asker(ask, self._failed)

    def begin(self) -> None:
        """Ask for the file."""
        words = (
            "Which file? An export of Letterboxd (ratings.csv or its zip), IMDb, Goodreads, Trakt"
            " or Kinopoisk, or a CSV of title, year and rating"
        )
        self._widget.app.push_screen(AskText(words, refuse=refuse_file), self._read)

    def _read(self, text: str | None) -> None:
        if text is not None:
            self._widget.run_worker(
                self._show(str(Path(text).expanduser().absolute())),
                group="import",
                exclusive=True,
                exit_on_error=False,
                description="Reading an exported file",
            )

    async def _show(self, path: str) -> None:
        read = await self._ask(ReadExport(self._summary.store, path), "import")
        if read is not None:
            screen = ImportScreen(read)
            self._widget.app.push_screen(screen, lambda taken: self._name(read, taken))

    def _failed(self, error: ChildError) -> None:
        words = plain(str(error))
        self._widget.notify(words, title="Not imported", severity="error", markup=False, timeout=12)

    def _name(self, read: ExportRead, taken: tuple[tuple[str, float], ...] | None) -> None:
        """Ask for the name of the profile, and keep it."""
        if not taken:
            return
        fingerprint = self._summary.fingerprint

        def doubt(name: str) -> str:
            count = len(load_profile(fingerprint, name).rated)
            words = "enter again adds these, which stand where both rate a title"
            return f"{name} has {count:,} ratings already; {words}" if count else ""

        def keep(name: str | None) -> None:
            if name is not None:
                self._widget.run_worker(self._keep(taken, name), exit_on_error=False)

        words = f"{len(taken):,} ratings become the profile called"
        ask = AskText(words, read.profile, refuse=refuse_name, doubt=doubt)
        self._widget.app.push_screen(ask, keep)

    async def _keep(self, taken: tuple[tuple[str, float], ...], name: str) -> None:
        """Add ratings to a profile, in a thread: disks take their time."""

        def save() -> None:
            old = load_profile(self._summary.fingerprint, name)
            save_profile(self._summary.fingerprint, old.merged(taken), name)

        try:
            await asyncio.to_thread(save)
        except OSError as error:
            words = plain(words_of(error))
            self._widget.notify(words, title="Not saved", severity="error", markup=False)
        else:
            self._done(name)


class ImportScreen(Dialog[tuple[tuple[str, float], ...] | None]):
    """Shows each row of a file: what it matches and how surely, or why it is not used."""

    DEFAULT_CSS = """
    ImportScreen .overlay { width: 96%; height: 94%; max-width: 140; max-height: 94%; }
    ImportScreen #head { height: auto; color: $text-muted; }
    ImportScreen #whole { height: auto; max-height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel", id="import.cancel"),
        Binding("s", "similar", "Similar", id="import.similar"),
    ]

    def __init__(self, read: ExportRead) -> None:
        super().__init__()
        self._read_file = read
        self._similar = False

    def compose(self) -> ComposeResult:
        """Lay out counts above rows."""
        with Vertical(classes="overlay") as box:
            box.border_title = Text(f"From {plain(self._read_file.kind)}")
            box.border_subtitle = "enter takes them, s similar titles too, esc cancels"
            yield Static("", id="head", markup=False)
            yield Grid(COLUMNS, empty="No row can be used", id="rows")
            yield Static("", id="whole", markup=False)

    def on_mount(self) -> None:
        """Show the rows that need a look first."""
        read = self._read_file
        guesses = [match for match in read.matches if match.sureness == "similar"]
        sure = [match for match in read.matches if match.sureness != "similar"]
        self.query_one(Grid).set_rows([*guesses, *read.left, *sure])
        self.query_one(Grid).focus()
        self._say()
        self._tell()

    def _say(self) -> None:
        read = self._read_file
        taken = len(read.rated(similar=self._similar))
        sure = ", ".join(f"{count:,} by {SURENESS[kind]}" for kind, count in read.counts().items())
        lines = [f"{taken:,} ratings to take; matches: {sure or 'none'}"]
        lines += [f"{len(read.left):,} rows not used, {read.unrated:,} without a rating"]
        if read.counts().get("similar"):
            taken_too = "taken too" if self._similar else "guesses, not taken (s takes them)"
            lines += [f"Similar titles are {taken_too}"]
        self.query_one("#head", Static).update(plain_lines([*lines, read.scale_words]))

    @on(Grid.Highlighted)
    def _tell_whole(self, message: Grid.Highlighted) -> None:
        """Show the row under the cursor in full."""
        message.stop()
        self._tell()

    def _tell(self) -> None:
        grid = self.query_one(Grid)
        row = grid.rows[grid.cursor_place] if grid.rows else None
        words = "" if row is None else f"line {row.line}: {_named(row)}: {_meaning(row)}"
        self.query_one("#whole", Static).update(plain(words))

    def action_similar(self) -> None:
        """Take similar titles too, or no longer."""
        self._similar = not self._similar
        self._say()

    @on(Grid.Selected)
    def _take(self, message: Grid.Selected) -> None:
        message.stop()
        taken = self._read_file.rated(similar=self._similar)
        if taken:
            self.dismiss(taken)
        else:
            words = "No row matches surely enough; esc leaves"
            self.notify(words, title="Import", markup=False, timeout=4)


def plain_lines(lines: list[str]) -> str:
    """Return lines made safe to show."""
    return "\n".join(map(plain, lines))


Row = ExportMatch | ExportLeft


def _values(row: Row) -> str:
    if isinstance(row, ExportLeft):
        return ""
    return f"{row.value:g}" if row.given == row.value else f"{row.given:g}→{row.value:g}"


def _sureness(row: Row) -> str:
    return "not used" if isinstance(row, ExportLeft) else SURENESS[row.sureness]


def _named(row: Row) -> str:
    return f"{row.title} ({row.year})" if row.year else row.title


def _meaning(row: Row) -> str:
    return row.why if isinstance(row, ExportLeft) else row.item_title


COLUMNS = (
    Column("line", 5, align="right", key=lambda row: str(row.line)),
    Column("rating", 7, align="right", key=_values),
    Column("how sure", 14, key=_sureness),
    Column("in the file", 24, key=_named),
    Column("here", None, key=_meaning),
)


def refuse_file(text: str) -> str:
    """Return why a path is no file to import; empty if it is one."""
    try:
        there = bool(text) and Path(text).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long, no such ~user, a NUL
        there = False
    return "" if there else "the path of a file that is there, such as ~/Downloads/ratings.csv"
