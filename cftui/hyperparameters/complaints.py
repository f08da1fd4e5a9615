"""What to say of values that a record of parameters refuses."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError


def complaints(
    error: ValidationError,
    section: str = "",
    known: Callable[[list[str]], list[str]] | None = None,
    path: Callable[[list[str]], list[str]] = list,
) -> list[str]:
    """Return a line for each wrong value.

    `known` tells which keys there are under a path; `path`, how one is called where it was written.
    """
    found = []
    for problem in error.errors(include_url=False):
        place = path([str(part) for part in problem["loc"]])
        found.append(_complaint(problem, [section] * bool(section) + place, known))
    return found


def unknown_key(section: str, key: str, known: Iterable[str]) -> str:
    """Return what to say of a key that is not there."""
    names = list(known)
    near = difflib.get_close_matches(key, names, 1)
    there = ", ".join(names) or "none"
    hint = f"did you mean {near[0]}?" if near else f"known here: {there}"
    return f"{section}.{key}: unknown key; {hint}" if section else f"{key}: unknown key; {hint}"


def _complaint(
    problem: Any, path: list[str], known: Callable[[list[str]], list[str]] | None
) -> str:
    key = ".".join(path)
    if problem["type"] == "extra_forbidden":
        return unknown_key(".".join(path[:-1]), path[-1], known(path[:-1]) if known else ())
    message = str(problem["msg"])
    if problem["type"] == "missing":
        return f"{key}: must be given; add --set {key}=VALUE"
    if problem["type"] in ("value_error", "assertion_error"):
        words = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return f"{key}: {words}" if key else words
    must_be = message.removeprefix("Input should be ").replace("String should", "text that should")
    return f"{key} = {problem['input']!r}: must be {must_be}"
