"""Fewer models, where it is not the model that is tested."""

from collections.abc import Iterator

import pytest

from cftui.hyperparameters import MODELS


@pytest.fixture(autouse=True)
def models_in_order() -> Iterator[None]:
    """Put the models back as they stood: one that is taken out and put back comes last."""
    before = dict(MODELS)
    yield
    MODELS.clear()
    MODELS.update(before)


@pytest.fixture
def dot_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one model, the quickest."""
    for name in list(MODELS):
        if name != "dot":
            monkeypatch.delitem(MODELS, name)
