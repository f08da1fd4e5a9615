"""How numbers are written in a file of ratings."""

import re

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?", re.ASCII)
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


def with_point(text: str) -> str:
    """Return a number with a point where a comma stands for it."""
    return text.replace(",", ".") if "," in text and "." not in text else text
