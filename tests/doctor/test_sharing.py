"""Who else can reach what is kept, as doctor tells it."""

from pathlib import Path

import pytest
from users import as_root, open_folder

from cftui import paths
from cftui.doctor.finding import Finding
from cftui.doctor.sharing import access_findings, access_words
from cftui.runs import consent


def found(name: str = "access") -> list[Finding]:
    return [finding for finding in access_findings() if finding.name == name]


@pytest.mark.parametrize(
    ("mode", "words", "remedy"),
    [
        (0o700, "its owner's alone", ""),
        (0o750, "its group can read it", ""),
        (0o755, "everybody on this machine can read it", "chmod -R go= {0}, or for a group"),
        (0o2770, "shared: its group can write it", ""),
        (0o2775, "its group can write it, everybody can read it", "chmod -R o= {0}"),
        (0o770, "its group can write it, but each new file takes", "chmod -R g+s {0}"),
        (0o1777, "everybody on this machine can write it", "chmod -R go= {0}"),
    ],
)
def test_a_homes_mode_in_words(mode: int, words: str, remedy: str) -> None:
    said, what = access_words(mode)
    assert said.startswith(words) and what.startswith(remedy) and bool(what) == bool(remedy)


def test_nothing_is_said_of_what_is_not_there_and_a_closed_folder_above_counts(home: Path) -> None:
    assert not found()
    home.mkdir()
    home.chmod(0o777)
    home.parent.chmod(0o700)
    assert [finding.state for finding in found()] == ["ok"]


@as_root
def test_a_home_that_all_can_read_is_told_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as folder:
        monkeypatch.setenv(paths.HOME_VARIABLE, str(folder))
        (finding,) = found()
        assert finding.state == "note" and f"chmod -R go= {folder}" in finding.remedy
        folder.chmod(0o777)
        assert found()[0].state == "warn"


def test_agreements_that_do_not_count_are_told() -> None:
    consent.give("ab" * 32, "mine.py")
    assert not found("agreements")
    (paths.consent_folder() / consent.MARKS).chmod(0o777)
    (finding,) = found("agreements")
    assert finding.state == "warn" and "chmod go-w" in finding.remedy
