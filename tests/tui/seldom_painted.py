"""Paints a screen of a test less often than 60 times a second: nobody looks at most frames."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from textual.app import App
from textual.screen import Screen

from cftui.tui.app import CftuiApp

LEAST = 0.25
"""Seconds between two frames of an app; what stood for longer has been painted."""


@contextmanager
def seldom_painted() -> Iterator[None]:
    """Paint our app's first frame at once, then one every quarter of a second, and its last.

    Rendering was two fifths of a screen test's CPU. Layout, styles and messages go on as ever.
    Small apps of a test's own, in which single frames are counted, are painted as ever.
    """
    paint, shut_down = Screen._compositor_refresh, App._shutdown
    painted: WeakKeyDictionary[App[Any], float] = WeakKeyDictionary()
    waiting: WeakKeyDictionary[Screen[Any], bool] = WeakKeyDictionary()

    def paint_now(screen: Screen[Any]) -> None:
        waiting.pop(screen, None)
        painted[screen.app] = time.monotonic()
        paint(screen)

    def paint_waiting(screen: Screen[Any]) -> None:
        if screen in waiting:
            paint_now(screen)

    def seldom(screen: Screen[Any]) -> None:
        app = screen.app
        left = painted.get(app, 0.0) + LEAST - time.monotonic()
        if left <= 0 or not isinstance(app, CftuiApp) or screen is not app.screen:
            paint_now(screen)
            return
        if screen not in waiting:
            waiting[screen] = True
            screen.set_timer(left, lambda: paint_waiting(screen))
        screen._dirty_widgets.clear()
        app._update_mouse_over(screen)

    async def paint_and_shut_down(app: App[Any]) -> None:
        if app.screen_stack:
            paint_waiting(app.screen)
        await shut_down(app)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Screen, "_compositor_refresh", seldom)
        patch.setattr(App, "_shutdown", paint_and_shut_down)
        yield
