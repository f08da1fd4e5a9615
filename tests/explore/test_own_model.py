"""What a form is told of a user's model before it is trained."""

from pathlib import Path

import pytest
from small import open_small

from cftui.config import ConfigError
from cftui.explore.custom_model import describe_model
from cftui.models.errors import ModelError
from cftui.questions.custom_model import DescribeModel, ModelDescription, NeedsAgreement
from cftui.ratings.values import Ratings

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
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small", users=20, items=30, n=200)


@pytest.fixture
def name(tmp_path: Path) -> str:
    (tmp_path / "own.py").write_text(OWN)
    return f"{tmp_path / 'own.py'}:Own"


def test_a_source_is_described_once_somebody_agreed(ratings: Ratings, name: str) -> None:
    path = name.partition(":")[0]
    assert describe_model(ratings, DescribeModel(name, "s")) == NeedsAgreement(name, path)
    agreed = describe_model(ratings, DescribeModel(name, "s", agreed=True))
    assert isinstance(agreed, ModelDescription)
    assert describe_model(ratings, DescribeModel(name, "s")) == agreed  # remembered
    assert agreed.about == "A table and a frozen number."
    assert [field["name"] for field in agreed.fields] == ["width"]
    assert (agreed.parameter_count, agreed.problem) == (20 * 3, "")  # what can be trained
    Path(path).write_text(OWN + "\n")
    assert isinstance(describe_model(ratings, DescribeModel(name, "s")), NeedsAgreement)


def test_values_decide_the_size_or_are_said_not_to_work(ratings: Ratings, name: str) -> None:
    def told(**values: object) -> ModelDescription:
        question = DescribeModel(name, "s", tuple(values.items()), agreed=True)
        answer = describe_model(ratings, question)
        assert isinstance(answer, ModelDescription)
        return answer

    assert told(width=5).parameter_count == 20 * 5
    wide = told(width=10)
    assert wide.parameter_count is None and "too wide" in wide.problem
    wrong = told(width="broad")
    assert wrong.parameter_count is None and "width" in wrong.problem
    assert wrong.values == (("width", "broad"),)


def test_what_is_not_there_is_said(ratings: Ratings, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        describe_model(ratings, DescribeModel(f"{tmp_path / 'none.py'}:Own", "s"))
    with pytest.raises(ModelError, match="'nowhere' is not installed here"):
        describe_model(ratings, DescribeModel("nowhere", "s"))
