"""What a module loads decides how soon a process answers."""

import ast
import sys
from pathlib import Path

import pytest
from loaded import modules_after, whole_names_after


def test_the_check_itself_sees_what_is_loaded() -> None:
    assert "numpy" in modules_after("import numpy")


@pytest.mark.parametrize(
    "module",
    [
        "cftui.training.trainer",
        "cftui.training.start",
        "cftui.training.trainer_process",
        "cftui.training.build",
        "cftui.training.prepare",
        "cftui.runs.directory",
        "cftui.runs.history",
        "cftui.runs.launch",
        "cftui.explore.predict",
        "cftui.explore.profiles",
        "cftui.commands",
        "cftui.brain",
        "cftui.config",
        "cftui.optim.schedules",
    ],
)
def test_the_core_without_its_engines(module: str) -> None:
    loaded = modules_after(f"import {module}")
    assert loaded.isdisjoint({"torch", "pandas", "pyarrow", "numba", "textual", "plotext"})


def test_a_store_opens_without_pandas(tmp_path: object, bundled: object) -> None:
    path = str(bundled.path)  # type: ignore[attr-defined]
    loaded = modules_after(
        "from pathlib import Path; from cftui.ratings.store import open_store;"
        f" open_store(Path({path!r})).summary()"
    )
    assert loaded.isdisjoint({"torch", "pandas", "pyarrow"})


def test_the_entry_point_needs_the_standard_library_alone() -> None:
    bare = modules_after("pass")
    foreign = modules_after("import cftui.cli") - bare - set(sys.stdlib_module_names)
    assert foreign == {"cftui"}


def test_training_leaves_torchs_compiler_out() -> None:
    """Else an optimizer's first use takes 2 s longer."""
    loaded = whole_names_after(
        "import sys\n"
        "import numpy as np\n"
        "from cftui.config import make_config\n"
        "from cftui.hyperparameters import DataInfo\n"
        "from cftui.ratings.parts import TrainingRatings\n"
        "from cftui.training.engines.torch_engine import TorchEngine\n"
        "for name in ('sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'):\n"
        "    engine, codes = TorchEngine('cpu', 1), np.zeros(4, np.int32)\n"
        "    info, ones = DataInfo(1, 1, 0, 5), np.ones(4, np.float32)\n"
        "    ratings = TrainingRatings(codes, codes, ones, info)\n"
        "    engine.start(make_config({'optimizer': {'name': name}}), ratings, None)\n"
        "    engine.run(np.arange(4), np.array([0.1]))\n"
        "    engine.restore(engine.parameters(), engine.state())\n"
        "    if not {'torch._dynamo', 'torch._inductor'}.isdisjoint(sys.modules):\n"
        "        print('compiler-after-' + name)\n"
    )
    assert "torch" in loaded
    assert loaded.isdisjoint({"torch._dynamo", "torch._inductor"}), sorted(
        name for name in loaded if name.startswith("compiler-after-")
    )


def test_no_test_module_imports_another() -> None:
    """What several need is in a module named for it, so that each can be moved and run alone."""
    modules = list(Path(__file__).parent.rglob("test_*.py"))
    found = {
        f"{module.name}: {name}"
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        for name in imported_by(node)
        if name.rpartition(".")[2].startswith("test_")
    }
    assert len(modules) > 50 and found == set()


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
