"""L2 inside Adam against AdamW on two weights of a run: a picture, and its numbers."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from cftui.charts import Chart, Marker, Series
from cftui.questions.lab_runs import CompareDecay, DecayAnswer, DecayIsQuick, RunWeight
from cftui.runs.checkpoint import checkpoint_step
from cftui.runs.directory import Run
from cftui.text import plain
from cftui.tui.services.jobs import JobError, do_job
from cftui.tui.services.services import Services
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.run_chart import ChartInk

LOOKING = (
    "Looking for a steady and a noisy weight of the run, in the gradients of its first batches …"
)


class DecayScreen(Dialog[None]):
    """How far decay alone moves a steady and a noisy weight under both."""

    DEFAULT_CSS = """
    DecayScreen #decay-words { height: auto; }
    DecayScreen ChartView { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Close", id="decay.close")
    ]

    def __init__(self, services: Services, store: str, run: str) -> None:
        """Ask about a run, by its directory; `store` of its ratings."""
        super().__init__()
        self._services, self._store, self._run = services, store, run

    def compose(self) -> ComposeResult:
        """Lay out the words above the picture."""
        with Vertical(classes="overlay wide") as box:
            box.border_title = "L2 inside Adam, and AdamW, on two weights of this run"
            box.border_subtitle = "esc closes"
            yield Static(LOOKING, id="decay-words", markup=False)
            yield ChartView(self._services.paint)

    def on_mount(self) -> None:
        """Ask."""
        self._ask()

    @work(exit_on_error=False, description="Comparing decays")
    async def _ask(self) -> None:
        answer = await self._compared()
        if answer is not None:
            self._say("\n".join(decay_lines(answer)))
            self.query_one(ChartView).show(lambda width, height: self._chart(answer, width, height))

    async def _compared(self) -> DecayAnswer | None:
        """Return the answer; none where it is said why there is none.

        Of a large run in a process of its own, so that other questions need not wait; leaving this
        screen ends it.
        """
        step = await asyncio.to_thread(checkpoint_step, Run(Path(self._run)).last)
        job = CompareDecay(self._store, self._run, step)
        ask = Asker(self._services.ask, lambda error: self._say(str(error)))
        quick = await ask(DecayIsQuick(self._run, job.steps), "decay")
        if quick is None:
            return None
        if quick:
            return await ask(job, "decay")
        try:
            return await do_job(job, self._tell)
        except JobError as error:
            self._say(str(error))
            return None

    def _tell(self, done: int, of: int, words: str) -> None:
        self._say(f"{LOOKING}\n{done / max(of, 1):.0%}, {words}; esc cancels")

    def _say(self, words: str) -> None:
        line = self.query_one("#decay-words", Static)
        line.update("\n".join(map(plain, words.splitlines())))

    def _chart(self, answer: DecayAnswer, width: int, height: int) -> Chart:
        ink = ChartInk(
            theme_foreground(self.app), series_colours(self.app, 4), bool(self.app.no_color)
        )
        marker: Marker = self._services.memory.state.marker  # type: ignore[assignment]
        return decay_chart(answer, marker, ink, width, height)


def decay_lines(answer: DecayAnswer) -> list[str]:
    """Return which weights they are, and what decay makes of them."""
    return [
        f"learning rate {answer.learning_rate:g}; decay {answer.weight_decay:.3g} as L2 inside"
        f" Adam, {answer.adamw_decay:.3g} in AdamW",
        *(f"{kind}: {_told(one)}" for kind, one in _weights(answer)),
        *answer.words,
    ]


def _weights(answer: DecayAnswer) -> tuple[tuple[str, RunWeight], ...]:
    return ("steady", answer.steady), ("noisy", answer.noisy)


def _told(one: RunWeight) -> str:
    whose = f" of {one.whose}" if one.whose else ""
    return f"{one.label}{whose} = {one.value:.4f}, gradient {one.mean:.2g} ± {one.deviation:.2g}"


def decay_chart(
    answer: DecayAnswer, marker: Marker, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return what decay alone has done by step, as a share of the weight at the start."""
    start = {"steady": answer.steady.value, "noisy": answer.noisy.value}
    series = tuple(
        Series(
            f"{path.rule}, {path.kind}",
            tuple(map(float, range(len(path.decayed)))),
            tuple(moved / (start[path.kind] or 1.0) for moved in path.decayed),
            ink.series[place],
            mark=str(place + 1),
        )
        for place, path in enumerate(answer.paths)
    )
    return Chart(
        width,
        height,
        series,
        ink.foreground,
        title="moved by decay alone, of the weight at the start",
        x_label="step",
        marker=marker,
        no_colour=ink.no_colour,
    )
