"""The last step in, whichever way a study came: recorded, counted, queued for drafting."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from orchestrator.errors import NotFound, QueueUnavailable
from orchestrator.jobs import Jobs
from orchestrator.metrics import STUDIES_ACCEPTED
from orchestrator.progress import StudyRecord
from orchestrator.records import Records
from orchestrator.study import Study

log = structlog.get_logger()


async def accept(
    study: Study,
    content_sha256: str,
    records: Records,
    jobs: Jobs,
    *,
    key: str | None = None,
    seconds: float | None = None,
    department: str | None = None,
) -> StudyRecord:
    """Record a study and queue it; it is safe when this returns, whether Redis answers or not.

    Parameters
    ----------
    content_sha256
        One name for everything that came.
    key
        Idempotency key: the same key and content is the same study, however often it is accepted.
    seconds
        How long receiving and decoding took.
    department
        Whose study it is, where whoever delivers it says so.

    Raises
    ------
    KeyReused
        If the key came before with other content.
    """
    accepted = await asyncio.to_thread(records.accept, study, content_sha256, key, seconds, department=department)
    STUDIES_ACCEPTED.inc(int(accepted.created))
    log.info("accepted", study_id=accepted.record.study_id, created=accepted.created)
    await queue(accepted.record, jobs)
    return accepted.record


async def accept_or_revise(
    study: Study, content_sha256: str, records: Records, jobs: Jobs, seconds: float | None = None
) -> StudyRecord:
    """Accept a study that came object by object; when it was accepted before, more of it has come: it is read anew."""
    try:
        record = await asyncio.to_thread(records.revise, study, content_sha256, "more objects of the study came")
    except NotFound:
        key = f"arrivals-{study.study_id}"
        return await accept(study, content_sha256, records, jobs, key=key, seconds=seconds)
    await queue(record, jobs)
    return record


async def queue(record: StudyRecord, jobs: Jobs) -> None:
    """Put a study into the queue unless it is finished or held; what Redis does not take now the sweep will."""
    if record.may_be_worked_on:
        with suppress(QueueUnavailable):
            await jobs.enqueue(record.study_id, record.revision)
