"""Text from data made safe to show: a title may hold anything, escape sequences too."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Return text from data made safe to show on one line.

    A tab or a line end becomes a space; other control characters (escape sequences start with
    one), invisible ones, those that turn the writing direction, and lone surrogates become `�`.
    """
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: " " if found.group() in "\t\n\r" else "�", text)


def json_text(text: str) -> str:
    """Return JSON of the same meaning that acts on no terminal: what `plain` replaces, escaped."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def for_spreadsheet(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, on one line.

    The rule, for all exports: files that people open are made of these (`runs export`, the
    crosstab with its titles, a list or a check from the screen). In files for programs ids stand
    as the data has them (`--out` of the other commands, the crosstab's .csv).
    """
    shown = plain(text)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(shown):
        return f"'{shown}"
    return shown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def fitting(value: float | None, decimals: int, cells: int, sign: str = "") -> str:
    """Return a number with so many decimals, or with as many of them as fit into some cells.

    Nothing for none.

    `sign`: `+` where a positive number is to have one. Ratings may be of any size.
    """
    if value is None:
        return ""
    for places in range(decimals, -1, -1):
        text = f"{value:{sign}.{places}f}"
        if len(text) <= cells:
            return text
    return f"{value:{sign}.0e}"


EIGHTHS = " ▏▎▍▌▋▊▉"
"""Parts of a cell, for the end of a bar."""


def bar(share: float, width: int) -> str:
    """Return a bar of a share (0 to 1) of `width` cells, in eighths of a cell; never quite none.

    What is not 0 shows at least an eighth, so that few can be told from none.
    """
    eighths = round(share * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
