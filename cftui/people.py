"""People known by name: whose ratings are whose, one small file each, kept for each data set."""

import json
import sys
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cftui.files import make_folder, replace_file
from cftui.paths import state_folder
from cftui.questions.errors import QuestionError
from cftui.questions.newcomer import REGULARIZATION
from cftui.text import plain

ME = "me"
"""The profile that is there from the beginning."""
LONGEST = 200
"""Characters of a profile's file name, which may have 255; a letter without accents is one."""


@dataclass(frozen=True)
class Profile:
    """What somebody rated, newest first, and how it is understood."""

    rated: tuple[tuple[str, float], ...] = ()
    """(item id, value)."""
    regularization: float = REGULARIZATION
    threshold: float | None = None
    """From which value on a rating is a like; none for what suits the data."""

    def value_of(self, item: str) -> float | None:
        """Return the value given to an item; none where it is not rated."""
        return next((value for yours, value in self.rated if yours == item), None)

    def rate(self, item: str, value: float) -> "Profile":
        """Return the ratings with one given or changed; a new one comes first."""
        if self.value_of(item) is None:
            return replace(self, rated=((item, value), *self.rated))
        changed = tuple((yours, value if yours == item else old) for yours, old in self.rated)
        return replace(self, rated=changed)

    def drop(self, item: str) -> "Profile":
        """Return the ratings without one."""
        return self.only({yours for yours, _ in self.rated} - {item})

    def only(self, items: Collection[str]) -> "Profile":
        """Return the ratings of these items."""
        kept = tuple(pair for pair in self.rated if pair[0] in items)
        return replace(self, rated=kept)

    def merged(self, rated: Collection[tuple[str, float]]) -> "Profile":
        """Return the ratings with others before them, which stand where both rate an item."""
        new = dict(rated)
        old = tuple(pair for pair in self.rated if pair[0] not in new)
        return replace(self, rated=(*new.items(), *old))


class ProfileError(QuestionError):
    """A profile that is not there, or a name that none can have; the message says what to do."""


def refuse_name(name: str) -> str:
    """Return why a profile cannot be called so; empty if it can."""
    if not name or name != name.strip() or plain(name) != name or len(_file(name)) > LONGEST:
        return "a short name of letters, such as anna"
    if "," in name or name.startswith("-"):
        return "a name without a comma and with no dash before it"
    return ""


def profile_names(fingerprint: str) -> tuple[str, ...]:
    """Return who is known on the ratings with this fingerprint: `me` first, the others by name."""
    others = {same(name): name for name in _names(_folder(fingerprint)) if same(name) != ME}
    return (ME, *sorted(others.values(), key=same))


def known_as(fingerprint: str, name: str) -> str:
    """Return a profile's name as it is written; raises ProfileError where there is none such."""
    names = profile_names(fingerprint)
    found = [own for own in names if same(own) == same(name)]
    if not found:
        told = ", ".join(names)
        raise ProfileError(f"no profile {plain(name)!r} on these ratings; there are: {told}")
    return found[0]


def same(name: str) -> str:
    """Return what two names share that mean one profile: `Anna` is `anna`."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def load_profile(fingerprint: str, name: str = ME) -> Profile:
    """Return what somebody rated of the ratings with this fingerprint; nothing where no file says.

    Raises ProfileError for a name that none can have.
    """
    raw = _read(_path(fingerprint, name))
    rated = raw.get("rated")
    pairs = [pair for pair in rated if _is_rating(pair)] if isinstance(rated, list) else []
    weight: Any = raw.get("regularization")
    threshold: Any = raw.get("threshold")
    return Profile(
        tuple({item: (item, float(value)) for item, value in pairs}.values()),
        float(weight) if _is_number(weight) and weight > 0 else REGULARIZATION,
        float(threshold) if _is_number(threshold) else None,
    )


def save_profile(fingerprint: str, profile: Profile, name: str = ME) -> None:
    """Write it, whole or not at all. Raises OSError where the disk refuses, else ProfileError."""
    path = _path(fingerprint, name)
    make_folder(path.parent)
    named = {} if same(name) == ME else {"name": name}
    replace_file(path, json.dumps({**named, **asdict(profile)}, indent=1).encode())


def remove_profile(fingerprint: str, name: str) -> None:
    """Forget somebody's ratings. Raises OSError where the disk refuses, else ProfileError."""
    _path(fingerprint, name).unlink(missing_ok=True)


def rename_profile(fingerprint: str, name: str, new: str) -> None:
    """Call a profile otherwise. Raises ProfileError where another has the name, or none can."""
    if same(name) != same(new) and same(new) in map(same, profile_names(fingerprint)):
        raise ProfileError(f"there is a profile {new} already; choose another name")
    save_profile(fingerprint, load_profile(fingerprint, name), new)
    if same(name) != same(new):
        remove_profile(fingerprint, name)


def _folder(fingerprint: str) -> Path:
    return state_folder() / "own-ratings" / fingerprint[:32]


def _path(fingerprint: str, name: str) -> Path:
    """Return a profile's file; `me` has the one that was there before profiles had names."""
    words = refuse_name(name)
    if words:
        raise ProfileError(f"a profile cannot be called {plain(name)!r}: choose {words}")
    folder = _folder(fingerprint)
    if same(name) == ME:
        return folder.with_name(f"{folder.name}.json")
    return folder / _file(name)


def _file(name: str) -> str:
    return f"{quote(same(name), safe=' ').replace('.', '%2E')}.json"


def _names(folder: Path) -> Iterator[str]:
    """Give the names that files in a folder tell, of those that lie where they are looked for."""
    for path in sorted(folder.glob("*.json")):
        name = _read(path).get("name")
        if isinstance(name, str) and not refuse_name(name) and path == _path(folder.name, name):
            yield name


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _is_rating(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and _is_number(pair[1])
    )


def _is_number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and abs(value) <= sys.float_info.max  # no NaN, no digits beyond a float
