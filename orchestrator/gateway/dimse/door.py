"""The socket of our Application Entity: who may come in, how many at a time, and for how long without a word."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

import structlog

from orchestrator.gateway.arrival_desk import ArrivalDesk
from orchestrator.gateway.dimse import pdu
from orchestrator.gateway.dimse.association import Association
from orchestrator.gateway.dimse.pdu import AbortReason, Malformed, Rejection
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.tables import DicomListener
from orchestrator.metrics import ASSOCIATIONS

log = structlog.get_logger()

WAITING = 256
"""Connections that have not asked for an association yet; beyond, the one that waits longest is closed."""
IDLE_ENOUGH_S = 2.0
"""An association that said nothing for so long gives its place to one that has something to say."""
_GRACE_S = 3.0
_LINGER_S = 0.5


@asynccontextmanager
async def listening(hall: Hall) -> AsyncIterator[None]:
    """Answer C-ECHO and take C-STORE."""
    table = hall.hospital.dicom
    assert table is not None
    desk = ArrivalDesk(hall.settings, hall.records, hall.children, table.free_disk_mb)
    door = Door(table, desk)
    await door.open()
    hall.addresses["dicom"] = (table.host, door.port)
    try:
        yield
    finally:
        await door.close()


class Door:
    """Every connection of our Application Entity."""

    def __init__(self, table: DicomListener, desk: ArrivalDesk) -> None:
        self._table, self._desk = table, desk
        self._waiting: dict[asyncio.Task[None], float] = {}
        self._associated: dict[asyncio.Task[None], tuple[str, Association]] = {}
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port in force."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(
            self._connected, self._table.host, self._table.port, limit=self._table.pdu_bytes, backlog=512
        )

    async def close(self) -> None:
        """Let nobody in any more, let messages at hand be finished, and end every association."""
        assert self._server is not None
        self._server.close()
        deadline = time.monotonic() + _GRACE_S
        while any(one.idle_since is None for _, one in self._associated.values()) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        tasks = [*self._waiting, *self._associated]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ended = "cut off"
        try:
            peer = str(writer.get_extra_info("peername")[0])
            if not self._allowed(peer):
                ended = "address not allowed"
                return
            ended = await self._meet(task, peer, reader, writer)
        except Malformed as error:
            ended = "protocol broken"
            writer.write(pdu.encode_abort(error.reason))
        except (TimeoutError, asyncio.CancelledError):
            ended = "said nothing"
            writer.write(pdu.encode_abort(AbortReason.NOT_SPECIFIED))
        except (asyncio.IncompleteReadError, OSError):
            ended = "cut off"
        finally:
            self._waiting.pop(task, None)
            self._associated.pop(task, None)
            ASSOCIATIONS.labels(ended).inc()
            await _hang_up(writer)

    async def _meet(
        self, task: asyncio.Task[None], peer: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str:
        self._wait(task)
        association = Association(reader, writer, self._table, self._desk)
        async with asyncio.timeout(self._table.request_timeout_s):
            asked, rejection = await association.request()
        rejection = rejection or self._full(peer)
        if rejection is not None:
            writer.write(pdu.encode_reject(rejection))
            return "rejected"
        del self._waiting[task]
        self._associated[task] = (peer, association)
        return await association.serve(asked)

    def _wait(self, task: asyncio.Task[None]) -> None:
        """Let a connection wait for its request; of too many the one that waits longest goes."""
        if len(self._waiting) >= WAITING:
            min(self._waiting, key=self._waiting.__getitem__).cancel()
        self._waiting[task] = time.monotonic()

    def _full(self, peer: str) -> Rejection | None:
        """Make room by ending an association that says nothing; ``None`` when there is room."""
        peers = Counter(address for address, _ in self._associated.values())
        crowded = peers[peer] >= self._table.associations_of_a_peer
        if not crowded and len(self._associated) < self._table.associations:
            return None
        idle = {
            task: one.idle_since
            for task, (address, one) in self._associated.items()
            if one.idle_since is not None and (address == peer or not crowded)
        }
        longest = min(idle, key=idle.__getitem__, default=None)
        if longest is None or time.monotonic() - idle[longest] < IDLE_ENOUGH_S:
            return pdu.LOCAL_LIMIT_EXCEEDED
        self._associated.pop(longest)
        longest.cancel()
        return None

    def _allowed(self, peer: str) -> bool:
        address = ip_address(peer.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._table.networks)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection; a peer that does not read what was said last is not waited for."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            await writer.drain()
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            await writer.wait_closed()
    writer.transport.abort()
