"""The door of the queue: takes studies, drafts them, keeps the drafts. Run ``python -m orchestrator.worker``.

Any number may run. A worker may be killed at any instant: the record decides what is finished, a job
without a heartbeat is taken over, and what the queue forgot is put back from the record.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import structlog
from prometheus_client import start_http_server

from orchestrator.errors import QueueUnavailable, RecordsUnavailable, WetreadError
from orchestrator.jobs import Job, Jobs
from orchestrator.logs import fault, log_to_stderr
from orchestrator.metrics import (
    DISTINCT_DRAFTS,
    DRAFTS,
    JOB_RETRIES,
    LIMITATIONS,
    SHARED_RUN_WORDS,
    STAGE_SECONDS,
    STUDIES_ENDED,
)
from orchestrator.outcome import Outcome
from orchestrator.pipeline import Parts, draft_report
from orchestrator.progress import EventKind
from orchestrator.records import Records
from orchestrator.report import StageTime
from orchestrator.rereading import as_reread
from orchestrator.settings import Settings, settings_from_environment
from orchestrator.variety import LAST, variety_of
from orchestrator.wiring import open_parts, open_queue, open_records, tell_destinations

log = structlog.get_logger()

_WAIT_S = 1.0
_BACK_OFF_S = 1.0
_GRACE_S = 4.0
"""After a request to stop, work at hand may go on for so long; then it is given back."""
_COMPARED_EVERY = 20


class Worker:
    """Takes jobs one after the other, several at a time.

    Parameters
    ----------
    records, jobs, parts
        The record, the queue and what the pipeline works with.
    settings
        Attempts, concurrency and intervals.
    """

    def __init__(self, records: Records, jobs: Jobs, parts: Parts, settings: Settings) -> None:
        self._records, self._jobs, self._parts, self._settings = records, jobs, parts, settings
        self._stopping = asyncio.Event()
        self._kept = 0

    def stop(self) -> None:
        """Take no new job, finish what is at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        takers = [asyncio.create_task(self._take_jobs()) for _ in range(self._settings.job_concurrency)]
        sweeper = asyncio.create_task(self._sweep_now_and_then())
        await self._stopping.wait()
        _, late = await asyncio.wait(takers, timeout=_GRACE_S)
        for task in (*late, sweeper):
            task.cancel()
        await asyncio.gather(*takers, sweeper, return_exceptions=True)

    async def _take_jobs(self) -> None:
        while not self._stopping.is_set():
            try:
                job = await self._jobs.take(_WAIT_S)
                if job is not None:
                    await self._handle(job)
            except (QueueUnavailable, RecordsUnavailable) as error:
                log.warning("waiting_for_a_part", **fault(error))
                await self._pause(_BACK_OFF_S)

    async def _handle(self, job: Job) -> None:
        """Draft one study, or say why not; whatever happens, the job ends in exactly one way."""
        heart = asyncio.create_task(self._beat(job))
        try:
            await self._draft(job)
        except asyncio.CancelledError:
            with suppress(QueueUnavailable):
                await self._jobs.give_back(job, counted=False)
            raise
        except RecordsUnavailable:
            await self._jobs.give_back(job, after_s=_BACK_OFF_S, counted=False)
            raise
        except QueueUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one study's fault must not stop the others
            await self._tried(job, error)
        finally:
            heart.cancel()

    async def _draft(self, job: Job) -> None:
        if job.attempt > self._settings.job_attempts:
            await self._give_up(job, "its worker was lost each time it was tried")
            return
        record = await asyncio.to_thread(self._records.begin, job.study_id, job.attempt)
        if not record.may_be_worked_on or record.revision != job.revision:
            await self._jobs.done(job)
            return
        await self._ring(job.study_id)
        log.info("drafting", study_id=job.study_id, attempt=job.attempt, pid=os.getpid())
        study = await asyncio.to_thread(self._records.study, job.study_id)
        study = await asyncio.to_thread(self._records.orders.with_earlier, study)
        rereading = await asyncio.to_thread(self._records.rereadings.of, job.study_id, job.revision)
        if rereading is not None:
            study = await asyncio.to_thread(as_reread, study, rereading, self._settings.store)
        outcome = await draft_report(study, self._parts, lambda stage: self._tell(job, stage))
        await self._keep(job, outcome)

    async def _keep(self, job: Job, outcome: Outcome) -> None:
        draft, status, results, reason = outcome
        kept = await asyncio.to_thread(self._records.keep_draft, draft, job.revision, status, results, reason)
        log.info("drafted" if kept else "drafted_by_another", study_id=job.study_id, status=status)
        if kept:
            STUDIES_ENDED.labels(status).inc()
            DRAFTS.labels(draft.author).inc()
            for limit in draft.facts.limitations:
                LIMITATIONS.labels(limit.reason).inc()
            await self._compare_last_drafts()
        await self._ring(job.study_id)
        await self._jobs.done(job)

    async def _compare_last_drafts(self) -> None:
        """Every so many drafts, see whether they begin to read alike."""
        self._kept += 1
        if self._kept % _COMPARED_EVERY:
            return
        last = await asyncio.to_thread(lambda: variety_of(self._records.feedback.last_drafts(LAST)))
        DISTINCT_DRAFTS.set(last.distinct)
        SHARED_RUN_WORDS.set(last.longest_common_run)
        if last.alarm:
            log.warning("drafts_read_alike", distinct=last.distinct, shared_run_words=last.longest_common_run)

    async def _tried(self, job: Job, error: Exception) -> None:
        log.error("attempt_failed", study_id=job.study_id, attempt=job.attempt, **fault(error))
        JOB_RETRIES.labels(type(error).__name__).inc()
        why = str(error) if isinstance(error, WetreadError) else "a fault of this program; it is logged"
        if job.attempt >= self._settings.job_attempts:
            await self._give_up(job, why)
            return
        await asyncio.to_thread(self._records.note, job.study_id, EventKind.RETRY, detail=why)
        await self._ring(job.study_id)
        await self._jobs.give_back(job, after_s=_BACK_OFF_S * 2**job.attempt)

    async def _give_up(self, job: Job, why: str) -> None:
        log.error("given_up", study_id=job.study_id, attempt=job.attempt)
        await asyncio.to_thread(self._records.fail, job.study_id, why, job.revision)
        STUDIES_ENDED.labels("failed").inc()
        await self._ring(job.study_id)
        await self._jobs.bury(job, why)

    async def _tell(self, job: Job, stage: StageTime) -> None:
        STAGE_SECONDS.labels(stage.stage).observe(stage.seconds)
        await asyncio.to_thread(
            self._records.note, job.study_id, EventKind.STAGE, stage=stage.stage, seconds=stage.seconds
        )
        await self._ring(job.study_id)

    async def _ring(self, study_id: str) -> None:
        """Listeners look into the record now and then anyway: a bell that is missed costs a second."""
        with suppress(QueueUnavailable):
            await self._jobs.ring(study_id)

    async def _beat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._jobs.idle_s / 4)
            with suppress(QueueUnavailable):
                await self._jobs.heartbeat(job)

    async def _sweep_now_and_then(self) -> None:
        while not self._stopping.is_set():
            with suppress(QueueUnavailable, RecordsUnavailable):
                await self._sweep()
            await self._pause(self._settings.sweep_interval_s)

    async def _sweep(self) -> None:
        """Put back what the record says is unfinished and the queue does not hold; what it holds stays once."""
        age_s = self._settings.sweep_interval_s
        for study_id, revision in await asyncio.to_thread(self._records.unfinished, age_s):
            if await self._jobs.enqueue(study_id, revision):
                log.warning("put_back", study_id=study_id)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


async def _main(settings: Settings) -> None:
    records = await asyncio.to_thread(open_records, settings)
    await asyncio.to_thread(tell_destinations, records, settings)
    jobs, parts = open_queue(settings), open_parts(settings)
    worker = Worker(records, jobs, parts, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    log.info("worker_started", concurrency=settings.job_concurrency)
    await worker.run()
    await parts.close()
    await jobs.close()
    records.close()
    log.info("worker_stopped")


def main() -> None:
    """Run one worker until SIGTERM or SIGINT."""
    settings = settings_from_environment()
    log_to_stderr(settings.log_level)
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, addr="127.0.0.1")
    asyncio.run(_main(settings))


if __name__ == "__main__":
    main()
