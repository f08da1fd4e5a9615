"""The columns of the table of epochs."""

from cftui.runs.history import History
from cftui.runs.list_words import judged_users, of_users, why_no_lists
from cftui.text import fitting
from cftui.tui.shared.cells import Column

EPOCH_COLUMNS = (
    Column("epoch", 5, align="right", key=lambda epoch: str(epoch.epoch)),
    Column("train", 6, align="right", key=lambda epoch: fitting(epoch.train_loss, 4, 6)),
    Column("valid", 6, align="right", key=lambda epoch: fitting(epoch.valid_mse, 4, 6)),
    Column("RMSE", 6, align="right", key=lambda epoch: fitting(epoch.valid_rmse, 4, 6)),
    Column("unseen", 6, align="right", key=lambda epoch: fitting(epoch.unseen_mse, 4, 6)),
    Column("recall@20", 9, align="right", key=lambda epoch: _share(epoch.recall)),
    Column("NDCG@20", 7, align="right", key=lambda epoch: _share(epoch.ndcg)),
    Column("lr", 7, align="right", key=lambda epoch: rate_text(epoch.learning_rate)),
    Column("s", 5, align="right", key=lambda epoch: f"{epoch.seconds:.1f}"),
)
NO_EPOCH = "An epoch's errors stand here at its end"
NARROW_EPOCHS = ("epoch", "train", "valid", "NDCG@20", "s")


def epoch_columns(narrow: bool) -> list[Column]:
    """Return the columns that there is room for."""
    return [column for column in EPOCH_COLUMNS if not narrow or column.label in NARROW_EPOCHS]


def rate_text(rate: float | None) -> str:
    """Return a learning rate; nothing where the method has none."""
    return "" if rate is None else f"{rate:.2g}"


def lists_words(history: History) -> str:
    """Return whose lists recall and NDCG are of, or why an epoch has none; empty before both."""
    whose = of_users(judged_users(history))
    return why_no_lists(history) or (f"recall and NDCG:{whose}" if whose else "")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
