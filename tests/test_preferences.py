"""One's own settings: what is wrong is named, what is right is used, a dotfile may be a link."""

from pathlib import Path

import pytest

from cftui import cli, paths
from cftui.preferences import TEMPLATE, Preferences, PreferencesError, read_preferences, usable
from cftui.tui.app import ANYWHERE
from cftui.tui.keymaps import MAPS, clashes, keymap, wrong_keys
from cftui.tui.performing import PlacedCommand, placed_commands
from cftui.tui.shared.commands import Command

Capture = pytest.CaptureFixture[str]


def write(text: str | bytes) -> Path:
    place = paths.config_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return int(ended.value.code or 0)


def test_no_file_means_the_defaults(home: Path) -> None:
    assert read_preferences() == Preferences() and usable() == (Preferences(), "")


def test_the_template_is_right_and_sets_nothing(home: Path) -> None:
    write(TEMPLATE)
    assert read_preferences() == Preferences()
    write("\n".join(line.removeprefix("# ") for line in TEMPLATE.splitlines()[1:]))
    own = read_preferences()
    assert own.theme == "textual-dark" and own.keys == {"train.start": "s, f5"}
    assert own.train == {"training": {"epochs": 5}, "model": {"name": "dot-bias"}}


def test_a_link_to_a_dotfile_is_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfile").write_text('theme = "nord"')
    place = paths.config_file()
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "dotfile")
    assert read_preferences().theme == "nord"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('markr = "dot"', "markr: unknown key; did you mean marker?"),
        ('marker = "dots"', "marker = 'dots': must be"),
        ("theme = 3", "theme = 3: must be"),
        ("[train]\ntraining.epochs = 0", "training.epochs = 0"),
        ("theme = ", "not a readable TOML file"),
        (b"\xff\xfe", "not a readable TOML file"),
        ("a = " + "[" * 5000, "not a readable TOML file"),
        (b"#" * (1 << 20) + b"##", "it is no settings file"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_used(
    home: Path, text: str | bytes, words: str, capsys: Capture
) -> None:
    place = write(text)
    with pytest.raises(PreferencesError, match=str(place)):
        read_preferences()
    own, wrong = usable()
    assert words in wrong and str(place) in wrong and own == Preferences()
    assert run("config", "show") == 2
    assert words in capsys.readouterr().err


def test_the_right_part_of_a_wrong_file_is_used(home: Path) -> None:
    write('theme = "nord"\nmarker = "dots"')
    own, wrong = usable()
    assert own.theme == "nord" and not own.marker and "marker" in wrong


def test_a_fifo_is_no_settings_file(home: Path) -> None:
    import os

    place = paths.config_file()
    place.parent.mkdir(parents=True)
    os.mkfifo(place)
    with pytest.raises(PreferencesError, match="not a file"):
        read_preferences()


def test_keys_are_written_as_people_write_them() -> None:
    own = Preferences(keys={"a": "s, S, ctrl+s, f5, ?", "b": ",", "c": "Enter", "d": "f77x"})
    assert keymap(own) == {
        "a": "s,S,ctrl+s,f5,question_mark",
        "b": "comma",
        "c": "enter",
    }
    placed = [PlacedCommand(Command(name, "x", "x", "", "")) for name in ("a", "b", "c", "dd")]
    said = [words for words in wrong_keys(own, placed) if "as well" not in words]
    assert len(said) == 2 and "did you mean dd" in said[0] and "'f77x' is no key" in said[1]


def test_every_map_names_commands_that_are_there_and_leaves_no_two_on_one_key() -> None:
    placed = placed_commands(ANYWHERE)
    ids = [each.command.id for each in placed]
    assert len(set(ids)) == len(ids)
    for name, keys in MAPS.items():
        own = Preferences(keys={one: key.replace(",", ", ") for one, key in keys.items()})
        assert wrong_keys(own, placed) == [], name


def test_a_key_of_two_commands_is_named() -> None:
    placed = placed_commands(ANYWHERE)
    said = wrong_keys(Preferences(keys={"runs.delete": "d"}), placed)
    assert said == [
        "keys.'runs.delete': d is the key of runs.diff as well; give one of them another"
    ]
    assert clashes(Preferences(keys={"runs.delete": "d", "runs.diff": "ctrl+d"}), placed) == []


def test_config_keys_lists_every_command(home: Path, capsys: Capture) -> None:
    write('keymap = "visidata"\n[keys]\n"train.start" = "f5"')
    assert run("config", "keys") == 0
    rows = dict(line.split("\t")[:2] for line in capsys.readouterr().out.splitlines())
    assert rows["train.start"] == "f5" and rows["runs.mark"] == "s" and rows["train.stop"] == "x"


def test_edit_makes_the_file_and_checks_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    editor = tmp_path / "an editor"
    editor.write_text('#!/bin/sh\necho \'markr = "x"\' > "$2"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", f"'{editor}' --wait")
    assert run("config", "edit") == 2
    assert "unknown key" in capsys.readouterr().err
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert run("config", "edit") == 2
    assert "set EDITOR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("cftui tr", 1, ["train"]),
        ("cftui train --epo", 2, ["--epochs"]),
        ("cftui predict --run l", 3, ["latest"]),
        ("cftui config ", 2, ["path", "show", "edit", "keys"]),
    ],
)
def test_bash_is_told_how_a_word_may_end(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    line: str,
    word: int,
    expected: list[str],
) -> None:
    for name, value in (("COMP_WORDS", line), ("COMP_CWORD", str(word))):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_CFTUI_COMPLETE", "complete_bash")
    assert run() == 0
    assert capsys.readouterr().out.split() == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: Capture) -> None:
    assert run("completion", shell) == 0
    assert "_CFTUI_COMPLETE" in capsys.readouterr().out


def test_the_manual_has_every_command(home: Path, capsys: Capture) -> None:
    assert run("man") == 0
    page = capsys.readouterr().out
    assert page.startswith(".TH CFTUI 1")
    for word in cli.COMMANDS:
        assert f".SS cftui {word}" in page
    assert not [line for line in page.splitlines() if line.startswith("'")]


def test_version_names_what_it_stands_on(capsys: Capture) -> None:
    assert run("--version") == 0
    said = capsys.readouterr().out
    assert said.startswith("cftui ") and all(name in said for name in cli.PARTS)
