"""Ask the specialists about many files at once, a bounded number at a time, and write a line for each."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from pydantic import BaseModel
from rich.console import Console
from rich.progress import Progress

from orchestrator.errors import RefusedInput, Unavailable
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import limits_from
from orchestrator.ingest.received import OrderRequest, ReceivedFile
from orchestrator.outlines import Outlines
from orchestrator.pipeline import find
from orchestrator.settings import Settings
from orchestrator.specialists import Specialists
from orchestrator.stages import Stages
from orchestrator.study import Study
from orchestrator.wiring import open_specialists
from services.contract import Finding, Limitation, LimitationReason, Measurement, label_of


class Line(BaseModel):
    """What is said of one file."""

    file: str
    status: str
    """``read``; ``refused``: nothing here reads it; ``unavailable``: a service did not answer."""
    reason: str | None = None
    scores: dict[str, float] = {}
    """Label to score, of every finding that was assessed, absent ones too."""
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    limitations: tuple[Limitation, ...] = ()
    seconds: float = 0.0


class FindingsShown(BaseModel):
    """The JSON answer of ``findings``; the findings themselves are in the file."""

    files: int
    read: int
    refused: int
    unavailable: int
    seconds: float
    jsonl: str


async def read_all(
    files: Sequence[Path], order: OrderRequest | None, settings: Settings, jsonl: Path, at_once: int
) -> FindingsShown:
    """Write one line for each file, in the order of the files."""
    began = time.monotonic()
    counted: Counter[str] = Counter()
    with jsonl.open("w", encoding="utf-8") as lines, Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("Reading", total=len(files))
        async with Children(limits_from(settings)) as children:
            reader = Reader(settings, children, order)
            async for line in reader.lines(files, at_once):
                lines.write(line.model_dump_json(exclude_none=True) + "\n")
                lines.flush()
                counted[line.status] += 1
                bar.advance(task)
            await reader.close()
    return FindingsShown(
        files=len(files),
        read=counted["read"],
        refused=counted["refused"],
        unavailable=counted["unavailable"],
        seconds=round(time.monotonic() - began, 3),
        jsonl=str(jsonl),
    )


class Reader:
    """Reads files with the running services; keeps nothing of them but what it returns."""

    def __init__(self, settings: Settings, children: Children, order: OrderRequest | None) -> None:
        self._settings, self._children, self._order = settings, children, order
        self._specialists: Specialists = open_specialists(settings)
        self._outlines = Outlines(settings.store)
        self._there_before = {path.name for path in settings.store.glob("??/*.npy")}
        self._in_use: Counter[str] = Counter()

    async def close(self) -> None:
        """Close the connections."""
        await self._specialists.close()

    async def lines(self, files: Sequence[Path], at_once: int) -> AsyncIterator[Line]:
        """Yield a line for each file, in order, with at most ``at_once`` being read."""
        waiting: deque[asyncio.Task[Line]] = deque()
        for file in files:
            if len(waiting) == at_once:
                yield await waiting.popleft()
            waiting.append(asyncio.create_task(self.line(file)))
        while waiting:
            yield await waiting.popleft()

    async def line(self, file: Path) -> Line:
        """Return what the specialists say of one file, or why they say nothing."""
        began = time.monotonic()
        try:
            line = await self._read(file)
        except RefusedInput as error:
            line = Line(file=str(file), status="refused", reason=str(error))
        except Unavailable as error:
            line = Line(file=str(file), status="unavailable", reason=str(error))
        except OSError as error:
            line = Line(file=str(file), status="refused", reason=error.strerror)
        return line.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    async def _read(self, file: Path) -> Line:
        received = await asyncio.to_thread(_described, file)
        study = await assemble([received], self._order, self._settings, self._children)
        self._in_use.update(_locations(study))
        try:
            found = await find(study, self._specialists, self._outlines, Stages(_tell_nobody))
        finally:
            self._in_use.subtract(_locations(study))
            await asyncio.to_thread(self._forget, study)
        facts = found.facts
        down = [one for one in facts.limitations if one.reason is LimitationReason.SPECIALIST_UNAVAILABLE]
        status = "unavailable" if down else "refused" if found.plan.refused else "read"
        return Line(
            file=str(file),
            status=status,
            reason=down[0].detail if down else found.why if found.plan.refused else None,
            scores=_scores(facts.findings),
            findings=facts.findings,
            measurements=facts.measurements,
            limitations=facts.limitations,
        )

    def _forget(self, study: Study) -> None:
        """Remove the pixels decoded for this reading, unless a draft may rest on them."""
        for instance in (one for series in study.series for one in series.instances):
            location, digest = instance.image.location, instance.source_sha256
            was_sent_too = (self._settings.originals / digest[:2] / digest).exists()
            path = self._settings.store / location
            if not (was_sent_too or path.name in self._there_before or self._in_use[location]):
                path.unlink(missing_ok=True)


def _described(file: Path) -> ReceivedFile:
    """Return a file of the person's own, read where it lies."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return ReceivedFile(path=file.absolute(), sha256=digest, size_bytes=file.stat().st_size)


def _locations(study: Study) -> list[str]:
    return [instance.image.location for series in study.series for instance in series.instances]


def _scores(findings: Sequence[Finding]) -> dict[str, float]:
    return {
        str(label_of(finding.code)): finding.evidence[0].score
        for finding in findings
        if finding.evidence[0].score is not None
    }


async def _tell_nobody(stage: object) -> None:
    pass
