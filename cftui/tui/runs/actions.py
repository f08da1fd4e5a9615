"""What is done to runs from the screen: the questions asked first, and what is then to be done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.widget import Widget

from cftui.remedies import words_of
from cftui.runs.compare import command_line, run_differences
from cftui.runs.directory import Run, RunError
from cftui.runs.export import KINDS, REPORTS, ExportError, export_path
from cftui.runs.rates import unrepeated
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.runs.details import size_words
from cftui.tui.runs.differences import DifferencesScreen
from cftui.tui.runs.marks import Changes
from cftui.tui.services.runs import RunService, RunServiceError, path_of
from cftui.tui.shared.ask_file import folder_words
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.copying import copy_out
from cftui.tui.shared.messages import RunAction
from cftui.tui.shared.overlays import AskYesNo

NAMED = 6
"""So many runs are named in a question; of more, the number is told."""


def keep_marks(asker: Widget, changes: Changes) -> None:
    """Have marks kept."""

    async def keep(runs: RunService) -> str:
        for run_id, number in changes.items():
            await runs.keep(run_id, mark=number)
        return ""

    asker.post_message(RunAction(keep, "Marked here and now, but it cannot be kept"))


def copy_command(asker: Widget, row: RunRow) -> None:
    """Have the command line that repeats a run copied, and shown."""

    async def copy(runs: RunService) -> str:
        run = Run(path_of(row.id))
        try:
            line = await asyncio.to_thread(command_line, run)
            left_out = unrepeated(await asyncio.to_thread(run.record))
        except (RunError, OSError) as error:
            raise RunServiceError(words_of(error)) from error
        told = copy_out(asker.app, line, line, f"cftui runs show {row.id} prints it")
        return told + (left_out and f"\nBut {left_out}")

    asker.post_message(RunAction(copy, "There is no line to copy"))


def ask_name(asker: Widget, row: RunRow) -> None:
    """Ask for a run's name, and have it kept."""

    def answer(name: str | None) -> None:
        if name is None:
            return

        async def keep(runs: RunService) -> str:
            await runs.rename(row.id, name)
            return ""

        asker.post_message(RunAction(keep, "The name was not kept"))

    question = f"Name of the run of {row.when}; empty takes it away:"
    asker.app.push_screen(AskText(question, row.name), answer)


def ask_notes(asker: Widget, row: RunRow) -> None:
    """Ask for a note on a run, and have it kept."""

    def answer(notes: str | None) -> None:
        if notes is None:
            return

        async def keep(runs: RunService) -> str:
            await runs.keep(row.id, notes=plain(notes))
            return ""

        asker.post_message(RunAction(keep, "The note was not kept"))

    asker.app.push_screen(AskText(f"Note on {row.label}, {row.when}:", row.notes), answer)


async def show_differences(asker: Widget, rows: Sequence[RunRow]) -> None:
    """Show the settings in which runs differ."""
    runs = [Run(path_of(row.id)) for row in rows]
    try:
        found = await asyncio.to_thread(run_differences, runs)
    except RunError as error:
        title = "These runs cannot be compared"
        asker.notify(plain(str(error)), title=title, severity="error", markup=False)
        return
    asker.app.push_screen(DifferencesScreen(rows, found))


def why_not_delete(rows: Sequence[RunRow]) -> str | None:
    """Return why runs cannot be deleted; none if they can."""
    live = [row for row in rows if row.alive]
    if not live:
        return None
    which = "It is" if len(rows) == 1 else f"{live[0].label} is" if len(live) == 1 else "Some are"
    return f"{which} live; x stops it first" if len(live) == 1 else f"{which} live; stop them first"


async def ask_delete(asker: Widget, rows: Sequence[RunRow], hidden: int) -> None:
    """Ask whether runs may go, with their number and size; have them deleted if so."""
    kept = [Run(path_of(row.id)) for row in rows]
    size = await asyncio.to_thread(lambda: sum(run.size() for run in kept))
    count = "this run" if len(rows) == 1 else f"{len(rows)} runs"
    unlisted = f" ({hidden} of them not listed now)" if hidden else ""
    names = [f"  {row.label}, {row.when}" for row in rows[:NAMED]]
    more = [f"  and {len(rows) - NAMED} more"] if len(rows) > NAMED else []
    question = f"Delete {count}{unlisted} with weights, {size_words(size)} on disk?"

    def answer(yes: bool | None) -> None:
        if not yes:
            return

        async def delete(runs: RunService) -> str:
            await runs.delete([row.id for row in rows])
            return f"Deleted {len(rows)} run{'s' * (len(rows) > 1)}; U brings back, for a day"

        asker.post_message(RunAction(delete, "Not deleted"))

    asker.app.push_screen(AskYesNo("\n".join([question, *map(plain, [*names, *more])])), answer)


def undelete(asker: Widget) -> None:
    """Have what was deleted last brought back."""

    async def bring_back(runs: RunService) -> str:
        count = await runs.undelete()
        return f"{count} run{'s' * (count != 1)} brought back"

    asker.post_message(RunAction(bring_back, "Not brought back"))


def ask_export(asker: Widget, rows: Sequence[RunRow]) -> None:
    """Ask for a file, and have runs written to it."""

    async def export(runs: RunService, path: Path) -> str:
        count = await runs.export(rows, path)
        return f"{_count(count)} written to {path}"

    question = f"Write {_count(len(rows))} to which file? It ends with .csv or .json."
    _ask_where(asker, question, "runs.csv", KINDS, export)


def ask_report(asker: Widget, rows: Sequence[RunRow]) -> None:
    """Ask for a file, and have a report of runs written to it, by a process of its own."""

    async def report(runs: RunService, path: Path) -> str:
        await runs.report([row.id for row in rows], path)
        return f"{_count(len(rows))} written to {path}"

    question = f"Write a report of {_count(len(rows))} to which file? It ends with .html or .md."
    _ask_where(asker, question, "report.html", REPORTS, report)


def _count(count: int) -> str:
    return f"{count:,} run{'s' * (count != 1)}"


def _ask_where(
    asker: Widget,
    question: str,
    name: str,
    kinds: Sequence[str],
    write: Callable[[RunService, Path], Awaitable[str]],
) -> None:
    """Ask for a file that ends as one of the kinds, and have it written."""

    def refuse(text: str) -> str:
        try:
            folder = export_path(text, kinds).parent
        except ExportError as error:
            return str(error)
        return "" if folder.is_dir() else f"there is no folder {folder}"

    def doubt(text: str) -> str:
        path = export_path(text, kinds)
        return f"{path.name} is there already; enter again replaces it" if path.exists() else ""

    def answer(text: str | None) -> None:
        if text is not None:
            path = export_path(text, kinds).absolute()
            asker.post_message(RunAction(lambda runs: write(runs, path), "It was not written"))

    asked = AskText(question, name, refuse=refuse, doubt=doubt, means=folder_words)
    asker.app.push_screen(asked, answer)
