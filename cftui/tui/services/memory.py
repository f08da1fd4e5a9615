"""What the screen remembers between sessions, saved as it changes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cftui.files import make_folder, replace_file, sweep
from cftui.paths import state_folder
from cftui.tui.services.writer import Writer


@dataclass(frozen=True)
class SessionState:
    """The screen's memory; every field has a default, so that an older file still loads."""

    pane: str = "train"
    theme: str = "textual-dark"
    marker: str = "braille"
    """How charts are drawn: braille, hd or dot."""
    heat: str = "ember"
    """The palette of heat tables: a name of `cftui.tui.shared.palettes`."""
    log_loss: bool = False
    log_x: bool = False
    x_axis: str = "step"
    """step, epoch or time."""
    run: str = ""
    """The run looked at last."""
    runs_sort: str = "when"
    """What the list of runs is sorted by: a name of `cftui.runs.columns`."""
    runs_descending: bool = True
    runs_own: bool = False
    """Whether only runs on the ratings that are open are listed."""
    runs_view: str = "valid"
    """What is drawn of marked runs: valid, train, ndcg, recall or rate."""
    runs_axis: str = "epoch"
    list_order: str = "likes"
    """What your list in Explore is ordered by: likes, stars or popular."""
    profile: str = "me"
    """Who was rated as last in Explore."""
    map_colour: str = "genre"
    """What colours tell on Explore's map: a name of `cftui.tui.explore.item_map.inks`."""
    tour: str = ""
    """The stop at which the tour was left."""
    tour_language: str = "en"
    hints: dict[str, bool] = field(default_factory=dict)
    """Panes whose first hint was followed or put away."""
    settings: dict[str, dict[str, Any]] | None = None
    """The training form, as configuration sections."""
    crosstab: dict[str, Any] = field(default_factory=dict)
    """Size of the crosstab, and how its sheet begins."""
    tables: dict[str, Any] = field(default_factory=dict)
    """Columns of tables that were shown, hidden or resized, by the tables' names."""
    lab: dict[str, Any] = field(default_factory=dict)
    """The lab's optimizers, and the points that they are on."""


MOST_SHOWN = 40
"""Characters of a value that a file has and nothing can be."""


class Memory:
    """Loads the state at the start and writes it whenever it changes."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_folder() / "session.json"
        self.state, self.complaints = _load(self._path)
        """What is remembered; of what cannot be used, why, in words."""
        self.writer = Writer()
        """Writes this and what else the screen keeps."""

    def update(self, **changes: Any) -> None:
        """Change the state and have it saved; a disk that refuses is no reason to disturb."""
        changed = replace(self.state, **changes)
        if changed == self.state:
            return
        self.state = changed
        self.writer.soon(str(self._path), lambda: self._save(changed))

    def refuse(self, name: str, known: Sequence[str]) -> None:
        """Take a field back to its default where it is none of the known values, with a word."""
        value, default = getattr(self.state, name), getattr(SessionState(), name)
        if value not in known:
            self.complaints.append(f"{name} cannot be {value[:MOST_SHOWN]!r}; it is {default}")
            self.update(**{name: default})

    def _save(self, state: SessionState) -> None:
        make_folder(self._path.parent)
        sweep(self._path.parent, [self._path.name], alone=False)
        replace_file(self._path, json.dumps(asdict(state), indent=1).encode())


def _load(path: Path) -> tuple[SessionState, list[str]]:
    default = SessionState()
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default, []
    except (OSError, ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return default, [f"{path} cannot be read: all is as at the first start"]
    known = {each.name: raw[each.name] for each in fields(SessionState) if each.name in raw}
    fitting = {name: value for name, value in known.items() if _fits(value, getattr(default, name))}
    return replace(default, **fitting), [
        f"{name} cannot be {str(value)[:MOST_SHOWN]!r}; it is {getattr(default, name)}"
        for name, value in known.items()
        if name not in fitting and value is not None
    ]


def _fits(value: Any, default: Any) -> bool:
    return isinstance(value, dict) if default is None else isinstance(value, type(default))
