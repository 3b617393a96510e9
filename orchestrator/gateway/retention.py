"""Messages as they came are kept as long as the hospital's file says, and no longer."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog

from orchestrator.errors import RecordsUnavailable
from orchestrator.gateway.tables import Messages
from orchestrator.logs import fault
from orchestrator.records import Records

log = structlog.get_logger()

_EVERY_S = 3600.0


async def forgetting(records: Records, table: Messages) -> NoReturn:
    """Forget what is too old, now and every hour."""
    while True:
        try:
            if forgotten := await asyncio.to_thread(records.orders.forget_messages, table.days):
                log.info("messages_forgotten", number=forgotten)
        except RecordsUnavailable as error:
            log.warning("waiting_for_a_part", **fault(error))
        await asyncio.sleep(_EVERY_S)
