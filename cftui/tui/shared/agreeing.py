"""Asks the user whether a model that came in a file may be executed."""

import asyncio

from textual.app import App

from cftui.owners import owner_words
from cftui.runs.model_source import ModelSource, is_trusted, trust
from cftui.text import plain
from cftui.tui.shared.overlays import AskYesNo


async def agreed(app: App[None], source: ModelSource) -> bool:
    """Ask unless this very source was agreed to, and remember a yes; call it in a worker.

    Raises OSError where that cannot be kept.
    """
    if await asyncio.to_thread(is_trusted, source):
        return True
    if not await app.push_screen_wait(AskYesNo(question(source))):
        return False
    await asyncio.to_thread(trust, source)
    return True


def question(source: ModelSource) -> str:
    """Return what the user is asked; whose file it is is said where it is somebody else's."""
    whose = owner_words(source.owner)
    file = source.path if whose == "you" else f"{source.path}, a file of {whose},"
    return plain(
        f"Execute {file} as the model? You never agreed to it. It may do anything you may do."
    )
