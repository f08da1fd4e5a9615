"""What was remembered and cannot be used falls back, with a word."""

import json
from pathlib import Path
from typing import get_args

import pytest
from driving import opened, remember

from cftui import paths
from cftui.preferences import Preferences
from cftui.tui.app import CftuiApp
from cftui.tui.remembered import KNOWN, refuse_unknown
from cftui.tui.services.memory import Memory, SessionState


def memory_of(content: str) -> Memory:
    path = paths.state_folder() / "session.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    memory = Memory()
    refuse_unknown(memory)
    return memory


def test_a_first_start_has_nothing_to_complain_of() -> None:
    memory = Memory()
    refuse_unknown(memory)
    assert memory.complaints == [] and memory.state == SessionState()


def test_what_the_screen_keeps_itself_is_never_refused() -> None:
    for name, known in KNOWN.items():
        for value in known:
            memory = memory_of(json.dumps({name: value}))
            assert memory.complaints == [] and getattr(memory.state, name) == value
    assert all(getattr(SessionState(), name) in known for name, known in KNOWN.items())


def test_ones_own_settings_know_the_same_palettes() -> None:
    assert get_args(Preferences.model_fields["heat"].annotation) == ("", *KNOWN["heat"])


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("value", ["no such", 7, ["braille"]])
def test_a_value_that_cannot_be_used_falls_back(name: str, value: object) -> None:
    memory = memory_of(json.dumps({name: value}))
    default = getattr(SessionState(), name)
    assert getattr(memory.state, name) == default
    [words] = memory.complaints
    assert name in words and str(value)[:8] in words and words.endswith(f"it is {default}")


@pytest.mark.parametrize("content", ["", "[]", "\x00", '{"pane": "tr'])
def test_a_file_that_cannot_be_read_is_told(content: str) -> None:
    memory = memory_of(content)
    assert memory.state == SessionState()
    assert ["session.json cannot be read" in words for words in memory.complaints] == [True]


def test_settings_that_no_run_can_have_are_told() -> None:
    memory = memory_of(json.dumps({"settings": {"model": {"name": "dot", "n_factors": -3}}}))
    [words] = memory.complaints
    assert words.startswith("the form of Train has the usual settings") and "n_factors" in words


async def test_the_screen_says_so(stored: Path) -> None:
    remember(pane="attic", marker="crayon", settings={"model": {"name": "none such"}})
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        [told] = [n for n in app._notifications if n.title == "What was remembered"]
        for words in ("pane cannot be 'attic'; it is train", "marker cannot be 'crayon'", "Train"):
            assert words in told.message
        assert app.workspace.ratings is not None
