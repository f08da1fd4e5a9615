"""A screen laid over a list: why something stands there, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from cftui.questions.likes import Effects, Share, WhyLiked, WhyLikedAnswer, WhyStars, WhyStarsAnswer
from cftui.questions.newcomer import REGULARIZATION
from cftui.questions.parts import parts_lines
from cftui.questions.question import Ask
from cftui.text import bar, plain
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.dialog import Dialog

MOST = 12
"""Shares that are told one by one; the rest are summed."""
BAR = 8
"""Cells of the longest bar."""
AGAINST = "░"
"""What a bar is made of that speaks against."""


@dataclass(frozen=True)
class Explained:
    """What is explained: an item, and whose ratings it was chosen by."""

    store: str
    item: str
    title: str
    rated: tuple[tuple[str, float], ...] = ()
    user: str = ""
    threshold: float | None = None
    run: str = ""
    """Whose stars are explained; empty for none."""
    no_stars: str = "No run predicts stars here yet"
    """Said where there is no run."""
    regularization: float = REGULARIZATION
    name: str = ""
    """Whose reasons they are, where those of several are shown."""
    by_likes: bool = True
    """Whether a score by likes is to be explained as well as stars."""
    when: str = ""
    """As of which time, as `Predict` has it."""


class WhyScreen(Dialog[None]):
    """Shows the parts of a score, and of predicted stars where a run has some."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Close", id="why.close")
    ]
    DEFAULT_CSS = """
    WhyScreen .parts { text-wrap: nowrap; text-overflow: ellipsis; }
    WhyScreen .source { color: $text-muted; margin-bottom: 1; }
    """

    def __init__(self, ask: Ask, *whats: Explained) -> None:
        """Explain one item to somebody, or to several."""
        super().__init__()
        self._ask, self._whats = ask, whats

    def compose(self) -> ComposeResult:
        """Lay out both parts, for each to whom it is explained."""
        with VerticalScroll(classes="overlay") as box:
            box.border_title = Text(f"Why {plain(self._whats[0].title)}?")
            box.border_subtitle = "esc closes"
            for place, what in enumerate(self._whats):
                end = ending(place)
                if what.name:
                    yield Static(Text(f"To {plain(what.name)}", "bold"), classes="whose")
                if what.by_likes:
                    yield Static("", id=f"by-likes{end}", classes="parts", markup=False)
                    yield Static(
                        "By likes …", id=f"by-likes-source{end}", classes="source", markup=False
                    )
                yield Static("", id=f"by-stars{end}", classes="parts", markup=False)
                yield Static(
                    what.no_stars, id=f"by-stars-source{end}", classes="source", markup=False
                )

    def on_mount(self) -> None:
        """Ask for what is to be explained."""
        for place, what in enumerate(self._whats):
            if what.by_likes:
                self._ask_likes(what, ending(place))
            if what.run:
                self._say(f"by-stars-source{ending(place)}", "By predicted stars …")
                self._ask_stars(what, ending(place))

    @work(group="likes", exit_on_error=False, description="Explaining a score")
    async def _ask_likes(self, what: Explained, end: str) -> None:
        question = WhyLiked(what.store, what.item, what.rated, what.user, what.threshold)
        answer = await self._asker(f"by-likes-source{end}")(question, f"why liked{end}")
        if answer is not None:
            self._say(f"by-likes{end}", "\n".join(liked_lines(answer)))
            self._say(f"by-likes-source{end}", f"{answer.way}; {answer.source}")

    @work(group="stars", exit_on_error=False, description="Explaining stars")
    async def _ask_stars(self, what: Explained, end: str) -> None:
        question = WhyStars(
            what.run, what.item, what.rated, what.user, what.regularization, what.when
        )
        answer = await self._asker(f"by-stars-source{end}")(question, f"why stars{end}")
        if answer is not None:
            self._say(f"by-stars{end}", "\n".join(star_lines(answer)))
            self._say(f"by-stars-source{end}", answer.source)

    def _asker(self, place: str) -> Asker:
        return Asker(self._ask, lambda error: self._say(place, str(error)))

    def _say(self, place: str, words: str) -> None:
        self.query_one(f"#{place}", Static).update("\n".join(map(plain, words.splitlines())))


def ending(place: int) -> str:
    """Return what the ids of a section end in: nothing in the first."""
    return f"-{place + 1}" if place else ""


def liked_lines(answer: WhyLikedAnswer) -> list[str]:
    """Return a score part by part, a line each."""
    longest = max((abs(share.share) for share in answer.shares), default=0.0)
    lines = [
        "By likes: what each rating says for it, or against it",
        f"{'share':>8}  {'':<{BAR}}  gave",
    ]
    for share in answer.shares[:MOST]:
        size = bar(abs(share.share) / longest if longest else 0.0, BAR)
        if share.share < 0:
            size = AGAINST * len(size.rstrip())
        lines.append(f"{share.share:>+8.3f}  {size:<{BAR}}  {share.value:<4g}  {share.title}")
    lines += [f"{value:>+8.3f}  {words}" for value, words in _others(answer.shares)]
    return [*lines, f"{answer.score:>8.3f}  = score"]


def star_lines(answer: WhyStarsAnswer) -> list[str]:
    """Return a prediction part by part, a line each: in stars, and before the sigmoid."""
    if answer.parts is not None:
        return ["By predicted stars: field by field", *parts_lines(answer.parts, MOST)]
    if answer.effects is not None:
        return effect_lines(answer.effects, answer.predicted)
    unit, base = answer.stars_a_unit, answer.mean_user + answer.item_bias
    start = answer.predicted - (answer.total - base) * unit

    def line(part: float, words: str) -> str:
        return f"{part * unit:>+8.3f}  {part:>+8.3f}  {words}"

    lines = [
        "By predicted stars: from the mean user's, rating by rating",
        f"{'stars':>8}  {'raw':>8}  gave",
        f"{start:>8.3f}  {base:>+8.3f}  the mean user {answer.mean_user:+.3f},"
        f" the movie's bias {answer.item_bias:+.3f}",
    ]
    for share in answer.shares[:MOST]:
        lines.append(line(share.share, f"{share.value:<4g}  {share.title}"))
    lines += [line(value, words) for value, words in _others(answer.shares)]
    if answer.beyond:
        lines.append(line(answer.beyond, "what the run learned of them beyond these"))
    total = (
        f"{answer.predicted:>8.3f}  {answer.total:>+8.3f}  = predicted (raw: before the sigmoid)"
    )
    return [*lines, total]


def effect_lines(effects: Effects, predicted: float) -> list[str]:
    """Return what a user and a movie add to what is usual, a line each, in stars."""
    return [
        "By predicted stars: this model is no sum of ratings' shares, but of user and movie",
        f"{effects.usual:>8.3f}  usual: the mean prediction (± {effects.error:.3f}, of a sample)",
        f"{effects.user:>+8.3f}  the user",
        f"{effects.item:>+8.3f}  the movie",
        f"{predicted:>8.3f}  = predicted; each has half of the {effects.together:+.3f} that neither"
        " adds alone",
    ]


def _others(shares: Sequence[Share]) -> list[tuple[float, str]]:
    """Return the sum of the shares that are not told one by one, if there are such."""
    rest = shares[MOST:]
    if not rest:
        return []
    return [(sum(share.share for share in rest), f"{len(rest):,} other ratings together")]
