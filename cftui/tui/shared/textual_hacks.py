"""What reaches into Textual's private parts, written for and tested with Textual 8.2.8."""

from typing import Any

from textual._styles_cache import StylesCache
from textual.app import App, ScreenStackError
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.events import Mount
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import MountError, Widget
from textual.widgets import OptionList

GONE = (NoMatches, MountError, ScreenStackError)
"""What is met by those who go on while the widgets that they are about are taken away."""


_move_page = OptionList._move_page


def _move_page_once_laid_out(options: OptionList, direction: Any) -> None:
    if options._index_to_line:
        _move_page(options, direction)


OptionList._move_page = _move_page_once_laid_out  # type: ignore[assignment, method-assign]
"""8.2 takes for granted that lines are laid out: page up just behind the palette's key ended us."""


_mount_palette = CommandPalette._on_mount


def _mount_palette_if_on_show(palette: CommandPalette, _: Mount) -> None:
    if palette in palette.app.screen_stack[1:]:
        _mount_palette(palette, _)


CommandPalette._on_mount = _mount_palette_if_on_show  # type: ignore[assignment, method-assign]
"""8.2 asks for the screen below: one closed before it is there, as by leaving, has none."""


def _dismiss_if_on_show(palette: CommandPalette, result: Any = None) -> AwaitComplete:
    if palette in palette.app.screen_stack[1:]:
        return ModalScreen.dismiss(palette, result)
    return AwaitComplete()


CommandPalette.dismiss = _dismiss_if_on_show  # type: ignore[assignment, method-assign]
"""8.2 takes away what is on top: the only screen, where the tour closed the palette before."""


def binds(node: DOMNode, key: str) -> bool:
    """Tell whether a node has a binding of a key. Reads `_bindings`."""
    return key in node._bindings.key_to_bindings


def waits_in(node: DOMNode, message: Message) -> bool:
    """Tell whether a node has a message to deal with; one that is closed deals with none.

    Reads `_closed`, `_message_queue` and `_pending_message`, which is where one is put back.
    """
    waiting = (node._pending_message, *node._message_queue.values)
    return not node._closed and any(each is message for each in waiting)


def leaving(app: App[Any]) -> bool:
    """Tell whether an app has been asked to end. Reads `_exit`."""
    return app._exit


class FaultInWords(App[None]):
    """Base of an app whose faults end in words of its own, not in Textual's traceback.

    What only tells that widgets are gone is no fault once it leaves.

    Overrides `_handle_exception` and `_fatal_error`, reads `_exception`, fills
    `_exit_renderables` and calls `_close_messages_no_wait`, as 8.2 does itself.
    """

    def last_words(self, error: BaseException | None) -> str:
        """Return what is said of a fault once the terminal is as it was before."""
        return f"{type(error).__name__}: {error}"

    def _handle_exception(self, error: Exception) -> None:
        if not (leaving(self) and isinstance(error, GONE)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._exit_renderables.append(self.last_words(self._exception))
        self._close_messages_no_wait()


def forget_cuts(app: App[Any]) -> None:
    """Drop what drawn lines remember of how they were cut and filtered; it is made anew as needed.

    Seven caches a line, and each of the lines in them has as many: after some hundred dialogs,
    150,000 objects. `get_inner_outer` moreover remembers the lines of widgets long gone, being
    cached by its `self`. Reads `_styles_cache` of widgets and the caches of `Strip`.
    """
    StylesCache.get_inner_outer.cache_clear()
    for screen in app.screen_stack:
        for widget in screen.walk_children(Widget):
            for strip in widget._styles_cache._cache.values():
                _forget_cuts_of(strip)


def _forget_cuts_of(strip: Strip) -> None:
    strip._divide_cache.clear()
    strip._crop_cache.clear()
    strip._crop_extend_cache.clear()
    strip._style_cache.clear()
    strip._filter_cache.clear()
    strip._line_length_cache.clear()
    strip._offsets_cache.clear()
