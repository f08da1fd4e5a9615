"""The palette's order: what begins with the words typed first, the pane in view before others."""

from textual.command import Hit, Hits
from textual.system_commands import SystemCommandsProvider

ELSEWHERE = " › "
"""Stands between a pane that is not in view and its command."""
LEAD = 1000.0
"""More than any match of letters scores."""


class CommandsProvider(SystemCommandsProvider):
    """Finds commands by their labels first, then by what their help says."""

    async def search(self, query: str) -> Hits:
        """Yield the commands that fit."""
        matcher = self.matcher(query)
        for title, help_text, callback, _ in self.app.get_system_commands(self.screen):
            score = matcher.match(title)
            if score > 0:
                score += LEAD * lead(title, query)
                yield Hit(score, matcher.highlight(title), callback, help=help_text)


def lead(title: str, query: str) -> int:
    """Return how far a command stands before those that fit by their letters alone, 0 to 3."""
    head = title.partition(": ")[0]
    label = head.rpartition(ELSEWHERE)[2].casefold()
    return 2 * label.startswith(query.strip().casefold()) + (ELSEWHERE not in head)
