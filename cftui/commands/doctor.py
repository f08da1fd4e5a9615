"""`cftui doctor`: look at this machine and check its arithmetic."""

import re
import sys
from textwrap import wrap
from typing import Annotated

import typer

from cftui.commands.console import Debug, Json, UsageError, print_json
from cftui.printing import put

MARKS = {"ok": "  ok", "note": "note", "warn": "WARN", "fail": "FAIL"}
STYLES = {"ok": "green", "note": "cyan", "warn": "yellow", "fail": "bold red"}
NAME_WIDTH = 22
CLOSING = "To ask for help, send this whole report: cftui doctor > report.txt"


def doctor(
    *,
    device: Annotated[
        str | None, typer.Option(help="Check the arithmetic of this one: cpu, cuda, cuda:N, mps")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only look, and not into every file: train nothing")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Mend what can be mended without a loss, and say so"),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Look at versions, devices, terminal, folders, runs and stores, and check the arithmetic.

    Of runs and stores every byte is looked at; with --quick the newest runs, and headers alone.
    Nothing is changed without --repair; what it would do stands under each finding. Then 200 steps
    of every model on every device, dropout left out, are compared with the same in
    float64. Exit code: 0 all is well or could be better, 1 something is wrong, 2 wrong use.
    """
    if device is not None and not re.fullmatch(r"cpu|cuda(:\d+)?|mps", device):
        raise UsageError(f"--device {device}: give cpu, cuda, cuda:N or mps")
    from cftui.doctor.examine import examine
    from cftui.doctor.finding import Finding

    printer = _Printer()
    counts = dict.fromkeys(MARKS, 0)
    finding: Finding
    for finding in examine(device, quick=quick, repair=repair):
        counts[finding.state] += 1
        row = finding.as_row()
        print_json(row) if json else printer.show(row)
    if json:
        print_json({"event": "finished", "failed": counts["fail"], "warned": counts["warn"]})
    else:
        printer.close(counts)
    return 1 if counts["fail"] else 0


class _Printer:
    """Prints findings under the headings of their sections: in colour on a terminal."""

    def __init__(self) -> None:
        self._section = ""
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a report in another encoding is still a report
        self._console = None
        if sys.stdout.isatty():
            from rich.console import Console

            self._console = Console(highlight=False)

    def show(self, row: dict[str, object]) -> None:
        """Print one finding, and what to do under it."""
        if row["section"] != self._section:
            self._line(f"{'' if not self._section else chr(10)}{row['section']}", style="bold")
            self._section = str(row["section"])
        state = str(row["state"])
        self._wrapped(f"{row['name']!s:<{NAME_WIDTH}}", str(row["value"]), state)
        if row["remedy"]:
            self._wrapped(f"{'':{NAME_WIDTH}}", f"-> {row['remedy']}", "")

    def close(self, counts: dict[str, int]) -> None:
        """Say how it went."""
        failed, warned = counts["fail"], counts["warn"]
        verdict = f"{failed} wrong" if failed else "nothing wrong"
        warnings = f", {warned} to look at" if warned else ""
        self._line(f"\n{verdict}{warnings}", style=STYLES["fail" if failed else "ok"])
        if failed:
            self._line(CLOSING)

    def _wrapped(self, name: str, words: str, state: str) -> None:
        """Print a name and words, which stay in their column on a terminal."""
        room = 10_000 if self._console is None else self._console.width - NAME_WIDTH - 6
        mark, style = MARKS.get(state, "    "), STYLES.get(state, "")
        lines = wrap(words, max(room, 20), break_on_hyphens=False) or [""]
        for line in lines:
            self._line(f"{name} {line}", mark, style)
            name, mark = " " * len(name), "    "

    def _line(self, words: str, mark: str = "", style: str = "") -> None:
        if self._console is None:
            put(f"{mark} {words}" if mark else words)
            return
        from rich.text import Text

        text = Text.assemble((mark, style), " ", words) if mark else Text(words, style)
        self._console.print(text, soft_wrap=True)
