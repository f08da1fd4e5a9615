"""The one door: every question has one answer, typed, and asking loads no more than it needs."""

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from loaded import modules_after, whole_names_after
from small import small_config, write_ratings

from cftui import questions
from cftui.library import door
from cftui.library.door import Library, answers
from cftui.pipes import Failure
from cftui.questions.data import DescribeData
from cftui.questions.job import Job
from cftui.questions.question import Question, answer_type
from cftui.questions.trained import Predict, Recommend, Similar
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings
from cftui.runs.directory import RunError
from cftui.runs.find import find_run
from cftui.training.start import start_run

ROOT = Path(__file__).parents[1]
MODULES = [
    importlib.import_module(f"cftui.questions.{found.name}")
    for found in pkgutil.iter_modules(questions.__path__)
]
QUESTIONS: list[type[Question[Any]]] = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type)
    and issubclass(kind, Question)
    and kind not in (Question, Job)
    and kind.__module__ == module.__name__
]


def test_there_are_questions() -> None:
    assert len(QUESTIONS) > 25


@pytest.mark.parametrize("kind", QUESTIONS, ids=lambda kind: kind.__name__)
def test_every_question_has_one_answer_where_it_says(kind: type[Question[Any]]) -> None:
    importlib.import_module(kind.answered_in)
    function = door._answering[kind]
    assert function.__module__ == kind.answered_in
    marks = Path(sys.modules[kind.answered_in].__file__ or "").read_text()
    mark = "performs" if issubclass(kind, Job) else "answers"
    assert marks.count(f"@{mark}({kind.__name__})") == 1
    assert answer_type(kind) is not None


def test_nothing_else_is_answered() -> None:
    for kind in QUESTIONS:
        importlib.import_module(kind.answered_in)
    ours = {kind for kind in door._answering if kind.__module__.startswith("cftui.")}
    assert ours == set(QUESTIONS)


def test_a_question_is_answered_once_and_where_it_says() -> None:
    class Elsewhere(Question[int], answered_in="cftui.explore.data"):
        """Is it answered here?"""

    with pytest.raises(TypeError, match="answered in 'cftui\\.explore\\.data'"):
        answers(Elsewhere)(lambda library, question: 1)
    with pytest.raises(TypeError, match="mark what does it with @performs"):
        answers(DescribeData)(lambda library, question: None)  # type: ignore[arg-type, return-value]

    class Here(Question[int], answered_in=__name__):
        """Is it answered twice?"""

    try:
        assert answers(Here)(lambda library, question: 1)
        assert Library().answer(Here()) == 1
        with pytest.raises(TypeError, match="already"):
            answers(Here)(lambda library, question: 2)
    finally:
        door._answering.pop(Here)

    class Nowhere(Question[int]):
        """Is it answered?"""

    failure = Library().reply(Nowhere())
    assert isinstance(failure, Failure) and "does not say" in failure.message


PAIRS = """
    from dataclasses import dataclass
    from cftui.library.door import Library, answers, performs
    from cftui.questions.data import DataProfile, DescribeData
    from cftui.questions.job import Progress
    from cftui.questions.trained import Predict, Prediction, Recommend, Recommendation

    @answers(Predict)
    def right(library: Library, question: Predict) -> Prediction: ...

    @answers(Predict)
    def other_answer(library: Library, question: Predict) -> int: ...  # wrong

    @answers(Predict)
    def other_question(library: Library, question: Recommend) -> Prediction: ...  # wrong

    @answers(Recommend)
    def a_list(library: Library, question: Recommend) -> list[Recommendation]: ...  # wrong

    @performs(DescribeData)
    def done(library: Library, job: DescribeData, progress: Progress) -> DataProfile: ...

    @performs(DescribeData)
    def deaf(library: Library, job: DescribeData) -> DataProfile: ...  # wrong

    def ask(library: Library) -> None:
        library.answer(Predict("run", "1", "2")).predicted.is_integer()
        library.answer(Recommend("run", "1"))[0].rank.bit_length()
        library.answer(DescribeData("store")).timeline
        library.answer(Predict("run", "1", "2")).predictd  # wrong
        library.answer(Recommend("run", "1")).rank  # wrong
"""


def test_mypy_sees_every_pair_of_a_question_and_its_answer(tmp_path: Path) -> None:
    lines = dedent(PAIRS).splitlines()
    snippet = tmp_path / "pairs.py"
    snippet.write_text("\n".join(lines))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--disable-error-code=empty-body"),
            *("--no-error-summary", "--follow-imports=silent", str(snippet)),
            # What others wrote says nothing about the pairs, and takes mypy ten times as long.
            *("--no-site-packages", "--ignore-missing-imports"),
            *("--cache-dir", str(ROOT / ".mypy_cache" / "pairs")),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if ": error: " in line]
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    # A line with a decorator is reported where the decorator stands.
    found = {int(line.split(":")[1]) for line in told}
    assert len(found) == len(wrong) == 6, done.stdout
    for number in found:
        assert number in wrong or number + 1 in wrong, done.stdout


HEAVY = {"torch", "scipy", "openpyxl", "xlsxwriter", "rapidfuzz", "pyarrow", "pandas", "textual"}


def test_asking_one_question_loads_nothing_that_others_need(bundled: Ratings) -> None:
    store = str(bundled.path)
    for setup, question in (
        ("from cftui.questions.data import DescribeData", f"DescribeData({store!r})"),
        ("from cftui.questions.data import ListDataSets", "ListDataSets()"),
        ("from cftui.questions.sheet import OpenCrosstab", f"OpenCrosstab({store!r})"),
    ):
        loaded = whole_names_after(
            f"{setup}\nfrom cftui.library.door import Library\nassert Library().answer({question})"
        )
        assert loaded.isdisjoint(HEAVY), question
    bare = whole_names_after("import cftui.brain")
    assert not {name for name in bare if name.startswith(("cftui.explore.", "cftui.sheet."))}


def test_a_question_needs_the_standard_library_alone() -> None:
    names = ", ".join(module.__name__ for module in MODULES)
    loaded = modules_after(f"import {names}") - modules_after("pass")
    assert loaded - set(sys.stdlib_module_names) == {"cftui"}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Give the folder of small ratings with a trained run."""
    source = write_ratings(tmp_path / "small", users=40, items=60, n=900)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return source


def test_a_library_opens_a_store_and_a_run_once(small: Path) -> None:
    library, run = Library(), find_run("r")
    ratings = library.open(str(small))
    assert library.ratings(ratings.path) is ratings
    assert library.ratings_of(run) is ratings
    trained = library.trained(run.path)
    assert trained.ratings is ratings and library.trained(str(run.path)) is trained
    best = library.trained(run.path, best=True)
    assert best is not trained and best.ratings is ratings
    assert library.trained(best.path) is best and library.trained(trained.path) is trained


def test_a_newer_checkpoint_is_noticed(small: Path) -> None:
    library, run = Library(), find_run("r")
    before = library.trained(run.path)
    then = run.last.stat().st_mtime_ns
    os.utime(run.last, ns=(then + 10**9, then + 10**9))
    assert library.trained(run.path) is not before


def test_few_stores_stay_open(tmp_path: Path) -> None:
    library = Library()
    folders = [write_ratings(tmp_path / str(n), users=4, items=4, n=8) for n in range(6)]
    opened = [library.open(str(folder)) for folder in folders]
    assert library.ratings(opened[-1].path) is opened[-1]
    assert library.ratings(opened[0].path) is not opened[0]


def test_best_weights_answer_where_the_question_names_them(small: Path) -> None:
    library, run = Library(), find_run("r")
    questions = (Predict(str(run.best), "1", "1001"), Predict(str(run.path), "1", "1001"))
    scored = [library.answer(question).predicted for question in questions]
    tables = [library.trained(run.path, best=best) for best in (True, False)]
    codes = [tables[0].ratings.users.code_of("1"), tables[0].ratings.items.code_of("1001")]
    for trained, predicted in zip(tables, scored, strict=True):
        alone = trained.scorer.score(Pairs(np.array(codes[:1]), np.array(codes[1:])))
        assert predicted == float(alone[0])


def test_what_cannot_be_answered_is_said_in_words(small: Path) -> None:
    library, run = Library(), str(find_run("r").path)
    with pytest.raises(ValueError, match="no user 77"):
        library.answer(Recommend(run, "77"))
    failure = library.reply(Similar(run, "zzzz"))
    assert isinstance(failure, Failure) and failure.kind == "UnknownId"
    assert "no title is near" in failure.message
    with pytest.raises(RunError):
        library.answer(Similar(run + "-gone", "1"))
