"""What is wrong with a user's model, in words that name the file and the line."""

import traceback


class ModelError(ValueError):
    """A user's model that cannot be used; the message says where and why."""


def model_error(path: str, doing: str, error: BaseException) -> ModelError:
    """Return an error that names the last line of the user's file on the way to it."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == path
    ]
    place = f" line {lines[-1]}" if lines else ""
    words = str(error).strip() or "no reason given"
    return ModelError(f"{path}{place}: {doing}: {type(error).__name__}: {words}")
