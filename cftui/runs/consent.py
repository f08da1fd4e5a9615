"""Consent: what a person agreed to have executed, kept where nobody else can write it.

A mark is a file named by the SHA-256 of a source. It counts only where the
account that runs owns it and its folder, and where nobody else can write either of them or a
folder above, up to the home folder: as ssh does before it believes a list of keys (StrictModes).
"""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from cftui.files import make_folder, replace_file
from cftui.owners import is_for_us_alone, owner_words
from cftui.paths import CONSENT_VARIABLE, consent_folder, state_folder
from cftui.remedies import cause, elsewhere

MARKS = "trusted-models"
_ELSEWHERE = f"set {CONSENT_VARIABLE} to a folder that only you can write"


def is_given(sha256: str) -> bool:
    """Return whether this person agreed to executing the source of this hash."""
    return any(not objection(folder / sha256) for folder in _folders())


def give(sha256: str, path: str) -> None:
    """Remember that the source of this hash, read at a path, may be executed.

    Raises OSError where that cannot be kept, or where others could write what is kept.
    """
    folder = consent_folder() / MARKS
    words = f"{path}\n{time.strftime('%Y-%m-%d %H:%M:%S')}\n"
    try:
        make_folder(folder)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o700)
        replace_file(folder / sha256, words.encode("utf-8", "replace"))
        (folder / sha256).chmod(0o600)
    except OSError as error:
        why = or_elsewhere(_why(error, folder))
        raise OSError(f"what you agree to cannot be kept in {folder}: {why}") from None
    if why := objection(folder / sha256):
        raise OSError(f"what you agree to cannot be kept safely: {or_elsewhere(why)}")


def objection(mark: Path) -> str:
    """Return why a mark does not count, with what to do; empty where it does."""
    try:
        file = mark.parent.resolve() / mark.name
        facts = file.lstat()
        if not stat.S_ISREG(facts.st_mode):
            return f"{file} is not a file; remove it"
        for place in (file, file.parent):
            if place.lstat().st_uid != os.geteuid():
                return f"{place} belongs to {owner_words(place.lstat().st_uid)}"
        for place in (file, *_above(file)):
            if not is_for_us_alone(place.lstat(), within=place not in (file, file.parent)):
                return f"others can write {place}: chmod go-w {place}"
    except OSError as error:
        return f"{mark} cannot be looked at: {_why(error, mark)}"
    return ""


def or_elsewhere(why: str) -> str:
    """Return what stands against a mark, with the variable that names another place for it."""
    return why if _ELSEWHERE in why else f"{why}; or {_ELSEWHERE}"


def _why(error: OSError, place: Path) -> str:
    """Return why a place of marks was refused and what to do: that variable alone moves it."""
    words = cause(OSError(error.errno, error.strerror, str(place)))
    return words.replace(elsewhere(place), _ELSEWHERE)


def _above(file: Path) -> Iterator[Path]:
    """Yield the folders that hold a file, up to the home folder, else up to the root."""
    try:
        home = Path.home().resolve()
    except RuntimeError:  # an account without one
        home = Path("/")
    for folder in file.parents:
        yield folder
        if folder == home:
            return


def _folders() -> tuple[Path, ...]:
    """Return where marks are: the person's own, and where earlier versions kept them.

    Those of a home that others can write do not count, whoever owns them: asked again once.
    """
    return tuple(dict.fromkeys(f / MARKS for f in (consent_folder(), state_folder())))
