"""Whose word it is that a model may be executed."""

import ast
import errno
import grp
import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest
from small import here, small_config, write_ratings
from users import ALICE, BOB, acting_as, as_root, open_folder

import cftui
from cftui.config import ConfigError, make_config
from cftui.hyperparameters import DataInfo
from cftui.models.custom import load_source
from cftui.paths import CONSENT_VARIABLE, HOME_VARIABLE, consent_folder, state_folder
from cftui.questions.errors import Untrusted
from cftui.runs import consent
from cftui.runs.find import find_run
from cftui.runs.launch import launch, launch_resume
from cftui.runs.model_source import (
    is_trusted,
    read_source,
    refuse_untrusted,
    source_of,
    trust,
    trust_typed,
)
from cftui.training.start import start_run

Capture = pytest.CaptureFixture[str]
SHA = "ab" * 32
MODEL = """
from torch import nn

open({sign!r}, "a").write("x")

class Mine(nn.Module):
    def __init__(self, n_users, n_items, rank: int = 2):
        super().__init__()
        self.users, self.items = nn.Embedding(n_users, rank), nn.Embedding(n_items, rank)

    def forward(self, users, items):
        return (self.users(users) * self.items(items)).sum(1)
"""


@pytest.fixture
def sign(tmp_path: Path) -> Path:
    """Return the file that the model writes where it is executed."""
    return tmp_path / "executed"


@pytest.fixture
def name(tmp_path: Path, sign: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(MODEL.format(sign=str(sign)))
    return f"{path}:Mine"


@pytest.fixture(autouse=True)
def group_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every group be one of several people; a group of one's own is no danger."""
    monkeypatch.setattr(grp, "getgrgid", lambda _: SimpleNamespace(gr_name="lab", gr_mem=[]))


def be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 7
    monkeypatch.setattr(os, "geteuid", lambda: other)


def mark(folder: Path, mode: int = 0o600, folder_mode: int = 0o700) -> Path:
    """Write a mark as somebody may have left it."""
    place = folder / consent.MARKS
    place.mkdir(parents=True, exist_ok=True)
    (place / SHA).write_text("x")
    (place / SHA).chmod(mode)
    place.chmod(folder_mode)
    return place / SHA


def test_a_mark_is_private_and_holds_for_that_source_alone() -> None:
    before = os.umask(0)
    try:
        consent.give(SHA, "/somewhere/mine.py")
    finally:
        os.umask(before)
    found = consent_folder() / consent.MARKS / SHA
    assert [f.stat().st_mode & 0o777 for f in (found, found.parent)] == [0o600, 0o700]
    assert consent.is_given(SHA) and not consent.is_given("cd" * 32)
    assert found.read_text().startswith("/somewhere/mine.py\n")


@pytest.mark.parametrize(
    ("mode", "folder_mode", "counts"),
    [
        (0o600, 0o700, True),
        (0o644, 0o755, True),  # as earlier versions left them
        (0o622, 0o700, False),
        (0o660, 0o700, False),
        (0o600, 0o770, False),
        (0o600, 0o1777, False),  # sticky or not: others can add marks of their own
    ],
)
def test_a_mark_that_others_could_write_does_not_count(
    mode: int, folder_mode: int, counts: bool
) -> None:
    mark(consent_folder(), mode, folder_mode)
    assert consent.is_given(SHA) == counts


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "is yours: chmod u+rw"),
        (errno.EROFS, "it is mounted for reading only: set"),
        (errno.ENOSPC, "make room, then try again, or set"),
        (errno.EIO, "look at dmesg and mount"),
    ],
)
def test_a_disk_that_refuses_a_mark_has_its_remedy(
    number: int, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent.give(SHA, "mine.py")
    place = consent_folder() / consent.MARKS / SHA

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), str(place.with_name(f".{SHA}.1-1")))

    monkeypatch.setattr(consent, "replace_file", refuse)
    with pytest.raises(OSError, match="cannot be kept in") as refused:
        consent.give(SHA, "mine.py")
    monkeypatch.setattr(Path, "lstat", refuse)
    for words in (str(refused.value), consent.or_elsewhere(consent.objection(place))):
        assert f"{os.strerror(number)}; " in words and remedy in words, words
        assert words.count(f"set {CONSENT_VARIABLE} to a folder") == 1, words
        assert HOME_VARIABLE not in words, words


def test_a_folder_above_that_others_can_write_spoils_it_up_to_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = tmp_path / "above"
    monkeypatch.setenv(CONSENT_VARIABLE, str(above / "home" / "state"))
    mark(above / "home" / "state")
    assert consent.is_given(SHA)
    above.chmod(0o777)
    assert not consent.is_given(SHA)
    monkeypatch.setenv("HOME", str(above / "home"))
    assert consent.is_given(SHA)  # where home folders lie is the system's affair
    (above / "home").chmod(0o775)
    assert not consent.is_given(SHA)
    with pytest.raises(OSError, match=rf"others can write .*home: chmod go-w .*{CONSENT_VARIABLE}"):
        consent.give(SHA, "mine.py")


def test_a_link_is_no_mark(tmp_path: Path) -> None:
    place = mark(consent_folder())
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert not consent.is_given(SHA)


def test_what_another_account_owns_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    mark(consent_folder())
    be_another(monkeypatch)
    assert not consent.is_given(SHA)


def test_a_group_of_ones_own_is_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on systems where each user has a group of the same name, and the umask is 002."""
    mark(consent_folder(), 0o664, 0o775)
    me = SimpleNamespace(pw_name="ann", pw_gid=os.getegid())
    group = SimpleNamespace(gr_name="ann", gr_mem=["ann"])
    monkeypatch.setattr(pwd, "getpwuid", lambda _: me)
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    assert consent.is_given(SHA)
    group.gr_mem.append("bob")
    assert not consent.is_given(SHA)
    group.gr_name, group.gr_mem = "users", []
    assert not consent.is_given(SHA)


def test_a_shared_home_does_not_move_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CONSENT_VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    consent.give(SHA, "mine.py")
    assert consent_folder() == tmp_path / "own" / "cftui" and not home.exists()


def test_marks_of_earlier_versions_count_where_the_home_is_ours_alone(home: Path) -> None:
    mark(state_folder(), 0o644, 0o755)
    assert consent.is_given(SHA)
    home.chmod(0o2775)
    assert not consent.is_given(SHA)


def test_a_typed_path_is_agreement_where_the_file_is_ones_own(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust_typed(read_source(name))
    assert is_trusted(read_source(name))
    file = Path(name.partition(":")[0])
    file.write_text(file.read_text() + "\n")
    (home / "data" / "runs" / "evil").mkdir(parents=True)
    inside = home / "data" / "runs" / "evil" / "model.py"
    inside.write_bytes(file.read_bytes())
    (file.parent / "link.py").symlink_to(inside)
    for path in (inside, file.parent / "link.py"):
        with pytest.raises(Untrusted, match=r"Read it; if it may .*--trust-model"):
            trust_typed(read_source(f"{path}:Mine"))
    received = file.parent / "received" / "model.py"
    received.parent.mkdir()
    received.write_bytes(file.read_bytes())
    (received.parent / "run.json").write_text("{}")
    with pytest.raises(Untrusted):
        trust_typed(read_source(f"{received}:Mine"))
    be_another(monkeypatch)
    if file.stat().st_uid != 0:  # what the system's account owns it could do anyway
        with pytest.raises(Untrusted, match="a file of"):
            trust_typed(read_source(name))


@pytest.mark.parametrize("kind", ["pipe", "folder", "large"])
def test_what_is_no_source_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.py"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            with path.open("wb") as file:
                file.truncate(10**9)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_source(f"{path}:M")


def calls(tree: ast.AST) -> list[str]:
    """Return the names of all that is called, as far as they are written out."""
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_a_source_is_executed_in_one_place_and_that_asks_first() -> None:
    package = Path(cftui.__file__).parent
    executing = {"exec", "eval", "compile", "__import__"}
    modules = ("runpy.", "importlib.util.", "importlib.machinery.", "builtins.")
    found = []
    for path in package.rglob("*.py"):
        for call in calls(ast.parse(path.read_text())):
            if call in executing or call.startswith(modules) or call.endswith("Loader"):
                found.append((str(path.relative_to(package)), call))
    assert sorted(found) == [("models/custom.py", "compile"), ("models/custom.py", "exec")]
    tree = ast.parse((package / "models" / "custom.py").read_text())
    (gate,) = (n for n in tree.body if "exec" in calls(n))
    assert isinstance(gate, ast.FunctionDef) and gate.name == "load_source"
    assert ast.unparse(gate.body[1]) == "refuse_untrusted(source)"  # after the docstring


def test_the_gate_refuses(name: str, sign: Path) -> None:
    with pytest.raises(Untrusted, match=rf"{name.partition(':')[0]} is a model, a file of yours"):
        load_source(read_source(name), DataInfo(3, 3, 1, 5))
    assert not sign.exists()
    trust(read_source(name))
    load_source(read_source(name), DataInfo(3, 3, 1, 5))
    assert sign.read_text() == "x"


def test_a_received_run_is_executed_by_no_way(
    name: str, sign: Path, home: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Whatever it is asked, and however a new run would come of it."""
    data = write_ratings(tmp_path / "small", users=30, items=40, n=600)
    config = small_config(data, training={"epochs": 1}).to_settings()
    trust(read_source(name))
    config["model"] = {"name": name}
    start_run(make_config(config), lambda _: None, run_id="evil", began=0.0)
    run = find_run("evil")
    (consent_folder() / consent.MARKS / source_of(run, run.record()).sha256).unlink()
    sign.unlink()
    copy, settings = f"{run.path / 'model.py'}:Mine", str(run.path / "config.toml")
    fresh = ["train", "--data", str(data), "--epochs", "1"]
    for words in (
        ["recommend", "--user", "3"],
        ["predict", "--user", "3", "--item", "1001"],
        ["evaluate", "--run", "evil"],
        ["lab", "decay", "--run", "evil"],
        ["lab", "derivative", "--run", "evil", "--parameter", "users"],
        ["runs", "refit", "evil"],
        ["runs", "refit", "evil", "--detach"],
        ["train", "--config", settings],
        ["train", "--config", settings, "--detach"],
        [*fresh, "--model", copy],
        [*fresh, "--model", copy, "--detach"],
        [*fresh, "--set", f"model.name={copy}"],
    ):
        assert here(*words) != 0, words
        said = capsys.readouterr().err
        assert "you never agreed to execute" in said, (words, said)
    for words in (["runs", "list"], ["runs", "show", "evil"], ["similar", "1001", "--run", "evil"]):
        assert here(*words) == 0  # none of these needs the model
    with pytest.raises(Untrusted):
        cftui.open_run("evil").recommend(3)
    with pytest.raises(Untrusted):
        cftui.train(str(data), model=copy, epochs=1)
    with pytest.raises(Untrusted):
        launch(make_config(config), "another")
    with pytest.raises(Untrusted):
        launch_resume(run)
    assert not sign.exists() and [f.name for f in (home / "data" / "runs").iterdir()] == ["evil"]
    assert here(*fresh, "--model", copy, "--trust-model") == 0
    assert sign.read_text() == "x"


@as_root
def test_what_bob_agreed_to_alice_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that both can write, as earlier versions had it, and as it is now."""
    with open_folder() as folder:
        home = folder / "shared"
        home.mkdir()
        home.chmod(0o2777)
        monkeypatch.setenv(HOME_VARIABLE, str(home))
        source = folder / "bob.py"
        for uid in (ALICE, BOB):
            (folder / str(uid)).mkdir(mode=0o700)
            os.chown(folder / str(uid), uid, uid)

        def own(uid: int) -> None:
            monkeypatch.setenv(CONSENT_VARIABLE, str(folder / str(uid)))
            monkeypatch.setenv("HOME", str(folder / str(uid)))

        own(BOB)
        source.write_text("1")
        os.chown(source, BOB, BOB)
        with acting_as(BOB):
            trust_typed(read_source(f"{source}:M"))
            old = mark(state_folder()).with_name(read_source(f"{source}:M").sha256)
            old.write_text("as of an earlier version")
            assert is_trusted(read_source(f"{source}:M"))
        own(ALICE)
        with acting_as(ALICE):
            assert not is_trusted(read_source(f"{source}:M"))
            with pytest.raises(Untrusted, match=f"a file of uid {BOB}"):
                trust_typed(read_source(f"{source}:M"))
            trust(read_source(f"{source}:M"))
            refuse_untrusted(read_source(f"{source}:M"))
        monkeypatch.setenv(CONSENT_VARIABLE, str(folder / str(BOB)))
        with acting_as(ALICE):  # nor where she can read his marks
            assert not is_trusted(read_source(f"{source}:M"))
