"""What is said of terminal, folders and versions."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cftui import __version__, locks, paths
from cftui.doctor import versions
from cftui.doctor.finding import Finding, shown
from cftui.doctor.folders import file_system_of, folder_findings
from cftui.doctor.terminal import TerminalFacts, terminal_findings

GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def terminal(
    size: tuple[int, int] | None = (120, 40), encoding: str = "UTF-8", *, says: str = "",
    **environ: str,
) -> dict[str, Finding]:  # fmt: skip
    def ask(words: Sequence[str]) -> str:
        return f"{words[0]} 3.4" if words[-1] in ("-V", "-v", "--version") else says

    facts = TerminalFacts(size, encoding, {**GOOD, **environ}, ask, lambda _: -1)
    return {finding.name: finding for finding in terminal_findings(facts)}


def test_a_good_terminal() -> None:
    findings = terminal()
    assert {finding.state for finding in findings.values()} == {"ok"}
    assert findings["colours"].value == "16 million (COLORTERM)"
    assert findings["size"].value == "120 columns, 40 lines"


@pytest.mark.parametrize(
    ("environ", "name", "state", "words"),
    [
        ({"TERM": "dumb"}, "TERM", "warn", "shell's commands"),
        ({"TERM": ""}, "TERM", "warn", "another terminal"),
        ({"NO_COLOR": "1"}, "colours", "note", "NO_COLOR is set"),
        ({"COLORTERM": ""}, "colours", "note", "256"),
        ({"COLORTERM": "", "TERM": "vt100"}, "colours", "note", "16"),
        ({"COLORTERM": "", "TERM": "xterm-kitty"}, "colours", "ok", "16 million"),
        ({"TERM": "linux"}, "letters", "warn", "no braille"),
        ({"SSH_CONNECTION": "203.0.113.9 22"}, "SSH", "ok", "animation is off"),
        ({"STY": "1.pts"}, "multiplexer", "ok", "screen 3.4"),
        ({"STY": "1.pts"}, "clipboard", "note", "copy to a file"),
        ({"ZELLIJ": "0"}, "multiplexer", "ok", "zellij 3.4"),
        ({"VTE_VERSION": "7600"}, "clipboard", "note", "may ignore"),
    ],
)
def test_what_a_terminal_lacks(environ: dict[str, str], name: str, state: str, words: str) -> None:
    finding = terminal(**environ)[name]
    assert finding.state == state and words in finding.value + finding.remedy
    assert "203.0.113.9" not in finding.value


@pytest.mark.parametrize(
    ("setting", "state", "words"),
    [
        ("on", "ok", "tmux passes copies on"),
        ("external", "note", "set-clipboard is external"),
        ("off", "note", "tmux set -s set-clipboard on"),
        ("", "note", "not known"),
    ],
)
def test_tmux_and_the_clipboard(setting: str, state: str, words: str) -> None:
    findings = terminal(says=setting, TMUX="/tmp/tmux-1/default,1,0")
    assert findings["multiplexer"].value == "tmux 3.4"
    finding = findings["clipboard"]
    assert finding.state == state and words in finding.value + finding.remedy


def test_a_small_window_a_wrong_encoding_and_no_terminal_at_all() -> None:
    assert terminal((79, 24))["size"].remedy == "make the window 80 by 24 or larger"
    assert "LANG=C.UTF-8" in terminal(encoding="ANSI_X3.4-1968")["letters"].remedy
    assert terminal((0, 0))["size"].remedy == "stty rows 24 cols 80"
    away = terminal(None)
    assert "not a terminal" in away["size"].value and "colours" not in away


def folders(kind: str = "ext4") -> dict[str, Finding]:
    return {finding.name: finding for finding in folder_findings(lambda path: kind)}


def test_folders_that_are_not_there_yet(home: Path) -> None:
    findings = folders()
    assert {finding.state for finding in findings.values()} == {"ok"}
    assert "made when it is needed" in findings["runs"].value and "ext4" in findings["runs"].value
    assert not home.exists(), "looking makes nothing"


def test_runs_and_stores_are_counted(home: Path) -> None:
    for run in ("a", "b"):
        (paths.runs_folder() / run).mkdir(parents=True)
        (paths.runs_folder() / run / "last.safetensors").write_bytes(bytes(1500))
    (paths.runs_folder() / ".start-c.log").write_text("")
    (paths.stores_folder() / "s").mkdir(parents=True)
    findings = folders()
    assert f"{paths.runs_folder()}: 2 runs (3 kB), " in findings["runs"].value
    assert "1 store (0 B)" in findings["stores"].value
    assert sorted(folder.name for folder in home.iterdir()) == ["cache", "data"], (
        "nothing is left behind"
    )


def test_a_network_file_system_is_warned_of() -> None:
    finding = folders("nfs4")["runs"]
    assert finding.state == "warn" and "locks may not hold between hosts" in finding.value
    assert "CFTUI_HOME" in finding.remedy


def test_a_folder_that_cannot_be_written_fails(home: Path) -> None:
    home.write_text("a file stands where the folder should be")
    finding = folders()["runs"]
    assert finding.state == "fail" and "is not a folder" in finding.value
    assert "set CFTUI_HOME to another folder" in finding.remedy


def test_a_full_or_locked_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cftui.doctor import folders as module

    monkeypatch.setattr(module, "LEAST_FREE", 10**18)
    assert folders()["runs"].remedy.startswith("make room")

    def refuse(file: object, how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(module, "LEAST_FREE", 0)
    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    finding = folders()["state"]
    assert finding.state == "warn" and "it has no flock" in finding.value
    assert "mount it with flock (Lustre: -o flock)" in finding.remedy


def test_the_file_system_of_a_path() -> None:
    assert file_system_of(Path("/proc/self")) == "proc"


def test_versions_and_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = {finding.name: finding for finding in versions.version_findings()}
    assert findings["cftui"].value == __version__
    assert {"textual", "numpy", "scipy", "pyarrow", "plotext"} <= set(findings)
    assert "pytest" not in findings, "what only its developers need is left out"
    assert "torch" not in findings, "which is slow to load, and told with its build"
    monkeypatch.setattr(versions, "needed_packages", lambda: ["no-such-package"])
    assert list(versions.version_findings())[-1].state == "fail"


def test_the_home_folder_is_shown_as_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert shown("/home/ada/data, /home/ada") == "~/data, ~"
    assert shown("(/home/ada).") == "(~)."
    assert shown("/home/ada.lovelace") == "/home/ada.lovelace"
    assert shown("/home/adam/x") == "/home/adam/x"
    assert shown("two\nlines\x1b[0m") == "two lines�[0m"
