"""Choosing runs by words: `adam mse<0.8 model:net -failed`."""

import operator
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from cftui.runs.columns import BY_NAME, FIELDS
from cftui.runs.row import RunRow

Test = Callable[[RunRow], bool]
HELP = (
    "Words that stand anywhere in a run's line; all must. model:net looks in one column"
    " (mark, state, name, model, optimizer, schedule, data, when, notes, id); mse<0.8 compares"
    " (lr, wd, factors, batch, epochs, mse, rmse, recall, ndcg, speed, time; < <= > >= =). A -"
    " before any of them leaves those runs out; name~^adam|sgd$ looks by a regular expression in"
    " one column, ~ without a column in all. state:live are the runs still going, state:ended"
    " the others, `marked` the marked ones."
)
COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
REGEX = re.compile(r"(-?)([a-z]*)~(.*)", re.IGNORECASE)
TERM = re.compile(r"(-?)([a-z]+)(<=|>=|[<>=:])(.*)", re.IGNORECASE)


def complaint(words: str) -> str:
    """Return why some of the words cannot choose anything; empty where all can."""
    for word in words.split():
        if (pattern := REGEX.fullmatch(word)) is not None:
            if problem := _wrong_with(pattern[2].casefold(), pattern[3]):
                return f"{word}: {problem}"
            continue
        match = TERM.fullmatch(word.casefold())
        if match and match[2] not in BY_NAME:
            return f"{word}: {_no_column(match[2])}"
        if match and _in_field(match[2], match[3], match[4]) is None:
            number = BY_NAME[match[2]].number
            how = f"a number after {match[3]}" if number else f"{match[2]}:TEXT"
            return f"{word}: give {how}"
    return ""


def _no_column(name: str) -> str:
    return f"no column {name}; there are {', '.join(BY_NAME)}"


def _wrong_with(name: str, pattern: str) -> str:
    """Return why a regular expression in a column cannot choose anything; empty where it can."""
    if name and name not in BY_NAME:
        return _no_column(name)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"no regular expression: {error}"
    return "" if pattern else "give a regular expression after ~"


def chosen(rows: Iterable[RunRow], words: str) -> list[RunRow]:
    """Return the rows that fit all words, in their order."""
    tests = _tests(words)
    return [row for row in rows if all(test(row) for test in tests)]


@lru_cache(maxsize=64)
def _tests(words: str) -> tuple[Test, ...]:
    found = (_test(word) for word in words.split())
    return tuple(test for test in found if test is not None)


def _test(word: str) -> Test | None:
    """Return what a word asks; none while it is only begun, so that typing on hides nothing."""
    pattern = REGEX.fullmatch(word)  # as it was typed: \\S is not \\s
    word = word.casefold()
    match = TERM.fullmatch(word)
    if pattern is not None:
        test, out = _by_pattern(pattern[2].casefold(), pattern[3]), bool(pattern[1])
    elif match and match[2] in BY_NAME:
        test = _in_field(match[2], match[3], match[4])
        out = bool(match[1])
    else:
        out = word.startswith("-")
        test = _anywhere(word.removeprefix("-"))
    if test is None:
        return None
    wanted = test
    return (lambda row: not wanted(row)) if out else wanted


def _by_pattern(name: str, pattern: str) -> Test | None:
    if _wrong_with(name, pattern):
        return None
    searched = re.compile(pattern, re.IGNORECASE | re.MULTILINE).search
    return lambda row: searched(_words(row, name) if name else _shown(row)) is not None


def _anywhere(word: str) -> Test | None:
    return (lambda row: word in _shown(row)) if word else None


def _in_field(name: str, sign: str, rest: str) -> Test | None:
    field = BY_NAME[name]
    if not rest:
        return None
    if sign == ":":
        return lambda row: rest in _words(row, name)
    if not field.number:
        if sign == "=":
            return lambda row: rest == field.text(row).casefold()
        return None
    try:
        number = float(rest)
    except ValueError:
        return None
    compare = COMPARE[sign]

    def holds(row: RunRow) -> bool:
        value = field.value(row)
        return isinstance(value, int | float) and compare(value, number)

    return holds


def _words(row: RunRow, name: str) -> str:
    text = BY_NAME[name].text(row).casefold()
    if name == "state":
        return f"{text} {'live' if row.alive else 'ended'}"
    return f"{text} marked" if name == "mark" and row.mark else text


@lru_cache(maxsize=4096)
def _shown(row: RunRow) -> str:
    return "\n".join(_words(row, field.name) for field in FIELDS)
