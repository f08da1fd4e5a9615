"""The stops: by its id, what each one does before it says what to look at."""

from collections.abc import Mapping

from cftui.paths import BUNDLED
from cftui.tui.tour.acts import (
    AwaitDialog,
    BringStanding,
    OpenRatings,
    PerformCommand,
    RateAsProfile,
    ScrollToLine,
    StepRules,
    TourAct,
    TrainRun,
    TurnUntil,
)

FIRST: tuple[TourAct, ...] = (OpenRatings(BUNDLED),)
"""What every stop begins with."""
EPOCH_STEPS = 29
"""Points of the lab's line, one a step."""
PROFILE = "tour"
RATED = (("2571", 5.0), ("589", 4.5), ("1721", 1.0))
"""The Matrix, Terminator 2, Titanic: somebody who likes action, and no romance."""
SGD = TrainRun("tour-sgd")
"""The lesson's recipe is what a run without settings is."""
NET = TrainRun("tour-net", {"model": {"name": "net"}, "optimizer": {"name": "adam"}})
RESTARTS = TrainRun(
    "tour-adam", {"optimizer": {"name": "adam"}, "schedule": {"name": "cosine-restarts"}}
)
WORDS = "#crosstab #sheet-words"
SHEET = PerformCommand("crosstab.model", unless=(WORDS, "sheet:"))
"""Takes the sheet where the run predicts; RUN the other way round."""
RUN = PerformCommand("crosstab.model", unless=(WORDS, "on show"))
CROSSTAB = BringStanding("app.crosstab", "crosstab.bfgs", going=(WORDS, "s pauses"))
EPOCH = TrainRun("tour-sgd", whole=False)
LOSS = TurnUntil("train.view", "#train #loss")

ACTS: Mapping[str, tuple[TourAct, ...]] = {
    "ratings": (PerformCommand("app.data"),),
    "crosstab": (CROSSTAB, SHEET, PerformCommand("crosstab.actual")),
    "sheet": (
        *(CROSSTAB, SHEET, PerformCommand("crosstab.restart")),
        *(PerformCommand("crosstab.bfgs"), PerformCommand("crosstab.predicted")),
    ),
    "cell": (
        *(CROSSTAB, SHEET, PerformCommand("crosstab.bfgs")),
        *(PerformCommand("crosstab.cell"), AwaitDialog()),
    ),
    "embeddings": (PerformCommand("lab.truths"), AwaitDialog()),
    "biases": (
        *(EPOCH, CROSSTAB, RUN, PerformCommand("crosstab.cell"), AwaitDialog()),
        ScrollToLine(".overlay", "sum of the products"),
    ),
    "training": (PerformCommand("app.train"), LOSS, SGD),
    "net": (PerformCommand("app.train"), LOSS, NET),
    "descent": (StepRules(("sgd",), 1), PerformCommand("lab.chain"), AwaitDialog()),
    "momentum": (StepRules(("sgd", "lesson-momentum"), EPOCH_STEPS),),
    "adam": (StepRules(("sgd", "lesson-momentum", "adam"), 3 * EPOCH_STEPS),),
    "adamw": (
        *(StepRules(("adam-l2", "adamw"), 3 * EPOCH_STEPS), SGD),
        *(PerformCommand("lab.decay"), AwaitDialog()),
    ),
    "restarts": (
        *(PerformCommand("app.train"), TurnUntil("train.view", "#train #rate")),
        RESTARTS,
    ),
    "newcomer": (PerformCommand("explore.you"), RateAsProfile(PROFILE, RATED, "#explore #you")),
    "best": (RESTARTS, PerformCommand("explore.biases")),
    "map": (RESTARTS, PerformCommand("explore.map")),
    "next": (PerformCommand("train.form"),),
}
