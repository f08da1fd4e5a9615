"""The lab's short texts."""

from collections.abc import Mapping

from rich.text import Text
from textual.app import App

from cftui.charts import Colour
from cftui.questions.race import Racer
from cftui.text import plain
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.numbers import short

ABOUT = (
    "What an optimizer does, one step at a time: a function is fitted to points by gradient"
    " descent, and every number is in the table, a line for each weight: before the step, its"
    " derivative of the squared error e, estimated (≈de/dw: e(w + h) less e(w), by h) and by the"
    " chain rule (de/dw), what the optimizer remembers (m, v, m̂, v̂ as in its paper; decay: how much"
    " of the step is weight decay), and after it. The sentence above says what the step did, and"
    " why. enter shows the chain rule, factor by factor.\n\n"
    "Up to four optimizers go over the same points: n adds one, tab looks at the next. In the"
    " contour the rings are equal errors over all points, × is the least, ○ where a trail begins,"
    " its number where it is now. w sets a weight by hand: a step that can be gone back over."
)
RULE_HELP: Mapping[str, str] = {
    "sgd": "against the gradient, by the learning rate",
    "lesson-momentum": "between the gradient and the last step, as the lesson has it",
    "momentum": "along the sum of gradients, older ones fading",
    "nesterov": "momentum that looks ahead along itself",
    "adagrad": "divided by the root of all squared gradients so far",
    "rmsprop": "divided by a running root mean square",
    "adam": "averaged gradient by its averaged square's root",
    "adam-l2": "Adam, with L2 in the loss",
    "adamw": "Adam, the weight decayed beside the step",
}
NOTHING_YET = (
    ". takes the first step, s goes on by itself. o: another optimizer; n: one more beside it, tab"
    " looks at it. c: decay on a run's own weights; t: small truths; r: the start; ? explains"
)


def head_words(moment: Moment, speed: int, *, running: bool) -> str:
    """Return what is fitted to what, and where one is."""
    told, settings, place = moment.answer.focused, moment.settings, moment.race.place
    per_epoch = told.steps_per_epoch
    epoch, within = divmod(max(place - 1, 0), per_epoch)
    batch = "all" if not settings.batch else str(settings.batch)
    return plain(
        f"{'▶' if running else '‖'} step {place:,}, epoch {epoch + 1:,}:"
        f" {within + (place > 0):,}/{per_epoch:,} · {speed}/s · {told.formula} ·"
        f" {told.n_points:,} points, batch {batch}, h {settings.difference:g}"
    )


def legend(moment: Moment, in_view: int, colours: tuple[Colour, ...], app: App[None]) -> Text:
    """Return a line for each optimizer: its number, rate, weights and error now.

    `in_view` is the one that is chosen, whose steps may still be on their way.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    for place, racer in enumerate(moment.answer.racers):
        focused = place == in_view
        red, green, blue = colours[place]
        ink = "bold" if app.no_color else f"bold rgb({red},{green},{blue})"
        text.append("\n" if place else "")
        text.append(f"{'›' if focused else ' '}{place + 1} ", ink)
        text.append(f"{moment.race.settings[place].rule:<16}", "bold" if focused else "")
        text.append(_racer_words(racer, moment.letters))
    return text


def _racer_words(racer: Racer, letters: tuple[str, ...]) -> str:
    options = dict(racer.options)
    weights = "  ".join(
        f"{letter} {short(value):<7}" for letter, value in zip(letters, racer.weights, strict=True)
    )
    ended = f"  diverged at {racer.place:,}" if racer.diverged else ""
    decay = options.get("weight_decay")
    decays = f"  wd {decay:g}" if decay else ""
    return (
        f"lr {options['learning_rate']:<6g}  {weights}  RMSE {short(racer.rmse):<7}{ended}{decays}"
    )
