"""Who else can reach what is ours: a folder that others write to is theirs as much as ours."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cftui import paths
from cftui.doctor.finding import Finding
from cftui.doctor.mending import closing

SECTION = "access"
EVERYBODY_WRITES, GROUP_WRITES, GROUP, EVERYBODY = 0o002, 0o020, 0o070, 0o007
WHY = "they can change what is trained and shown, and have a model of theirs run"


def access_findings() -> Iterator[Finding]:
    """Yield the folders and files that others can write to, or read, and whose they are."""
    for home in homes():
        found = list(_all_below(home))
        if not found:
            continue
        open_to_all = [path for path, facts in found if facts.st_mode & EVERYBODY_WRITES]
        foreign = [path for path, facts in found if facts.st_uid != os.getuid()]
        if open_to_all:
            yield _writable(home, open_to_all, foreign)
        yield from _shared(home, found[0][1], foreign)


def homes() -> tuple[Path, ...]:
    """Return the folders of ours that others lie in."""
    override = os.environ.get(paths.HOME_VARIABLE)
    if override:
        return (Path(override).expanduser().absolute(),)
    return (paths.runs_folder().parent, paths.stores_folder().parent, paths.state_folder())


def _writable(home: Path, found: list[Path], foreign: list[Path]) -> Finding:
    count = f"{len(found):,} files and folders, {found[0]} the first," if found[1:] else found[0]
    words = f"everybody on this machine can write to {count}: {WHY}"
    ours = [path for path in found if path not in set(foreign)]
    mend = closing(ours, EVERYBODY_WRITES, "everybody") if len(ours) == len(found) else None
    return Finding(SECTION, "writable by all", words, "warn", f"chmod -R o-w {home}", mend=mend)


def _shared(home: Path, facts: os.stat_result, foreign: list[Path]) -> Iterator[Finding]:
    """Yield whether a group works here, else whether others look in without need."""
    if foreign:
        words = f"{home}: {len(foreign):,} files and folders are others', {foreign[0]} the first"
        yield Finding(SECTION, "owners", words, "note", "their models ask before they run as you")
    elif facts.st_mode & GROUP_WRITES:
        words = f"{home}: its group can write, as a shared folder has it: {WHY}"
        yield Finding(SECTION, "group", words, "note", f"where it is yours alone: chmod 700 {home}")
    elif facts.st_mode & (GROUP | EVERYBODY):
        words = f"{home}: others can read it, what you rated too"
        mend = closing([home], GROUP | EVERYBODY, "all others")
        yield Finding(SECTION, "readable", words, "note", f"chmod 700 {home}", mend=mend)


def _all_below(home: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Give a folder and all that is in it, links left out."""
    try:
        yield home, home.lstat()
    except OSError:
        return
    for root, folders, files in os.walk(home):
        for name in (*folders, *files):
            path = Path(root) / name
            try:
                facts = path.lstat()
            except OSError:
                continue
            if not stat.S_ISLNK(facts.st_mode):
                yield path, facts
