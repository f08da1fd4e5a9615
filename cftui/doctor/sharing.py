"""Who else on this machine can reach what is kept, and whether agreements count."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cftui import paths
from cftui.doctor.finding import Finding, State
from cftui.doctor.mending import closing
from cftui.runs.consent import MARKS, objection, or_elsewhere

SECTION = "folders"
_ONLY_READ = "everybody on this machine can read it"
FOR_A_GROUP = "for a group: chgrp -R GROUP {0}; chmod -R u=rwX,g=rwXs,o= {0}"


def access_findings() -> Iterator[Finding]:
    """Yield what is found of each folder that is there, and of the person's agreements."""
    for home in paths.homes():
        if home.is_dir():
            yield _of_home(home)
    marks = paths.consent_folder() / MARKS
    for mark in sorted(marks.iterdir())[:1] if marks.is_dir() else ():
        if why := objection(mark):
            words = f"{marks}: what you agreed to does not count"
            yield Finding(SECTION, "agreements", words, "warn", or_elsewhere(why))


def _of_home(home: Path) -> Finding:
    facts = home.stat()
    words, remedy = access_words(facts.st_mode if _is_reached(home) else facts.st_mode & ~0o077)
    if facts.st_uid != os.geteuid():
        words = f"another account's, {words}"
    state: State = ("note" if _ONLY_READ in words else "warn") if remedy else "ok"
    mend = None
    if remedy and facts.st_mode & stat.S_IRWXO and facts.st_uid == os.geteuid():
        mend = closing([home], stat.S_IRWXO, "everybody")
    return Finding(SECTION, "access", f"{home}: {words}", state, remedy.format(home), mend=mend)


def access_words(mode: int) -> tuple[str, str]:
    """Return who can do what in a home of this mode, and what to set where that is not meant."""
    close = "chmod -R go= {0}, or " + FOR_A_GROUP
    if mode & stat.S_IWOTH:
        return "everybody on this machine can write it", close
    if mode & stat.S_IWGRP:
        if not mode & stat.S_ISGID:
            return "its group can write it, but each new file takes its writer's group", (
                "chmod -R g+s {0}"
            )
        if mode & stat.S_IRWXO:
            return "its group can write it, everybody can read it", "chmod -R o= {0}"
        return "shared: its group can write it", ""
    if mode & stat.S_IRWXO:
        return _ONLY_READ, close
    if mode & stat.S_IRWXG:
        return "its group can read it", ""
    return "its owner's alone", ""


def _is_reached(home: Path) -> bool:
    """Return whether other accounts can come as far as a folder."""
    return all(folder.stat().st_mode & 0o011 for folder in home.resolve().parents)
