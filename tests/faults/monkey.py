"""Types at random into the real screen beside a live run; tells what crashed, hung or stood still.

Seeds give the same keys. A stall is a time of more than 250 ms in which the event loop answered
nobody; one in which its thread computed for less than 100 ms is the machine's, not the screen's.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from terminal import Terminal, call, end_processes, processes, trainers, until

SIZES = ((120, 40), (80, 24), (200, 60), (60, 18))
WATCHED = (sys.executable, str(Path(__file__).with_name("watched.py")))
NO_NETWORK = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
SPECIAL = {
    "enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " ",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "home": "\x1b[H", "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~",
    "delete": "\x1b[3~", "shift+tab": "\x1b[Z", "shift+down": "\x1b[1;2B", "f2": "\x1bOQ",
    "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~",
}  # fmt: skip
LEAVES = {"q", "ctrl+q", "ctrl+z"}
"""Keys that would end the round, or stop it."""
WORDS = ("matr", "15", "0.01", "7", "titanic", "adam", "ζ漢", "../x", "1e9", "star wars", "-3")
TIDY_KEYS = 150
SHOWN, FRAMES = 12, 7
MOST_STALLS = 1 / 5000
MACHINES_CPU = 0.1
INSIDE_KEYS = 300


@dataclass
class Round:
    """What one seed came to."""

    seed: int
    size: tuple[int, int]
    keys: int = 0
    faults: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)


def command_keys() -> list[str]:
    """Return the bytes of every key that some command is bound to."""
    from textual.keys import _character_to_key

    from cftui.tui.app import ANYWHERE
    from cftui.tui.performing import placed_commands

    typed = {_character_to_key(chr(code)): chr(code) for code in range(33, 127)} | SPECIAL
    typed |= {f"ctrl+{chr(96 + code)}": chr(code) for code in range(1, 27)}
    names = {
        name
        for placed in placed_commands(ANYWHERE)
        for name in placed.command.keys.split(",")
        if name not in LEAVES
    }
    return sorted(typed[name] for name in names if name in typed)


def typing(chance: random.Random, commands: list[str]) -> Iterator[tuple[str, int]]:
    """Yield what is typed at once, and how many keys that is, for ever."""
    moves = [SPECIAL[name] for name in SPECIAL]
    while True:
        kind = chance.random()
        if kind < 0.12:
            yield chance.choice("1234567"), 1
        elif kind < 0.52:
            yield chance.choice(commands), 1
        elif kind < 0.86:
            yield chance.choice(moves), 1
        elif kind < 0.93:
            word = chance.choice(WORDS)
            yield word, len(word)
        elif kind < 0.96:
            yield chance.choice("\x01\x03\x05\x0b\x0e\x10\x14\x15\x17"), 1
        else:
            burst = [chance.choice(commands + moves) for _ in range(chance.randint(2, 8))]
            yield "".join(burst), len(burst)


def train(home: Path) -> None:
    """Have a run of one thread going on."""
    options = ("--factors", "8", "--epochs", "100000", "--set", "training.threads=1", "--detach")
    call(home, "train", *options)


def tidy(home: Path) -> None:
    """Leave one live trainer, whatever the keys have started or stopped."""
    alive = sorted(trainers(home))
    for pid in alive[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    if not alive:
        train(home)


def open_screen(home: Path, log: Path, size: tuple[int, int]) -> Terminal:
    """Open the watched screen."""
    env = {**NO_NETWORK, "WATCHED_LOG": str(log)}
    columns, rows = size
    # A table may be exported to any name, which is meant relative to where the screen was opened.
    terminal = Terminal(home, columns=columns, rows=rows, command=WATCHED, env=env, cwd=home)
    terminal.wait("3 Train")
    return terminal


def go_on(terminal: Terminal) -> None:
    """Do as `fg` does where the palette has suspended the screen."""
    with contextlib.suppress(psutil.Error):
        if psutil.Process(terminal.child.pid).status() == psutil.STATUS_STOPPED:
            os.kill(terminal.child.pid, signal.SIGCONT)


def drain(terminal: Terminal, seconds: float) -> bool:
    """Read for a time without drawing; False once the screen is gone."""
    go_on(terminal)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not terminal.read(left):
            return False
    return True


def leave(terminal: Terminal) -> str:
    """Leave by the keys for it; return what was wrong, if anything."""
    for tried in range(120):  # seconds: keys may still wait where the machine is busy
        terminal.send("\x1b")
        if not drain(terminal, 0.3):
            break
        if tried % 2:  # a field may keep escape for itself
            terminal.send("\t")
        terminal.send("q")
        if not drain(terminal, 0.7):
            break
    else:
        return f"did not leave ({state_of(terminal)}):\n{terminal.text}"
    return ended(terminal)


def state_of(terminal: Terminal) -> str:
    """Return in words what a screen that does not leave waits for."""
    process = psutil.Process(terminal.child.pid)
    status = process.status()
    process.send_signal(signal.SIGUSR2)  # watched.py tells of its keys
    drain(terminal, 2.0)
    log = Path(process.environ()["WATCHED_LOG"])
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    told = [line["words"] for line in lines if line["kind"] == "keys"]
    return f"{status}; {told[-1:] or 'nothing told'}"


def ended(terminal: Terminal) -> str:
    """Return what was wrong with the end of a screen."""
    terminal.child.wait()
    said = terminal.raw.split(b"\x1b[?1049l")[-1].decode(errors="replace").strip()
    code = terminal.child.exitstatus
    if code or "Traceback" in said or "cftui stopped" in said:
        crash = terminal.home / "state" / "crash.log"
        story = crash.read_text(encoding="utf-8") if crash.exists() else ""
        return f"exit {code}: {said}\n{story[-4000:]}"
    return ""


def one_round(seed: int, size: tuple[int, int], n_keys: int, gap: float) -> Round:
    """Type `n_keys` keys into a screen of a size."""
    done, chance = Round(seed, size), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="cftui-monkey-") as folder:
        home, log = Path(folder) / "home", Path(folder) / "log"
        train(home)
        try:
            _type(done, chance, home, log, n_keys, gap)
        finally:
            end_processes(home)
        done.lines = [json.loads(line) for line in log.read_text().splitlines()]
    done.faults += [f"hang: {line['stack']}" for line in done.lines if line["kind"] == "hang"]
    return done


def _type(
    done: Round, chance: random.Random, home: Path, log: Path, n_keys: int, gap: float
) -> None:
    keys = typing(chance, command_keys())
    terminal = open_screen(home, log, done.size)
    tidied = 0
    while done.keys < n_keys:
        text, count = next(keys)
        done.keys += count
        terminal.send(text)
        if chance.random() < 0.01:
            terminal.resize(*chance.choice((*SIZES, done.size)))
        if not drain(terminal, chance.uniform(0.2, 1.8) * gap * count):
            # A random walk through the palette may find the way out as well.
            done.faults += [words for words in [ended(terminal)] if words]
            terminal = open_screen(home, log, done.size)
        if done.keys - tidied > TIDY_KEYS:
            tidied = done.keys
            tidy(home)
    done.faults += [words for words in [leave(terminal)] if words]
    with contextlib.suppress(AssertionError):
        until(lambda: set(processes(home)) == set(trainers(home)), patience=5.0)
    left = set(processes(home)) - set(trainers(home))
    done.faults += [f"left behind: {processes(home)[pid]}" for pid in left]


def report(rounds: list[Round]) -> bool:
    """Print the figures; tell whether they are as they should be."""
    n_keys = sum(done.keys for done in rounds)
    lines = [line for done in rounds for line in done.lines]
    stalls = [line for line in lines if line["kind"] == "stall"]
    own = [line for line in stalls if line["cpu"] >= MACHINES_CPU]
    for line in sorted(own, key=lambda line: -line["cpu"])[:SHOWN]:
        print(
            f"stall {line['took']:.2f} s, of that {line['cpu']:.2f} computing (process"
            f" {line['all_cpu']:.2f}), {line['collecting']:.2f} collecting; load {line['load']:.1f}"
        )
        for stack in line["stacks"][:3]:
            print("   ", " < ".join(reversed(stack[-FRAMES:])))
    innermost = Counter(stack[-1] for line in own for stack in line["stacks"] if stack)
    print("innermost:", *(f"\n   {n} {where}" for where, n in innermost.most_common(8)))
    _report_collections([line for line in lines if line["kind"] == "collection" and line["main"]])
    for done in rounds:
        memory = [line for line in done.lines if line["kind"] == "memory"]
        ends = ", ".join(
            f"{m['rss'] / 1e6:.0f} MB {m['objects']:,}" for m in memory[:: max(1, len(memory) // 5)]
        )
        print(f"seed {done.seed} {done.size}: {done.keys} keys; memory and objects {ends}")
        print(*(f"FAULT {words}" for words in done.faults), sep="\n", end="\n" * bool(done.faults))
    faults = sum(len(done.faults) for done in rounds)
    print(f"{n_keys} keys: {faults} faults, {len(stalls)} stalls, {len(own)} of them the screen's")
    return not faults and len(own) <= max(1, n_keys * MOST_STALLS)


def _report_collections(lines: list[dict[str, Any]]) -> None:
    for name in ("took", "cpu"):
        times = sorted((line[name] for line in lines), reverse=True)
        over = sum(each > 0.05 for each in times)
        longest = " ".join(f"{each * 1000:.0f}" for each in times[:5])
        print(f"collections by {name}: {over} over 50 ms of {len(times)}; longest, ms: {longest}")


def main() -> int:
    """Type; return 1 where something was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14])
    parser.add_argument("--gap", type=float, default=0.05, help="seconds between keys, in the mean")
    parser.add_argument("--inside", type=int, metavar="N", help="N short walks in this process")
    parser.add_argument("--first", type=int, default=1, help="the first seed of those")
    choice = parser.parse_args()
    if choice.inside:
        from monkey_inside import report_walks, take_walks

        seeds = list(range(choice.first, choice.first + choice.inside))
        walks = take_walks(seeds, INSIDE_KEYS, SIZES, typing, SPECIAL, command_keys())
        return 0 if report_walks(walks) else 1
    each = choice.keys // len(choice.seeds)
    rounds = []
    for place, seed in enumerate(choice.seeds):
        rounds.append(one_round(seed, SIZES[place % len(SIZES)], each, choice.gap))
        print(f"seed {seed}: {len(rounds[-1].faults)} faults", file=sys.stderr)
    return 0 if report(rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
