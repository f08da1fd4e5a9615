"""The one way out of the screen for words that no pane draws: notifications and the clipboard."""

from textual.notifications import SeverityLevel

from cftui.text import plain
from cftui.tui.shared.textual_hacks import FaultInWords


class PlainApp(FaultInWords):
    """An app whose notifications and clipboard take text from files, which acts on nothing."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification; its own line breaks are kept."""
        words, title = _plain_lines(message), plain(title)
        super().notify(words, title=title, severity=severity, timeout=timeout, markup=markup)

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard; its own tabs and line breaks are kept."""
        super().copy_to_clipboard(_plain_lines(text, "\n\t"))


def _plain_lines(text: str, kept: str = "\n") -> str:
    if not kept:
        return plain(text)
    return kept[0].join(_plain_lines(part, kept[1:]) for part in text.split(kept[0]))
