"""A keyboard-driven explorer for collaborative filtering in the terminal, and a small library.

From Python: `read_ratings` or `from_frame`, then `crosstab`, `train` and what its run is asked;
pandas frames in and out. `list_runs` and `open_run` find runs made anywhere.
"""

# Nothing is imported before it is asked for; type checkers take this as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from cftui.api import (
        ConfigError,
        DataError,
        DataSet,
        QuestionError,
        RunError,
        TrainingError,
        TrainingRun,
        crosstab,
        from_frame,
        list_runs,
        open_run,
        read_ratings,
        train,
    )

    __version__: str

__all__ = [
    "ConfigError",
    "DataError",
    "DataSet",
    "QuestionError",
    "RunError",
    "TrainingError",
    "TrainingRun",
    "__version__",
    "crosstab",
    "from_frame",
    "list_runs",
    "open_run",
    "read_ratings",
    "train",
]


if not TYPE_CHECKING:  # else it would let any name pass

    def __getattr__(name: str) -> object:
        """Return what `__all__` names, imported now; raises AttributeError for anything else."""
        if name == "__version__":
            from importlib.metadata import version

            return version("cftui")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found: object = getattr(import_module("cftui.api"), name)
        globals()[name] = found  # asked for again, it is here
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
