"""What the system sets bounds to: limits of a process, the clock, the length of paths."""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from cftui import paths
from cftui.doctor.finding import Finding, State
from cftui.doctor.folders import size_words

SECTION = "surroundings"
FIRST_YEAR = 2024
"""cftui is younger."""
AHEAD_SECONDS = 300.0
"""By which another host's clock may be ahead."""
LONGEST_NAME = 120
"""Characters that cftui puts behind the folder of runs: an id, a file's name, a temporary's."""
LIMITS = (
    ("file size", resource.RLIMIT_FSIZE, 10**7, 10**10, "ulimit -f unlimited",
     "no checkpoint or store may be larger: training and reading fail there"),
    ("open files", resource.RLIMIT_NOFILE, 64, 256, "ulimit -n 4096",
     "the screen and its helpers need about 100"),
    ("memory", resource.RLIMIT_AS, 2 * 10**9, 8 * 10**9, "ulimit -v unlimited",
     "torch maps some GB when it is loaded"),
)  # fmt: skip
"""By name: the limit, below what nothing works, below what much may not, the remedy, and why."""


def surroundings_findings() -> Iterator[Finding]:
    """Yield the limits, the clock, and paths that grow too long."""
    for limit in LIMITS:
        yield _limit(*limit)
    yield _clock()
    yield from _path_length()


def _limit(name: str, number: int, fails: int, few: int, remedy: str, why: str) -> Finding:
    soft = resource.getrlimit(number)[0]
    if soft == resource.RLIM_INFINITY:
        return Finding(SECTION, name, "no limit")
    words = f"{soft:,}" if number == resource.RLIMIT_NOFILE else size_words(soft)
    numbers: dict[str, float | str | None] = {"limit": soft}
    if soft >= few:
        return Finding(SECTION, name, f"at most {words}", numbers=numbers)
    state: State = "fail" if soft < fails else "warn"
    return Finding(SECTION, name, f"at most {words}: {why}", state, remedy, numbers)


def _clock() -> Finding:
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now))
    remedy = "set it: timedatectl set-ntp true, or ask who runs this machine"
    if time.gmtime(now).tm_year < FIRST_YEAR:
        words = f"{shown}: runs are sorted and shown by wrong times, and no download is trusted"
        return Finding(SECTION, "clock", words, "fail", remedy)
    newest, when = _newest()
    if when > now + AHEAD_SECONDS:
        date = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
        words = f"{shown}, but {newest} is of {date}: this clock is behind, or was ahead"
        return Finding(SECTION, "clock", words, "warn", f"if it is behind, {remedy}")
    return Finding(SECTION, "clock", shown)


def _newest() -> tuple[Path, float]:
    """Return the file of a run, or the run, that was changed last, and when."""
    folder, when = paths.runs_folder(), 0.0
    newest = folder
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return newest, when
    for entry in entries:
        for path in (Path(entry.path), Path(entry.path) / "run.json"):
            try:
                changed = path.lstat().st_mtime
            except OSError:
                continue
            if changed > when:
                newest, when = path, changed
    return newest, when


def _path_length() -> Iterator[Finding]:
    for folder in (paths.runs_folder(), paths.stores_folder()):
        there = next(found for found in (folder, *folder.parents) if found.exists())
        try:
            longest = os.pathconf(there, "PC_PATH_MAX")
            name = os.pathconf(there, "PC_NAME_MAX")
        except (OSError, ValueError):
            continue
        room = longest - len(os.fsencode(folder))
        if room < 2 * LONGEST_NAME or name < LONGEST_NAME:
            words = f"{folder}: {max(room, 0):,} characters are left for names, {name:,} for one"
            remedy = f"name a shorter folder in {paths.HOME_VARIABLE}, on another file system"
            yield Finding(SECTION, "path length", words, "warn", remedy)
