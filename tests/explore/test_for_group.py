"""A list for several people, against their own lists put together by hand."""

import statistics
from pathlib import Path

import pytest
from small import small_config, write_ratings

from cftui import paths
from cftui.explore.for_group import LEAST_PLACES, MISERY, explore_for_group, misery_from
from cftui.explore.for_you import explore_for_you
from cftui.library.door import Library
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter, ListOrder
from cftui.questions.likes import ForYou, ForYouAnswer
from cftui.questions.people import ForGroup, ForGroupAnswer, Person
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run
from cftui.training.start import start_run

KID = Person("kid", (("1", 5.0), ("6377", 5.0), ("4306", 4.0), ("1214", 1.0)))
HORROR = Person("horror", (("1214", 5.0), ("1258", 5.0), ("5679", 4.0), ("1", 2.0)))
OFTEN = ItemFilter(min_ratings=20)


def together(ratings: Ratings, *people: Person, **options: object) -> ForGroupAnswer:
    chosen = {"n": 20, "only": OFTEN, **options}
    return explore_for_group(ratings, ForGroup("", people, **chosen))  # type: ignore[arg-type]


def alone(ratings: Ratings, person: Person, order: ListOrder = "likes") -> ForYouAnswer:
    asked = ForYou("", person.rated, order=order, n=10**6, only=OFTEN, threshold=person.threshold)
    return explore_for_you(ratings, asked)


def by_hand(ratings: Ratings, *people: Person) -> list[tuple[str, float]]:
    """Average z-scores of the lists that each gets alone, without what is far down in any."""
    known = {item for person in people for item, _ in person.rated}
    lists = [
        {row.item: row.score for row in alone(ratings, p).recommended if row.item not in known}
        for p in people
    ]
    allowed = max(round(MISERY * len(lists[0])), LEAST_PLACES)
    fit = set.intersection(*(set(list(scores)[:allowed]) for scores in lists))
    worth = {}
    for item in fit:
        each = [
            (scores[item] - statistics.fmean(scores.values())) / statistics.pstdev(scores.values())
            for scores in lists
        ]
        worth[item] = statistics.fmean(each)
    return sorted(worth.items(), key=lambda pair: -pair[1])


def test_a_shared_list_is_the_average_without_misery(bundled: Ratings) -> None:
    answer = together(bundled, KID, HORROR)
    expected = by_hand(bundled, KID, HORROR)[:20]
    assert [row.item for row in answer.recommended] == [item for item, _ in expected]
    assert [row.score for row in answer.recommended] == pytest.approx([s for _, s in expected])
    assert [row.rank for row in answer.recommended] == list(range(1, 21))
    assert answer.people == ("kid", "horror") and "Masthoff 2011" in answer.combined


def test_nothing_is_shared_that_one_has_rated_or_finds_far_down(bundled: Ratings) -> None:
    answer = together(bundled, KID, HORROR, n=10**6)
    shared = {row.item for row in answer.recommended}
    assert shared and not shared & {item for p in (KID, HORROR) for item, _ in p.rated}
    n_items = int((bundled.by_item.counts() >= 20).sum())
    worst = max(view.place for row in answer.recommended for view in row.views)
    assert worst <= misery_from(n_items) < n_items
    assert f"place {misery_from(n_items - 6):,} " in answer.combined  # six films are rated by one


def test_who_is_named_first_makes_no_difference(bundled: Ratings) -> None:
    one, other = together(bundled, KID, HORROR), together(bundled, HORROR, KID)
    assert [row.item for row in one.recommended] == [row.item for row in other.recommended]
    for row, back in zip(one.recommended, other.recommended, strict=True):
        assert row.views == back.views[::-1]


def test_two_of_one_taste_get_the_list_of_one(bundled: Ratings) -> None:
    twins = together(bundled, KID, Person("twin", KID.rated), n=10)
    own = [row.item for row in alone(bundled, KID).recommended[:10]]
    assert [row.item for row in twins.recommended] == own
    for rank, row in enumerate(twins.recommended, start=1):
        assert [view.place for view in row.views] == [rank, rank]


def test_each_is_understood_by_their_own_threshold(bundled: Ratings) -> None:
    strict = Person("kid", KID.rated, threshold=5.0)
    [view, _] = together(bundled, strict, HORROR).recommended[0].views
    item = together(bundled, strict, HORROR).recommended[0].item
    scores = {row.item: row.score for row in alone(bundled, strict).recommended}
    assert view.score == pytest.approx(scores[item])


def test_fewer_than_two_or_nothing_rated_is_refused(bundled: Ratings) -> None:
    with pytest.raises(QuestionError, match="takes two"):
        together(bundled, KID)
    with pytest.raises(QuestionError, match="bob has rated nothing yet"):
        together(bundled, KID, Person("bob", ()))


def test_a_short_list_knows_no_misery() -> None:
    assert misery_from(60) == misery_from(1000) == 100 and misery_from(9000) == 900


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder: Path = tmp_path_factory.mktemp("for-group")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", users=80, items=60, n=2000)
        start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
        return Library().trained(find_run("r").path)


@pytest.mark.parametrize("order", ["likes", "stars", "popular"])
def test_stars_of_each_stand_beside_with_a_run(trained: Trained, order: ListOrder) -> None:
    people = (Person("a", (("1001", 5.0),)), Person("b", (("1002", 1.0), ("1003", 4.0))))
    asked = ForGroup("", people, order=order, n=10)
    answer = explore_for_group(trained.ratings, asked, trained)
    assert answer.order == order and answer.step == trained.step
    for place, person in enumerate(people):
        own = ForYou("", person.rated, order=order, n=100)
        listed = explore_for_you(trained.ratings, own, trained).recommended
        stars = {row.item: row.predicted for row in listed}
        for row in answer.recommended:
            assert row.views[place].predicted == pytest.approx(stars[row.item])
