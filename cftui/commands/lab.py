"""`cftui lab …`: gradient descent on a line through points, one step at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cftui.commands import lab_runs
from cftui.commands.console import Debug, Json, UsageError, print_json, print_table, say
from cftui.printing import put
from cftui.questions.lab import (
    FUNCTION_NAMES,
    LESSON,
    RULE_NAMES,
    DescentAnswer,
    DescentSettings,
    StepRow,
    WriteDescent,
)

app = typer.Typer(
    no_args_is_help=True, help="What an optimizer does, step by step.", rich_markup_mode=None
)
Options = tuple[tuple[str, Any], ...]
"""Of a rule: name and value."""
SHOWN_POINTS = 3
"""Points of a batch that a line of the table names; of more, their number."""


@app.callback()
def lab() -> None:
    """What an optimizer does, step by step."""


app.command()(lab_runs.decay)
app.command()(lab_runs.derivative)
app.command()(lab_runs.truths)


@app.command()
def descent(
    *,
    points: Annotated[
        str, typer.Option(help="lesson: 29 points on y = 2x + 30; or a CSV file of x,y")
    ] = LESSON,
    function: Annotated[str, typer.Option(help=" or ".join(FUNCTION_NAMES))] = "line",
    start_a: Annotated[float, typer.Option(help="First value of a")] = 1.0,
    start_b: Annotated[float, typer.Option(help="First value of b")] = 1.0,
    start_c: Annotated[float, typer.Option(help="First value of c, of a parabola")] = 1.0,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate; else what suits the lesson's points")
    ] = None,
    difference: Annotated[
        float, typer.Option(help="h of the estimated derivative, (error(b+h) - error(b)) / h")
    ] = 0.01,
    optimizer: Annotated[
        str, typer.Option(help=f"{', '.join(RULE_NAMES)}; several with commas between")
    ] = "sgd",
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="KEY=VALUE", help="Such as optimizer.momentum=0.9"),
    ] = [],  # noqa: B006 - Typer copies it
    batch: Annotated[int, typer.Option(help="Points in a step; 0 for all of them")] = 1,
    steps: Annotated[
        int | None, typer.Option(min=0, help="How many; else one pass over the points")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write it: .xlsx with live formulas, a sheet an optimizer, or .csv"),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Fit y = a x + b to points by gradient descent, and show every number of every step.

    The derivatives stand twice: estimated by a finite difference, and by the chain rule.
    """
    start = (start_a, start_b, start_c)[: 3 if function == "parabola" else 2]
    rules = [name.strip() for name in optimizer.split(",")]
    asked = tuple(
        DescentSettings(rule, options, points, function, start, batch, difference)
        for rule, options in _options_of_each(rules, _options(settings, lr))
    )
    try:
        found = [_descended(one, steps) for one in asked]
        if out is not None:
            _write(asked, found, steps, out)
    except ValueError as error:
        raise UsageError(str(error)) from None
    for one, answer in zip(asked, found, strict=True):
        named = {"optimizer": one.rule} if len(asked) > 1 else {}
        if json:
            for row in answer.rows:
                print_json({**named, **_line(answer, row)})
        elif out is None:
            _print(answer, *named.values())
    return max(0 if answer.diverged is None else _say_diverged(answer) for answer in found)


def _descended(settings: DescentSettings, steps: int | None) -> DescentAnswer:
    from cftui.lab.asked import descend

    found = descend(settings, 1, steps or 0)
    return descend(settings, 1, found.steps_per_epoch) if steps is None else found


def _write(
    asked: tuple[DescentSettings, ...], found: list[DescentAnswer], steps: int | None, out: Path
) -> None:
    from cftui.lab.export import answer_write_descent
    from cftui.library.door import Library

    if steps == 0:
        raise UsageError("--steps 0: there is nothing to write; take a step or more")
    answer_write_descent(Library(), WriteDescent(asked, steps or 0, str(out)))
    taken = ", ".join(
        f"{one.rule} {len(answer.rows):,}" for one, answer in zip(asked, found, strict=True)
    )
    say(f"{out} written; steps: {taken}")


def _options_of_each(rules: list[str], given: Options) -> Iterator[tuple[str, Options]]:
    """Give each rule the settings that it knows; one that none of several knows goes to all.

    So it is refused in words; and so is whatever a rule on its own does not know.
    """
    from cftui.lab.update_rules import RULES

    known = {rule: set(RULES[rule].model_fields) if rule in RULES else set() for rule in rules}
    anybodys = set().union(*known.values())
    for rule in rules:
        yield (
            rule,
            tuple(
                (name, value)
                for name, value in given
                if len(rules) == 1 or name in known[rule] or name not in anybodys
            ),
        )


def _options(settings: list[str], lr: float | None) -> Options:
    from cftui.config import ConfigError, parse_assignments

    try:
        given = parse_assignments(settings)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    for section in given:
        if section != "optimizer":
            raise UsageError(f"--set {section}.…: only optimizer's settings are there in the lab")
    rate = {} if lr is None else {"learning_rate": lr}
    return tuple(sorted({**given.get("optimizer", {}), **rate}.items()))


def _line(found: DescentAnswer, row: StepRow) -> dict[str, Any]:
    """Return a step as one JSON object; x, y and prediction are lists where a batch has several."""

    def of_points(values: tuple[float, ...]) -> Any:
        return values[0] if len(values) == 1 else list(values)

    by_weight = list(zip(found.letters, *_by_weight(row), strict=True))
    return {
        "step": row.number,
        "x": of_points(row.x),
        "y": of_points(row.y),
        **{letter: value for letter, value, *_ in by_weight},
        "prediction": of_points(row.prediction),
        "squared_error": row.squared_error,
        **{f"estimated_de_d{letter}": value for letter, _, value, *_ in by_weight},
        **{f"de_d{letter}": value for letter, _, _, value, _ in by_weight},
        **{f"new_{letter}": value for letter, *_, value in by_weight},
        "state": {
            name: dict(zip(found.letters, values, strict=True)) for name, values in row.state
        },
    }


def _by_weight(row: StepRow) -> tuple[tuple[float, ...], ...]:
    return row.weights, row.estimated, row.gradient, row.new


def _print(found: DescentAnswer, optimizer: str = "") -> None:
    of = f"{optimizer}: " if optimizer else ""
    put(f"{of}{found.formula}, {found.n_points:,} points, learning rate {found.learning_rate:g}")
    put(f"rule: {found.source}")
    heads = ["step", "x", "y", "prediction", "error^2"]
    for letter in found.letters:
        heads += [f"est. de/d{letter}", f"de/d{letter}"]
    states = [name for name, _ in found.rows[0].state] if found.rows else []
    heads += [f"{name} {letter}" for name in states for letter in found.letters]
    heads += [f"new {letter}" for letter in found.letters]
    print_table(heads, [tuple(_cells(row)) for row in found.rows], right=heads)
    for number, error in enumerate(found.epoch_rmse, start=1):
        put(f"epoch {number}: RMSE {error:.4f}")


def _cells(row: StepRow) -> Iterator[str]:
    yield str(row.number)
    for values in (row.x, row.y, row.prediction):
        few = len(values) <= SHOWN_POINTS
        yield " ".join(f"{value:.5g}" for value in values) if few else f"{len(values)} points"
    yield f"{row.squared_error:.5g}"
    for pair in zip(row.estimated, row.gradient, strict=True):
        yield from (f"{value:.5g}" for value in pair)
    for _, values in row.state:
        yield from (f"{value:.5g}" for value in values)
    yield from (f"{value:.6g}" for value in row.new)


def _say_diverged(found: DescentAnswer) -> int:
    say(
        f"diverged at step {found.diverged:,}: its numbers are none any more; try a learning rate"
        f" below {found.learning_rate:g}"
    )
    return 1
