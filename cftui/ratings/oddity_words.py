"""What is odd about a data set in words, each with what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cftui.questions.data import DataProfile, Oddity

Role = Literal["user", "item", "rating", "timestamp"]


@dataclass(frozen=True)
class Remedies:
    """How to do in one place what is advised."""

    column: Callable[[Role], str]
    """Name a column; it follows "name the right one"."""
    log: str
    """Read counts as logarithms."""
    split: str
    """Before the kind of a split."""


SHELL = Remedies(lambda role: f" with --{role}-column", "read that with --values log", "--split ")
SCREEN = Remedies(lambda _: ": c", "there c, values log2(1 + count)", "split kind ")


def oddity_lines(profile: DataProfile, remedies: Remedies) -> list[str]:
    """Return a sentence for each oddity: what, how much of it, what it does, what to do."""
    return [
        WORDS[found.kind](found, profile, remedies)
        for found in profile.oddities
        if found.kind in WORDS
    ]


def oddity_hint(profile: DataProfile) -> str:
    """Return how many oddities there are, where there is no room for them; empty where none."""
    n = len(profile.oddities)
    return f"{n} odd thing{'s' * (n > 1)} about these ratings, and what to do: v, Problems" * (
        n > 0
    )


def _part(found: Oddity, what: str) -> str:
    if found.count == found.of:
        return f"all {found.count:,} {what}"
    return f"{found.count:,} of {found.of:,} {what} ({_share(found.count / found.of)})"


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "under 0.1%"


def _column(remedies: Remedies, role: Role) -> str:
    what = {"user": "users", "item": "items", "rating": "ratings", "timestamp": "times"}[role]
    return f"name the column of the {what}{remedies.column(role)}"


def _user_once(found: Oddity, profile: DataProfile, remedies: Remedies) -> str:
    return (
        f"each of {found.count:,} users has a single rating: their column probably numbers rows;"
        f" {_column(remedies, 'user')}"
    )


def _item_once(found: Oddity, profile: DataProfile, remedies: Remedies) -> str:
    return (
        f"each of {found.count:,} {profile.items_word} has a single rating: their column probably"
        f" numbers rows; {_column(remedies, 'item')}"
    )


def _few_per_user(found: Oddity, profile: DataProfile, remedies: Remedies) -> str:
    return (
        f"{_part(found, 'users')} have 1 or 2 ratings: models learn how liked {profile.items_word}"
        f" are, and hardly whose taste is whose; hold out by {remedies.split}random, and keep users"
        " with 5 or more if you can"
    )


def _items_once(found: Oddity, profile: DataProfile, _: Remedies) -> str:
    return (
        f"{_part(found, profile.items_word)} have a single rating: nothing connects them with"
        " others; give versions of one thing one id, or keep those with 5 or more"
    )


def _repeated(found: Oddity, profile: DataProfile, remedies: Remedies) -> str:
    return (
        f"{_part(found, 'rows')} repeat a user and {profile.items_word.removesuffix('s')} that"
        " another row has, and the later one counts: if they are events, such as plays, count"
        f" them in the file, a row a pair, and {remedies.log}"
    )


def _one_value(found: Oddity, profile: DataProfile, remedies: Remedies) -> str:
    return (
        f"every value is {found.names[0]}: nothing to predict, and each model is right at once;"
        f" if there are ratings or counts, {_column(remedies, 'rating')}; lists in Explore"
        " need none"
    )


def _constant_users(found: Oddity, _: DataProfile, __: Remedies) -> str:
    return (
        f"{_part(found, 'users of 20 ratings or more')} give all the same value, such as user"
        f" {found.names[0]}: they tell what they chose, not what they like, and flatter the"
        " error; delete their rows to see it without them"
    )


def _heavy_user(found: Oddity, _: DataProfile, remedies: Remedies) -> str:
    return (
        f"user {found.names[0]} gave {_part(found, 'ratings')}: one taste, or a default for no"
        f" user, outweighs all; delete them if it is no person, else use {remedies.split}per-user"
    )


def _heavy_item(found: Oddity, profile: DataProfile, _: Remedies) -> str:
    item = profile.items_word.removesuffix("s")
    return (
        f"{item} {found.names[0]} has {_part(found, 'ratings')}: if it"
        " stands for something else, such as no id, delete them"
    )


def _copies(found: Oddity, _: DataProfile, __: Remedies) -> str:
    return (
        f"{_part(found, 'users of 20 ratings or more')} rate exactly as another, such as users"
        f" {' and '.join(found.names)}: copies or bots, by which models know what is held out;"
        " keep one of each"
    )


def _same_time(found: Oddity, _: DataProfile, remedies: Remedies) -> str:
    return (
        f"all times are one, on {found.names[0]}: they give no order; if there are others,"
        f" {_column(remedies, 'timestamp')}, else use {remedies.split}random or per-user, none by"
        " time"
    )


def _epoch(found: Oddity, _: DataProfile, remedies: Remedies) -> str:
    return (
        f"{_part(found, 'times')} are 0 (1970-01-01), probably unknown: they count as the oldest;"
        f" use {remedies.split}random or per-user"
    )


def _early(found: Oddity, profile: DataProfile, remedies: Remedies) -> str:
    if found.count == found.of:
        return (
            f"all {found.count:,} times lie before 1995, the first on {found.names[0]}: they may be"
            " an order or count something else, and their dates mean nothing; if there are others,"
            f" {_column(remedies, 'timestamp')}"
        )
    return (
        f"{_part(found, 'times')} lie before 1995, the first on {found.names[0]}: probably"
        f" mistaken, and held for the oldest; mend them, or use {remedies.split}random or per-user"
    )


def _future(found: Oddity, _: DataProfile, remedies: Remedies) -> str:
    return (
        f"{_part(found, 'times')} lie in the future, the last on {found.names[0]}: a split by time"
        f" holds them out first; mend them, or use {remedies.split}random or per-user"
    )


WORDS: Mapping[str, Callable[[Oddity, DataProfile, Remedies], str]] = {
    "user-once": _user_once,
    "item-once": _item_once,
    "few-per-user": _few_per_user,
    "items-once": _items_once,
    "repeated": _repeated,
    "one-value": _one_value,
    "constant-users": _constant_users,
    "heavy-user": _heavy_user,
    "heavy-item": _heavy_item,
    "copies": _copies,
    "same-time": _same_time,
    "epoch": _epoch,
    "early": _early,
    "future": _future,
}
"""The sentence for each kind of Oddity."""
