"""The ratings as the screen knows them: those that are open, and those on their way in."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cftui.catalogue import CATALOGUE
from cftui.paths import lasting_source
from cftui.questions.data import (
    AS_RECOGNISED,
    CheckStore,
    ColumnMapping,
    DataProfile,
    DataSummary,
    DescribeData,
    FilePreview,
    ListDataSets,
    OpenData,
    PreviewFile,
)
from cftui.questions.question import Ask
from cftui.tui.services.child import ChildError
from cftui.tui.services.jobs import JobError, do_job, run_job

COLUMNS = ("user", "item", "rating", "timestamp")
CHECKED = "checked"
"""Lies in a store that was found whole: `cftui.ratings.sums` leaves it there."""


@dataclass(frozen=True)
class Opening:
    """Ratings on their way in, or why they did not come."""

    source: str
    doing: str = ""
    """What is being done, such as `reading`; empty where it failed."""
    share: float | None = None
    """How much of it is done, 0 to 1."""
    failure: str = ""
    preview: FilePreview | None = None
    """The file's beginning, where the user has to say which columns mean what, or which file."""

    @property
    def words(self) -> str:
        """Return what is being done, and how far it is; or what went wrong."""
        return self._told(self.source) if self.doing else self.failure

    @property
    def short_words(self) -> str:
        """Return the same with the file's name alone, for where there is little room."""
        return self._told(self.source.rpartition("/")[2] or self.source)

    def _told(self, name: str) -> str:
        share = "" if self.share is None else f", {self.share:.0%}"
        return f"{self.doing} {name}{share}"


def stage_of(opening: Opening | None) -> object:
    """Return what of an opening decides what there is to do; progress alone changes nothing."""
    return opening and (opening.source, opening.doing, opening.failure, opening.preview)


class RatingsService:
    """Opens ratings while those that were open stay so; all waiting is done by children."""

    def __init__(self, ask: Ask) -> None:
        """Begin with nothing open; questions go to `ask`."""
        self.source = ""
        """Of the ratings that are open: a name or a path."""
        self.mapping = AS_RECOGNISED
        self.summary: DataSummary | None = None
        self._ask = ask

    @property
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the ratings that are open."""
        return self.summary.fingerprint if self.summary is not None else None

    def settings(self) -> dict[str, Any]:
        """Return the section `data` of a run's configuration."""
        return {"source": self.source, **asdict(self.mapping)}

    async def open(
        self,
        source: str,
        mapping: ColumnMapping,
        tell: Callable[[Opening], None],
        *,
        fetch: bool = False,
    ) -> bool:
        """Open ratings, fetched and read where need be; return whether they are open now.

        What is being done is told, and a failure as well: then all is as it was.
        """
        try:
            if fetch:
                await self._run("downloading", source, fetch_words(source), tell)
            tell(Opening(source, "opening"))
            summary = await self._ask(OpenData(source, mapping), group="open")
            if summary is None and mapping == AS_RECOGNISED:
                mapping = await self._remembered(source)
                summary = await self._ask(OpenData(source, mapping), group="open")
            if summary is None:
                preview = await self._ask(PreviewFile(source, mapping), group="open")
                if preview.problem:
                    tell(Opening(source, failure=preview.problem, preview=_askable(preview)))
                    return False
                words = ["data", "ingest", source, *mapping_words(mapping)]
                await self._run("reading", source, words, tell)
                summary = await self._ask(OpenData(source, mapping), group="open")
        except (ChildError, JobError) as error:
            tell(Opening(source, failure=str(error), preview=await self._preview(source, mapping)))
            return False
        self.source, self.mapping, self.summary = await _lasting(source), mapping, summary
        return True

    async def _remembered(self, source: str) -> ColumnMapping:
        """Return the columns that were chosen when this file was opened last."""
        lasting = await _lasting(source)
        rows = await self._ask(ListDataSets(), group="open")
        return next((row.mapping for row in rows if row.source == lasting), AS_RECOGNISED)

    async def ask_columns(self) -> Opening:
        """Return the beginning of the file that is open, for its columns to be chosen anew."""
        preview = await self._preview(self.source, self.mapping)
        failure = "" if preview is not None else f"{self.source}: its beginning cannot be read"
        return Opening(self.source, failure=failure, preview=preview)

    async def _preview(self, source: str, mapping: ColumnMapping) -> FilePreview | None:
        """Return a file's beginning; none where there is nothing to see."""
        try:
            return _askable(await self._ask(PreviewFile(source, mapping), group="open"))
        except ChildError:
            return None

    async def _run(
        self, doing: str, source: str, words: Sequence[str], tell: Callable[[Opening], None]
    ) -> None:
        tell(Opening(source, doing))

        def hear(line: dict[str, Any]) -> None:
            if line.get("event") == "progress":
                now = "reading" if line.get("done") == "read" else doing
                tell(Opening(source, now, share=line["bytes"] / max(line["of"], 1)))

        await run_job(words, hear)

    async def check_store(self) -> str:
        """Return what of the open ratings' store has rotted on the disk, once for each store.

        Empty where all is as it was written, or that was looked at before, or cannot be told.
        """
        store = Path(self.summary.store) if self.summary is not None else None
        if store is None or await asyncio.to_thread((store / CHECKED).exists):
            return ""
        try:
            return await do_job(CheckStore(str(store)), lambda done, of, words: None)
        except JobError:
            return ""

    async def describe(self) -> DataProfile:
        """Return the profile of the ratings that are open; raises JobError."""
        assert self.summary is not None
        return await do_job(DescribeData(self.summary.store), lambda done, of, words: None)


def _askable(preview: FilePreview) -> FilePreview | None:
    """Return a preview where there is something to choose: columns, or one of several files."""
    return preview if preview.columns or preview.members else None


async def _lasting(source: str) -> str:
    """Return what means the same ratings from any folder."""
    try:
        return await asyncio.to_thread(lasting_source, source)
    except FileNotFoundError:  # gone since it was opened
        return source


def fetch_words(name: str) -> list[str]:
    """Return the shell's words that download a data set which the user agreed to."""
    entry = CATALOGUE.get(name)
    return ["data", "fetch", name, "--yes", *(["--unchecked"] if entry and entry.changes else [])]


def mapping_words(mapping: ColumnMapping) -> list[str]:
    """Return a mapping as the shell's options."""
    return [
        f"--{name}-column={value}" if name in COLUMNS else f"--{name}={value}"
        for name, value in asdict(mapping).items()
        if value
    ]
