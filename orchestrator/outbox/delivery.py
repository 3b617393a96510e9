"""The loop of one destination: take what is due, carry it, write down what became of it.

A sender may be killed at any instant: what it had is taken over when its lease ends, and sent again with the same id.
One destination never waits for another.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from pathlib import Path

import structlog

from orchestrator.errors import NotFound, RecordsUnavailable, TryAgain, WetreadError
from orchestrator.logs import fault
from orchestrator.metrics import DELIVERIES, DELIVERY_SECONDS
from orchestrator.outbox.couriers import Courier
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed, AnyDestination
from orchestrator.records import Records
from orchestrator.records.outbox import Claimed, Delivery

log = structlog.get_logger()


class Deliverer:
    """Carries what waits for one destination, several studies at a time, each study's messages in order."""

    def __init__(
        self, records: Records, destination: AnyDestination, courier: Courier, allowed: Allowed, store: Path
    ) -> None:
        self._records, self._destination, self._courier = records, destination, courier
        self._allowed, self._store = allowed, store
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take nothing new."""
        self._stopping.set()

    async def run(self) -> None:
        """Deliver until :meth:`stop`, then let what is on its way arrive."""
        running: set[asyncio.Task[None]] = set()
        while not self._stopping.is_set():
            taken = await self._take(self._destination.at_once - len(running))
            running |= {asyncio.create_task(self._carry(one)) for one in taken}
            if not taken:
                await self._pause(running)
            running = {task for task in running if not task.done()}
        await asyncio.gather(*running, return_exceptions=True)
        await self._courier.close()

    async def _take(self, room: int) -> tuple[Claimed, ...]:
        if room <= 0:
            return ()
        try:
            claim = self._records.outbox.claim
            return await asyncio.to_thread(claim, self._destination.name, room, self._allowed.lease_s)
        except RecordsUnavailable as error:
            log.warning("waiting_for_a_part", **fault(error))
            return ()

    async def _pause(self, running: set[asyncio.Task[None]]) -> None:
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({*running, stopped}, timeout=self._allowed.poll_s, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()

    async def _carry(self, one: Claimed) -> None:
        """Deliver one message, or say why not; a database that is away leaves it to the end of the lease."""
        heart = asyncio.create_task(self._beat(one.delivery))
        try:
            with suppress(RecordsUnavailable):
                await self._deliver(one)
        finally:
            heart.cancel()

    async def _deliver(self, one: Claimed) -> None:
        outbox, name, began = self._records.outbox, self._destination.name, time.monotonic()
        try:
            letter = await asyncio.to_thread(self._letter, one)
            receipt = await self._courier.deliver(letter)
        except RecordsUnavailable:
            raise
        except TryAgain as error:
            await self._try_later(one.delivery, str(error))
        except WetreadError as error:  # the receiver does not want it, or it cannot be written: a person decides
            await self._bury(one.delivery, str(error))
        except Exception as error:  # noqa: BLE001 - one message's fault must not stop the others
            log.error("delivery_failed", study_id=one.delivery.study_id, destination=name, **fault(error))
            await self._try_later(one.delivery, "a fault of this program; it is logged")
        else:
            await asyncio.to_thread(outbox.delivered, one.delivery, receipt)
            DELIVERIES.labels(name, "delivered").inc()
            DELIVERY_SECONDS.labels(name).observe(time.monotonic() - began)
            log.info("delivered", study_id=one.delivery.study_id, destination=name, event_kind=one.delivery.event)

    def _letter(self, one: Claimed) -> Letter:
        try:
            return Letter(one.release, self._records.study(one.delivery.study_id), self._store)
        except NotFound as error:
            raise TryAgain("the study is not in the record") from error

    async def _try_later(self, delivery: Delivery, reason: str) -> None:
        if delivery.attempts >= self._allowed.attempts:
            await self._bury(delivery, f"given up after {delivery.attempts} attempts: {reason}")
            return
        DELIVERIES.labels(self._destination.name, "later").inc()
        await asyncio.to_thread(
            self._records.outbox.later, delivery, back_off(delivery.attempts, self._allowed), reason
        )

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        DELIVERIES.labels(self._destination.name, "dead").inc()
        log.error("dead_letter", study_id=delivery.study_id, destination=self._destination.name)
        await asyncio.to_thread(self._records.outbox.bury, delivery, reason)

    async def _beat(self, delivery: Delivery) -> None:
        while True:
            await asyncio.sleep(self._allowed.lease_s / 3)
            with suppress(RecordsUnavailable):
                await asyncio.to_thread(self._records.outbox.renew, delivery, self._allowed.lease_s)


def back_off(attempts: int, allowed: Allowed) -> float:
    """Return how long to wait after an attempt: doubled each time to a limit, and half of it by chance.

    Messages that failed together must not come back together.
    """
    longest = min(allowed.back_off_at_most_s, allowed.back_off_s * 2.0 ** min(attempts - 1, 60))
    return longest * random.uniform(0.5, 1.0)
