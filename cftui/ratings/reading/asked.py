"""Columns that were asked for, by their name or their number."""

from collections.abc import Sequence

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.names import ROLES
from cftui.ratings.values import DataError

OPTION = "--{0}-column (to train: --set data.{0}=…)"


def asked_names(names: Sequence[str], mapping: ColumnMapping) -> int:
    """Return how many of the columns asked for are among these names."""
    small = set(map(small_name, names))
    return sum(
        bool(wanted) and small_name(wanted) in small
        for wanted in (getattr(mapping, role) for role in ROLES)
    )


def asked_place(names: Sequence[str], role: str, asked: str) -> int:
    """Return the place of the column with this name or number; raises DataError."""
    exact, small = (lambda name: name.strip() == asked), small_name(asked)
    for same in (exact, lambda name: small_name(name) == small):
        found = [place for place, name in enumerate(names) if same(name)]
        if len(found) == 1:
            return found[0]
        if found:
            numbers = " and ".join(str(place + 1) for place in found)
            raise DataError(
                f"columns {numbers} are all called {asked!r}; "
                f"give the number of one: {OPTION.format(role)}"
            )
    if asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= len(names):
        return int(asked) - 1
    raise DataError(
        f"no column {asked!r} for {role} among {listed(names)}; "
        f"choose one of them with {OPTION.format(role)}"
    )


def small_name(name: str) -> str:
    """Return a name without blanks around it, in small letters."""
    return name.strip().lower()


def listed(names: Sequence[str]) -> str:
    """Return names in words, not too many."""
    text = ", ".join(name.strip() for name in names)
    return repr(text if len(text) <= 200 else text[:200] + "…")
