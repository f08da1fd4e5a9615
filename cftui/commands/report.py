"""`cftui runs report`: runs side by side and each by itself, in one file to be read by others."""

from pathlib import Path
from typing import Annotated

import typer

from cftui.commands.console import CommandError, Debug, Json, UsageError, print_json
from cftui.commands.job import WhileStdin, begin_job
from cftui.commands.opening import find
from cftui.commands.run_tables import Runs
from cftui.printing import put
from cftui.remedies import cause


def report(
    words: Runs,
    out: Annotated[Path, typer.Option(help="A .html file, or .md for Markdown, to write")],
    title: Annotated[str, typer.Option(help="What stands above it; else how many runs")] = "",
    json: Json = False,
    while_stdin: WhileStdin = False,
    debug: Debug = False,
) -> None:
    """Write a report of runs: a table of them, their curves on one chart, then each by itself.

    Settings, what was done while it ran, its verdict and note, charts, and the command that trains
    the same again. HTML has the charts as pictures within the page, Markdown as plain text.
    """
    from cftui.runs.export import REPORTS, ExportError, export_path

    begin_job(while_stdin=while_stdin)
    try:
        path = export_path(str(out), REPORTS)
    except ExportError as error:
        raise UsageError(f"--out {error}") from None
    runs = list({run.id: run for run in map(find, words)}.values())

    from cftui.report.writing import write_report

    try:
        write_report(runs, path, title)
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {cause(error)}") from None
    if json:
        print_json({"event": "reported", "runs": len(runs), "out": str(path)})
    else:
        put(f"{len(runs):,} run{'s' * (len(runs) != 1)} written to {path}")
