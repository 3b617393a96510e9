"""The sockets of HL7 v2: who may connect, for how long without a word, and one framed reply to every framed input."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from ipaddress import ip_address

import structlog

from orchestrator.errors import Misconfigured, QueueUnavailable
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.hl7.desk import Hl7Desk
from orchestrator.gateway.hl7.frames import Frame, Frames, NotMllp, framed
from orchestrator.gateway.hl7.tables import Hl7Listener, ServerTls
from orchestrator.jobs import Jobs
from orchestrator.logs import fault

log = structlog.get_logger()

_CHUNK = 64 * 1024
_GRACE_S = 5.0


@asynccontextmanager
async def listening(hall: Hall) -> AsyncIterator[None]:
    """Take HL7 v2 on every port that the hospital's file names."""
    async with AsyncExitStack() as stack:
        for table in hall.hospital.hl7:
            door = Hl7Door(table, Hl7Desk(hall.records, table), hall.jobs)
            await door.open()
            stack.push_async_callback(door.close)
            hall.addresses[f"hl7 {table.name}"] = (table.host, door.port)
        yield


class Hl7Door:
    """Every connection of one port."""

    def __init__(self, table: Hl7Listener, desk: Hl7Desk, jobs: Jobs | None = None) -> None:
        self._table, self._desk, self._jobs = table, desk, jobs
        self._connections: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port in force."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self) -> None:
        """Begin to listen.

        Raises
        ------
        Misconfigured
            If the certificate or its key cannot be used.
        """
        table = self._table
        tls = {"ssl": context_of(table.tls), "ssl_handshake_timeout": table.message_s} if table.tls else {}
        self._server = await asyncio.start_server(self._connected, table.host, table.port, limit=_CHUNK, **tls)  # type: ignore[arg-type]

    async def close(self) -> None:
        """Let nobody in any more, answer the messages at hand, and close every connection."""
        assert self._server is not None
        self._server.close()
        if self._busy:
            await asyncio.wait(self._busy, timeout=_GRACE_S)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        peer = writer.get_extra_info("peername")
        if not self._table.lets_in(ip_address(peer[0])) or len(self._connections) >= self._table.connections:
            log.warning("hl7_connection_refused", listener=self._table.name)
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (NotMllp, TimeoutError, OSError, ssl.SSLError) as error:
            log.info("hl7_connection_ended", listener=self._table.name, error=type(error).__name__)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read, answer, read; a message is answered before the next one is looked at."""
        frames = Frames(int(self._table.message_mb * 1_000_000))
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            left = began + self._table.message_s - loop.time() if frames.inside else self._table.idle_s
            data = await asyncio.wait_for(reader.read(_CHUNK), max(left, 0))
            if not data:
                return
            was_inside = frames.inside
            found = frames.feed(data)
            for frame in found:
                await self._answer(frame, writer)
            if frames.inside and (found or not was_inside):
                began = loop.time()

    async def _answer(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            reply = await asyncio.to_thread(self._desk.answer, frame.data, too_large=frame.too_large)
            writer.write(framed(reply.message))
            await asyncio.wait_for(writer.drain(), self._table.message_s)
            await self._queue(reply.queued)
        finally:
            self._busy.discard(task)

    async def _queue(self, studies: tuple[tuple[str, int], ...]) -> None:
        """What Redis does not take now the worker's sweep will."""
        for study_id, revision in studies:
            if self._jobs is not None:
                with suppress(QueueUnavailable):
                    await self._jobs.enqueue(study_id, revision)


def context_of(tls: ServerTls) -> ssl.SSLContext:
    """Return a server's TLS, version 1.2 or later, that asks for a client's certificate where an authority is named.

    Raises
    ------
    Misconfigured
        If a file is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.client_authority is not None:
            context.load_verify_locations(tls.client_authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        log.error("hl7_tls", **fault(error))
        raise Misconfigured("[[hl7]] tls: the certificate, its key or the authority cannot be read") from error
    return context
