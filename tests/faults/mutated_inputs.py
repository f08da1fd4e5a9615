"""Mutated inputs of each kind: every one is read as an independent reader does, or told in words.

    python tests/faults/mutated_inputs.py --inputs 500 --seed 1 [KIND …]

Each kind runs in a process of its own, which an input over its time or memory ends; the next goes
on after that input. A number tells an input again: `--only N` shows what came of it.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

VERDICTS = ("ok", "partly", "refused", "WRONG", "UNNAMED", "TRACEBACK", "HANG", "CRASH")
FINE = ("ok", "partly", "refused")
SECONDS, LONGEST = 5, 60
"""For one input: of the processor, and by the clock where that waits for others."""
MEMORY = 6 << 30
"""Bytes of addresses."""


def main() -> int:
    """Run all kinds or some; return 1 where any verdict is none of the fine ones."""
    asked = _asked()
    if asked.worker:
        return work(asked.kinds[0], asked.inputs, asked.seed, asked.first, asked.only)
    if asked.only is not None:
        return subprocess.run(
            [*_worker(asked, asked.kinds[0], 0), "--only", str(asked.only)], check=False
        ).returncode
    from mutated_kinds import names

    failed = 0
    print(f"| kind | {' | '.join(VERDICTS)} | seconds |\n| --- |{' --- |' * (len(VERDICTS) + 1)}")
    for kind in asked.kinds or names():
        began, counts, told = time.monotonic(), Counter[str](), []
        for number, verdict, words in outcomes(asked, kind):
            counts[verdict] += 1
            if verdict not in FINE:
                told.append(f"    {kind} {number}: {verdict} {words}")
        figures = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
        print(f"| {kind} | {figures} | {time.monotonic() - began:.0f} |", flush=True)
        print(*told, sep="\n", end="\n" if told else "", file=sys.stderr, flush=True)
        failed += len(told)
    return int(failed > 0)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--inputs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _worker(asked: argparse.Namespace, kind: str, first: int) -> list[str]:
    given = ("--inputs", asked.inputs, "--seed", asked.seed, "--first", first)
    return [sys.executable, __file__, "--worker", kind, *map(str, given)]


def outcomes(asked: argparse.Namespace, kind: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, verdict and words of each input; a process that ends early is followed."""
    place = 0
    while place < asked.inputs:
        with subprocess.Popen(
            _worker(asked, kind, place), stdout=subprocess.PIPE, text=True
        ) as process:
            began = place
            for line in process.stdout or ():
                number, verdict, words = line.rstrip("\n").split("\t", 2)
                place = int(number) + 1
                yield int(number), verdict, words
        if process.returncode == 0:
            return
        if process.returncode > 0 and place == began == 0:
            yield 0, "CRASH", "the worker does not start"
            return
        hung = process.returncode in (-signal.SIGALRM, -signal.SIGPROF)
        yield place, "HANG" if hung else "CRASH", f"exit {process.returncode}"
        place += 1


def work(kind: str, inputs: int, seed: int, first: int, only: int | None) -> int:
    """Judge the inputs of a kind from one number on, a line of output each."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CFTUI_HOME"] = str(folder / "home")
        from mutated_kinds import make_kind
        from mutating import spoiled

        (folder / "in").mkdir()
        made = make_kind(kind, folder / "in")
        _, words = judged(made, made.data)
        if words:
            raise SystemExit(f"{kind}, not mutated: {words}")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        for number in range(first, inputs) if only is None else (only,):
            data = made.spoiled(spoiled, random.Random(f"{seed}/{kind}/{number}"))
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.alarm(LONGEST)
            verdict, words = judged(made, data, whole=only is not None)
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            shown = words if only is not None else words[:300].replace("\n", " ").replace("\t", " ")
            if only is not None:
                shown += f"\n{made.path}\n{data[:3000]!r}"
            out.write(f"{number}\t{verdict}\t{shown}\n")
    return 0


def judged(kind: "object", data: bytes, *, whole: bool = False) -> tuple[str, str]:
    """Return the verdict of one input, with words where it is not fine."""
    from mutated_kinds import OURS, Kind, Wrong

    assert isinstance(kind, Kind)
    kind.path.write_bytes(data)
    try:
        told = kind.check(kind.path, data)
    except Wrong as error:
        return "WRONG", str(error)
    except OURS as error:
        named = (kind.called or kind.path.name) in str(error)
        return ("refused", str(error) if whole else "") if named else ("UNNAMED", repr(error))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__}: {error} in {Path(where.filename).name}:{where.lineno}"
        return "TRACEBACK", traceback.format_exc() if whole else place
    return "partly" if told else "ok", ""


if __name__ == "__main__":
    sys.exit(main())
