"""What the map's colours tell: an ink for each point, what stands in the legend, and the colours.

Levels have the colours of the palette of heat that the user chose.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from rich.style import Style
from rich.text import Text
from textual.app import App
from textual.color import Color

from cftui.questions.item_map import ItemMap, ItemScores, MappedItems
from cftui.text import fitting, plain
from cftui.tui.explore.item_map.raster import PointInks
from cftui.tui.shared.chart import series_colours, theme_colour
from cftui.tui.shared.contrast import contrast, luminance
from cftui.tui.shared.palettes import PALETTES, Palette

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

Colouring = Literal["genre", "year", "popularity", "bias", "you", "density"]
COLOURINGS: tuple[Colouring, ...] = ("genre", "year", "popularity", "bias", "you", "density")
LEVELS = 9
SEEN = 2.0
"""Least contrast of a point with what it stands on."""
LIGHT = 0.3
"""Luminance from which a background is a light one."""


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
            return inks, Legend("genre", words, "other")
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
        "how many in a cell", ("1", f"{2 ** (LEVELS - 1)}+")
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
    foreground = theme_colour(app, "foreground") or Color(224, 224, 224)
    background = theme_colour(app, "background") or Color(18, 18, 18)
    rest = Style(color=foreground.blend(background, 0.6).rich_color)
    if inks.kind == "category":
        found = series_colours(app, max(inks.count, 1))[: inks.count]
        colours = [Color(*colour) for colour in found]
    else:
        palette: Palette = getattr(app, "heat_palette", PALETTES[0])
        colours = [*ramp(palette.shades(app.console.color_system), background, inks.count)]
    return [*(Style(color=colour.rich_color) for colour in colours), rest]


def ramp(shades: Sequence[Color], background: Color, count: int) -> tuple[Color, ...]:
    """Return colours from least to most out of a palette's: what is more stands out more.

    Those that can hardly be seen on the background are left out; a light one takes the others in
    the opposite order.
    """
    seen = [shade for shade in shades if contrast(shade, background) >= SEEN] or list(shades)
    if luminance(background) > LIGHT:
        seen.reverse()
    last = len(seen) - 1
    return tuple(seen[round(at * last / max(count - 1, 1))] for at in range(count))


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
