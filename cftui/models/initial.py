"""Initial values of built-in models, drawn by numpy so that every engine starts equal."""

import hashlib

import numpy as np

from cftui.hyperparameters import DataInfo, ModelParameters


def initial_values(parameters: ModelParameters, info: DataInfo, seed: int) -> dict[str, np.ndarray]:
    """Return each table's initial values, float32, a function of (seed, table name) alone."""
    values = {}
    for table in parameters.tables(info):
        digest = hashlib.sha256(f"{seed}:{table.name}".encode()).digest()
        generator = np.random.Generator(np.random.Philox(int.from_bytes(digest[:8], "little")))
        values[table.name] = generator.uniform(table.low, table.high, table.shape).astype(
            np.float32
        )
    return values
