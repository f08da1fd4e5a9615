"""What the lab opens above its steps: each tells what was chosen to whom it is given."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cftui.questions.lab import DescentSettings, WriteDescent
from cftui.text import plain
from cftui.tui.lab.chain_rule import ChainRuleScreen
from cftui.tui.lab.decay import DecayScreen
from cftui.tui.lab.dialogs import ChooseRule, SetWeight
from cftui.tui.lab.form import LabForm
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.state import LabState
from cftui.tui.lab.truths import TruthsScreen
from cftui.tui.services.child import ChildError
from cftui.tui.services.runs import path_of
from cftui.tui.shared.ask_file import ask_file
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.pane import Pane
from cftui.tui.workspace import Workspace

T = TypeVar("T")


def answering_path(workspace: Workspace) -> str:
    """Return the directory of the run that answers; empty where there is none."""
    row = workspace.answering_run
    return str(path_of(row.id)) if row is not None else ""


def open_truths(pane: Pane) -> None:
    """Show what the lesson says in passing."""
    runs = _runs(pane.workspace)
    pane.app.push_screen(TruthsScreen(pane.services.ask, _store(pane), runs))


def open_decay(pane: Pane) -> None:
    """Show L2 inside Adam beside AdamW, on two weights of the run that answers."""
    run = answering_path(pane.workspace)
    pane.app.push_screen(DecayScreen(pane.services, _store(pane), run))


def _runs(workspace: Workspace) -> dict[str, str]:
    """Return the directory of each run that can be asked, by its name; the answering one first."""
    answering = workspace.answering_run
    others = [row for row in workspace.runs if row.has_weights and row != answering]
    rows = [row for row in (answering, *others) if row is not None]
    return {(f"{row.name}, " if row.name else "") + row.id: str(path_of(row.id)) for row in rows}


def _store(pane: Pane) -> str:
    ratings = pane.workspace.ratings
    return ratings.store if ratings else ""


def open_chain(pane: Pane, moment: Moment | None) -> None:
    """Show the chain rule of the step on show, where there is one."""
    if moment is not None and moment.row is not None:
        told = moment.answer.focused
        pane.app.push_screen(ChainRuleScreen(told, moment.row, moment.settings.difference))


def ask_rule(pane: Pane, title: str, at: str, state: LabState, take: Callable[[str], None]) -> None:
    """Ask for an optimizer, the cursor at one."""
    racing = [racer.rule for racer in state.racers]
    pane.app.push_screen(ChooseRule(title, at, racing), _unless_left(take))


def ask_weight(pane: Pane, moment: Moment, take: Callable[[tuple[str, float]], None]) -> None:
    """Ask for a weight's new value."""
    weights = dict(zip(moment.letters, moment.racer.weights, strict=True))
    pane.app.push_screen(SetWeight(weights), _unless_left(take))


def ask_settings(
    pane: Pane,
    state: LabState,
    options: dict[str, float | bool],
    take: Callable[[DescentSettings], None],
) -> None:
    """Ask for settings of the optimizer in view, which has these options now."""

    async def check(settings: DescentSettings) -> str:
        said: list[str] = []
        ask = Asker(pane.services.ask, lambda error: said.append(str(error)))
        await ask(state.with_settings(settings).at_start().question(1))
        return "\n".join(said)

    pane.app.push_screen(LabForm(state.settings, options, check), _unless_left(take))


def ask_export(pane: Pane, take: Callable[[Path], None]) -> None:
    """Ask for a file to write the steps to."""
    question = "Write these steps to which file? An .xlsx has live formulas; or .csv"
    ask_file(pane, question, "descent.xlsx", take)


async def export(pane: Pane, question: WriteDescent) -> None:
    """Have steps written, and tell what came of it."""

    def refused(error: ChildError) -> None:
        pane.notify(plain(str(error)), title="Not written", severity="error", markup=False)

    written = await Asker(pane.services.ask, refused)(question)
    if written is not None:
        pane.notify(plain(written), title="Written", markup=False)


def _unless_left(take: Callable[[T], None]) -> Callable[[T | None], None]:
    """Return what hears of a dialog's end, and takes what was chosen if anything was."""

    def ended(chosen: T | None) -> None:
        if chosen is not None:
            take(chosen)

    return ended
