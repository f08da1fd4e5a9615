"""What panes work with, in one record."""

from dataclasses import dataclass

from cftui.questions.question import Ask
from cftui.tui.services.memory import Memory
from cftui.tui.services.ratings import RatingsService
from cftui.tui.services.runs import RunService
from cftui.tui.services.tastes import TastesFirst


@dataclass(frozen=True)
class Services:
    """Given to every pane alike."""

    memory: Memory
    ratings: RatingsService
    runs: RunService
    ask: Ask
    """Asks the brain, `tastes` first where these take long."""
    tastes: TastesFirst
    paint: Ask
    """Asks the painter: for a chart drawn, or for a file of charts."""


def make_services(memory: Memory, ask: Ask, paint: Ask) -> Services:
    """Return the services of an app that has just begun."""
    tastes = TastesFirst(ask)
    return Services(
        memory, RatingsService(ask), RunService(memory.state.run), tastes, tastes, paint
    )
