"""`cftui runs …`: every run ever made, and wishes to the live ones."""

import json as json_module
import time
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands import report, run_tables
from cftui.commands.console import (
    CommandError,
    Debug,
    Json,
    UsageError,
    process,
    run_words,
    say,
)
from cftui.commands.opening import find
from cftui.commands.progress import EventPrinter
from cftui.commands.run_tables import Plain, Word
from cftui.printing import put, put_json_text
from cftui.questions.custom_model import TrustRun

if TYPE_CHECKING:
    from cftui.runs.control import WishKind
    from cftui.runs.directory import Run

app = typer.Typer(no_args_is_help=True, help="List, watch and steer runs.", rich_markup_mode=None)

app.command("list")(run_tables.list_)
app.command()(run_tables.show)
app.command()(run_tables.diff)
app.command()(run_tables.export)
app.command()(report.report)

WISH_SECONDS = 10.0


@app.command()
def attach(
    word: Word = "latest", plain: Plain = False, json: Json = False, debug: Debug = False
) -> int:
    """Watch a run from its beginning to its end; ctrl+c leaves it running."""
    from cftui.runs.event_log import EventTail
    from cftui.runs.events import Failed, Finished, Resumed
    from cftui.runs.history import History
    from cftui.runs.lock import is_held
    from cftui.runs.telling import sentences

    run = find(word)
    printer, tail, end = EventPrinter(json=json, still=plain), EventTail(run.events), None
    history = History()
    while True:
        # The last word stands in the record first; the lock is held until it is an event too.
        live, held = run.status(), is_held(run.lock)
        events = tail.read()
        history.feed(events if plain else ())
        for event in events:
            printer(event)
            if isinstance(event, Finished | Failed):
                end = event
            elif isinstance(event, Resumed):
                end = None
        if events:
            continue
        if not (live.alive or held):
            if plain and not json:
                put("\n".join(sentences(history)))
            if end is None:
                raise CommandError(f"{run.id}: {live.shown}\n{live.note}".strip())
            return 1 if isinstance(end, Failed) else 0
        time.sleep(0.1)


@app.command()
def pause(word: Word = "latest", debug: Debug = False) -> None:
    """Let a live run wait, with a checkpoint."""
    _wish(word, "pause")


@app.command()
def stop(word: Word = "latest", debug: Debug = False) -> None:
    """End a live run with a checkpoint; what it learned is kept."""
    _wish(word, "stop")


@app.command()
def checkpoint(word: Word = "latest", debug: Debug = False) -> None:
    """Have a live run write a checkpoint now."""
    _wish(word, "checkpoint")


@app.command("set")
def set_(
    word: Word,
    assignment: Annotated[str, typer.Argument(metavar="lr=VALUE", help="The new learning rate")],
    debug: Debug = False,
) -> None:
    """Change the learning rate that a live run's schedule scales."""
    key, _, text = assignment.partition("=")
    if key.strip() not in ("lr", "learning_rate", "optimizer.learning_rate"):
        raise UsageError(f"{assignment}: only the learning rate can change; write it as lr=0.01")
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{assignment}: {text!r} is not a number; write it as lr=0.01") from None
    if not 0 < value < float("inf"):
        raise UsageError(f"{assignment}: a learning rate is a number above 0")
    _wish(word, "learning-rate", value)


def _wish(word: str, kind: "WishKind", value: float | None = None) -> None:
    """Send a wish and wait until the trainer has recorded it."""
    from cftui.runs.control import send
    from cftui.runs.event_log import EventTail
    from cftui.runs.events import Control

    run = find(word)
    status = run.status()
    if not status.alive:
        raise CommandError(f"{run.id} is not live ({status.shown}); nothing was sent")
    tail = EventTail(run.events)
    while tail.read():
        pass
    wish = send(run.path, kind, value)
    deadline = time.monotonic() + WISH_SECONDS
    while time.monotonic() < deadline:
        for event in tail.read():
            if isinstance(event, Control) and event.sent_ns == wish.sent_ns:
                if event.outcome != "obeyed":
                    raise CommandError(f"{run.id}: {kind} {event.outcome}")
                put(f"{run.id}: {kind} obeyed at step {event.step:,}")
                return
        time.sleep(0.02)
    if not run.status().alive:
        raise CommandError(f"{run.id} ended before it saw the wish")
    put(f"{run.id}: {kind} sent; {_why_unanswered(run)}")


def _why_unanswered(run: "Run") -> str:
    """Return what a live trainer does instead of obeying."""
    from cftui.runs.lock import holder_pid, is_suspended

    pid = holder_pid(run.lock)
    if pid is not None and is_suspended(pid):
        return f"its trainer is suspended and will see it once it goes on: kill -CONT {pid}"
    if run.record().state == "starting":
        return "the trainer is still starting and will see it"
    return "the trainer is busy and will see it"


@app.command()
def resume(
    word: Word = "latest",
    lr: Annotated[float | None, typer.Option(help="Go on with another learning rate")] = None,
    from_: Annotated[
        str, typer.Option("--from", help="best or start, where the last checkpoint is damaged")
    ] = "last",
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Go on: with a paused run where it is, with a stopped or died one from its checkpoint.

    Where that is damaged it is kept aside, and --from says what to go on from: the weights at the
    best validation error, with an optimizer that begins anew, or the first step. Signals and exit
    codes are those of cftui train.
    """
    from cftui.commands.train import warn_without_flock
    from cftui.runs.lost_checkpoint import ORIGINS
    from cftui.training.start import resume_run

    run = find(word)
    if from_ not in ORIGINS:
        raise UsageError(f"--from {from_}: one of {', '.join(ORIGINS)}")
    if lr is not None and not 0 < lr < float("inf"):
        raise UsageError(f"--lr {lr}: a learning rate is a number above 0")
    status = run.status()
    if status.alive and status.record.state == "paused" and from_ == "last":
        if lr is not None:
            _wish(run.id, "learning-rate", lr)
        _wish(run.id, "resume")
        return 0
    warn_without_flock()
    printer = EventPrinter(json=json)
    end = resume_run(run, printer, learning_rate=lr, origin=ORIGINS[from_], began=process.began)
    return printer.exit_code(end)


@app.command()
def refit(
    word: Word = "latest",
    name: Annotated[str | None, typer.Option(help="A name to find the new run by")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Train in the background")] = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Train a run's model again on all ratings: the weights to ask, once it has proved good.

    Nothing is held out, so that its error is not measured: that of the run it repeats stands for
    it. As many epochs as that one had at its best validation error.
    """
    from cftui.commands.train import train_detached, train_here
    from cftui.runs.directory import RunError, new_id
    from cftui.runs.rates import changes_of, not_refitted
    from cftui.runs.refit import refit_config, refit_name

    run = find(word)
    try:
        config = refit_config(run)
    except RunError as error:
        raise UsageError(str(error)) from None
    if words := not_refitted(changes_of(run)):
        say(words)
    begin = train_detached if detach else train_here
    called = refit_name(run) if name is None else name
    return begin(config, new_id(config), called, run.id, json=json)


@app.command()
def rename(word: Word, name: str, debug: Debug = False) -> None:
    """Give a run a name."""
    from cftui.runs.directory import RunError

    run = find(word)
    try:
        run.rename(name)
    except RunError as error:
        raise UsageError(str(error)) from None
    put(f"{run.id} is now called {run.name()!r}" if run.name() else f"{run.id} has no name now")


@app.command()
def trust(word: Word, debug: Debug = False) -> None:
    """Agree to executing a run's own model here, as it stands in its model.py."""
    from cftui.library.door import Library

    path = Library().answer(TrustRun(str(find(word).path)))
    put(f"{path} may be executed here now; a change of it asks anew")


@app.command()
def rm(
    words: Annotated[list[str], typer.Argument(metavar="RUN...", autocompletion=run_words)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
    debug: Debug = False,
) -> None:
    """Delete runs with their weights."""
    found = [find(word) for word in words]
    for run in found:
        if yes or typer.confirm(f"delete {run.id} with its weights?"):
            run.delete()
            put(f"deleted {run.id}")


@app.command()
def events(word: Word = "latest", debug: Debug = False) -> None:
    """Print a run's events as JSON lines, steps too, undone ones left out."""
    from cftui.runs.event_log import read_events, settled
    from cftui.runs.events import as_row

    run = find(word)
    for event in settled(read_events(run.events)):
        put_json_text(json_module.dumps(as_row(event), separators=(",", ":")), flush=False)
