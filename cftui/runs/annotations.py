"""What the user keeps of a run, in its `user.toml`: a name, notes, a mark."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cftui.files import replace_file
from cftui.regular import refuse_link
from cftui.runs.guarded import read_toml
from cftui.text import plain

FILE = "user.toml"
MOST_CHARACTERS = 10_000
"""Shown of a name or a note."""


@dataclass(frozen=True)
class Annotations:
    """What the user keeps of a run."""

    name: str = ""
    notes: str = ""
    mark: int = 0
    """Counted from 1: which letter and colour it has where marked runs are laid over each other;
    0 where it is not marked."""


def checked_name(name: str) -> str:
    """Return a name as it is kept, in one line.

    Raises ValueError for one that means another run.
    """
    if name.strip() == "latest":
        raise ValueError("'latest' always means the newest run; choose another name")
    return plain(name).strip()


def read_annotations(run: Path) -> Annotations:
    """Return what is kept of the run in a directory; a missing or damaged file keeps nothing."""
    raw = _raw(run)
    name, notes, mark = raw.get("name", ""), raw.get("notes", ""), raw.get("mark", 0)
    marked = isinstance(mark, int) and not isinstance(mark, bool) and mark > 0
    name, notes = (plain(str(text)[:MOST_CHARACTERS]) for text in (name, notes))
    return Annotations(name, notes, mark if marked else 0)


def write_annotations(run: Path, **changes: str | int) -> None:
    """Change some of what is kept, the rest stays. Raises OSError where the disk refuses."""
    import tomli_w

    refuse_link(run)
    content = tomli_w.dumps({**_raw(run), **changes})
    replace_file(run / FILE, content.encode())


def _raw(run: Path) -> dict[str, Any]:
    try:
        return read_toml(run / FILE)
    except Exception:  # whatever is wrong with it, it keeps nothing
        return {}
