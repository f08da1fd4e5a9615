"""`cftui lab decay`, `derivative`, `truths`: the lab's questions to trained runs."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cftui.commands.console import Debug, Json, RunWord, UsageError, print_json, print_table
from cftui.commands.meter import job_told
from cftui.commands.opening import MaybeRun, find, open_known
from cftui.paths import BUNDLED
from cftui.printing import put
from cftui.questions.lab_runs import (
    CheckDerivative,
    CompareDecay,
    DecayAnswer,
    DecayIsQuick,
)
from cftui.questions.lab_truths import AverageAnswer, AverageLoss, CallDotProduct, LookUpEmbedding

if TYPE_CHECKING:
    from cftui.library.door import Library

SHOWN = 10
"""Steps of many that a table shows."""


def decay(
    *,
    run: RunWord = "latest",
    steps: Annotated[int, typer.Option(help="How many, a batch of the run each")] = 300,
    lr: Annotated[float, typer.Option(help="Learning rate of both")] = 1e-3,
    weight_decay: Annotated[
        float | None,
        typer.Option(help="L2 inside Adam; else a tenth of the steady weight's gradient"),
    ] = None,
    adamw_decay: Annotated[
        float | None, typer.Option(help="AdamW's; else what shrinks the noisy weight alike")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Step two weights of a run under Adam with L2 and under AdamW, along the same gradients.

    One whose gradient is steady from batch to batch, one whose gradient is noisy.
    """
    from cftui.library.door import Library

    library, path = Library(), str(find(run, weights=True).path)
    trained = library.trained(path)
    numbers = (steps, lr, weight_decay, adamw_decay)
    job = CompareDecay(str(trained.ratings.path), path, trained.step, *numbers)
    if library.answer(DecayIsQuick(path, steps)):
        found = library.answer(job)
    else:
        with job_told(json=json) as progress:
            found = library.answer(job, progress)
    if json:
        _print_decay_lines(found)
    else:
        _print_decay(found)


def _print_decay_lines(found: DecayAnswer) -> None:
    told = asdict(found)
    for kind in ("steady", "noisy"):
        told[kind]["steadiness"] = getattr(found, kind).steadiness
    told["decay_rates"] = {f"{path.rule}/{path.kind}": path.rate for path in found.paths}
    del told["gradients"], told["paths"]
    print_json({"event": "decay", **told})
    for step in range(found.steps + 1):
        line: dict[str, Any] = {"step": step}
        if step:
            for kind, gradients in zip(("steady", "noisy"), found.gradients, strict=True):
                line[f"{kind}_gradient"] = gradients[step - 1]
        for path in found.paths:
            numbers = {"weight": path.weights[step], "decayed": path.decayed[step]}
            line.setdefault(path.rule, {})[path.kind] = numbers
        print_json(line)


def _print_decay(found: DecayAnswer) -> None:
    put(
        f"run {found.run}, {found.steps:,} batches of {found.batch_size:,}, learning rate"
        f" {found.learning_rate:g}; weight decay {found.weight_decay:.3g} as L2 in Adam,"
        f" {found.adamw_decay:.3g} in AdamW"
    )
    heads = ("weight", "of", "value", "gradient", "+-", "mean^2/variance", "in batches")
    print_table(
        heads,
        [
            (
                *(f"{kind}: {one.label}", one.whose, f"{one.value:.4f}", f"{one.mean:.2g}"),
                *(f"{one.deviation:.2g}", f"{one.steadiness:.2g}", f"{one.met:.0%}"),
            )
            for kind, one in (("steady", found.steady), ("noisy", found.noisy))
        ],
        right=heads[2:],
        yielding=("of",),
    )
    for head, of in (("weight", "weights"), ("moved by decay alone", "decayed")):
        put(f"\n{head}:")
        columns = ("step", *(f"{path.rule} {path.kind}" for path in found.paths))
        steps = sorted({round(found.steps * part / SHOWN) for part in range(SHOWN + 1)})
        rows = [
            (str(step), *(f"{getattr(path, of)[step]:.5f}" for path in found.paths))
            for step in steps
        ]
        print_table(columns, rows, right=columns)
    put()
    put(*found.words)


def derivative(
    parameter: Annotated[
        str, typer.Option("--parameter", help="Such as item_bias, or user_factors")
    ],
    *,
    index: Annotated[str, typer.Option(help="Its place, from 0, such as 5, or 5,3")] = "0",
    h: Annotated[
        float | None, typer.Option("-h", "--difference", help="h of the differences")
    ] = None,
    run: RunWord = "latest",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare autograd's derivative of a run's loss by one parameter with finite differences."""
    from cftui.library.door import Library

    try:
        places = tuple(int(part) for part in index.split(","))
    except ValueError:
        raise UsageError(f"--index {index}: give whole numbers, such as 5, or 5,3") from None
    path = str(find(run, weights=True).path)
    found = Library().answer(CheckDerivative(path, parameter, places, h))
    if json:
        print_json(found)
        return
    whose = f" of {found.whose}" if found.whose else ""
    put(f"run {found.run}: {found.label}{whose} is {found.value:.6g}")
    put(f"loss of {found.n_ratings:,} ratings {found.loss:.9g}, h {found.h:g}")
    for name, value in (
        *(("autograd", found.autograd), ("(loss(w+h) - loss(w)) / h", found.forward)),
        ("(loss(w+h) - loss(w-h)) / 2h", found.central),
    ):
        put(f"{name:<30}{value: .12g}")
    if found.central_apart is not None:
        put(f"{'the last from autograd':<30} {found.central_apart:.2g} of it")
    if not found.exact:
        put("a model of the user's own is computed in single precision: a few digits agree")


def truths(
    *,
    run: MaybeRun = None,
    user: Annotated[str, typer.Option(help="Whose embedding; the first user's without it")] = "",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what the lesson says in passing: a dot product, a look-up, a moving average.

    With --run, the user's factors are the run's, and the average is of its loss.
    """
    from cftui.library.door import Library

    library = Library()
    path = "" if run is None else str(find(run, weights=True).path)
    _dot_product(library, json=json)
    _look_up(library, path, user, json=json)
    if path:
        found = library.answer(AverageLoss(path))
        _average_lines(found) if json else _average(found)
    elif not json:
        put("\nalpha * old + (1 - alpha) * new: of a run's loss, with --run latest")


def _dot_product(library: "Library", *, json: bool) -> None:
    found = library.answer(CallDotProduct())
    if json:
        print_json({"event": "dot-product", **asdict(found)})
        return

    def told(rows: tuple[tuple[float, ...], ...]) -> str:
        return str([[int(value) for value in row] for row in rows])

    put(f"a = {told(found.a)}, b = {told(found.b)}, a * b = {told(found.products)}")
    put(" ".join(["(a * b).sum(1) =", *(f"{value:g}" for value in found.sums)]))
    put(" ".join(["DotProduct()(a, b) =", *(f"{value:g}" for value in found.called)]))


def _look_up(library: "Library", run: str, user: str, *, json: bool) -> None:
    store = "" if run else str(open_known(library, BUNDLED).path)
    found = library.answer(LookUpEmbedding(store, user, run))
    if json:
        print_json({"event": "embedding", **asdict(found)})
        return
    same = "the same, bit for bit" if found.equal else "not the same"
    first = ", ".join(f"{value:.4f}" for value in found.looked_up[:4])
    put(f"\nuser {found.user} is row {found.code} of {found.n_users:,}; user factors {found.of}")
    put(f"row {found.code} = {first}, … ({len(found.looked_up)} numbers)")
    put(f"one-hot vector times the matrix: {same}")
    times = found.multiply_seconds / max(found.look_up_seconds, 1e-9)
    put(
        f"look-up {found.look_up_seconds * 1e6:.1f} us, product"
        f" {found.multiply_seconds * 1e6:.1f} us, {times:,.0f} times as long"
    )


def _average_lines(found: AverageAnswer) -> None:
    apart = {"debiased_apart": found.debiased_apart, "biased_apart": found.biased_apart}
    print_json({"event": "average", "run": found.run, "alpha": found.alpha, **apart})
    for point in found.points:
        print_json(point)


def _average(found: AverageAnswer) -> None:
    alpha, first = found.alpha, found.points[0]
    put(f"\nloss of run {found.run}: average = {alpha:g} * old + {1 - alpha:.2g} * new, from 0")
    heads = ("step", "loss", "average", "over 1 - alpha^step", "smooth curve")
    last = len(found.points) - 1
    rows = [
        (str(one.step), *(f"{v:.4f}" for v in (one.loss, one.biased, one.debiased, one.smooth)))
        for one in (found.points[min(2**place - 1, last)] for place in range(last.bit_length() + 1))
    ]
    print_table(heads, list(dict.fromkeys(rows)), right=heads)
    put(
        f"After step {first.step} the average is {first.biased / first.debiased:.0%} of what it"
        " means, as it began with 0. The run's smooth curve is the debiased one: they differ by"
        f" {found.debiased_apart:.2g} at most (a report tells the mean of several steps), from the"
        f" biased one by {found.biased_apart:.2g}."
    )
