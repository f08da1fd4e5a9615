"""What is copied goes out through the terminal, which never says whether it arrived."""

from typing import Any
from weakref import WeakSet

from textual.app import App

SENT = "Sent to the terminal's clipboard"
_told: "WeakSet[App[Any]]" = WeakSet()
"""Who was told what to do if nothing arrives: once is enough."""


def copy_out(app: App[Any], text: str, shown: str, otherwise: str) -> str:
    """Send text to the terminal's clipboard (OSC 52); return what is to be said of it.

    `shown`: what it is, in words; `otherwise`: how else one gets it.
    """
    app.copy_to_clipboard(text)
    if app in _told:
        return f"Sent: {shown}"
    _told.add(app)
    return (
        f"{SENT}: {shown}\nIt does not say whether it arrived; if nothing did: {otherwise};"
        " cftui doctor tells about this terminal"
    )
