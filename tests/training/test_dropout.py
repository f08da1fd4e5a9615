"""Dropout is at work in every epoch, although the errors in between are measured without it."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from small import here, write_ratings

OWN = """
import torch
from torch import nn


class Own(nn.Module):
    def __init__(self, n_users, n_items, share: float = 0.5):
        super().__init__()
        self.table = nn.Embedding(n_users, 4)
        self.drop = nn.Dropout(share)

    def forward(self, users, items):
        return 3 + self.drop(self.table(users)).sum(1)
"""


@pytest.mark.parametrize(
    ("model", "shares"),
    [("net", ("dropout", "embedding_dropout")), ("own.py:Own", ("share",))],
)
def test_every_epoch_drops_other_numbers(
    model: str, shares: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With weights that stand still, only what is dropped tells one epoch's loss from another's."""
    (tmp_path / "own.py").write_text(OWN)
    source = write_ratings(tmp_path / "small", users=60, items=90, n=1500)
    still = ["--optimizer", "sgd", "--lr", "1e-12", "--weight-decay", "0"]
    name = str(tmp_path / model) if ":" in model else model

    def train_losses(share: float) -> list[float]:
        dropped = [word for key in shares for word in ("--set", f"model.{key}={share}")]
        words = ["--data", str(source), "--model", name, *dropped, *still, "--epochs", "3"]
        assert here("train", *words, "--id", f"r{share}", "--json") == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line["train_loss"] for line in lines if line["event"] == "epoch"]

    silent = train_losses(0.0)
    assert silent == pytest.approx([silent[0]] * 3, rel=1e-6)
    losses = train_losses(0.5)
    for one, other in combinations([*losses, silent[0]], 2):
        assert one != pytest.approx(other, rel=1e-5)
