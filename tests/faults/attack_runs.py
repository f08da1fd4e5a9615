"""Every hostile run against every command, each in a process of its own: a table of the harm.

    python tests/faults/attack_runs.py [NAME…]

Needs the package and `tests` on the path. Some ten minutes on two cores; exit code 1 for any harm.
"""

import importlib
import io
import json
import pkgutil
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from hostile_commands import (  # noqa: E402
    Place,
    ending,
    forked,
    furnish,
    harm_outside,
    harm_to_all,
    harm_to_one,
    make_good,
    more_on_one,
    on_all,
    on_one,
)
from hostile_runs import NAMES, state_of  # noqa: E402
from small import here  # noqa: E402

import cftui  # noqa: E402

HANGS = 3
"""After so many of a run no further command is tried."""
Harm = dict[str, list[str]]
"""By the command, what was wrong."""


def attack(place: Place, name: str) -> Harm:
    """Try all commands on one hostile run, which is alone with the good one."""
    run, out, harm = place.ids[name], place.out, {}
    listing = list(on_all(out))
    tried = [(words, harm_to_all) for words in listing]
    tried += [(words, harm_to_one) for words in (*on_one(run, out), *more_on_one(run, out))]
    tried += [(words, harm_to_one) for words in ending(run)]
    tried += [(words, harm_to_all) for words in listing[:1]]
    for words, judge in tried:
        if sum("hangs" in found for found in harm.values()) == HANGS:
            break
        before = state_of(place.outside.folder)
        found = judge(words, forked(place.home, words, here)) + harm_outside(place, before)
        place.outside.pwned.unlink(missing_ok=True)
        if found:
            harm[" ".join(word for word in words if word not in (run, str(out)))[:40]] = found
    return harm


def kinds_of(harm: Harm) -> set[str]:
    """Return what kinds of harm there were, one of each."""
    kinds = set()
    for words, found in harm.items():
        of_all = words.startswith(("runs list", "runs export --out", "runs show good"))
        for one in found:
            escape, outside = one.startswith("escape"), one.startswith("outside")
            kinds.add(
                "escapes"
                if escape
                else "touches outside"
                if outside
                else one
                if one in ("executed", "hangs")
                else "breaks list or others"
                if of_all or "--run good" in words
                else "traceback or fault"
            )
            if one == "hangs" and of_all:
                kinds.add("breaks list or others")
    return kinds


def import_all() -> None:
    """Import what the commands would each import in their own process."""
    for module in pkgutil.walk_packages(cftui.__path__, "cftui."):
        if not module.name.startswith(("cftui.tui", "cftui.painter", "cftui.brain", "cftui.jobs")):
            importlib.import_module(module.name)


def main() -> int:
    """Attack with all hostile runs, or those named; print what did harm."""
    names = sys.argv[1:] or NAMES
    import_all()
    with tempfile.TemporaryDirectory() as folder:
        good, counts, harmful = make_good(Path(folder) / "first"), Counter[str](), 0
        for name in names:
            place = furnish(Path(folder) / "one", good, name)
            harm = attack(place, name)
            shutil.rmtree(Path(folder) / "one")
            counts.update(kinds_of(harm))
            harmful += bool(harm)
            if harm:
                print(json.dumps({"run": name, **harm}), flush=True)
        print(f"{harmful} of {len(names)} did harm: {dict(counts)}")
    return 1 if harmful else 0


if __name__ == "__main__":
    assert isinstance(sys.stdout, io.TextIOBase)
    sys.exit(main())
