"""A run finds its ratings again: explorer and trainer ask one function."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from small import small_config, write_ratings

from cftui import paths
from cftui.catalogue import CATALOGUE
from cftui.explore.neighbours import neighbours
from cftui.library.trained import load_trained
from cftui.ratings.store import open_ratings
from cftui.runs.control import send
from cftui.runs.directory import Run, RunError
from cftui.runs.events import Started
from cftui.runs.find import find_run
from cftui.training.start import resume_run, start_run


def stopped_run(source: Path | str) -> Run:
    """Return a run that was stopped in its first epoch."""
    config = small_config(source, training={"epochs": 2, "batch_size": 64})

    def stop(event: object) -> None:
        if isinstance(event, Started):
            send(find_run("r", weights=False).path, "stop")

    start_run(config, stop, run_id="r", began=0.0)
    run = find_run("r")
    assert run.record().state == "stopped"
    return run


def moved(run: Run, place: Path) -> None:
    """Let the record speak of a place that is gone, as after a move of package and cache."""
    record = replace(run.record(), data_source=str(place), store=str(place / "store"))
    run.write_record(record)
    shutil.rmtree(paths.stores_folder())


def test_bundled_ratings_are_found_after_the_package_moved(tmp_path: Path) -> None:
    run = stopped_run(paths.BUNDLED)
    moved(run, tmp_path / "gone")
    assert len(neighbours(load_trained(run), 0, "cosine", 3)) == 3
    shutil.rmtree(paths.stores_folder())
    assert resume_run(run, lambda _: None, began=0.0).event == "finished"


def test_a_bundled_data_set_opened_by_its_path_is_found_by_its_name(tmp_path: Path) -> None:
    copy = shutil.copytree(paths.resolve_source(paths.BUNDLED), tmp_path / paths.BUNDLED)
    run = stopped_run(copy)
    shutil.rmtree(copy)
    moved(run, copy)
    assert load_trained(run).ratings.n_users == 671
    assert resume_run(run, lambda _: None, began=0.0).event == "finished"


def test_a_name_typed_in_another_folder_is_found_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ratings(tmp_path / "small", n=900)
    monkeypatch.chdir(tmp_path)
    run = stopped_run("small")
    assert run.config().data.source == "small"
    shutil.rmtree(paths.stores_folder())
    monkeypatch.chdir(paths.runs_folder())
    assert load_trained(run).ratings.name == "small"
    shutil.rmtree(paths.stores_folder())
    assert resume_run(run, lambda _: None, began=0.0).event == "finished"


def test_a_store_of_other_ratings_is_passed_over(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small", n=900)
    other = open_ratings(write_ratings(tmp_path / "other", n=800))
    run = stopped_run(source)
    run.write_record(replace(run.record(), store=str(other.path)))
    assert len(load_trained(run).ratings) == 900
    assert resume_run(run, lambda _: None, began=0.0).event == "finished"


def test_what_is_gone_is_told_alike_with_what_was_tried(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small", n=900)
    run = stopped_run(source)
    shutil.rmtree(source)
    moved(run, tmp_path / "elsewhere")
    for ask in (load_trained, lambda run: resume_run(run, lambda _: None, began=0.0)):
        with pytest.raises(RunError, match="the ratings of r cannot be read") as told:
            ask(run)
        for words in (str(source), str(tmp_path / "elsewhere"), "train anew: cftui train"):
            assert words in str(told.value)


def test_a_download_that_is_gone_says_how_to_have_it_again(tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "small", n=900)
    run = stopped_run(source)
    shutil.rmtree(source)
    moved(run, source)
    name = next(iter(CATALOGUE))
    run.write_record(replace(run.record(), data_name=name))
    with pytest.raises(RunError, match=f"download them again: cftui data fetch {name}"):
        load_trained(run)
