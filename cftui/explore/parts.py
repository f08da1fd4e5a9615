"""A prediction of a factorization machine taken apart: field by field, and pair by pair of them."""

import numpy as np

from cftui.explore.predict import actual_of
from cftui.library.trained import Summable, Trained
from cftui.questions.parts import PredictionPart, PredictionParts
from cftui.ratings.pairs import Pairs

SOURCE_PARTS = "the double sum of a factorization machine, by field (Rendle 2010, equation 1)"


def parts_of(trained: Trained, pair: Pairs) -> PredictionParts | None:
    """Return what the prediction of one pair is the sum of; none where the model is no such sum."""
    summed = trained.scorer.summed(pair) if isinstance(trained.scorer, Summable) else None
    if summed is None:
        return None
    found = [PredictionPart(words, value) for words, value in summed.parts()]
    bands = trained.bands(pair)
    return PredictionParts(
        base=summed.base,
        parts=tuple(sorted((p for p in found if p.value), key=lambda p: -abs(p.value))),
        predicted=summed.base + float(np.sum([part.value for part in found])),
        actual=actual_of(trained.ratings, pair),
        told=summed.told,
        band=None if bands is None else bands[0],
    )
