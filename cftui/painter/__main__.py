"""The painter process: answers charts with their drawings until its pipe closes."""

import contextlib
import os
import traceback
from typing import Any

from cftui import pipes
from cftui.charts import Chart, Drawing, Picture
from cftui.painter.drawing import draw
from cftui.painter.saving import save

NICE = 10
"""A chart may come late; keys and training steps may not."""


def answer(asked: Any) -> Drawing | str | pipes.Failure:
    """Return the drawing of a chart, or the text of a file, or in words that there is none."""
    if not isinstance(asked, Chart | Picture):
        return pipes.Failure(f"The painter draws charts, not {type(asked).__name__}")
    try:
        return draw(asked) if isinstance(asked, Chart) else save(asked)
    except Exception as error:  # plotext raises whatever its arithmetic meets
        return pipes.Failure(f"This chart cannot be drawn: {error}", traceback.format_exc())


def main() -> None:
    """Serve until stdin closes."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    pipes.serve(answer)


if __name__ == "__main__":
    main()
