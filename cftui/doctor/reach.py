"""What in our folders everybody can write to: it is theirs as much as ours."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cftui import paths
from cftui.doctor.finding import Finding
from cftui.doctor.mending import closing

SECTION = "reach"
EVERYBODY_WRITES = 0o002
WHY = "they can change what is trained and shown, and have a model of theirs asked for"


def reach_findings() -> Iterator[Finding]:
    """Yield what lies in each of our folders and is open to everybody; `sharing` tells of those."""
    for home in paths.homes():
        found = [(path, facts) for path, facts in _all_below(home) if _is_open(facts)]
        if found:
            yield _writable(home, found)


def _is_open(facts: os.stat_result) -> bool:
    return bool(facts.st_mode & EVERYBODY_WRITES) and not stat.S_ISLNK(facts.st_mode)


def _writable(home: Path, found: list[tuple[Path, os.stat_result]]) -> Finding:
    files = [path for path, _ in found]
    count = f"{len(files):,} files and folders, {files[0]} the first" if files[1:] else files[0]
    words = f"everybody on this machine can write to {count}: {WHY}"
    ours = all(facts.st_uid == os.geteuid() for _, facts in found)
    mend = closing(files, EVERYBODY_WRITES, "everybody") if ours else None
    return Finding(SECTION, "writable by all", words, "warn", f"chmod -R o-w {home}", mend=mend)


def _all_below(home: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Give all that is in a folder; links are not followed."""
    for root, folders, files in os.walk(home):
        for name in (*folders, *files):
            path = Path(root) / name
            try:
                yield path, path.lstat()
            except OSError:
                continue
