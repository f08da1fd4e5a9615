"""The real command in a pseudo-terminal: open, train, ask, leave, come back."""

import re
from pathlib import Path

import pytest
from terminal import (
    LONG,
    SMALL,
    Open,
    Terminal,
    busy,
    call,
    processes,
    remember,
    trainers,
    until,
)

READ = "100,004 ratings"


def step(terminal: Terminal) -> int:
    """Return the step that the status line shows."""
    found = re.search(r"step ([\d,]+)/", terminal.text)
    return int(found[1].replace(",", "")) if found else 0


def chart(terminal: Terminal) -> str:
    """Return what the loss chart shows."""
    return terminal.area("loss (MSE)", left=45, height=12)


def colours(raw: bytes) -> set[tuple[int, ...]]:
    """Return the colours among the codes for colours, bold and the like."""
    found = set()
    for codes in re.findall(rb"\x1b\[([\d;]*)m", raw):
        numbers = [int(code or 0) for code in codes.split(b";")]
        while numbers:
            size = {2: 5, 5: 3}[numbers[1]] if numbers[0] in (38, 48) else 1
            code, numbers = tuple(numbers[:size]), numbers[size:]
            if code[0] // 10 in (3, 4, 9, 10) and code[0] not in (39, 49):
                found.add(code)
    return found


def search(terminal: Terminal, text: str) -> None:
    """Type into the search field of pane 5, once its cursor is there."""
    terminal.send("/")
    terminal.wait(gone="n At least")
    terminal.send(text)


def start(terminal: Terminal) -> None:
    """Start a run with the form's settings and wait for its curve."""
    terminal.wait("ml-latest-small", "steps an epoch")
    terminal.send("s")
    terminal.wait("running", "MSE", lambda: step(terminal) > 0)


def test_train_ask_leave_and_come_back(tmp_path: Path, open_screen: Open) -> None:
    home = tmp_path / "home"
    remember(home, LONG)
    terminal = open_screen(home)
    terminal.wait("[3 Train]", "No runs yet")
    start(terminal)

    before, at = chart(terminal), step(terminal)
    terminal.wait(lambda: chart(terminal) != before and step(terminal) > at)
    terminal.wait(lambda: re.search(r" [1-9]\d*( +[01]\.\d{4}){3} ", terminal.text))

    terminal.send("5")
    terminal.wait("[5 Explore]", "Would like, of what they have not rated")
    search(terminal, "15")
    terminal.wait("User 15: 1,700 ratings", "held-out RMSE")
    terminal.send("\r")
    terminal.wait("n At least")
    terminal.send("m")
    terminal.wait("Movies ─")
    search(terminal, "matr")
    terminal.wait("Matrix, The (1999)", "Near by tastes", "Action, Sci-Fi, Thriller")
    terminal.send("\r")
    terminal.wait("n At least")

    terminal.send("q")
    assert terminal.end() == 0
    (run,) = re.findall(rb"(\d{8}-[\w-]+) goes on; cftui shows it again", terminal.raw)
    assert set(processes(home)) == set(trainers(home)) != set()

    terminal = open_screen(home)
    terminal.wait("[5 Explore]", READ)
    terminal.send("3")
    terminal.wait("running", "loss (MSE)", lambda: step(terminal) > at)
    at = step(terminal)
    terminal.wait(lambda: step(terminal) > at)
    call(home, "runs", "stop", run.decode())
    terminal.wait("stopped", "RMSE")


def test_a_run_finishes_and_is_in_the_list(tmp_path: Path, open_screen: Open) -> None:
    home = tmp_path / "home"
    remember(home, SMALL)
    terminal = open_screen(home)
    terminal.wait(READ, "steps an epoch")
    terminal.send("s")
    terminal.wait("✓ dot-bias-sgd", "✓  dot-bias-sgd", "finished", "step 158/158", "RMSE")
    terminal.send("q")
    assert terminal.end() == 0
    assert b"goes on" not in terminal.raw.split(b"\x1b[?1049l")[-1]


def test_wishes_from_a_small_screen_are_obeyed(tmp_path: Path, open_screen: Open) -> None:
    home = tmp_path / "home"
    remember(home, LONG)
    terminal = open_screen(home, columns=80, rows=24)
    start(terminal)
    terminal.send("p")
    terminal.wait("‖ dot-bias-sgd", "paused")  # the chart's mark may come before the status
    at = step(terminal)
    terminal.send("p")
    terminal.wait("running", lambda: step(terminal) > at)
    terminal.send("l")
    terminal.wait("Learning rate of")
    terminal.send("0.025")  # in place of the present rate, which is selected
    terminal.wait("│ 0.025")
    terminal.send("\r")
    log = next((home / "data" / "runs").glob("*/events.jsonl"))
    terminal.wait(lambda: '"wish":"learning-rate","value":0.025' in log.read_text())
    terminal.send("x")
    terminal.wait("stopped")
    terminal.wait(lambda: not trainers(home))
    terminal.send("p")
    terminal.wait("running", lambda: step(terminal) > at)


@pytest.mark.parametrize("end", [Terminal.hang_up, Terminal.kill])
def test_only_the_trainer_outlives_the_screen(
    end: object, tmp_path: Path, open_screen: Open
) -> None:
    assert callable(end)
    home = tmp_path / "home"
    remember(home, LONG)
    terminal = open_screen(home)
    start(terminal)
    terminal.send("5")
    terminal.wait("Would like")
    assert len(processes(home)) == 4, "screen, brain, painter, trainer"
    (trainer,) = trainers(home)
    end(terminal)
    until(lambda: set(processes(home)) == {trainer}, patience=2.0 * busy())
    (log,) = (home / "data" / "runs").glob("*/events.jsonl")
    size = log.stat().st_size
    until(lambda: log.stat().st_size > size)
    assert '"state": "running"' in call(home, "runs", "list", "--json").replace('":"', '": "')


def test_another_size_draws_anew(trained_home: Path, open_screen: Open) -> None:
    terminal = open_screen(trained_home)
    terminal.wait(READ, "✓ dot-bias-sgd", "╰")
    terminal.resize(80, 24)
    terminal.wait(lambda: "q Quit" in terminal.lines[-1] and "[3 Train]" in terminal.lines[0])
    terminal.send("5")
    terminal.wait("[5 Explore]", "User ", "╰")
    terminal.resize(120, 40)
    terminal.wait(lambda: "q Quit" in terminal.lines[-1] and "╰" in terminal.lines[-2])
    assert "Traceback" not in terminal.text
    terminal.send("q")
    assert terminal.end() == 0


def test_no_color_sends_greys_alone(trained_home: Path, open_screen: Open) -> None:
    terminal = open_screen(trained_home, env={"NO_COLOR": "1"})
    terminal.wait(READ)
    terminal.send("3")
    terminal.wait("loss (MSE)", "✓ dot-bias-sgd")
    terminal.send("5")
    terminal.wait("User ", "›")
    terminal.send("q")
    assert terminal.end() == 0
    assert set(re.findall(rb"\x1b\[[\d;]*m", terminal.raw)) - {b"\x1b[0m"}, "bold at least"
    # Textual turns colours into greys; a hue would differ in red, green and blue.
    sent = colours(terminal.raw)
    assert sent and all(len(code) == 5 and len(set(code[2:])) == 1 for code in sent)
