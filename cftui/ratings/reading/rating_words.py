"""Ratings that are written in words or signs: 4 stars, 4/5, ★★★★☆, like, true."""

import re
from collections import Counter
from collections.abc import Iterable

from cftui.ratings.reading.numerals import NUMBER, with_point

LOOKS = "a number, 4/5, 4 stars, ★★★★, or like and dislike, true and false, yes and no"
"""What a rating may look like."""
MOST_WHOLE = 1000.0
"""No scale of ratings such as 4/5 is longer."""
OF = re.compile(
    r"([0-9.,]+)\s*(?:/|out of|of)\s*([0-9.,]+)(?:\s*stars?)?", re.ASCII | re.IGNORECASE
)
STARS = re.compile(r"([0-9.,]+)\s*-?\s*(?:stars?|★|⭐️?)", re.IGNORECASE)
SIGNS = re.compile("(?P<full>[★⭐]*)(?P<half>½?)(?P<empty>☆*)")
YES = ("like", "liked", "thumbs up", "thumb up", "👍", "true", "yes")
NO = ("dislike", "disliked", "thumbs down", "thumb down", "👎", "false", "no")
VERDICTS = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}


def parse_words(text: str, out_of: float = 0.0) -> float | None:
    """Return the number that words or signs stand for, none where they stand for none.

    `out_of`: what ratings such as 4/5 of this file are brought to: 8/10 is 4 out of 5. Without it
    each is what stands before.
    """
    text = text.strip()
    if found := OF.fullmatch(text):
        part, whole = _number(found[1]), _number(found[2])
        if part is None or not whole or part > whole:
            return None
        return part if out_of in (0.0, whole) else part * out_of / whole
    if found := STARS.fullmatch(text):
        return _number(found[1])
    signs = text.replace("\ufe0f", "").replace(" ", "")
    if signs and (found := SIGNS.fullmatch(signs)):
        return len(found["full"]) + 0.5 * len(found["half"])
    return VERDICTS.get(re.sub(r"[\s_-]+", " ", text.casefold()))


def usual_whole(texts: Iterable[str]) -> float:
    """Return out of how much most ratings such as 4/5 are, the larger of equals; 0 without any."""
    wholes = Counter(_number(found[2]) for text in texts if (found := OF.fullmatch(text.strip())))
    known = {whole: count for whole, count in wholes.items() if whole and whole <= MOST_WHOLE}
    return max(known, key=lambda whole: (known[whole], whole)) if known else 0.0


def words_taken(texts: Iterable[str], out_of: float) -> str:
    """Return as what ratings in words among these are taken, in words; empty without any."""
    for text in texts:
        number = parse_words(text, out_of)
        if number is not None and NUMBER.fullmatch(with_point(text.strip())) is None:
            each = f"; all are brought to a scale out of {out_of:g}" if _mixed(texts) else ""
            return f"ratings such as {text.strip()[:40]!r} are taken as {number:g}{each}"
    return ""


def _mixed(texts: Iterable[str]) -> bool:
    return len({found[2] for text in texts if (found := OF.fullmatch(text.strip()))}) > 1


def _number(text: str) -> float | None:
    return float(plain) if NUMBER.fullmatch(plain := with_point(text)) else None
