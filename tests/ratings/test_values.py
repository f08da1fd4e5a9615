from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cftui.hyperparameters import DataInfo
from cftui.questions.errors import QuestionError
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings, TextColumn, UnknownId, Vocabulary

Write = Callable[..., Path]


def test_ids_and_codes_are_each_others_inverse(bundled: Ratings) -> None:
    for vocabulary in (bundled.users, bundled.items):
        assert [vocabulary.code_of(vocabulary.id_of(c)) for c in range(len(vocabulary))] == list(
            range(len(vocabulary))
        )


def test_an_unknown_id_is_told_with_the_ids_there_are(bundled: Ratings) -> None:
    with pytest.raises(UnknownId) as caught:
        bundled.users.code_of("9999")
    assert str(caught.value) == "no user 9999 in ml-latest-small; ids run from 1 to 671"
    assert isinstance(caught.value, QuestionError)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "1_0", "٣", "x", "007", "9" * 30])
def test_what_is_not_the_id_of_a_user_is_unknown(bundled: Ratings, text: str) -> None:
    with pytest.raises(UnknownId):
        bundled.users.code_of(text)


def test_codes_out_of_range_are_refused(bundled: Ratings) -> None:
    for code in (-1, bundled.n_items):
        with pytest.raises(IndexError):
            bundled.items.title_of(code)
        with pytest.raises(IndexError):
            bundled.by_item.of(code)


def test_titles_and_genres_are_those_of_the_file(bundled: Ratings) -> None:
    matrix = bundled.items.code_of("2571")
    assert bundled.items.title_of(matrix) == "Matrix, The (1999)"
    assert bundled.items.genres_of(matrix) == "Action|Sci-Fi|Thriller"
    titles = bundled.items.titles()
    assert titles[matrix] == "Matrix, The (1999)"
    assert titles is bundled.items.titles()
    assert len(titles) == 9066


def test_a_movie_without_genres_has_an_empty_text(bundled: Ratings) -> None:
    genres = [bundled.items.genres_of(code) for code in range(bundled.n_items)]
    assert genres.count("") == 17  # grep -c "(no genres listed)" movies.csv


def test_users_have_no_titles_but_their_ids(bundled: Ratings) -> None:
    assert bundled.users.title_of(0) == "1"
    assert bundled.users.titles()[:3] == ["1", "2", "3"]
    assert bundled.users.genres_of(0) == ""


def test_groups_hold_the_positions_of_each_code_in_order(bundled: Ratings) -> None:
    for group, codes in ((bundled.by_user, bundled.user), (bundled.by_item, bundled.item)):
        np.testing.assert_array_equal(group.counts(), np.bincount(codes))
        for code in (0, 7, 312, len(group.counts()) - 1):
            np.testing.assert_array_equal(group.of(code), np.flatnonzero(codes == code))


def test_arrays_cannot_be_written(bundled: Ratings) -> None:
    ids = bundled.items.ids
    assert isinstance(ids, np.ndarray)
    for array in (bundled.user, bundled.value, bundled.timestamp, ids, bundled.by_user.order):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_info_and_summary_tell_the_same(bundled: Ratings) -> None:
    assert bundled.info() == DataInfo(671, 9066, 0.5, 5.0)
    summary = bundled.summary()
    assert (summary.n_users, summary.n_items, summary.n_ratings) == (671, 9066, 100_004)
    assert (summary.low, summary.high, summary.step) == (0.5, 5.0, 0.5)
    assert (summary.unusable_rows, summary.duplicates) == (0, 0)
    assert summary.store == str(bundled.path)


def test_texts_come_back_as_they_were() -> None:
    texts = ["", "naïve", "", "映画 [bold]", "\x1b[31m", " padded "]
    column = TextColumn.of(texts)
    assert column.all() == texts
    assert [column[place] for place in range(len(column))] == texts


def test_text_ids_are_found_by_their_text(write: Write) -> None:
    ratings = open_ratings(write("userId,movieId,rating\n007,b1,3\n7,b2,4\n"))
    assert [ratings.users.code_of(text) for text in ("007", "7")] == [0, 1]
    with pytest.raises(UnknownId, match="no user 07 in mine; ids there are such as 007, 7"):
        ratings.users.code_of("07")


def test_integer_ids_may_be_negative_and_far_apart() -> None:
    ids = np.array([5, -3, 2**63 - 1], np.int64)
    vocabulary = Vocabulary("user", "x", ids)
    assert [vocabulary.code_of(str(number)) for number in ids] == [0, 1, 2]
