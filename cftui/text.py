"""Text from data made safe to show: a title may hold anything, escape sequences too."""

import unicodedata


def plain(text: str) -> str:
    """Return the text with every character that could act on a terminal replaced by a middle dot.

    Controls (Cc), formatting such as direction overrides (Cf), surrogates and line separators go;
    zero-width joiners stay, since scripts and emoji need them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join("·" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and character != "\u200d")
