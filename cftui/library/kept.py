"""Answers of long questions, kept on disk: JSON under the cache folder, checked when it is read."""

import contextlib
from pathlib import Path
from typing import Any

from cftui.files import make_folder, replace_file
from cftui.paths import answers_folder
from cftui.questions.job import Job
from cftui.questions.question import A, answer_type


def kept(job: Job[A], fingerprint: str) -> A | None:
    """Return the answer kept for ratings with this fingerprint; none where there is none."""
    from pydantic import ValidationError

    if not job.key:
        return None
    with contextlib.suppress(OSError, ValidationError):
        found: A = _adapter(job).validate_json(_place(job, fingerprint).read_bytes())
        return found
    return None


def keep(job: Job[A], fingerprint: str, answer: A) -> None:
    """Keep an answer; a folder that may not be written to is no failure."""
    if not job.key:
        return
    place = _place(job, fingerprint)
    with contextlib.suppress(OSError):
        make_folder(place.parent)
        replace_file(place, _adapter(job).dump_json(answer))


def _place(job: Job[Any], fingerprint: str) -> Path:
    return answers_folder() / fingerprint / f"{job.key}.json"


def _adapter(job: Job[Any]) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(answer_type(type(job)))
