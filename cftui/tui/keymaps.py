"""Keys of one's own: maps that come with the program, and what the settings say, as Textual's."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from textual.keys import Keys, _character_to_key

from cftui.preferences import Preferences
from cftui.tui.performing import PlacedCommand
from cftui.tui.shared.commands import Command, key_label

EXPORTS = ("crosstab", "runs", "you", "check", "lab")
VISIDATA: Mapping[str, str] = {
    "app.palette": "space,colon,ctrl+p",
    "app.help": "question_mark,f1",
    "runs.mark": "s",
    "runs.sort": "ctrl+down",
    "runs.sort-back": "ctrl+up",
    "grid.sort-up": "left_square_bracket",
    "grid.sort-down": "right_square_bracket",
    "runs.rename": "circumflex_accent",
    "lab.run": "s",
    "crosstab.copy": "Y",
    "crosstab.undo": "U",
    "crosstab.edit": "e",
    "crosstab.error": "E",
    **{f"{view}.export": "ctrl+s" for view in EXPORTS},
}
"""Keys of VisiData for what it does as well; what it has no key for keeps ours."""
MAPS: Mapping[str, Mapping[str, str]] = {"": {}, "visidata": VISIDATA}
_NAMES = {key.value for key in Keys} | {"enter", "tab", "space", "escape", "backspace", "delete"}


def keymap(own: Preferences) -> dict[str, str]:
    """Return keys by the commands' ids, as Textual writes them: the map's, and over it one's own.

    What is no key is left out; `wrong_keys` tells of it.
    """
    chosen = {**MAPS[own.keymap], **own.keys}
    found = {}
    for name, keys in chosen.items():
        known = [key for key in map(_key, _parts(keys)) if key]
        if known:
            found[name] = ",".join(known)
    return found


def wrong_keys(own: Preferences, placed: Sequence[PlacedCommand]) -> list[str]:
    """Return what to say of ids that no command has, of words that are no keys, and of clashes."""
    ids = [each.command.id for each in placed]
    said = [
        f"keys.{name!r}: {key_label(key)} is the key of {other} as well; give one of them another"
        for name, other, key in clashes(own, placed)
    ]
    for name, keys in own.keys.items():
        if name not in ids:
            near = difflib.get_close_matches(name, ids, 1)
            hint = f"did you mean {near[0]}?" if near else "cftui config keys lists them"
            said.append(f"keys.{name!r}: no command has this id; {hint}")
        parts = _parts(keys)
        wrong = [part for part in parts if not _key(part)]
        if wrong or not parts:
            what = ", ".join(map(repr, wrong)) or "nothing"
            said.append(f"keys.{name!r}: {what} is no key; write s, S, ctrl+s, f5, enter or ?")
    return said


def clashes(own: Preferences, placed: Sequence[PlacedCommand]) -> list[tuple[str, str, str]]:
    """Return commands of one place that one's own keys give the same key: ids and key."""
    keys = keymap(own)
    taken: dict[tuple[str, str, str], str] = {}
    found = []
    for each in placed:
        command, pane = each.command, each.entry.id if each.entry else ""
        for key in keys.get(command.id, command.keys).split(","):
            other = taken.setdefault((pane, each.view, key), command.id)
            if other != command.id and {other, command.id} & keys.keys():
                first, second = sorted((other, command.id), key=lambda one: one not in own.keys)
                found.append((first, second, key))
    return found


def remapped(commands: Iterable[Command], keys: Mapping[str, str]) -> list[Command]:
    """Return the commands with the keys that they have now."""
    return [replace(command, keys=keys.get(command.id, command.keys)) for command in commands]


def _parts(keys: str) -> list[str]:
    """Return the keys in a text such as `s, ctrl+s`; a comma alone is one."""
    if keys.strip() == ",":
        return [","]
    return [part for part in (word.strip() for word in keys.split(",")) if part]


def _key(word: str) -> str:
    """Return a key as Textual calls it; empty if it is none."""
    if len(word) == 1:
        return word if word.isalnum() else str(_character_to_key(word))
    plain = word.lower()
    base = plain.rpartition("+")[2]
    named = {_character_to_key(chr(code)) for code in range(33, 127)}
    modifiers = plain.split("+")[:-1]
    if not all(each in ("ctrl", "shift", "alt") for each in modifiers):
        return ""
    return plain if base in _NAMES or base in named else ""
