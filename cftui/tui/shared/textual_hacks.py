"""What reaches into Textual's private parts, written for and tested with Textual 8.2.8."""

from typing import Any

from textual.app import App


def fault_of(app: App[Any]) -> BaseException | None:
    """Return the fault that an app ends with (8.2: kept for Pilot, told to nobody else)."""
    return app._exception


def end_with_words(app: App[Any], words: str) -> None:
    """End an app after a fault, with words in place of Textual's traceback (8.2)."""
    app._exit_renderables.append(words)
    app._close_messages_no_wait()
