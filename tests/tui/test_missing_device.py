"""A device that is not there, asked for from the screen: words, and no run left behind."""

from pathlib import Path

import pytest
from small import write_ratings

from cftui.config import RunConfig
from cftui.paths import runs_folder
from cftui.tui.services.runs import RunService, RunServiceError


async def test_the_screen_says_what_there_is_instead(home: Path, tmp_path: Path) -> None:
    settings = RunConfig().to_settings()
    settings["data"]["source"] = str(write_ratings(tmp_path / "small"))
    settings["training"]["device"] = "cuda:99"
    with pytest.raises(RunServiceError) as refused:
        await RunService("").start(settings)
    assert str(refused.value).startswith(
        "training.device = 'cuda:99': no such device here; use auto"
    )
    assert list(runs_folder().iterdir()) == [], "neither a run nor the files of its start"
