"""What a run's files may claim: numbers that are finite and that clocks, arrays and charts hold."""

from typing import Annotated

from pydantic import BeforeValidator, Field

Int = Annotated[int, Field(gt=-(2**63), lt=2**63)]
"""A whole number as large as arrays hold."""
Real = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False)]
"""A measure or a setting: its square and its products are finite too."""
Seconds = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
"""How long something took."""
Moment = Annotated[float, Field(ge=-1e11, le=2.5e11, allow_inf_nan=False)]
"""Seconds since 1970, from before the common era to the year 9892: what calendars can tell."""


def _unless_no_number(value: object) -> object:
    finite = not isinstance(value, float) or value - value == 0
    return value if finite else None


Measured = Annotated[Real | None, BeforeValidator(_unless_no_number)]
"""A measure that may be unknown; what is no number is that."""
Short = Annotated[str, Field(max_length=10_000)]
"""A name, a host, a path."""
Text = Annotated[str, Field(max_length=500_000)]
"""A message."""
