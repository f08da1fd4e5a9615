"""Messages that name the shell's options, said for Python."""

import re


def in_python(message: str) -> str:
    """Return a message with keywords instead of the options of the shell."""
    without = re.sub(r" \(to train:[^)]*\)", "", message)
    dated = re.sub(r"--dates ([\w-]+)", r'dates="\1"', without).replace("--unrated", "unrated=…")
    return re.sub(r"--(\w+)-column", r"\1=…", dated)
