"""The charts in view as a file: the ending says which kind."""

import asyncio
from pathlib import Path

from textual.widget import Widget

from cftui.charts import Chart, Form, Picture
from cftui.files import replace_file
from cftui.questions.question import Ask
from cftui.remedies import cause
from cftui.text import plain
from cftui.tui.services.child import ChildError
from cftui.tui.shared.ask_file import doubt_path, refuse_path
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.chart import ChartView

FORMS: tuple[Form, ...] = ("svg", "txt", "csv")
NAME = "chart.svg"


def charts_in_view(pane: Widget) -> tuple[Chart, ...]:
    """Return the charts on show in a pane, from above; those that are hidden are left out."""
    views = [view for view in pane.query(ChartView) if view.is_on_screen and view.display]
    views.sort(key=lambda view: (view.region.y, view.region.x))
    return tuple(view.painted for view in views if view.painted is not None)


def ask_where_to_save(pane: Widget, draw: Ask) -> None:
    """Ask for a file and write the charts in view to it, drawn elsewhere."""
    charts = charts_in_view(pane)
    if not charts:
        pane.notify("No chart is in view", title="Save", markup=False)
        return

    def answered(text: str | None) -> None:
        if text is not None:
            path = Path(text).expanduser().absolute()
            pane.run_worker(_save(pane, draw, charts, path), group="save", exit_on_error=False)

    some = "chart" if len(charts) == 1 else f"{len(charts)} charts"
    question = f"Write the {some} in view to which file? .svg, .txt as drawn, .csv the numbers"
    pane.app.push_screen(AskText(question, NAME, refuse=refuse, doubt=doubt_path), answered)


def refuse(text: str) -> str:
    """Return why no chart can be written to such a file; empty if it can."""
    if form_of(text) is None:
        return "a name that ends with .svg, .txt or .csv"
    return refuse_path(text, NAME)


def form_of(name: str) -> Form | None:
    """Return the kind of file that a name's ending says."""
    ending = Path(name).suffix.lower().removeprefix(".")
    return next((form for form in FORMS if form == ending), None)


async def _save(pane: Widget, draw: Ask, charts: tuple[Chart, ...], path: Path) -> None:
    try:
        text = await draw(Picture(charts, form_of(path.name) or "svg"))
        await asyncio.to_thread(replace_file, path, text.encode())
    except (OSError, ChildError) as error:
        why = cause(error) if isinstance(error, OSError) else str(error)
        title = "Not written"
        pane.notify(plain(f"{path}: {why}"), title=title, severity="error", markup=False)
    else:
        pane.notify(plain(str(path)), title="Written", markup=False)
