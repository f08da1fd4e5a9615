"""Where everything stands on an optimizer's page of the workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cftui.lab.descent import DescentStep, Plan
from cftui.lab.rule_formulas import RULE_FORMULAS, RuleFormulas

FIRST_SETTING = 2
"""The row of a sheet's first setting, counted from 0."""


@dataclass(frozen=True, eq=False)
class DescentSheet:
    """One optimizer's page: what is on it, and where; rows and columns counted from 0."""

    title: str
    plan: Plan
    steps: Sequence[DescentStep]
    epoch_rmse: Sequence[float]
    """Of each whole epoch among the steps."""

    @property
    def online(self) -> bool:
        """Return whether a step is one point, which then has columns of its own."""
        return self.plan.batch_size == 1

    @property
    def rule(self) -> RuleFormulas:
        """Return the formulas of its update rule."""
        return RULE_FORMULAS[self.plan.rule.name]

    @cached_property
    def settings(self) -> Mapping[str, tuple[float | bool, str]]:
        """Return value and explanation of all that one may change, by name."""
        plan = self.plan
        fields = type(plan.rule).model_fields
        known = " ".join(formula for _, formula in self.rule.columns) + self.rule.new
        found = {
            name: (getattr(plan.rule, name), fields[name].description or "")
            for name in fields
            if f"{{{name}}}" in known
        }
        found["h"] = (plan.difference, "Of the estimated derivative, (error(w + h) - error(w)) / h")
        for letter, value in zip(plan.function.letters, plan.start.tolist(), strict=True):
            found[f"start_{letter}"] = (value, f"First value of {letter}")
        return found

    def name_of(self, setting: str) -> str:
        """Return what the workbook calls a setting's cell, such as `adam.learning_rate`."""
        return f"{self.title.replace('-', '_')}.{setting}"

    @property
    def start_row(self) -> int:
        """Return the row of step 0: the first weights, and a state of zeros."""
        return FIRST_SETTING + len(self.settings) + 2

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the columns' names, from the left; those of `cftui lab descent --json`."""
        letters = self.plan.function.letters
        state = [f"{name}_{letter}" for name, _ in self.rule.columns for letter in letters]
        return (
            *(("step", "t", "x", "y") if self.online else ("step", "t", "points")),
            *letters,
            *(("prediction", "error") if self.online else ()),
            "squared_error",
            *(f"estimated_de_d{letter}" for letter in letters),
            *(f"de_d{letter}" for letter in letters),
            *state,
            *(f"new_{letter}" for letter in letters),
            "epoch_rmse",
        )
