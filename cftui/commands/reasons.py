"""Why an item stands in a list, for the shell: what each rating adds."""

from collections.abc import Sequence

from cftui.commands.console import print_json, print_table
from cftui.printing import put
from cftui.questions.likes import Share, WhyLikedAnswer, WhyStarsAnswer
from cftui.questions.parts import parts_lines
from cftui.text import plain

SHOWN = 15
"""Parts that are printed; `--json` has all."""


def print_why_liked(answer: WhyLikedAnswer, *, json: bool) -> None:
    """Print what a score by likes is the sum of."""
    if json:
        print_json({"event": "why-liked", **_told(answer)})
        return
    put(f"{plain(answer.title)}: {answer.score:+.4f} by likes, the sum of these parts")
    _print_shares(answer.shares, 1.0, "adds")
    put(f"{answer.way}; {answer.source}")


def print_why_stars(answer: WhyStarsAnswer, *, json: bool) -> None:
    """Print what a prediction is the sum of, each part in rating units."""
    if json:
        print_json({"event": "why-stars", **_told(answer)})
        return
    if answer.parts is not None:
        put(
            f"{plain(answer.title)}: {answer.parts.predicted:.3f} predicted, the sum of these parts"
        )
        for line in parts_lines(answer.parts, SHOWN):
            put(line)
        put(answer.source)
        return
    if (effects := answer.effects) is not None:
        put(f"{plain(answer.title)}: {answer.predicted:.3f} predicted")
        put(f"  {effects.usual:.3f} usual, the mean prediction (± {effects.error:.3f})")
        put(f"  {effects.user:+.3f} the user")
        put(f"  {effects.item:+.3f} the item")
        put(f"each has half of the {effects.together:+.3f} that neither adds alone")
        put(answer.source)
        return
    unit = answer.stars_a_unit
    start = answer.predicted - unit * (answer.total - answer.mean_user - answer.item_bias)
    put(f"{plain(answer.title)}: {answer.predicted:.3f} predicted")
    put(f"  {start:.3f} for the mean user, with the item's bias")
    if answer.beyond:
        put(f"  {unit * answer.beyond:+.3f} learned of this user beyond their ratings' own parts")
    if answer.shares:
        added = unit * sum(share.share for share in answer.shares)
        put(f"  {added:+.3f} from ratings:")
        _print_shares(answer.shares, unit, "stars")
    put(answer.source)


def _told(answer: WhyLikedAnswer | WhyStarsAnswer) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(answer)


def _print_shares(shares: Sequence[Share], unit: float, heading: str) -> None:
    print_table(
        (heading, "rated", "id", "title"),
        [
            (f"{unit * share.share:+.4f}", f"{share.value:g}", share.item, share.title)
            for share in shares[:SHOWN]
        ],
        right=(heading, "rated", "id"),
        yielding=("title",),
    )
    if len(shares) > SHOWN:
        rest = unit * sum(share.share for share in shares[SHOWN:])
        put(f"and {rest:+.4f} from {len(shares) - SHOWN} more")
