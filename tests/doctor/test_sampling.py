"""The doctor's look at the sampler: right as it is, and a wrong noise is found."""

import pytest

from cftui.doctor import sampling


def test_the_sampler_is_found_right(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = sampling.sampling_findings()
    assert finding.state == "ok" and finding.numbers["standard_errors_apart"] < sampling.TOLERANCE
    compare = sampling.compare
    monkeypatch.setattr(sampling, "compare", lambda: compare(bend=3.0))
    (finding,) = sampling.sampling_findings()
    assert finding.state == "fail" and "bayes-fm" in finding.remedy
    monkeypatch.setattr(sampling, "why_not_here", lambda model: "install numba")
    (finding,) = sampling.sampling_findings()
    assert finding.state == "warn" and finding.remedy == "install numba"
