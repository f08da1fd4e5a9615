"""The sheet while it learns: steps asked of the brain, picture by picture."""

import asyncio
import time
from collections.abc import Callable

from cftui.questions.sheet import DescendSheet, EvaluateSheet, SheetAnswer, SolveSheet
from cftui.tui.crosstab.state import CrosstabSettings, CrosstabState
from cftui.tui.shared.asking import Asker

FRAME_SECONDS = 0.1
"""Least time between two pictures of a sheet that learns."""
MOST_STEPS = 200
"""Of gradient descent between two pictures; the first ones show single steps."""
SETTLED = 1e-8
"""Share by which the RMSE falls in a step of a sheet that has arrived."""


class SheetLearner:
    """Lets the sheet of a state learn, until it has arrived or is stopped."""

    def __init__(
        self,
        state: CrosstabState,
        ask: Asker,
        show: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        """Ask by `ask`; `show` what came of it, and `say` how it ended."""
        self._state, self._ask, self._show, self._say = state, ask, show, say
        self.learning = ""
        """What the sheet is doing; empty where it stands still."""

    def stop(self) -> None:
        """Let the sheet stand still after the steps that are on their way."""
        self.learning = ""

    async def descend(self, settings: CrosstabSettings) -> None:
        """Descend until nothing changes."""
        state, steps = self._state, 1.0
        state.remember()
        self.learning = "gradient descent"
        while self.learning and state.answer is not None:
            began, before = time.monotonic(), state.answer.rmse
            answer = await self._descended(settings, int(steps))
            if answer is None or not self.learning:
                break
            state.learn(answer)
            if abs(before - answer.rmse) <= SETTLED * int(steps) * answer.rmse:
                self.stop()
                self._say(f"Converged at step {answer.sheet.step:,}: RMSE {answer.rmse:.4f}")
            self._show()
            steps = min(steps * 1.15, MOST_STEPS)
            await asyncio.sleep(max(0.0, FRAME_SECONDS - (time.monotonic() - began)))
        self.stop()
        self._show()

    async def step(self, settings: CrosstabSettings) -> None:
        """Take one step of gradient descent."""
        self._state.remember()
        answer = await self._descended(settings, 1)
        if answer is not None:
            self._state.learn(answer)
            self._show()

    async def solve(self) -> None:
        """Solve by L-BFGS, and show the way that it went."""
        state = self._state
        state.remember()
        self.learning = "L-BFGS"
        while self.learning and state.answer is not None:
            solved = await self._ask(SolveSheet(state.answer.sheet))
            if solved is None or not self.learning:
                break
            await self._replay(solved)
            if solved.converged or not solved.rmses:
                if self.learning:
                    end = "Solved" if solved.converged else "No step lowers the error any more"
                    self._say(f"{end} at step {solved.sheet.step:,}: RMSE {solved.rmse:.4f}")
                break
        self.stop()
        self._show()

    async def _descended(self, settings: CrosstabSettings, steps: int) -> SheetAnswer | None:
        if self._state.answer is None:  # other cells are on their way since the key
            return None
        sheet, rate = self._state.answer.sheet, settings.rate(self._state.shape)
        return await self._ask(DescendSheet(sheet, steps, rate, settings.momentum))

    async def _replay(self, solved: SheetAnswer) -> None:
        """Show a solution's way frame by frame, ending where it ended or was stopped."""
        state, start = self._state, solved.frames[0].step
        before = list(state.rmses)
        for frame in solved.frames[1:-1]:
            evaluated = await self._ask(EvaluateSheet(frame))
            if evaluated is None or not self.learning:
                return
            state.answer = evaluated
            state.rmses = before + list(solved.rmses[: frame.step - start])
            self._show()
            await asyncio.sleep(FRAME_SECONDS)
        state.answer, state.rmses = solved, before + list(solved.rmses)
        self._show()
