"""What the screen's process has loaded: at its first frame, and after some use."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from terminal import LONG, Open, remember

# Notes the modules when the first frame with tabs and border is written, and again at the end.
NOTE_MODULES = """\
import json, sys
from pathlib import Path
from textual.drivers.linux_driver import LinuxDriver

folder, written, write = Path(sys.argv.pop()), [], LinuxDriver.write

def note(name):
    (folder / name).write_text(json.dumps(sorted(sys.modules)))

def write_and_note(driver, data):
    if written is not None and not (folder / "first").exists():
        written.append(data)
        text = "".join(written)
        if "Explore" in text and "\\u256d" in text:
            note("first")
    write(driver, data)

LinuxDriver.write = write_and_note
from cftui.cli import main
try:
    main()
finally:
    note("last")
"""
HEAVY = {"torch", "pandas", "pyarrow", "numba", "plotext", "typer"}


def plain_name(name: str) -> str:
    """Return a distribution's name in its one normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed_by(distribution: str) -> set[str]:
    """Return a distribution and all that it needs, extras left out."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = plain_name(waiting.pop())
        if name not in found:
            found.add(name)
            needs = [need for need in requires(name) or [] if ";" not in need]
            waiting += [re.split(r"[^\w.-]", need)[0] for need in needs]
    return found


def modules(noted: str) -> set[str]:
    """Return the top-level names of the modules that were noted."""
    return {name.partition(".")[0] for name in json.loads(noted)}


def distributions(noted: str) -> set[str]:
    """Return the distributions that those modules come with."""
    owners = packages_distributions()
    return {plain_name(owner) for top in modules(noted) for owner in owners.get(top, ())}


def loaded_by_nothing() -> str:
    """Note the modules of a bare interpreter: an editable install has hooks of its own."""
    code = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_what_the_screen_loads(tmp_path: Path, open_screen: Open) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    notes.mkdir()
    remember(home, LONG)
    script = tmp_path / "noting.py"
    script.write_text(NOTE_MODULES)
    terminal = open_screen(home, str(notes), command=(sys.executable, str(script)))
    terminal.wait("100,004 ratings", "steps an epoch")
    terminal.send("s")
    terminal.wait("running", "loss (MSE)", "steps/s")
    terminal.send("5")
    terminal.wait("Would like")
    terminal.send("q")
    assert terminal.end() == 0

    first, last = (notes / "first").read_text(), (notes / "last").read_text()
    assert "cftui" in modules(first)
    assert not [name for name in json.loads(first) if name.startswith("cftui.tui.tour")]
    bare = distributions(loaded_by_nothing())
    assert distributions(first) - bare <= needed_by("textual") | {"cftui"}
    assert "numpy" in modules(last), "the check itself sees what is loaded"
    assert modules(last).isdisjoint(HEAVY)
