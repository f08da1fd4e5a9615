"""What is compiled before it is needed."""

from dataclasses import dataclass

from cftui.questions.job import Job


@dataclass(frozen=True)
class CompileSampler(Job["SamplerCompiled"], answered_in="cftui.training.gibbs.warm"):
    """Have the sampler of bayes-fm compiled, and kept, so that a run begins at once."""

    store: str
    """Any: what is compiled depends on no ratings."""


@dataclass(frozen=True)
class SamplerCompiled:
    """It is."""

    seconds: float
    """What that took: little where it was before."""
