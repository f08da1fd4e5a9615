"""What lets the lesson's own classes run as the lesson prints them.

Its notebook has globals that its classes use, calls with `cats` and `conts`, and tables named
`u`, `m`, `ub`, `mb`.
"""

import builtins
import symtable
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from torch import nn

from cftui.hyperparameters import DataInfo

N_FACTORS = 50
SIZES = ("n_users", "n_movies", "n_items")
"""Globals that the data decides."""
TABLES = {"u": "user_factors", "m": "item_factors", "ub": "user_bias", "mb": "item_bias"}


def missing_globals(text: bytes, path: str, info: DataInfo) -> dict[str, Any]:
    """Return those globals of the lesson that a source uses but does not define.

    Raises SyntaxError.
    """
    top = symtable.symtable(text.decode("utf-8", "replace"), path, "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    defined |= set(dir(builtins))
    used = set(_globals_used(top))
    offered = _offered(info)
    return {name: offered[name] for name in offered if name in used and name not in defined}


def told(provided: Mapping[str, Any]) -> dict[str, Any]:
    """Return the globals with values that can be shown in a line; none for the others."""
    simple = (int, float)
    return {name: value if type(value) in simple else None for name, value in provided.items()}


def aliases(inner: nn.Module, info: DataInfo) -> dict[str, str]:
    """Return the standard names of tables that a module calls as the lesson does."""
    found = {}
    for custom, standard in TABLES.items():
        table = getattr(inner, custom, None)
        rows = info.n_users if standard.startswith("user") else info.n_items
        if isinstance(table, nn.Embedding) and table.num_embeddings == rows:
            found[custom] = standard
    return found


def _offered(info: DataInfo) -> dict[str, Any]:
    return {
        "n_factors": N_FACTORS,
        "min_rating": info.low,
        "max_rating": info.high,
        "n_users": info.n_users,
        "n_movies": info.n_items,
        "n_items": info.n_items,
        # The lesson reads the range off its table of ratings.
        "ratings": SimpleNamespace(rating=np.array([info.low, info.high])),
        "get_emb": _get_emb,
    }


def _get_emb(rows: int, width: int) -> nn.Embedding:
    """Return a table whose values begin uniform between -0.01 and 0.01."""
    table = nn.Embedding(rows, width)
    nn.init.uniform_(table.weight, -0.01, 0.01)
    return table


def _globals_used(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals_used(child)
