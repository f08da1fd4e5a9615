"""Writes a report of runs; the file's ending says which kind."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from cftui.files import replace_file
from cftui.report.compose import compose, read_runs
from cftui.report.figures import PAGE, TEXT
from cftui.report.html import html
from cftui.report.markdown import markdown
from cftui.runs.directory import Run


def write_report(runs: Sequence[Run], path: Path, title: str = "") -> None:
    """Write a report of one run at least, .html or else Markdown, whole or not at all.

    Raises OSError where the disk refuses.
    """
    is_page = path.suffix.lower() == ".html"
    blocks = compose(read_runs(runs), PAGE if is_page else TEXT, title, version("cftui"))
    text = html(blocks) if is_page else markdown(blocks)
    replace_file(path, text.encode("utf-8", "replace"))
