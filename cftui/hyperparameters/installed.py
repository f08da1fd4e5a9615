"""Models that other installed packages offer, by the entry points of group `cftui.models`."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

GROUP = "cftui.models"


@cache
def installed_models() -> dict[str, EntryPoint]:
    """Return the entry points by name; nothing of theirs is imported."""
    return {point.name: point for point in entry_points(group=GROUP)}
