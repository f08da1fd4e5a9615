"""What the screen remembers, held against what it knows: the rest falls back, with a word."""

from cftui.charts import MARKERS
from cftui.config import ConfigError, make_config
from cftui.questions.items import ORDERS
from cftui.runs.columns import BY_NAME
from cftui.text import plain
from cftui.tui.panes import PANES
from cftui.tui.services.memory import Memory
from cftui.tui.shared.palettes import NAMES
from cftui.tui.shared.run_chart import AXES

KNOWN: dict[str, tuple[str, ...]] = {
    "pane": tuple(entry.id for entry in PANES),
    "marker": MARKERS,
    "heat": NAMES,
    "x_axis": AXES,
    "runs_axis": AXES,
    "runs_view": ("valid", "train"),
    "runs_sort": tuple(BY_NAME),
    "list_order": ORDERS,
}
"""What a field of the memory can be; the theme is looked at where it is set."""


def refuse_unknown(memory: Memory) -> None:
    """Take back what is remembered and cannot be used; `memory.complaints` tells of each."""
    for name, known in KNOWN.items():
        memory.refuse(name, known)
    settings = memory.state.settings
    if settings is None:
        return
    try:
        make_config(settings)
    except ConfigError as error:
        why = plain(str(error).splitlines()[0])
        memory.complaints.append(f"the form of Train has the usual settings: {why}")
