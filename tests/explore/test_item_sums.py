"""Sums of items: against loops over vectors and lists, in the library and from the shell."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from small import here, small_config, write_ratings

from cftui.explore.item_sums import item_sum
from cftui.explore.likes.kept import tastes_of
from cftui.explore.neighbours import neighbours
from cftui.library.trained import Trained, load_trained
from cftui.questions.errors import QuestionError
from cftui.questions.item_sums import ItemArithmetic
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run
from cftui.training.start import start_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    from cftui import paths

    folder = tmp_path_factory.mktemp("sums")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", users=60, items=50, n=1200)
        start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
        yield load_trained(find_run("r"))


def asked(*plus: str, minus: tuple[str, ...] = (), floor: int = 1) -> ItemArithmetic:
    return ItemArithmetic("s", plus, minus, n=100, min_ratings=floor)


def test_in_the_space_it_is_the_cosine_with_the_sum_of_unit_vectors(trained: Trained) -> None:
    answer = item_sum(trained.ratings, asked("1001", "1004", minus=("1009",)), trained)
    table = trained.item_factors
    assert table is not None and answer.by == "cosine" and answer.step == trained.step
    items = trained.ratings.items
    total = np.zeros(table.shape[1])
    for item, sign in (("1001", 1), ("1004", 1), ("1009", -1)):
        vector = table[items.code_of(item)].astype(float)
        total += sign * vector / np.linalg.norm(vector)
    for row in answer.near:
        vector = table[items.code_of(row.item)].astype(float)
        cosine = vector @ total / np.linalg.norm(vector) / np.linalg.norm(total)
        assert row.score == pytest.approx(cosine)
    scores = [row.score for row in answer.near]
    assert scores == sorted(scores, reverse=True) and len(scores) == 47
    assert not {row.item for row in answer.near} & {"1001", "1004", "1009"}


def test_one_item_alone_has_its_own_neighbours(trained: Trained) -> None:
    own = neighbours(trained, trained.ratings.items.code_of("1007"), "cosine", 10)
    near = item_sum(trained.ratings, asked("1007"), trained).near[:10]
    assert [row.item for row in near] == [row.item for row in own]


def test_by_tastes_it_is_the_sum_of_their_lists(trained: Trained) -> None:
    ratings = trained.ratings
    answer = item_sum(ratings, asked("1001", minus=("1004", "1009"), floor=10))
    tastes, code = tastes_of(ratings), ratings.items.code_of
    lists = [tastes.near(code(item)).score for item in ("1001", "1004", "1009")]
    for row in answer.near:
        parts = [scores[code(row.item)] for scores in lists]
        assert row.score == pytest.approx(parts[0] - parts[1] - parts[2])
        assert row.n_ratings >= 10
    assert answer.words.count("\u2212") == 2 and answer.step is None


def test_alien_rather_than_aladdin_leads_toy_story_away_from_children(bundled: Ratings) -> None:
    question = ItemArithmetic("s", ("toy story 1995", "alien 1979"), ("aladdin 1992",), n=5)
    answer = item_sum(bundled, question)
    assert answer.words == "Toy Story (1995) + Alien (1979) \u2212 Aladdin (1992)"
    assert "Aliens (1986)" in [row.title for row in answer.near]


def test_what_cannot_be_summed_is_told(trained: Trained) -> None:
    with pytest.raises(QuestionError, match="needs an item to begin with"):
        item_sum(trained.ratings, asked(minus=("1001",)))
    with pytest.raises(QuestionError, match=r"1001 Film 0, The .* stands twice"):
        item_sum(trained.ratings, asked("1001", minus=("1001",)))
    without = replace(trained)
    without.__dict__["trained_items"] = np.zeros(50, bool)
    with pytest.raises(QuestionError, match="the model knows nothing of it"):
        item_sum(trained.ratings, asked("1001", "1004"), without)


def test_similar_takes_sums(
    tmp_path_factory: pytest.TempPathFactory,
    home: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = str(write_ratings(tmp_path_factory.mktemp("shell") / "small", 60, 50, 1200))
    words = ["similar", "1001", "--data", source, "--plus", "1004", "--minus", "1009"]
    assert here(*words, "--json", "-n", "3") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["rank"] for row in rows] == [1, 2, 3] and set(rows[0]) >= {"item", "score"}
    assert here(*words) == 0
    assert "nearest to Film 0, The (1950) + Film 1, The (1953) \u2212" in capsys.readouterr().out
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    assert here(*words, "--by", "cosine") == 0
    assert "by cosine (Mikolov" in capsys.readouterr().out
    for wrong, message in (
        ([*words, "--by", "dot"], "--plus and --minus go with an ITEM, by tastes or cosine"),
        ([*words, "--plus", "1001"], "stands twice in the sum"),
        (["similar", "--all", "--out", "o.csv", "--plus", "1001"], "go with an ITEM"),
        ([*words, "--min-ratings", "900"], "--min-ratings"),
    ):
        assert here(*wrong) == 2
        assert message in capsys.readouterr().err
