"""Keys that come in one burst: each is given out once the one before it has been dealt with."""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from cftui.tui.shared.textual_hacks import leaving, waits_in

TRIPS = 2
"""A key's action posts messages, and what it posts is dealt with behind the first trip."""
MOST_TRIPS = 8
PATIENCE_SECONDS = 0.3
"""After which a key that never came back, its widget being gone, holds the others up no more."""
MOST_SECONDS = 5.0
"""Most that keys wait for one that is still on its way: on a busy machine a pane takes a while."""
HOLD_SECONDS = 1.5
"""Most that keys wait for an answer: a search, say, whose first hit the next key is about."""


class Follower(Message):
    """Goes the way of a key, from the focus up to the app, and so arrives after it."""

    def __init__(self, seen: tuple[DOMNode | None, ...], trip: int) -> None:
        super().__init__()
        self.seen = seen
        self.trip = trip
        self.sent = time.monotonic()


class KeyOrder:
    """Of an app: a key goes to what the keys before it have opened.

    Over a slow line keys come several at once. Textual hands them all to the focus of that moment,
    so that digits typed right behind the key that asks for a number would be commands.
    """

    def __init__(self, app: App[Any], give: Callable[[events.Event], Awaitable[None]]) -> None:
        """Give events to `app` by `give`, its own way of taking them."""
        self._app, self._give = app, give
        self._burst: deque[events.Event] = deque()
        self._follower: Follower | None = None
        self._way: tuple[DOMNode, ...] = ()
        """Those whom the follower passes, from the focus up to the app."""
        self._hold: Timer | None = None
        self._holder: Widget | None = None
        """Whose answer the keys are held for: what others learn meanwhile is none of theirs."""
        self._closed = False
        self._watching = False
        """Whether a timer looks after the follower: one, however many keys wait."""

    def close(self) -> None:
        """Keep all keys, until `open`: there is nothing yet that they could be about."""
        self._closed = True

    def open(self) -> None:
        """Give out the keys that were kept, and those to come."""
        if self._closed:
            self._closed = False
            self._app.call_later(self._go_on)

    async def take(self, event: events.Event) -> None:
        """Give out an event; keys and pastes wait while one is on its way.

        None is given out once the app leaves.
        """
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await self._give(event)
            return
        self._burst.append(event)
        if self._follower is not None:
            self._watch()
        else:
            await self._give_out()

    async def _give_out(self) -> None:
        """Give out the next key, and send a follower behind it; none while keys are held."""
        if self._burst and self._hold is None and not (self._closed or self._leaving):
            await self._give(self._burst.popleft())
            self._send(0)

    @property
    def _leaving(self) -> bool:
        """Whether the app ends: keys still on their way are about nothing."""
        return leaving(self._app) or not self._app.screen_stack

    def _send(self, trip: int) -> None:
        if self._leaving:
            return
        self._follower = Follower(self._seen(), trip)
        first = self._app.focused or self._app.screen
        self._way = (*first.ancestors_with_self,)
        if not first.post_message(self._follower):
            self._follower = None  # its widget is on its way out
            self._app.call_later(self._go_on)
        elif self._burst:
            self._watch()

    def _seen(self) -> tuple[DOMNode | None, ...]:
        return self._app.screen, self._app.focused

    async def follow(self, message: Follower) -> None:
        """Give out the next key where the last one's doing is done."""
        if message is not self._follower or self._leaving:
            return
        self._follower = None
        settled = message.trip + 1 >= TRIPS and message.seen == self._seen()
        if settled or message.trip >= MOST_TRIPS:
            await self._give_out()
        else:
            self._send(message.trip + 1)

    def hold(self, widget: Widget) -> None:
        """Keep the keys to come until `widget` lets them go, and HOLD_SECONDS at most."""
        if self._hold is None:
            self._holder = widget
            self._hold = self._app.set_timer(HOLD_SECONDS, lambda: self.let_go(widget))

    def let_go(self, widget: Widget) -> None:
        """Give out what was held for a widget."""
        if self._hold is not None and self._holder is widget:
            self._hold.stop()
            self._hold = self._holder = None
            if self._follower is None:
                self._app.call_later(self._go_on)

    async def _go_on(self) -> None:
        if self._follower is None:
            await self._give_out()

    def _watch(self) -> None:
        if not self._watching:
            self._watching, follower = True, self._follower
            self._app.set_timer(PATIENCE_SECONDS, lambda: self._look_after(follower))

    async def _look_after(self, follower: Follower | None) -> None:
        """Let the keys that wait for a follower that is lost go on; watch any other."""
        self._watching = False
        if follower is not None and self._follower is follower and self._lost(follower):
            self._follower = None
            await self._give_out()
        elif self._follower is not None and self._burst:
            self._watch()

    def _lost(self, follower: Follower) -> bool:
        """Whether nobody has it any more, its widget being gone, or holds it up for too long.

        One that waits behind what a key does, as on a busy machine, is not lost: the next key,
        given out now, would go to the focus of before.
        """
        too_long = time.monotonic() - follower.sent > MOST_SECONDS
        return too_long or not any(waits_in(node, follower) for node in self._way)


def hold_keys(widget: Widget) -> None:
    """Keep keys until the answer that they are about, which `held_keys_follow` is around."""
    order = _order_of(widget)
    if order is not None:
        order.hold(widget)


@contextmanager
def held_keys_follow(widget: Widget) -> Iterator[None]:
    """Give out what was held once this is done: the answer is on show, or none will come.

    Not where it is cancelled: keys are then about a newer question, which took its place.
    """
    try:
        yield
    except Exception:
        _let_keys_go(widget)
        raise
    else:
        _let_keys_go(widget)


def _let_keys_go(widget: Widget) -> None:
    order = _order_of(widget)
    if order is not None:
        order.let_go(widget)


def _order_of(widget: Widget) -> KeyOrder | None:
    """Return the order of keys in an app; an app in a test may have none."""
    order = getattr(widget.app, "key_order", None)
    return order if isinstance(order, KeyOrder) else None
