"""What `cftui tour` is asked for on the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from cftui.tui.tour.texts import USUAL, TourTexts, languages, load_texts

AUTOPLAY_SECONDS = 12.0


@dataclass(frozen=True)
class TourChoice:
    """Where the tour begins, and how it goes on."""

    stop: str = ""
    """Empty for the first."""
    language: str = USUAL
    autoplay: float | None = None
    """Seconds at each stop; none where the user goes on."""


def read_words(words: Sequence[str]) -> TourChoice | str:
    """Return what was chosen, or what to print where only that is asked for.

    Raises SystemExit, 2 for wrong use, after saying why.
    """
    parser = _parser()
    given = parser.parse_args(words)
    texts = load_texts(given.language)
    if given.list:
        return stop_lines(texts)
    if given.stop and given.stop not in (*texts.ids, *_numbers(texts)):
        known = ", ".join(texts.ids)
        parser.error(
            f"there is no stop {given.stop!r}; the stops: 1 to {len(texts.ids)}, or {known}"
        )
    stop = texts.ids[int(given.stop) - 1] if given.stop in _numbers(texts) else given.stop
    return TourChoice(stop, given.language, given.autoplay)


def stop_lines(texts: TourTexts) -> str:
    """Return the stops, one a line."""
    stops = enumerate(texts.stops.items(), start=1)
    return "".join(f"{place:>2}  {name:<10}  {said.title}\n" for place, (name, said) in stops)


def _numbers(texts: TourTexts) -> list[str]:
    return [str(place) for place in range(1, len(texts.ids) + 1)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cftui tour",
        description="The lesson in a few stops inside the explorer, on the bundled ratings.",
        allow_abbrev=False,
    )
    parser.add_argument(
        *("--from",),
        dest="stop",
        metavar="STOP",
        default="",
        help="begin there: a name or a number",
    )
    parser.add_argument(
        "--autoplay",
        metavar="SECONDS",
        nargs="?",
        type=_seconds,
        const=AUTOPLAY_SECONDS,
        help=f"go on by itself, after {AUTOPLAY_SECONDS:g} seconds at each stop if none are given",
    )
    parser.add_argument("--language", choices=languages(), default=USUAL, help="what it is told in")
    parser.add_argument("--list", action="store_true", help="print the stops, one a line")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, such as 12")
    return seconds
