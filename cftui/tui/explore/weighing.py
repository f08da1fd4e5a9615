"""Questions for what a newcomer's list is weighed by."""

from collections.abc import Callable

from textual.app import App

from cftui.tui.explore.rating import Scale
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.overlays import AskNumber


def ask_regularization(app: App[None], now: float, take: Callable[[float], None]) -> None:
    """Ask how far stars hold a newcomer to the mean user."""
    words = (
        "Regularization: how far you are held to the mean user. 3 suits most; more with few"
        " ratings, less with many"
    )

    def given(weight: float | None) -> None:
        if weight is not None:
            take(weight)

    app.push_screen(AskNumber(words, now), given)


def ask_threshold(
    app: App[None], now: float | None, scale: Scale, take: Callable[[float | None], None]
) -> None:
    """Ask from which value on a rating is a like; `take` is given none for what suits."""
    span = f"{scale.low:g} to {scale.high:g}"

    def refuse(text: str) -> str:
        try:
            fits = not text or scale.low <= float(text) <= scale.high
        except ValueError:
            fits = False
        return "" if fits else f"a number from {span}, or nothing"

    def given(text: str | None) -> None:
        if text is not None:
            take(float(text) if text else None)

    words = f"From which value on is a rating a like, {span}? Empty: what suits these ratings"
    app.push_screen(AskText(words, "" if now is None else f"{now:g}", refuse=refuse), given)
