"""The package as users install it: nothing is downloaded, so hatchling has to be there."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASK = "import cftui, cftui.paths as p; print(cftui.__file__); print(p.bundled_folder())"

pytest.importorskip("hatchling", reason="builds the package with hatchling")
pytest.importorskip("editables", reason="hatchling builds editable wheels with it")
pytest.importorskip("pip", reason="installs the package with pip")


def call(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("way", ["wheel", "editable"])
def test_an_installed_package_finds_its_data_from_anywhere(way: str, tmp_path: Path) -> None:
    built, venv, elsewhere = (tmp_path / name for name in ("built", "venv", "elsewhere"))
    elsewhere.mkdir()
    build = f"from hatchling.build import build_{way} as build; print(build({str(built)!r}))"
    wheel = built / call(sys.executable, "-c", build, cwd=ROOT).split()[-1]
    call(sys.executable, "-m", "venv", "--without-pip", venv, cwd=elsewhere)
    python = venv / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    call(*pip, "install", "--no-deps", "--no-index", wheel, cwd=elsewhere)

    module, folder = map(Path, call(python, "-I", "-c", ASK, cwd=elsewhere).split("\n")[:2])
    assert module.is_relative_to(ROOT if way == "editable" else venv)
    assert (module.parent / "py.typed").is_file()
    for name in ("ratings.csv", "movies.csv", "README.md"):
        installed = folder / "ml-latest-small" / name
        assert installed.read_bytes() == (ROOT / "data/ml-latest-small" / name).read_bytes()
