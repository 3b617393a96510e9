"""When nothing of a study has come for a while it is complete: its objects become one study, queued for drafting."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from orchestrator.acceptance import accept_or_revise
from orchestrator.errors import RefusedInput, Unavailable
from orchestrator.gateway.hall import Hall
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.limits import IngestLimits, limits_from
from orchestrator.ingest.received import ReceivedFile
from orchestrator.ingest.store import original_path
from orchestrator.logs import fault
from orchestrator.records.arrivals import ArrivalState, Round
from services.contract import Limitation, LimitationReason

log = structlog.get_logger()

SOURCE = "ingest"
_BACK_OFF_S = 1.0


@asynccontextmanager
async def timing(hall: Hall) -> AsyncIterator[None]:
    """Watch the studies that are coming."""
    async with hall.beside("study timer", _watch(hall)):
        yield


async def _watch(hall: Hall) -> None:
    timer = hall.hospital.arrivals
    while True:
        try:
            for study_key in await asyncio.to_thread(hall.records.arrivals.due, timer.quiet_s, timer.at_most_s):
                await complete(hall, study_key)
        except Unavailable as error:
            log.warning("waiting_for_a_part", **fault(error))
            await asyncio.sleep(_BACK_OFF_S)
        await asyncio.sleep(min(max(timer.quiet_s / 10, 0.05), 1.0))


async def complete(hall: Hall, study_key: str) -> None:
    """Make one study of everything that came of it, or say why nothing of it can be read.

    Killed at any instant and done again it makes the same study: its id was given when its first object came.
    """
    started = time.perf_counter()
    closed = await asyncio.to_thread(hall.records.arrivals.close_round, study_key)
    files, limitations = sort_out(closed, hall.settings.originals, limits_from(hall.settings))
    try:
        study = await assemble(files, None, hall.settings, hall.children, closed.study_id)
    except RefusedInput as refusal:
        await asyncio.to_thread(hall.records.arrivals.settle, closed, str(refusal))
        log.warning("arrivals_refused", study_id=closed.study_id, error=type(refusal).__name__)
        return
    said = {"limitations": study.limitations + limitations, "prior_of": closed.prior_of}
    study = study.model_copy(update=said)
    await accept_or_revise(study, content_of(closed), hall.records, hall.jobs, time.perf_counter() - started)
    await asyncio.to_thread(hall.records.arrivals.settle, closed)


def sort_out(closed: Round, originals: Path, limits: IngestLimits) -> tuple[list[ReceivedFile], tuple[Limitation, ...]]:
    """Return the files to be read, as many as one study may have, and say what stays out."""
    states = Counter(arrival.state for arrival in closed.arrivals)
    kept = [arrival for arrival in closed.arrivals if arrival.state is ArrivalState.KEPT]
    files = [
        ReceivedFile(path=original_path(originals, one.file_sha256), sha256=one.file_sha256, size_bytes=one.size_bytes)
        for one in kept[: limits.upload_files]
    ]
    said = {
        "came again under the same identifier with other content; the first that came is read": (
            LimitationReason.DUPLICATE,
            states[ArrivalState.CONFLICTING],
        ),
        "cannot be read: the header is damaged": (LimitationReason.POOR_QUALITY, states[ArrivalState.UNREADABLE]),
        "are more than is read of one study": (LimitationReason.UNSUPPORTED_IMAGE, len(kept) - len(files)),
    }
    return files, tuple(_limitation(count, what, reason) for what, (reason, count) in said.items() if count > 0)


def content_of(closed: Round) -> str:
    """Return one name for everything that came of a study, in any order."""
    said = sorted(f"{arrival.state} {arrival.file_sha256}" for arrival in closed.arrivals)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _limitation(count: int, what: str, reason: LimitationReason) -> Limitation:
    detail = f"Objects of the study that {what}: {count}. They are kept."
    return Limitation(what="objects that came with the study", reason=reason, detail=detail, source=SOURCE)
