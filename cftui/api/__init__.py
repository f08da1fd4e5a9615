"""The library under the screen: what `import cftui` offers, for notebooks and scripts.

Ratings and answers are pandas frames; a run made here is a run like any other.
"""

from cftui.api.frames import from_frame
from cftui.api.ratings import DataSet, crosstab, read_ratings
from cftui.api.run import TrainingError, TrainingRun, list_runs, open_run
from cftui.api.training import train
from cftui.config import ConfigError
from cftui.questions.errors import QuestionError
from cftui.ratings.values import DataError
from cftui.runs.directory import RunError

__all__ = [
    "ConfigError",
    "DataError",
    "DataSet",
    "QuestionError",
    "RunError",
    "TrainingError",
    "TrainingRun",
    "crosstab",
    "from_frame",
    "list_runs",
    "open_run",
    "read_ratings",
    "train",
]
