"""`cftui config`: one's own settings, where they are, what of them counts, and every key."""

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import typer

from cftui.commands.console import Debug, Json, UsageError, print_json, print_table, say
from cftui.paths import config_file
from cftui.printing import put

if TYPE_CHECKING:
    from cftui.preferences import Preferences

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Your own settings: keys, theme, defaults."
)


@app.command()
def path() -> None:
    """Print where the settings file is, or would be."""
    put(config_file())


@app.command()
def show(*, json: Json = False, debug: Debug = False) -> None:
    """Check the settings file, and print what of it counts."""
    own = _checked()
    if json:
        print_json(own.model_dump(mode="json"))
        return
    set_here = own.model_fields_set
    rows = []
    for name, field in type(own).model_fields.items():
        value = getattr(own, name)
        words = f"{len(value)} set" if isinstance(value, dict) else str(value)
        rows.append((name, words or "-", "" if name in set_here else "default", field.description))
    print_table(("setting", "value", "from", "what it is"), [tuple(map(_word, r)) for r in rows])
    if not set_here:
        say(f"nothing is set; cftui config edit opens {config_file()}")


@app.command()
def edit(*, debug: Debug = False) -> int:
    """Open the settings file in your editor (VISUAL, EDITOR), and check it afterwards."""
    from cftui.files import make_folder, replace_file
    from cftui.preferences import TEMPLATE

    place = config_file()
    if not place.exists():
        make_folder(place.parent)
        replace_file(place, TEMPLATE.encode())
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(editor), str(place)], check=False).returncode
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{editor!r} cannot be started ({error}); set EDITOR to your editor, or edit {place}"
        ) from None
    if code == 0:
        _checked()
        put(f"{place}: checked, and used from the next start")
    return code


@app.command()
def keys(*, json: Json = False, debug: Debug = False) -> None:
    """List every command of the screen: its id, its keys now, and what it does."""
    from cftui.tui.app import ANYWHERE
    from cftui.tui.keymaps import keymap
    from cftui.tui.performing import placed_commands
    from cftui.tui.shared.commands import key_label

    own = keymap(_checked())
    rows = []
    for placed in placed_commands(ANYWHERE):
        command = placed.command
        elsewhere = "any table" if placed.of_tables else "anywhere"
        where = " ".join([placed.entry.title if placed.entry else elsewhere, placed.view]).strip()
        now = own.get(command.id, command.keys)
        if json:
            usual = command.keys.split(",")
            print_json(
                {"id": command.id, "keys": now.split(","), "usual": usual, "where": where}
                | {"label": command.label, "help": command.help}
            )
        rows.append((command.id, key_label(now), where, f"{command.label}: {command.help}"))
    if not json:
        print_table(("id", "keys", "where", "what it does"), rows, yielding=("what it does",))


def _checked() -> "Preferences":
    """Return the settings; raises UsageError, with all that is wrong in them."""
    from cftui.preferences import PreferencesError, read_preferences

    try:
        own = read_preferences()
    except PreferencesError as error:
        raise UsageError(str(error)) from None
    if own.keys:
        from cftui.tui.app import ANYWHERE
        from cftui.tui.keymaps import wrong_keys
        from cftui.tui.performing import placed_commands

        wrong = wrong_keys(own, placed_commands(ANYWHERE))
        if wrong:
            raise UsageError(f"{config_file()}: " + "\n".join(wrong))
    return own


def _word(value: object) -> str:
    return "" if value is None else str(value)
