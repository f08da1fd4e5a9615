"""What the map's colours tell: an ink for each point, what stands in the legend, and the colours.

Levels go from one end of a ramp to the other, on which lightness always moves the same way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal

from rich.style import Style
from rich.text import Text
from textual.app import App
from textual.color import Color, Lab, lab_to_rgb

from cftui.questions.item_map import ItemMap, ItemScores, MappedItems
from cftui.text import fitting, plain
from cftui.tui.explore.item_map.raster import PointInks
from cftui.tui.shared.chart import series_colours, theme_colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

Colouring = Literal["genre", "year", "popularity", "bias", "you", "density"]
COLOURINGS: tuple[Colouring, ...] = ("genre", "year", "popularity", "bias", "you", "density")
LEVELS = 9
DARK = (Lab(38, 25, -58), Lab(55, -22, -28), Lab(72, -42, 38), Lab(92, -8, 72))
"""MapPoints of the ramp over a dark background, CIE L*a*b*: what is more is lighter."""
LIGHT = (Lab(74, 4, 62), Lab(58, -40, 40), Lab(42, -18, -18), Lab(20, 30, -55))
"""Over a light one: what is more is darker."""


@dataclass(frozen=True, eq=False)
class Legend:
    """What inks mean."""

    head: str
    words: tuple[str, ...]
    """Of each ink of categories, or of both ends of a ramp."""
    rest: str = ""
    """What the ink of no category and no level means; empty where no point has it."""


def inks_for(
    colouring: Colouring,
    items: MappedItems,
    found: ItemMap,
    scores: ItemScores | None,
    shown: "NDArray[np.bool_]",
) -> tuple[PointInks, Legend]:
    """Return the inks of all points and what they mean; levels are those of what is shown."""
    import numpy as np

    levels = partial(_levels, shown)

    match colouring:
        case "genre":
            words = tuple(map(plain, items.genre_names))
            inks = PointInks("category", items.genre.astype(np.int64), len(words))
            return inks, Legend("", words, "other")
        case "year":
            values = np.where(items.years > 0, items.years, np.nan)
            return levels("year", values, lambda v: f"{v:.0f}", rest="none", even=True)
        case "popularity":
            values = np.log(items.n_ratings)
            return levels("ratings", values, lambda v: f"{np.exp(v):,.0f}")
        case "bias":
            known = np.where(items.n_ratings >= found.min_ratings, 1.0, np.nan)
            rest = f"fewer than {found.min_ratings:,} ratings"
            if found.bias is not None:
                return levels("bias", found.bias * known, lambda v: f"{v:+.2f}", rest=rest)
            return levels("mean rating", items.mean * known, lambda v: fitting(v, 2, 6), rest=rest)
        case "you" if scores is not None:
            return levels(f"for you, by {scores.words}", scores.share, lambda v: f"top {1 - v:.0%}")
    nothing = np.zeros(len(items.items), np.int64)
    return PointInks("density", nothing, LEVELS), Legend(
        "in a cell", ("1", f"{2 ** (LEVELS - 1)}+")
    )


def _levels(
    shown: "NDArray[np.bool_]",
    head: str,
    values: "Floats",
    words: Callable[[float], str],
    *,
    rest: str = "",
    even: bool = False,
) -> tuple[PointInks, Legend]:
    """Return levels of values, NaN where unknown, equally wide from the 2nd to the 98th percentile.

    `even`: as many items on each instead.
    """
    import numpy as np

    known = np.isfinite(values)
    levels, seen = np.full(len(values), LEVELS, np.int64), values[known & shown]
    if not len(seen):
        return PointInks("level", levels, LEVELS), Legend(head, ("", ""), rest)
    low, high = np.percentile(seen, (2, 98))
    if even:
        edges = np.percentile(seen, np.linspace(0, 100, LEVELS + 1)[1:-1])
        low, high = seen.min(), seen.max()
    else:
        edges = np.linspace(low, high, LEVELS + 1)[1:-1]
    levels[known] = np.searchsorted(edges, values[known], side="right")
    return PointInks("level", levels, LEVELS), Legend(
        head, (words(float(low)), words(float(high))), rest
    )


def styles_for(app: App[Any], inks: PointInks) -> list[Style]:
    """Return the style of each ink, and of the one for no category or level behind them."""
    dark = app.current_theme.dark
    foreground = theme_colour(app, "foreground") or Color(224, 224, 224)
    background = theme_colour(app, "background") or Color(18, 18, 18)
    rest = Style(color=foreground.blend(background, 0.6).rich_color)
    if inks.kind == "category":
        colours: Sequence[tuple[int, int, int]] = series_colours(app, max(inks.count, 1))
    else:
        colours = ramp(dark, inks.count)
    return [*(Style(color=Color(*one).rich_color) for one in colours[: inks.count]), rest]


@lru_cache(maxsize=8)
def ramp(dark: bool, count: int) -> tuple[tuple[int, int, int], ...]:
    """Return colours from least to most, for a dark or a light background."""
    points = DARK if dark else LIGHT
    found = []
    for at in range(count):
        place = at / max(count - 1, 1) * (len(points) - 1)
        first = min(int(place), len(points) - 2)
        one, other, share = points[first], points[first + 1], place - first
        mixed = Lab(*(a + (b - a) * share for a, b in zip(one, other, strict=True)))
        found.append(lab_to_rgb(mixed).clamped.rgb)
    return tuple(found)


def legend_text(app: App[Any], inks: PointInks, legend: Legend) -> Text:
    """Return what colours tell, each in its own."""
    styles = styles_for(app, inks)
    text = Text(f"{legend.head}: " if legend.head else "")
    if inks.kind == "category":
        for word, style in zip(legend.words, styles, strict=False):
            text.append("■", style).append(f"{word} ")
    else:
        low, high = legend.words
        text.append(f"{low} ")
        for style in styles[: inks.count]:
            text.append("■", style)
        text.append(f" {high} ")
    if legend.rest:
        text.append("■", styles[-1]).append(f"{legend.rest}")
    return text
