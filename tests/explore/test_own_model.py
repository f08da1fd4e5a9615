"""What a form is told of a user's model before it is trained."""

from pathlib import Path

import pytest
from small import open_small

from cftui.config import ConfigError
from cftui.library.door import Library
from cftui.models.errors import ModelError
from cftui.questions.custom_model import DescribeModel, ModelDescription, NeedsAgreement
from cftui.runs.model_source import read_source

ask = Library().answer

OWN = '''
import torch
from torch import nn


class Own(nn.Module):
    """A table and a frozen number.

    More than a form has room for.
    """

    def __init__(self, n_users, n_items, width: int = 3):
        super().__init__()
        if width > 9:
            raise ValueError("too wide")
        self.table = nn.Embedding(n_users, width)
        self.frozen = nn.Parameter(torch.tensor(3.0), requires_grad=False)

    def forward(self, users, items):
        return self.frozen + self.table(users).sum(1)
'''


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(open_small(tmp_path / "small", users=20, items=30, n=200).path)


@pytest.fixture
def name(tmp_path: Path) -> str:
    (tmp_path / "own.py").write_text(OWN)
    return f"{tmp_path / 'own.py'}:Own"


def test_a_source_is_described_once_somebody_agreed(store: str, name: str) -> None:
    path, sha256 = name.partition(":")[0], read_source(name).sha256
    assert ask(DescribeModel(name, store)) == NeedsAgreement(name, path, sha256)
    # What was agreed to is what was shown: not what stands there now.
    assert isinstance(ask(DescribeModel(name, store, agreed="0" * 64)), NeedsAgreement)
    agreed = ask(DescribeModel(name, store, agreed=sha256))
    assert isinstance(agreed, ModelDescription)
    assert ask(DescribeModel(name, store)) == agreed  # remembered
    assert agreed.about == "A table and a frozen number."
    assert [field["name"] for field in agreed.fields] == ["width"]
    assert (agreed.parameter_count, agreed.problem) == (20 * 3, "")  # what can be trained
    Path(path).write_text(OWN + "\n")
    assert isinstance(ask(DescribeModel(name, store)), NeedsAgreement)


def test_values_decide_the_size_or_are_said_not_to_work(store: str, name: str) -> None:
    def told(**values: object) -> ModelDescription:
        question = DescribeModel(name, store, tuple(values.items()), read_source(name).sha256)
        answer = ask(question)
        assert isinstance(answer, ModelDescription)
        return answer

    assert told(width=5).parameter_count == 20 * 5
    wide = told(width=10)
    assert wide.parameter_count is None and "too wide" in wide.problem
    wrong = told(width="broad")
    assert wrong.parameter_count is None and "width" in wrong.problem
    assert wrong.values == (("width", "broad"),)


def test_what_is_not_there_is_said(store: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        ask(DescribeModel(f"{tmp_path / 'none.py'}:Own", store))
    with pytest.raises(ModelError, match="'nowhere' is not installed here"):
        ask(DescribeModel("nowhere", store))
