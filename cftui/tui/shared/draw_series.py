"""What a sampler tells of its draws, as series of the chart of losses."""

from collections.abc import Sequence

from cftui.charts import Colour, Series
from cftui.runs.events import Epoch


def draw_series(
    epochs: Sequence[tuple[float, Epoch]], of_draw: Colour, of_noise: Colour
) -> tuple[Series, ...]:
    """Return the error of the last draw alone, and the noise that it believes in; else none.

    Beside the validation error, which is of the mean of draws. `epochs`: where each stands on the
    x axis, and what it told.
    """
    columns = (
        ("last draw", [(x, epoch.draw_mse) for x, epoch in epochs], of_draw),
        ("noise", [(x, epoch.noise) for x, epoch in epochs], of_noise),
    )
    found = []
    for label, points, colour in columns:
        known = [(x, y) for x, y in points if y is not None]
        if known:
            xs, ys = zip(*known, strict=True)
            found.append(Series(label, xs, ys, colour, mark=label[0]))
    return tuple(found)
