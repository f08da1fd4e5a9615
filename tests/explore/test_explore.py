"""Questions to a trained model against brute force over the same weights."""

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from small import cli, here, small_config, write_ratings

from cftui.explore.neighbours import neighbours
from cftui.explore.predict import predict, predict_valid
from cftui.explore.profiles import explore_item, explore_user
from cftui.explore.recommend import recommend, top
from cftui.explore.search import find_item, find_items, find_users, normalise
from cftui.library.trained import Trained, load_trained
from cftui.models.dot_bias import DotBias
from cftui.questions.errors import Ambiguous, QuestionError
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import CheckpointError, load_checkpoint
from cftui.runs.control import send
from cftui.runs.directory import Run, RunError
from cftui.runs.events import Step
from cftui.runs.find import find_run
from cftui.training.start import start_run


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    """A run of two epochs on sparse ratings: some users and items are only held out."""
    source = write_ratings(tmp_path / "small", users=60, items=150, n=500)
    end = start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    assert end.event == "finished"
    return load_trained(find_run("r"))


@pytest.fixture
def module(trained: Trained) -> Callable[[int, int], float]:
    """Torch's own module on the weights in the checkpoint."""
    tables = load_checkpoint(find_run("r").last, "parameters/").arrays
    ratings = trained.ratings
    model = DotBias(ratings.info(), 8)
    for name in ("user_factors", "item_factors", "user_bias", "item_bias"):
        getattr(model, name).weight.data = torch.from_numpy(tables[f"parameters/{name}"])

    def score(user: int, item: int) -> float:
        return float(model(torch.tensor([user]), torch.tensor([item])).detach())

    return score


Score = Callable[[int, int], float]


def test_predictions_are_those_of_the_torch_module(trained: Trained, module: Score) -> None:
    ratings = trained.ratings
    for position in range(0, 500, 37):
        user, item = int(ratings.user[position]), int(ratings.item[position])
        answer = predict(trained, user, item)
        assert answer.predicted == pytest.approx(module(user, item), abs=1e-5)
        assert answer.actual == float(ratings.value[position])
        train = trained.split.train
        assert answer.user_seen == bool((ratings.user[train] == user).any())
        assert answer.item_seen == bool((ratings.item[train] == item).any())
    rated = set(zip(ratings.user.tolist(), ratings.item.tolist(), strict=True))
    unrated = next((0, i) for i in range(ratings.n_items) if (0, i) not in rated)
    assert predict(trained, *unrated).actual is None


def test_pairs_never_trained_on_are_scored_as_the_model_stands(
    trained: Trained, module: Score
) -> None:
    """In training, evaluation and explorer alike; and their number is told."""
    cold = np.flatnonzero(~trained.trained_items)
    assert len(cold) > 0
    answer = predict(trained, 0, int(cold[0]))
    assert not answer.item_seen
    assert answer.predicted == pytest.approx(module(0, int(cold[0])), abs=1e-5)


def test_the_rmse_of_all_held_out_is_the_runs_own(trained: Trained) -> None:
    positions, predicted = predict_valid(trained)
    squares = (predicted.astype(np.float64) - trained.ratings.value[positions]) ** 2
    assert trained.record.valid_rmse == pytest.approx(math.sqrt(squares.mean()), abs=1e-6)
    n = len(trained.ratings)
    drawn = np.random.RandomState(42).permutation(n)[: int(0.2 * n)]  # the lesson's split
    np.testing.assert_array_equal(positions, drawn)


@pytest.mark.parametrize("user", [0, 7, 30])
def test_recommended_are_the_best_unseen(trained: Trained, module: Score, user: int) -> None:
    ratings = trained.ratings
    seen = {int(i) for u, i in zip(ratings.user, ratings.item, strict=True) if u == user}
    scores = {i: module(user, i) for i in range(ratings.n_items) if i not in seen}
    expected = sorted(scores, key=lambda item: -scores[item])[:10]
    answer = recommend(trained, user, 10, order="stars")
    codes = [ratings.items.code_of(row.item) for row in answer]
    assert not seen & set(codes) and [row.rank for row in answer] == list(range(1, 11))
    # Nearly equal scores may change places by rounding.
    for row, code, best in zip(answer, codes, expected, strict=True):
        assert row.predicted == pytest.approx(scores[best], abs=1e-5)
        assert row.predicted == pytest.approx(scores[code], abs=1e-5)
        assert row.n_ratings == int((ratings.item == code).sum())
    everything = recommend(trained, user, 10_000)
    assert {ratings.items.code_of(row.item) for row in everything} == set(scores)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclid"])
def test_neighbours_are_the_nearest_trained_items(trained: Trained, metric: str) -> None:
    factors = trained.require("item_factors").astype(np.float64)
    custom = int(np.flatnonzero(trained.trained_items)[3])
    scores = {}
    for other in np.flatnonzero(trained.trained_items).tolist():
        a, b = factors[custom], factors[other]
        dot = sum(x * y for x, y in zip(a, b, strict=True))
        if metric == "cosine":
            dot /= math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
        elif metric == "euclid":
            dot = math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))
        scores[other] = dot
    del scores[custom]
    expected = sorted(scores.values(), reverse=metric != "euclid")[:7]
    answer = neighbours(trained, custom, metric, 7)  # type: ignore[arg-type]
    assert [row.score for row in answer] == pytest.approx(expected, abs=1e-6)
    for row in answer:
        code = trained.ratings.items.code_of(row.item)
        assert row.score == pytest.approx(scores[code], abs=1e-6)
    assert len(neighbours(trained, custom, metric, 10_000)) == len(scores)  # type: ignore[arg-type]
    with pytest.raises(QuestionError, match="not one of cosine, dot, euclid"):
        neighbours(trained, custom, "manhattan", 3)  # type: ignore[arg-type]


def test_top_is_a_full_sort_with_ties_by_place() -> None:
    draw = np.random.default_rng(0)
    for n in (0, 1, 3, 10, 40, 60):
        scores = draw.integers(0, 6, 40).astype(np.float32)
        expected = sorted(range(40), key=lambda place: (-scores[place], place))[:n]
        assert top(scores, n) == expected


def test_a_user_as_the_model_sees_them(trained: Trained, module: Score) -> None:
    ratings, user = trained.ratings, 5
    custom = np.flatnonzero(ratings.user == user)
    held = {int(p) for p in trained.split.valid} & set(custom.tolist())
    answer = explore_user(trained, user, 3)
    by_item = {row.item: row for row in answer.rated}
    assert len(by_item) == len(custom) and answer.user == ratings.users.id_of(user)
    squares: dict[bool, list[float]] = {True: [], False: []}
    for position in custom.tolist():
        code = int(ratings.item[position])
        row = by_item[ratings.items.id_of(code)]
        assert row.actual == float(ratings.value[position])
        assert row.held_out == (position in held)
        assert row.predicted == pytest.approx(module(user, code), abs=1e-5)
        squares[row.held_out].append((module(user, code) - row.actual) ** 2)
    assert answer.mean == pytest.approx(float(ratings.value[custom].mean()))
    for told, kept in ((answer.rmse_held_out, True), (answer.rmse_training, False)):
        expected = math.sqrt(np.mean(squares[kept])) if squares[kept] else None
        assert told == (None if expected is None else pytest.approx(expected, abs=1e-5))
    assert ratings.timestamp is not None
    newest = [ratings.items.id_of(int(ratings.item[p])) for p in custom]
    times = dict(zip(newest, ratings.timestamp[custom].tolist(), strict=True))
    told_times = [times[row.item] for row in answer.rated]
    assert told_times == sorted(told_times, reverse=True)
    assert answer.recommended == recommend(trained, user, 3)


def test_an_item_as_the_model_sees_it(trained: Trained) -> None:
    ratings, item = trained.ratings, 4
    values = [float(v) for v, i in zip(ratings.value, ratings.item, strict=True) if i == item]
    answer = explore_item(trained, item, "dot", 5)
    assert answer.n_ratings == len(values)
    assert answer.mean == pytest.approx(sum(values) / len(values))
    assert dict(answer.histogram) == {value: values.count(value) for value in set(values)}
    bias = load_checkpoint(find_run("r").last).arrays["parameters/item_bias"][:, 0]
    assert answer.bias == pytest.approx(float(bias[item]))
    assert answer.bias_rank == sorted(bias.tolist(), reverse=True).index(float(bias[item])) + 1
    assert answer.neighbours == neighbours(trained, item, "dot", 5)


def test_a_run_without_weights_or_ratings_says_what_to_do(trained: Trained) -> None:
    run = find_run("r")
    good = run.last.read_bytes()
    run.last.write_bytes(good[:100])
    with pytest.raises(CheckpointError, match="damaged checkpoint"):
        load_trained(run)
    run.last.unlink()
    words = r"r has no weights: last\.safetensors is not there; "
    with pytest.raises(RunError, match=words + r".* ask those \(--best\)"):
        load_trained(run)
    best = run.best.read_bytes()
    run.best.unlink()
    with pytest.raises(RunError, match=words + "train anew"):
        load_trained(run)
    run.best.write_bytes(best)
    run.last.write_bytes(good)
    source = Path(trained.record.data_source)
    write_ratings(source, users=61, items=150, n=600)
    import shutil

    shutil.rmtree(trained.record.store)
    with pytest.raises(RunError, match=r"has changed since r was trained; bring the old file back"):
        load_trained(run)
    (source / "ratings.csv").unlink()
    with pytest.raises(RunError, match="the ratings of r cannot be read"):
        load_trained(run)


def test_a_run_stopped_in_mid_epoch_says_which_step_its_error_is_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_ratings(tmp_path / "small", n=3000)
    config = small_config(source, training={"epochs": 4, "batch_size": 2})

    def stop_in_the_second(event: object) -> None:
        if isinstance(event, Step) and event.step > 1200:
            send(Run(find_run("m").path).path, "stop")

    start_run(config, stop_in_the_second, run_id="m", began=0.0)
    record = find_run("m").record()
    assert record.state == "stopped" and record.valid_step == 1200 and record.step > 1200
    for best, equal in ((False, False), (True, True)):
        words = ["predict", "--split", "valid", "--out", str(tmp_path / "v.csv")]
        assert here(*words, *(["--best"] if best else [])) == 0
        said = capsys.readouterr()
        with (tmp_path / "v.csv").open() as file:
            rows = list(csv.DictReader(file))
        squares = [(float(r["prediction"]) - float(r["rating"])) ** 2 for r in rows]
        rmse = math.sqrt(sum(squares) / len(squares))
        assert f"RMSE {rmse:.6f}" in said.out and len(rows) == 600
        assert (abs(rmse - (record.valid_rmse or 0)) < 1e-6) == equal
        assert ("is of step 1,200, where its last whole epoch ended" in said.err) == (not equal)


@pytest.fixture
def titles(tmp_path: Path) -> Ratings:
    names = [
        "Toy Story (1995)",
        "Toy Story 2 (1999)",
        "Matrix, The (1999)",
        "Fugitive, The (1993)",
        "Fugitive, The (1947)",
        "Amélie (2001)",
        "It (2017)",
        '"Weird" & <Wild> (2000)',
    ]
    folder = tmp_path / "titles"
    folder.mkdir()
    with (folder / "movies.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("movieId", "title", "genres"))
        writer.writerows((number + 10, name, "Drama") for number, name in enumerate(names))
    rows = [f"{u},{m + 10},{3 + m % 2},1" for m in range(8) for u in range(1, 3 + m)]
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(rows))
    return open_ratings(folder)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10", "Toy Story (1995)"),  # an id before a title
        ("toy story", "Toy Story (1995)"),  # equal before begun
        ("Toy Story 2", "Toy Story 2 (1999)"),
        ("the matrix", "Matrix, The (1999)"),
        ("Matrix, The", "Matrix, The (1999)"),
        ("MATRX", "Matrix, The (1999)"),
        ("amelie", "Amélie (2001)"),
        ("fugitive 1947", "Fugitive, The (1947)"),
        ("it", "It (2017)"),
        ("weird & wild", '"Weird" & <Wild> (2000)'),
    ],
)
def test_a_title_is_found_as_people_write_it(titles: Ratings, text: str, found: str) -> None:
    assert titles.items.title_of(find_item(titles, text)) == found


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("fugxtive", True),
        ("abxdefxhij", True),  # 8 of 10
        ("abxdefxhi", False),  # 7 of 9
        ("fxgxtive", False),
    ],
)
def test_a_title_is_near_where_four_fifths_of_its_letters_are_right(
    tmp_path: Path, text: str, near: bool
) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,1,3\n1,2,4\n")
    (tmp_path / "movies.csv").write_text("movieId,title\n1,Abcdefghij\n2,Fugitive\n")
    ratings = open_ratings(tmp_path)
    assert bool(find_items(ratings, text, 5)) == near


def test_two_equal_titles_are_listed_with_their_ids(titles: Ratings) -> None:
    with pytest.raises(Ambiguous) as several:
        find_item(titles, "the fugitive")
    assert str(several.value).splitlines()[1:] == [
        "  14  Fugitive, The (1947)",
        "  13  Fugitive, The (1993)",
    ]


@pytest.mark.parametrize("text", ["zzzzqqqq", "4711", "-4711", "10.5"])
def test_what_is_not_there_is_said(titles: Ratings, text: str) -> None:
    with pytest.raises(QuestionError, match=r"no item .*; ids run from 10 to 17; and no title"):
        find_item(titles, text)


def test_lists_of_items_and_users(titles: Ratings) -> None:
    rows = find_items(titles, "", 3)
    assert [row.n_ratings for row in rows] == [9, 8, 7]  # the most rated
    assert find_items(titles, "12", 5)[0].title == "Matrix, The (1999)"
    users = find_users(titles, "", 100)
    counts = [row.n_ratings for row in users]
    assert counts == sorted(counts, reverse=True) and len(users) == 9
    assert find_users(titles, "3", 1)[0].user == "3"
    mean = np.mean([3 + m % 2 for m in range(8) if 3 + m > 3])
    assert find_users(titles, "3", 1)[0].mean == pytest.approx(mean)
    assert normalise("Misérables, Les (1995)") == "les miserables 1995"


def test_the_commands_and_their_exit_codes(tmp_path: Path) -> None:
    """One process each, as a shell sees them; the answers are checked above."""
    source = write_ratings(tmp_path / "small", users=40, items=60, n=900)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    ambiguous = cli("similar", "film 3")
    assert ambiguous.returncode == 2 and not ambiguous.stdout
    head, *candidates = ambiguous.stderr.splitlines()
    assert head.startswith("cftui: several titles fit 'film 3'; give an id")
    assert {line.split()[0] for line in candidates} == {"1007", "1008"}
    unknown = cli("recommend", "--user", "4711", "--json")
    assert unknown.returncode == 2
    assert "no user 4711 in small; ids run from 1 to 40" in unknown.stderr
    fine = cli("recommend", "--user", "3", "--json", "-n", "2")
    assert fine.returncode == 0 and len(fine.stdout.splitlines()) == 3
    for done in (ambiguous, unknown, fine):
        assert "Traceback" not in done.stderr
