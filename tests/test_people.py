"""Profiles by name, one file each: names that are safe, and what lay there before names."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cftui.people import (
    ME,
    Profile,
    ProfileError,
    known_as,
    load_profile,
    profile_names,
    refuse_name,
    remove_profile,
    rename_profile,
    same,
    save_profile,
)

FINGERPRINT = "0123456789abcdef" * 4


def test_the_file_of_before_profiles_had_names_is_the_profile_me(home: Path) -> None:
    file = home / "state" / "own-ratings" / f"{FINGERPRINT[:32]}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"rated": [["b", 4.0]], "regularization": 1.5, "threshold": 3}))
    assert profile_names(FINGERPRINT) == (ME,)
    assert load_profile(FINGERPRINT) == Profile((("b", 4.0),), 1.5, 3.0)
    save_profile(FINGERPRINT, Profile((("c", 1.0),)))
    # What an earlier cftui reads is still there, under the same keys.
    assert json.loads(file.read_text())["rated"] == [["c", 1.0]]


def test_profiles_are_kept_by_name_for_each_data_set() -> None:
    anna, bob = Profile((("a", 1.0),)), Profile((("b", 2.0),), 7.0)
    save_profile(FINGERPRINT, anna, "Anna")
    save_profile(FINGERPRINT, bob, "bob")
    assert profile_names(FINGERPRINT) == (ME, "Anna", "bob")
    assert profile_names("f" * 64) == (ME,)
    assert known_as(FINGERPRINT, "aNNa") == "Anna" and load_profile(FINGERPRINT, "ANNA") == anna
    with pytest.raises(ProfileError, match="there are: me, Anna, bob"):
        known_as(FINGERPRINT, "carl")
    with pytest.raises(ProfileError, match="already"):
        rename_profile(FINGERPRINT, "bob", "ANNA")
    rename_profile(FINGERPRINT, "Anna", "ANNA")
    rename_profile(FINGERPRINT, "bob", "Robert")
    assert profile_names(FINGERPRINT) == (ME, "ANNA", "Robert")
    assert load_profile(FINGERPRINT, "robert") == bob
    remove_profile(FINGERPRINT, "robert")
    assert profile_names(FINGERPRINT) == (ME, "ANNA")


def test_me_can_be_renamed_and_is_there_again_with_nothing() -> None:
    mine = Profile((("a", 1.0),))
    save_profile(FINGERPRINT, mine)
    rename_profile(FINGERPRINT, ME, "Anna")
    assert profile_names(FINGERPRINT) == (ME, "Anna")
    assert load_profile(FINGERPRINT, "Anna") == mine and load_profile(FINGERPRINT) == Profile()


def test_other_files_and_damaged_ones_are_no_profiles(home: Path) -> None:
    save_profile(FINGERPRINT, Profile((("a", 1.0),)), "Anna")
    folder = home / "state" / "own-ratings" / FINGERPRINT[:32]
    (folder / "damaged.json").write_text("{")
    (folder / "other.json").write_text('{"name": "eve"}')  # not where eve is looked for
    (folder / "list.json").write_text("[" * 100_000)
    (folder / ".anna.json.123-4").write_text("{}")
    assert profile_names(FINGERPRINT) == (ME, "Anna")


def test_a_value_that_no_float_holds_is_no_rating(home: Path) -> None:
    save_profile(FINGERPRINT, Profile((("a", 1.0),)))
    path = home / "state" / "own-ratings" / f"{FINGERPRINT[:32]}.json"
    text = path.read_text().replace("1.0", f'1.0], ["b", {"9" * 400}', 1)
    path.write_text(text.replace('"threshold": null', f'"threshold": {"9" * 400}'))
    assert '"b"' in path.read_text() and load_profile(FINGERPRINT) == Profile((("a", 1.0),))


def test_ratings_are_merged_newer_first_and_the_newer_stands() -> None:
    old = Profile((("a", 1.0), ("b", 2.0)), 5.0)
    assert old.merged((("b", 3.0), ("c", 4.0))) == Profile(
        (("b", 3.0), ("c", 4.0), ("a", 1.0)), 5.0
    )


@pytest.mark.parametrize("name", ["", " a", "a,b", "-a", "\x1b[31m", "a\nb", "é" * 99, "a\u202eb"])
def test_names_that_could_not_be_typed_or_shown_are_refused(name: str) -> None:
    assert refuse_name(name)
    with pytest.raises(ProfileError):
        save_profile(FINGERPRINT, Profile(), name)


@given(st.text(max_size=30))
def test_every_name_that_is_taken_is_one_file_of_its_own_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("CFTUI_HOME", str(home))
        if refuse_name(name) or same(name) == ME:
            return
        save_profile(FINGERPRINT, Profile((("a", 1.0),)), name)
        folder = home / "state" / "own-ratings" / FINGERPRINT[:32]
        assert [path.parent for path in home.rglob("*.json")] == [folder]
        assert profile_names(FINGERPRINT) == (ME, name)
        assert load_profile(FINGERPRINT, name).rated == (("a", 1.0),)
