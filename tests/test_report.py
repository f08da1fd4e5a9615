"""`cftui runs report`: read back as Markdown and as HTML; run texts never act in either."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from small import here, small_config

from cftui.config import make_config
from cftui.report.markdown import escaped, fenced
from cftui.runs.annotations import write_annotations
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Control
from cftui.runs.record import RateChange, RunRecord

TUI = Path(__file__).parent / "tui"
HOSTILE = (
    "</title><script>alert(1)</script> | pipe ``` **bold** [x](http://e.example) \x1b[31mred"
    " <img src=x onerror=alert(1)> &lt; www.e.example \u202e"
)


def made(run_id: str, events: str, settings: dict[str, Any], **changes: Any) -> Run:
    record = RunRecord(
        run=run_id, state="finished", pid=1, host="box", created=1.0, data_name="small <i>",
        data_source="/small", store="/s", fingerprint="f", n_users=2, n_items=3, low=1, high=5,
        epochs=3, epoch=3, step=3753, steps_per_epoch=1251, **changes,
    )  # fmt: skip
    run, lock = create_run(record, make_config({**small_config().to_settings(), **settings}))
    lock.release()
    shutil.copy(TUI / events, run.events)
    return run


@pytest.fixture
def runs() -> tuple[Run, Run]:
    slow = {"optimizer": {"name": "sgd", "learning_rate": 0.3}}
    fast = {"optimizer": {"name": "adam", "learning_rate": 0.01}}
    changes = (RateChange(2000, 0.002),)
    errors = {"valid_mse": 0.82, "best_valid_mse": 0.81, "valid_ndcg": 0.125}
    one = made("slow", "recorded_sgd.jsonl", slow, **errors)
    two = made("fast", "recorded_events.jsonl", fast, best_valid_mse=0.76, rate_changes=changes)
    log = EventLog(two.events)
    for wish, value in (("pause", None), ("learning-rate", 0.002)):
        log.write(Control(1.0, 2000, wish, value, "box", 1, "obeyed"))
    log.close()
    one.rename(HOSTILE)
    write_annotations(two.path, notes=f"a note, {HOSTILE}")
    return one, two


class Page(HTMLParser):
    """The texts of a page, and its tags with what is asked of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.tags = "", []  # type: ignore[var-annotated]
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def written(out: Path, *words: str) -> str:
    assert here("runs", "report", *words, "--out", str(out)) == 0
    return out.read_text()


def test_markdown_reads_back_and_nothing_in_it_acts(runs: tuple[Run, Run], tmp_path: Path) -> None:
    text = written(tmp_path / "report.md", "slow", "fast")
    assert "\x1b" not in text and "\u202e" not in text
    parser = MarkdownIt("commonmark").enable("table")
    page = Page(parser.render(text))
    tags = {tag for tag, _ in page.tags}
    assert tags.isdisjoint({"script", "img", "a"}) and not any(
        kind == "html_inline" for token in parser.parse(text) for kind in map_types(token)
    )
    shown = HOSTILE.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd").strip()
    assert page.words.count(shown) >= 3  # table, heading, note
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in text.splitlines() if line.startswith("| ")]  # fmt: skip
    _, _, slow, fast = (dict(zip(rows[0], row, strict=True)) for row in rows)
    assert (slow["optimizer"], slow["learning_rate"]) == ("sgd", "0.3")
    assert (fast["optimizer"], fast["best MSE"], fast["last MSE"]) == ("adam", "0.7600", "–")
    assert (slow["best MSE"], slow["last MSE"], slow["NDCG\\@20"]) == ("0.8100", "0.8200", "0.125")
    assert "paused at step 2,000" in text and "learning rate 0.002 from step 2,000" in text
    assert "cftui train --data /small --model dot-bias" in text
    assert max(len(line) for line in fences(text)) <= 78
    assert "validation MSE" in text and "average" in text and text.count("```text") == 3


def map_types(token: Any) -> list[str]:
    return [child.type for child in token.children or ()]


def fences(text: str) -> list[str]:
    return [
        line
        for block in re.findall(r"(?ms)^(`{3,})text$(.*?)^\1$", text)
        for line in block[1].splitlines()
    ]


def test_a_page_has_pictures_and_no_script(runs: tuple[Run, Run], tmp_path: Path) -> None:
    text = written(tmp_path / "report.html", "slow", "fast", "slow", "--title", f"T {HOSTILE}")
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert set(tags).isdisjoint({"script", "img", "a", "link", "i"}) and tags.count("svg") == 3
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    clips = [attrs["id"] for tag, attrs in page.tags if tag == "clippath"]
    assert len(clips) == len(set(clips)) >= 3  # else the pictures would cut one another
    used = set(re.findall(r"url\(#([^)]*)\)", text))
    assert used == set(clips)
    for picture in re.findall(r"(?s)<svg.*?</svg>", text):
        ElementTree.fromstring(picture)
    shown = HOSTILE.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd").strip()
    assert page.words.count(f"T {shown}") == 2 and page.words.count(f"A {shown}") == 1
    assert page.words.count("The same again:") == 2  # a run named twice is told once
    assert "\x1b" not in text


def test_damage_is_said_and_a_wrong_ending_refused(
    runs: tuple[Run, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs[0].path / "config.toml").write_text("model = [")
    (runs[1].path / "run.json").write_text("{")
    runs[1].events.unlink()
    text = written(tmp_path / "report.md", "slow", "fast")
    assert text.count("**Damage**") == 2
    assert here("runs", "report", "slow", "--out", str(tmp_path / "report.txt")) == 2
    assert "end it with .html or .md" in capsys.readouterr().err
    assert here("runs", "report", "slow", "--out", str(tmp_path / "no" / "report.md")) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "a_b _c_ __d__",
        "1. x",
        "- x",
        "# x",
        "`code``",
        "\\",
        "~~no~~",
        "a|b",
        "&amp;",
        "===",
        "+ x",
    ],
)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    assert Page(parser.render(f"- **x**: {escaped(text)}")).words.strip() == f"x: {text}"
    assert "fence" in [token.type for token in parser.parse(fenced(text + "\n```\n# x", "text"))]
