"""Whether a validation error is worse than what anybody could predict without a model."""

from typing import Literal

WorseThan = Literal["mean", "biases", ""]
BY: dict[WorseThan, str] = {"mean": "the mean", "biases": "user and item biases", "": ""}
"""What predicts without a model, in words."""
SIGNS: dict[WorseThan, str] = {"mean": "‼", "biases": "!", "": ""}
"""Stand before an error that is worse: colour is never the only sign."""


def worse_than(mse: float | None, mean: float | None, biases: float | None) -> WorseThan:
    """Return what an error is worse than, the mean first; nothing where that is not known."""
    if mse is None or mean is None or biases is None:
        return ""
    return "mean" if mse > mean else "biases" if mse > biases else ""
