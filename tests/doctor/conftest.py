"""Fewer models, where it is not the model that is tested."""

import pytest

from cftui.hyperparameters import MODELS


@pytest.fixture
def dot_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one model, the quickest."""
    for name in list(MODELS):
        if name != "dot":
            monkeypatch.delitem(MODELS, name)
