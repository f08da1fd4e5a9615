"""Where things live on disk: user folders by the platform's conventions, and the bundled data."""

import os
from pathlib import Path

from cftui.catalogue import CATALOGUE

HOME_VARIABLE = "CFTUI_HOME"
"""Names one folder that replaces all the user folders: for tests and for shared machines."""

CONSENT_VARIABLE = "CFTUI_CONSENT_HOME"
"""Names the folder of what a person agreed to; else it is in their own state folder, always."""

COMPILED_VARIABLE = "CFTUI_COMPILED_HOME"
"""Names the folder of compiled code; else it is in their own cache folder, always."""

BUNDLED = "ml-latest-small"
"""The data set that ships with the package."""


def _folder(kind: str) -> Path:
    override = os.environ.get(HOME_VARIABLE)
    if override:
        return Path(override).expanduser().absolute() / kind
    return _users(kind)


def _users(kind: str) -> Path:
    import platformdirs

    found: Path = getattr(platformdirs, f"user_{kind}_path")("cftui", appauthor=False)
    return found


def runs_folder() -> Path:
    """Return the folder that holds one directory a run."""
    return _folder("data") / "runs"


def datasets_folder() -> Path:
    """Return the folder of downloaded data sets, each a zip as it was published."""
    return _folder("data") / "datasets"


def downloaded(name: str) -> Path:
    """Return where a catalogue name's zip belongs, be it downloaded or not."""
    return datasets_folder() / f"{name}.zip"


def frames_folder() -> Path:
    """Return the folder of ratings that came as pandas frames, one folder each."""
    return datasets_folder() / "frames"


def models_folder() -> Path:
    """Return the folder of model sources that were written down from a notebook."""
    return _folder("data") / "models"


def stores_folder() -> Path:
    """Return the folder of ratings stores; it can be deleted at any time and is made again."""
    return _folder("cache") / "ratings"


def answers_folder() -> Path:
    """Return the folder of kept answers, one folder a data set; it can be deleted at any time."""
    return _folder("cache") / "answers"


def compiled_folder() -> Path:
    """Return the folder of compiled code; it can be deleted at any time and is made again.

    It is this person's own: what lies there is run, so a shared home does not move it.
    """
    own = os.environ.get(COMPILED_VARIABLE)
    return Path(own).expanduser().absolute() if own else _users("cache") / "compiled"


def state_folder() -> Path:
    """Return the folder of what the screen remembers between sessions."""
    return _folder("state")


def config_file() -> Path:
    """Return the file of a person's own settings (`cftui.preferences`); they write it."""
    return _folder("config") / "config.toml"


def consent_folder() -> Path:
    """Return the folder of what this person agreed to, which a shared home does not move."""
    own = os.environ.get(CONSENT_VARIABLE)
    return Path(own).expanduser().absolute() if own else _users("state")


def homes() -> tuple[Path, ...]:
    """Return the folders that hold all that is kept for the user."""
    override = os.environ.get(HOME_VARIABLE)
    whole = Path(override).expanduser().absolute() if override else None
    kinds = ("data", "cache", "state", "config")
    kept = (whole,) if whole else tuple(map(_users, kinds))
    return tuple(dict.fromkeys((*kept, consent_folder())))


def bundled_folder() -> Path:
    """Return the folder of bundled data sets.

    A wheel carries it within the package; an editable install finds it beside the package.
    Raises FileNotFoundError where neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / BUNDLED / "ratings.csv").is_file():
            return folder
    raise FileNotFoundError(
        f"the bundled ratings are missing from {package / 'data'}; install cftui again"
    )


def resolve_source(name: str) -> Path:
    """Return the path that a DATA word names: a bundled or downloaded data set's name, else a path.

    A name written with a slash, or a file of that name prefixed by `./`, is always a path.
    Raises FileNotFoundError, with the remedy, where there is nothing.
    """
    if name == BUNDLED:
        return bundled_folder() / BUNDLED
    if name in CATALOGUE and downloaded(name).is_file():
        return downloaded(name)
    try:
        path = Path(name).expanduser()
        # Within a file: a member of a zip.
        if path.exists() or any(folder.is_file() for folder in path.parents):
            return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # too long, no such ~user, a NUL
        raise FileNotFoundError(f"{name!r} cannot be a path ({error}); give another") from None
    if name in CATALOGUE:
        size = f"{CATALOGUE[name].size / 1e6:.0f} MB"
        raise FileNotFoundError(
            f"{name} is not downloaded yet; do it with: cftui data fetch {name} ({size})"
        )
    raise FileNotFoundError(
        f"no data set and no file called {name!r}; give a name that cftui data list shows,"
        " or the path of a ratings file"
    )


def lasting_source(name: str) -> str:
    """Return what means the same data from any folder: a data set's name, else an absolute path.

    Raises FileNotFoundError where there is nothing.
    """
    path = resolve_source(name)
    named = name == BUNDLED or (name in CATALOGUE and path == downloaded(name))
    return name if named else str(path)
