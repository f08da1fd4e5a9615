"""Time to the first frame with the tabs and the pane's frame, beside an app of one Static."""

import argparse
import contextlib
import re
import statistics
import sys
from pathlib import Path

from measuring import Pty, a_home, busy, spread, verdict

BOUND = 1.5
ONE_STATIC = """\
from textual.app import App
from textual.widgets import Static

class OneStatic(App):
    def compose(self):
        yield Static("one static")

def main():
    OneStatic().run()
"""
# What pip writes for an entry point.
SCRIPT = """\
#!{python}
import sys
sys.path.insert(0, {folder!r})
from one_static import main
if __name__ == '__main__':
    sys.exit(main())
"""
SGR = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def sees_cftui(output: bytes) -> bool:
    """Tell whether both tabs and the frame's corners are drawn."""
    text = SGR.sub(b"", output).decode(errors="replace")
    return all(word in text for word in ("3 Train", "5 Explore", "╭", "╯"))


def sees_static(output: bytes) -> bool:
    """Tell whether the text is drawn."""
    return b"one static" in SGR.sub(b"", output)


def main() -> int:
    """Measure; return 1 if the bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15)
    starts = parser.parse_args().starts
    installed = Path(sys.executable).with_name("cftui")
    with contextlib.contextmanager(a_home)() as home:
        (home / "one_static.py").write_text(ONE_STATIC)
        script = home / "one-static"
        script.write_text(SCRIPT.format(python=sys.executable, folder=str(home)))
        script.chmod(0o755)
        kinds = {
            "one Static": ([str(script)], sees_static),
            "cftui": ([str(installed)], sees_cftui),
        }
        seconds: dict[str, list[float]] = {name: [] for name in kinds}
        for turn in range(-1, starts):  # the first writes the byte code and is not counted
            for name, (command, sees) in kinds.items():
                terminal = Pty(command, home)
                took = terminal.read_until(sees) - terminal.began
                terminal.kill()
                if turn >= 0:
                    seconds[name].append(took)
    for name, values in seconds.items():
        print(f"{name}: median {spread(values)} s of {starts} starts, {busy()}")
    ratio = statistics.median(seconds["cftui"]) / statistics.median(seconds["one Static"])
    return 0 if verdict("first paint, ratio to one Static", ratio, BOUND) else 1


if __name__ == "__main__":
    sys.exit(main())
