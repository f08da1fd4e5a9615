"""`cftui train`: make a run and train it, here or in the background."""

import contextlib
import errno
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cftui.commands.access import tell_access_once
from cftui.commands.console import (
    CommandError,
    Debug,
    Json,
    UsageError,
    print_json,
    process,
    say,
)
from cftui.commands.progress import EventPrinter
from cftui.commands.recipes import LIST, chosen_recipe, recipe_words
from cftui.commands.recipes import recipes as list_recipes
from cftui.config import RunConfig, make_config, merge, parse_assignments, read_config
from cftui.hyperparameters import MODELS, OPTIMIZERS, SCHEDULES
from cftui.hyperparameters.recipes import recipes
from cftui.printing import put

Assignments = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any setting by its full name, such as optimizer.momentum=0.9; may be repeated",
    ),
]


def _names(kinds: dict[str, Any]) -> str:
    return ", ".join(kinds)


def _titles() -> str:
    return ", ".join(one.name for one in recipes())


def train(
    *,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=recipe_words,
            help=f"Settings by name, under all other options: {_titles()}; list says more",
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="A data set's name or the path of a ratings file")
    ] = None,
    titles: Annotated[
        str | None, typer.Option(metavar="FILE", help="A table with the items' titles")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help=f"{_names(MODELS)}, or your own: path/to/file.py:Class")
    ] = None,
    optimizer: Annotated[str | None, typer.Option(help=_names(OPTIMIZERS))] = None,
    schedule: Annotated[str | None, typer.Option(help=_names(SCHEDULES))] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training ratings")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Ratings in a step")] = None,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate; else what suits model and optimizer")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="Weight decay; else what suits model and optimizer")
    ] = None,
    factors: Annotated[int | None, typer.Option(help="Size of the embeddings; 50")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of initial values and order (the split has its own)")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:N, mps")] = None,
    split: Annotated[
        str | None,
        typer.Option(help="random, per-user, per-user-latest, leave-last-out, time, given or none"),
    ] = None,
    settings: Assignments = [],  # noqa: B006 - Typer copies it
    config: Annotated[Path | None, typer.Option(help="A run's config.toml to begin from")] = None,
    name: Annotated[str, typer.Option(help="A name to find the run by")] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Train in the background")] = False,
    trust_model: Annotated[
        bool,
        typer.Option("--trust-model", help="The model's file may be executed, whoever wrote it"),
    ] = False,
    json: Json = False,
    run_id: Annotated[str, typer.Option("--id", hidden=True)] = "",
    refit_of: Annotated[str, typer.Option("--refit-of", hidden=True)] = "",
    debug: Debug = False,
) -> int:
    """Train a model on ratings; alone, it is the lesson's SGD recipe.

    ctrl+c stops with a checkpoint, a second one at once. A run whose terminal dies goes on.
    Exit code: 0 done, or stopped by a wish; 1 failed; 2 wrong use; 130 stopped by ctrl+c, 143 by
    SIGTERM.
    """
    options: dict[str, dict[str, Any]] = {
        "data": {"source": data, "titles": titles},
        "model": {"name": model, "n_factors": factors},
        "optimizer": {"name": optimizer, "learning_rate": lr, "weight_decay": weight_decay},
        "schedule": {"name": schedule},
        "split": {"kind": split},
        "training": {"epochs": epochs, "batch_size": batch_size, "seed": seed, "device": device},
    }
    given = {
        section: {key: value for key, value in keys.items() if value is not None}
        for section, keys in options.items()
    }
    if recipe == LIST:
        list_recipes(json=json)
        return 0
    base = read_config(config) if config else {}
    if recipe is not None:
        base = chosen_recipe(recipe).applied(base)
    assigned = parse_assignments(settings)
    resolved = make_config(merge(merge(base, given), assigned))
    typed = model is not None or "name" in assigned.get("model", {})
    tell_access_once()
    agree_to_model(resolved, typed=typed, trusted=trust_model)
    from cftui.runs.annotations import checked_name
    from cftui.runs.directory import new_id

    try:
        name = checked_name(name)
    except ValueError as error:
        raise UsageError(f"--name: {error}") from None
    run_id = run_id or new_id(resolved)
    if detach:
        return train_detached(resolved, run_id, name, json=json)
    return train_here(resolved, run_id, name, refit_of, json=json)


def agree_to_model(config: RunConfig, *, typed: bool, trusted: bool) -> None:
    """Remember that the model's source may run, where `--trust-model` or its typed path says so.

    One that only a settings file names runs where it was agreed to. Raises Untrusted, OSError.
    """
    from cftui.runs.model_source import source_of_config, trust, trust_typed

    source = source_of_config(config)
    if source is not None and trusted:
        trust(source)
    elif source is not None and typed:
        trust_typed(source)


def train_here(config: RunConfig, run_id: str, name: str, refit_of: str = "", *, json: bool) -> int:
    """Train in this process; return the exit code."""
    from cftui.training.start import start_run

    warn_without_flock()
    printer = EventPrinter(json=json)
    end = start_run(
        config, printer, run_id=run_id, name=name, refit_of=refit_of, began=process.began
    )
    return printer.exit_code(end)


def warn_without_flock() -> None:
    """Say what to set where runs lie on a file system without flock: claims stand for it."""
    from cftui import locks
    from cftui.paths import runs_folder
    from cftui.remedies import cause

    folder = runs_folder()
    with contextlib.suppress(OSError):
        there = next(found for found in (folder, *folder.parents) if found.exists())
        if not locks.has_flock(there):
            words = cause(OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(folder)))
            say(f"{folder}: {words}; until then, train a run from one host at a time")


def train_detached(
    config: RunConfig, run_id: str, name: str, refit_of: str = "", *, json: bool
) -> int:
    """Start the trainer in a session of its own; wait until its run directory is there."""
    from cftui.runs.launch import launch

    started = launch(config, run_id, name, refit_of)
    while not started.run.path.is_dir():
        if started.ended():
            raise CommandError(f"the trainer did not start: {started.last_words()}")
        time.sleep(0.02)
    if json:
        print_json({"event": "detached", "run": run_id, "pid": started.process.pid})
    else:
        put(f"{run_id}\ntraining in the background; watch it: cftui runs attach {run_id}")
    return 0
