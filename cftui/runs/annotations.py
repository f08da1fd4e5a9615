"""What the user keeps of a run, in its `user.toml`: a name, notes, a mark."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cftui.files import replace_file
from cftui.text import plain

FILE = "user.toml"


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
    return Annotations(plain(str(name)), plain(str(notes)), mark if marked else 0)


def write_annotations(run: Path, **changes: str | int) -> None:
    """Change some of what is kept, the rest stays. Raises OSError where the disk refuses."""
    import tomli_w

    content = tomli_w.dumps({**_raw(run), **changes})
    replace_file(run / FILE, content.encode())


def _raw(run: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((run / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
