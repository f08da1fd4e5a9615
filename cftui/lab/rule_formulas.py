"""The update rules as a spreadsheet computes them, one formula a column, by the papers' letters.

In braces: `w` is the weight before the step, `de` the loss's derivative by it, `t` the steps done
with this one; a rule's own columns go by their names, `last_` before one means the row above; the
rule's settings go by their names too. All is the arithmetic of `cftui.lab.update_rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RuleFormulas:
    """What a rule computes in a step, in its order."""

    columns: tuple[tuple[str, str], ...]
    """Name and formula of each."""
    new: str
    """The weight after the step."""


_L2 = ("g", "{de}+{weight_decay}*{w}")
_VELOCITY = ("v", "{momentum}*{last_v}+{g}")


def _averages(g: str) -> tuple[tuple[str, str], ...]:
    def corrected(name: str, beta: str) -> str:
        return f"IF({{bias_correction}},{{{name}}}/(1-{{{beta}}}^{{t}}),{{{name}}})"

    return (
        ("m", f"{{beta1}}*{{last_m}}+(1-{{beta1}})*{g}"),
        ("v", f"{{beta2}}*{{last_v}}+(1-{{beta2}})*{g}^2"),
        ("m_hat", corrected("m", "beta1")),
        ("v_hat", corrected("v", "beta2")),
    )


_SCALE = "{learning_rate}/(SQRT({v_hat})+{eps})"
_M_DECAY = ("m_decay", "{beta1}*{last_m_decay}+(1-{beta1})*{weight_decay}*{w}")
_L2_SHARE = (
    "decay",
    f"-1*{_SCALE}*IF({{bias_correction}},{{m_decay}}/(1-{{beta1}}^{{t}}),{{m_decay}})",
)

RULE_FORMULAS: Mapping[str, RuleFormulas] = {
    "sgd": RuleFormulas((_L2,), "{w}-{learning_rate}*{g}"),
    "lesson-momentum": RuleFormulas(
        (_L2, ("v", "{momentum}*{last_v}+(1-{momentum})*{g}")), "{w}-{learning_rate}*{v}"
    ),
    "momentum": RuleFormulas((_L2, _VELOCITY), "{w}-{learning_rate}*{v}"),
    "nesterov": RuleFormulas((_L2, _VELOCITY), "{w}-{learning_rate}*({g}+{momentum}*{v})"),
    "adagrad": RuleFormulas(
        (_L2, ("s", "{last_s}+{g}^2")), "{w}-{learning_rate}*{g}/(SQRT({s})+{eps})"
    ),
    "rmsprop": RuleFormulas(
        (_L2, ("v", "{alpha}*{last_v}+(1-{alpha})*{g}^2")),
        "{w}-{learning_rate}*{g}/(SQRT({v})+{eps})",
    ),
    "adam": RuleFormulas(_averages("{de}"), f"{{w}}-{_SCALE}*{{m_hat}}"),
    "adam-l2": RuleFormulas(
        (_L2, *_averages("{g}"), _M_DECAY, _L2_SHARE), f"{{w}}-{_SCALE}*{{m_hat}}"
    ),
    "adamw": RuleFormulas(
        (*_averages("{de}"), ("decay", "-1*{learning_rate}*{weight_decay}*{w}")),
        f"{{w}}+{{decay}}-{_SCALE}*{{m_hat}}",
    ),
}
"""By the rule's name."""
