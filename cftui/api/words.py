"""Messages that name the shell's options, said for Python."""

import re


def in_python(message: str) -> str:
    """Return a message with keywords instead of the options of the shell."""
    without = re.sub(r" \(to train:[^)]*\)", "", message)
    return re.sub(r"--(\w+)-column", r"\1=…", without)
