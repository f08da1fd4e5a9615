"""Compiles the sampler before a run needs it: by one sweep over made-up ratings."""

import time

import numpy as np

from cftui.library.door import Library, performs
from cftui.questions.compiling import CompileSampler, SamplerCompiled
from cftui.questions.job import Progress
from cftui.ratings.features import Field, each_of
from cftui.training.gibbs.chain import Chain
from cftui.training.gibbs.design import make_design
from cftui.training.gibbs.rows import predicted, rows_of

USERS, ITEMS, RATINGS = 3, 4, 12


@performs(CompileSampler)
def compile_sampler(library: Library, job: CompileSampler, progress: Progress) -> SamplerCompiled:
    """Draw one sample, and predict by it; raises ImportError where numba is not there."""
    began = time.monotonic()
    draw = np.random.default_rng(0)
    user, item = draw.integers(0, USERS, RATINGS), draw.integers(0, ITEMS, RATINGS)
    codes = draw.integers(0, 2, RATINGS).astype(np.int32)
    fields = (
        *(each_of("user", "user", USERS), each_of("item", "item", ITEMS)),
        Field.of_ratings("place", 2, codes),
    )
    design = make_design(user, item, USERS, ITEMS, fields, {"place": codes})
    chain = Chain(design, draw.normal(size=RATINGS), 1, (0, 0))
    for part in range(chain.parts):
        chain.draw(chain.randoms(1, part), part)
        progress(part + 1, chain.parts, "the sampler")
    users, items = (part.astype(np.uint32) for part in (user, item))
    predicted(rows_of(design, chain.sample), users, items, design.rows_of_own(codes[None]))
    return SamplerCompiled(time.monotonic() - began)
