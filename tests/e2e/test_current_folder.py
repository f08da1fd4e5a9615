"""What lies in the current folder is never imported by the processes that we start."""

from pathlib import Path

import pytest
from small import small_config, wait_for, write_ratings

from cftui.charts import Chart, Drawing
from cftui.config import make_config
from cftui.questions.data import ListDataSets
from cftui.runs.control import send
from cftui.runs.find import find_run
from cftui.runs.launch import Launched, launch, launch_resume
from cftui.runs.model_source import read_source, trust
from cftui.tui.services.child import Child
from cftui.tui.services.jobs import run_job

NAMES = ("json", "random", "queue", "safetensors", "numpy", "torch", "cftui")
MINE = """
from torch import nn

class Mine(nn.Module):
    def __init__(self, n_users: int, n_items: int, rank: int = 4):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, rank)
        self.item_factors = nn.Embedding(n_items, rank)

    def forward(self, users, items):
        return (self.user_factors(users) * self.item_factors(items)).sum(1)
"""


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder whose modules have tempting names; return the file they would write."""
    folder, marker = tmp_path / "trap", tmp_path / "imported"
    write_ratings(folder / "small", n=900)
    for name in NAMES:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(
            f"open({str(marker)!r}, 'a').write('{name} ')\nraise ImportError('a trap')\n"
        )
    (folder / "mine.py").write_text(MINE)
    monkeypatch.chdir(folder)
    return marker


def untouched(trap: Path) -> bool:
    """Return whether nothing of the folder was imported."""
    return not trap.exists()


def ended_well(started: Launched) -> bool:
    """Wait for a trainer to end."""
    assert started.process.wait(timeout=120) == 0, started.last_words()
    return True


@pytest.mark.parametrize("model", ["dot-bias", "mine.py:Mine"])
def test_a_trainer_does_not_and_finds_a_model_named_by_its_file_alone(
    trap: Path, model: str
) -> None:
    if ":" in model:
        trust(read_source(model))
    base = small_config("small", training={"epochs": 1}).to_settings()
    assert ended_well(launch(make_config({**base, "model": {"name": model}}), "r"))
    assert find_run("r").record().state == "finished"
    assert untouched(trap)


def test_a_trainer_that_goes_on_does_not(trap: Path) -> None:
    started = launch(small_config("small", training={"epochs": 100_000}), "r")
    wait_for(lambda: started.run.path.is_dir() or started.ended())
    send(started.run.path, "stop")
    assert ended_well(started) and started.run.record().state == "stopped"
    again = launch_resume(started.run)
    wait_for(lambda: started.run.status().alive or again.ended())
    send(started.run.path, "stop")
    assert ended_well(again) and started.run.record().state == "stopped"
    assert untouched(trap)


async def test_a_job_does_not(trap: Path) -> None:
    told: list[dict[str, object]] = []
    await run_job(["data", "ingest", "small"], told.append)
    assert told and untouched(trap)


async def test_brain_and_painter_do_not(trap: Path) -> None:
    brain, painter = Child("cftui.brain"), Child("cftui.painter")
    try:
        assert await brain.ask(ListDataSets())
        drawn = await painter.ask(Chart(20, 5, (), (255, 255, 255)))
        assert isinstance(drawn, Drawing)
    finally:
        await brain.close()
        await painter.close()
    assert untouched(trap)
