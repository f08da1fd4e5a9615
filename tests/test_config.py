"""Configurations: what is refused, and that the key is named."""

from pathlib import Path
from typing import Any

import pytest

from cftui.config import (
    ConfigError,
    RunConfig,
    make_config,
    merge,
    parse_assignments,
    read_config,
)
from cftui.hyperparameters import (
    MODELS,
    OPTIMIZERS,
    SCHEDULES,
    Adam,
    AdamW,
    CosineRestarts,
    CustomModel,
    DataInfo,
    DotBias,
    Net,
    RmsProp,
    Sgd,
    limits_of,
    suited,
    unit_of,
)

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"modle": {}}, "modle: unknown key; did you mean model?"),
    ({"training": {"epoch": 3}}, "training.epoch: unknown key; did you mean epochs?"),
    ({"training": {"epochs": 0}}, "training.epochs = 0: must be greater than or equal to 1"),
    ({"training": {"epochs": "many"}}, "training.epochs = 'many': must be a valid integer"),
    ({"training": {"epochs": 2.5}}, "training.epochs = 2.5"),
    ({"training": {"batch_size": -64}}, "training.batch_size = -64"),
    ({"training": {"seed": -1}}, "training.seed = -1"),
    ({"training": {"seed": 2**40}}, "training.seed = "),
    ({"training": {"device": "gpu"}}, "training.device: no device is called 'gpu'"),
    ({"training": {"threads": 5000}}, "training.threads = 5000"),
    ({"training": 3}, "training = 3"),
    ({"split": {"fraction": 1}}, "split.fraction = 1"),
    ({"split": {"fraction": 0}}, "split.fraction = 0"),
    ({"split": {"kind": "newest"}}, "split.kind = 'newest'"),
    ({"data": {"source": 5}}, "data.source = 5"),
    (
        {"model": {"name": "dotbias"}},
        "model: 'dotbias' is not one of bayes-fm, dot, dot-bias, fm, net; one of your own is path",
    ),
    ({"model": {"n_factors": 0}}, "model.n_factors = 0"),
    ({"model": {"factors": 5}}, "model.factors: unknown key; did you mean n_factors?"),
    ({"optimizer": "rprop"}, "optimizer: 'rprop' is not one of adagrad, adam, adamw, rmsprop, sgd"),
    ({"optimizer": {"momentum": 1}}, "optimizer.momentum = 1"),
    ({"optimizer": {"learning_rate": "fast"}}, "optimizer.learning_rate = 'fast'"),
    ({"optimizer": {"learning_rate": float("nan")}}, "optimizer.learning_rate = nan"),
    ({"optimizer": {"learning_rate": float("inf")}}, "optimizer.learning_rate = inf"),
    ({"optimizer": {"name": "adam", "momentum": 0.9}}, "optimizer.momentum: unknown key"),
    ({"optimizer": {"name": "adam", "beta2": 1.0}}, "optimizer.beta2 = 1.0"),
    ({"schedule": {"name": "cosine-restarts", "cycle_len": 0}}, "schedule.cycle_len = 0"),
    ({"schedule": {"cycle_len": 2}}, "schedule.cycle_len: unknown key"),
    ({"schedule": ["constant"]}, "schedule"),
    (
        {"schedule": "one-cycel"},
        "schedule: 'one-cycel' is not one of constant, cosine, cosine-restarts, e",
    ),
    ({"schedule": {"name": "one-cycle", "warm_up": 0}}, "schedule.warm_up = 0: must be greater"),
    (
        {"schedule": {"name": "one-cycle", "low_momentum": 0.9, "high_momentum": 0.8}},
        "schedule: low_momentum = 0.9 must not be above high_momentum = 0.8",
    ),
    (
        {"optimizer": {"momentum": 0, "nesterov": True}},
        "optimizer: nesterov = true needs a momentum above 0",
    ),
    ({"optimizer": {"nesterov": "perhaps"}}, "optimizer.nesterov = 'perhaps': must be a valid boo"),
    ({"optimizer": {"name": "adagrad", "beta1": 0.9}}, "optimizer.beta1: unknown key"),
    ({"training": {"patience": -1}}, "training.patience = -1"),
    ({"training": {"min_improvement": -0.1}}, "training.min_improvement = -0.1"),
    (
        {"training": {"rate_changes": "10=0.1 soon=0.2"}},
        "training.rate_changes: 'soon=0.2' is not STEP=RATE, such as 3260=0.0",
    ),
    (
        {"training": {"rate_changes": "10=-1"}},
        "training.rate_changes: '10=-1': a step is 0 or more, a learning rate above 0",
    ),
    ({"training": {"patiance": 2}}, "training.patiance: unknown key; did you mean patience?"),
    ({"model": {"name": "net", "dropout": 1}}, "model.dropout = 1: must be less than 1"),
    ({"model": {"name": "net", "hidden": [10, 0]}}, "model.hidden.1 = 0: must be greater than"),
    ({"model": {"name": "net", "hidden": "64 wide"}}, "model.hidden.1 = 'wide': must be a valid"),
    ({"model": {"name": "net", "hidden": 2.5}}, "model.hidden = 2.5: must be a valid tuple"),
    (
        {"model": {"name": "net", "factors": 5}},
        "model.factors: unknown key; did you mean n_factors",
    ),
    ({"model": ""}, "model: name a file and the class in it: path/to/file.py:Class"),
    ({"model": "mine.py"}, "model: 'mine.py' names no class; write it as mine.py:Class"),
    ({"model": "mine.txt:M"}, "model: 'mine.txt:M' is not one of bayes-fm, dot, dot-bias, fm, net"),
]


@pytest.mark.parametrize(("settings", "words"), BROKEN, ids=[words for _, words in BROKEN])
def test_what_is_wrong_is_refused_with_its_key(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        make_config(settings)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(words)


def test_every_wrong_key_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        make_config({"training": {"epochs": 0, "batch_size": -1}, "split": {"seed": "x"}})
    named = {line.split(" = ")[0] for line in str(refused.value).splitlines()}
    assert named == {"training.epochs", "training.batch_size", "split.seed"}


def test_alone_it_is_the_lessons_recipe() -> None:
    config = RunConfig()
    assert config.optimizer == Sgd(learning_rate=0.1, momentum=0.9, weight_decay=2e-4)
    assert config.model == DotBias(n_factors=50)
    assert (config.training.batch_size, config.training.epochs) == (64, 3)
    assert (config.split.fraction, config.split.seed, config.training.seed) == (0.2, 42, 42)


def test_it_comes_back_from_toml(tmp_path: Path) -> None:
    import tomli_w

    config = make_config(
        {"optimizer": {"name": "adam", "learning_rate": 1 / 3}, "schedule": "cosine-restarts"}
    )
    assert isinstance(config.optimizer, Adam) and isinstance(config.schedule, CosineRestarts)
    path = tmp_path / "config.toml"
    path.write_bytes(tomli_w.dumps(config.to_settings()).encode())
    assert make_config(read_config(path)) == config


def test_a_broken_file_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    with pytest.raises(ConfigError, match=r"c\.toml: no such file"):
        read_config(path)
    path.write_text("[training]\nepochs = = 3\n")
    with pytest.raises(ConfigError, match=r"c\.toml: not a readable TOML file: .*line 2"):
        read_config(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"c\.toml: not a readable TOML file"):
        read_config(path)
    with pytest.raises(ConfigError, match="not a readable TOML file"):
        read_config(tmp_path)


def test_choosing_another_optimizer_drops_the_former_ones_settings() -> None:
    base = RunConfig().to_settings()
    merged = merge(base, {"optimizer": {"name": "adam", "beta1": 0.5}})
    assert make_config(merged).optimizer == Adam(beta1=0.5)
    kept = merge(base, {"optimizer": {"momentum": 0.5}})
    assert make_config(kept).optimizer == Sgd(momentum=0.5)
    assert base == RunConfig().to_settings()


def test_assignments_are_toml_or_text() -> None:
    words = ["a.x=3", "a.y=0.5", "b.t=true", "b.w=plain words", 'b.q="3"', "b.e="]
    assert parse_assignments(words) == {
        "a": {"x": 3, "y": 0.5},
        "b": {"t": True, "w": "plain words", "q": "3", "e": ""},
    }
    for word in ("x=3", "a.x", ".x=3", "a.=3", ""):
        with pytest.raises(ConfigError, match=r"SECTION\.KEY=VALUE"):
            parse_assignments([word])


def test_every_parameter_has_its_help_and_tells_its_limits() -> None:
    for kinds in (MODELS, OPTIMIZERS, SCHEDULES):
        for name, kind in kinds.items():
            assert kind().name == name and kind.__doc__
            for key, described in kind.model_fields.items():
                assert key == "name" or described.description
    fields = Sgd.model_fields
    assert limits_of(fields["momentum"]) == "at least 0, below 1"
    assert limits_of(fields["learning_rate"]) == "above 0, at most 1000"
    assert unit_of(CosineRestarts.model_fields["cycle_len"]) == "epochs"
    assert unit_of(fields["momentum"]) == ""


def test_the_lessons_model_has_as_many_numbers_as_the_lesson_says() -> None:
    """671 users and 9,066 movies, 50 factors and a bias each (lesson 5)."""
    info = DataInfo(671, 9066, 0.5, 5.0)
    assert DotBias().parameter_count(info) == (671 + 9066) * 51
    assert (Sgd().slots, Sgd(momentum=0).slots, Adam().slots) == (1, 0, 2)


def test_what_is_not_given_suits_model_and_optimizer() -> None:
    """The lesson's own numbers, and `--lr`'s defaults as the README tells them."""
    told = {
        ("dot-bias", "sgd"): (0.1, 2e-4),
        ("dot-bias", "adam"): (1e-2, 2e-4),
        ("net", "adam"): (1e-3, 1e-5),
        ("dot", "sgd"): (0.1, 1e-5),
    }
    for (model, optimizer), numbers in told.items():
        chosen = make_config({"model": model, "optimizer": optimizer}).optimizer
        assert (chosen.learning_rate, chosen.weight_decay) == numbers
    for name, kind in OPTIMIZERS.items():
        assert make_config({"optimizer": name}).optimizer == kind()
    given = make_config({"model": "net", "optimizer": {"name": "adam", "learning_rate": 0.3}})
    assert given.optimizer == Adam(learning_rate=0.3, weight_decay=1e-5)


def test_another_model_takes_its_numbers_along_unless_they_were_chosen() -> None:
    base = make_config({"optimizer": "adam"}).to_settings()
    net = make_config(merge(base, {"model": {"name": "net"}}))
    assert suited("net", "adam").items() <= net.to_settings()["optimizer"].items()
    base["optimizer"]["learning_rate"] = 0.02
    kept = make_config(merge(base, {"model": {"name": "net"}})).optimizer
    assert (kept.learning_rate, kept.weight_decay) == (0.02, 1e-5)
    assert make_config(merge(base, {"model": {"n_factors": 3}})).optimizer.weight_decay == 2e-4


def test_sizes_come_as_people_write_them() -> None:
    for written in ([64, 32], "64 32", "64,32", "(64, 32)"):
        assert Net(hidden=written).hidden == (64, 32)  # type: ignore[arg-type]
    assert Net(hidden=7).hidden == (7,) and Net(hidden="").hidden == ()  # type: ignore[arg-type]
    assert Net(n_factors=3).sizes(DataInfo(1, 1, 0, 1)) == (6, 10, 1)
    assert Net(n_factors=3, n_item_factors=5, hidden=(4, 2)).sizes(DataInfo(1, 1, 0, 1)) == (
        8,
        4,
        2,
        1,
    )


def test_a_users_model_keeps_whatever_it_is_given() -> None:
    """Its own class validates that, in the trainer."""
    config = make_config({"model": {"name": "~/a/mine.py:My_Model", "rank": 3, "wide": True}})
    assert isinstance(config.model, CustomModel)
    assert config.model.values == {"rank": 3, "wide": True}
    assert config.model.label == "my_model"
    assert make_config(config.to_settings()) == config
    assert config.model.parameter_count(DataInfo(3, 4, 1, 5)) is None


def test_slots() -> None:
    assert (AdamW().slots, RmsProp().slots, RmsProp(momentum=0.1, centered=True).slots) == (2, 1, 3)


def test_another_model_brings_its_own_optimizer_and_epochs() -> None:
    """What nobody chose goes with the model that it suited; what somebody chose stays."""
    lesson = make_config({}).to_settings()
    fm = make_config(merge(lesson, {"model": {"name": "fm"}}))
    assert fm == make_config({"model": {"name": "fm"}})
    assert make_config(merge(fm.to_settings(), {"model": {"name": "dot-bias"}})) == RunConfig()
    chosen = merge(lesson, {"optimizer": {"momentum": 0.5}, "training": {"seed": 7}})
    kept = make_config(merge(chosen, {"model": {"name": "fm"}}))
    assert (kept.optimizer.name, kept.training.seed, kept.training.epochs) == ("sgd", 7, 3)
    longer = merge(lesson, {"training": {"epochs": 9}})
    kept = make_config(merge(longer, {"model": {"name": "fm"}}))
    assert (kept.training.epochs, kept.training.batch_size) == (9, 0)
    typed = make_config(merge({"optimizer": {"name": "sgd"}}, {"model": {"name": "fm"}}))
    assert typed.optimizer.name == "sgd"


def test_fields_are_words() -> None:
    told = {"model": {"name": "fm", "fields": ["user", "item"]}}
    assert make_config(told).model.reads == ("user", "item")
    with pytest.raises(ConfigError, match=r"model\.fields: no field 'genre'; did you mean genres"):
        make_config({"model": {"name": "fm", "fields": "user genre"}})
