"""Garbage collection in the screen: full ones are the app's to begin, and are kept small."""

import gc
import weakref
from pathlib import Path

import pytest
from driving import BUNDLED, opened
from textual._styles_cache import StylesCache

from cftui.tui.app import CftuiApp
from cftui.tui.services import collecting
from cftui.tui.services.collecting import Collecting
from cftui.tui.shared.textual_hacks import forget_cuts


@pytest.fixture(autouse=True)
def seldom() -> None:
    """Paint every frame: only what is drawn remembers how it was cut."""


class Ring:
    def __init__(self) -> None:
        self.me = self


def passed_on() -> int:
    """Have one younger collection pass on what there is; return how many have since the last."""
    gc.collect(1)
    return gc.get_count()[2]


def test_collects_when_idle_and_at_the_latest_after_many(monkeypatch: pytest.MonkeyPatch) -> None:
    before, tidied = gc.get_threshold(), []
    collector = Collecting(lambda: tidied.append(1))
    collector.begin()
    try:
        collector.settle()
        gc.collect()
        while passed_on() < collecting.WORTH:
            pass
        collector.key_came()
        collector.poll()
        assert not tidied, "somebody types"
        while passed_on() < collecting.MOST:
            pass
        collector.poll()
        assert len(tidied) == 1 and gc.get_count()[2] == 0
        monkeypatch.setattr(collecting, "IDLE_SECONDS", -1.0)
        collector.poll()
        assert len(tidied) == 1, "nothing is worth it"
        while passed_on() < collecting.WORTH:
            pass
        collector.poll()
        assert len(tidied) == 2
        assert gc.get_freeze_count() > 0
    finally:
        collector.end()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_what_outlived_one_collection_is_left_out_until_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collecting, "IDLE_SECONDS", -1.0)
    monkeypatch.setattr(collecting, "WORTH_ALL", 0)
    collector = Collecting(lambda: None)
    collector.begin()
    try:
        collector.settle()
        collector.key_came()
        kept = Ring()
        while passed_on() < collecting.WORTH:
            pass
        collector.poll()
        assert not any(each is kept for each in gc.get_objects())
        seen = weakref.ref(kept)
        del kept
        while passed_on() < collecting.WORTH:
            pass
        collector.poll()
        assert seen() is not None, "a ring that was left out stays"
        monkeypatch.setattr(collecting, "LONG_IDLE_SECONDS", -1.0)
        collector.poll()
        assert seen() is None
    finally:
        collector.end()


async def test_lines_forget_how_they_were_cut(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert gc.get_threshold()[2] == collecting.NEVER
        await pilot.press("question_mark", "escape")
        await pilot.pause()
        caches = [
            strip._filter_cache
            for widget in app.screen.walk_children()
            for strip in widget._styles_cache._cache.values()
        ]
        assert any(len(cache) for cache in caches)
        seen = [strip.text for strip in app.screen._compositor.render_strips()]
        forget_cuts(app)
        assert not any(len(cache) for cache in caches)
        assert StylesCache.get_inner_outer.cache_info().currsize == 0
        assert [strip.text for strip in app.screen._compositor.render_strips()] == seen
