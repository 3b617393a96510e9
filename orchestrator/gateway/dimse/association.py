"""One peer: its association is negotiated, its messages are taken one after the other, each is answered.

A data set goes to disk as it comes; of a message no more is held in memory than one PDU and its command set.
"""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

import structlog

from orchestrator.errors import OutOfRoom, Unavailable
from orchestrator.gateway.arrival_desk import ArrivalDesk, Registered
from orchestrator.gateway.dimse import pdu
from orchestrator.gateway.dimse.command import (
    COMMAND_BYTES,
    Command,
    Field,
    Status,
    decode_command,
    encode_response,
)
from orchestrator.gateway.dimse.contexts import VERIFICATION, answer
from orchestrator.gateway.dimse.part10 import file_head
from orchestrator.gateway.dimse.pdu import AbortReason, Fragment, Malformed, PduType, Rejection
from orchestrator.gateway.tables import DicomListener
from orchestrator.ingest.limits import MB
from orchestrator.ingest.store import Original
from orchestrator.logs import fault

log = structlog.get_logger()

_FLOOD = 2
"""So many times the largest object are thrown away after a refusal; then the association is aborted."""


class Accepted(NamedTuple):
    """A presentation context as agreed on."""

    abstract_syntax: str
    transfer_syntax: str


class Incoming:
    """The data set of one message on its way to disk, or nowhere once its message was refused."""

    def __init__(self, command: Command, limit_bytes: int) -> None:
        self.command, self._limit = command, limit_bytes
        self.refusal: tuple[Status, str] | None = None
        self.file: Original | None = None
        self._size = 0

    def refuse(self, status: Status, why: str) -> None:
        """Keep nothing of it; the peer is told when its last fragment has come."""
        self.refusal = self.refusal or (status, why)
        self.close()

    def write(self, data: memoryview) -> None:
        """Add a fragment.

        Raises
        ------
        Malformed
            If the peer goes on and on after its message was refused.
        """
        self._size += len(data)
        if self._size > self._limit:
            self.refuse(Status.OUT_OF_RESOURCES, "larger than the limit of one object")
        if self._size > _FLOOD * self._limit:
            raise Malformed(AbortReason.NOT_SPECIFIED)
        if self.file is not None:
            try:
                self.file.write(data)
            except OSError:
                self.refuse(Status.OUT_OF_RESOURCES, "the disk does not take it")

    def close(self) -> None:
        """Remove what was not kept."""
        if self.file is not None:
            self.file.close()
            self.file = None


class Association:
    """The acceptor's side of one connection (PS3.8 9.2)."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, table: DicomListener, desk: ArrivalDesk
    ) -> None:
        self._reader, self._writer, self._table, self._desk = reader, writer, table, desk
        self._contexts: dict[int, Accepted] = {}
        self._maximum_length = 0
        self._command = bytearray()
        self._incoming: Incoming | None = None
        self._context_id = 0
        self._study_key: str | None = None
        self._next_at = 0.0
        self.idle_since: float | None = time.monotonic()
        """When it last finished a message; ``None`` while it is at work on one."""

    async def request(self) -> tuple[pdu.AssociateRequest, Rejection | None]:
        """Read what the peer asks for, and whether it may have it; nothing is answered yet.

        Raises
        ------
        Malformed
            If it is no A-ASSOCIATE-RQ.
        """
        kind, body = await pdu.read_pdu(self._reader, 0)
        if kind is not PduType.ASSOCIATE_RQ:
            raise Malformed(AbortReason.UNEXPECTED_PDU)
        asked = pdu.decode_request(body)
        if not asked.protocol_version & 1:
            return asked, pdu.PROTOCOL_VERSION_NOT_SUPPORTED
        if asked.application_context != pdu.APPLICATION_CONTEXT:
            return asked, pdu.APPLICATION_CONTEXT_NOT_SUPPORTED
        if self._table.called_ae_title_checked and asked.called_ae_title != self._table.ae_title:
            return asked, pdu.CALLED_AE_NOT_RECOGNIZED
        if self._table.calling_ae_titles and asked.calling_ae_title not in self._table.calling_ae_titles:
            return asked, pdu.CALLING_AE_NOT_RECOGNIZED
        return asked, None

    async def serve(self, asked: pdu.AssociateRequest) -> str:
        """Accept, and answer messages until the peer releases or is gone; returns how it ended.

        Raises
        ------
        Malformed
            If the peer breaks the protocol; the caller sends the A-ABORT.
        TimeoutError
            If it says nothing for too long.
        """
        answers = tuple(answer(proposed) for proposed in asked.contexts)
        syntaxes = {proposed.context_id: proposed.abstract_syntax for proposed in asked.contexts}
        self._contexts = {
            one.context_id: Accepted(syntaxes[one.context_id], one.transfer_syntax)
            for one in answers
            if one.result == 0
        }
        self._maximum_length = asked.maximum_length
        await self._send(pdu.encode_accept(asked, answers, self._table.pdu_bytes))
        try:
            while True:
                async with asyncio.timeout(self._table.idle_s):
                    kind, body = await pdu.read_pdu(self._reader, self._table.pdu_bytes)
                if kind is PduType.P_DATA_TF:
                    await self._data(body)
                elif kind is PduType.RELEASE_RQ:
                    await self._send(pdu.encode_release_reply())
                    return "released"
                elif kind is PduType.ABORT:
                    return "aborted by the peer"
                else:
                    raise Malformed(AbortReason.UNEXPECTED_PDU)
        finally:
            if self._incoming is not None:
                self._incoming.close()

    async def _data(self, body: bytes) -> None:
        for fragment in pdu.fragments(body):
            if fragment.context_id not in self._contexts:
                raise Malformed(AbortReason.INVALID_PARAMETER)
            if self.idle_since is None and fragment.context_id != self._context_id:
                raise Malformed(AbortReason.UNEXPECTED_PDU)
            self._context_id, self.idle_since = fragment.context_id, None
            await (self._command_fragment(fragment) if fragment.is_command else self._data_fragment(fragment))

    async def _command_fragment(self, fragment: Fragment) -> None:
        if self._incoming is not None:
            raise Malformed(AbortReason.UNEXPECTED_PDU)
        self._command += fragment.data
        if len(self._command) > COMMAND_BYTES:
            raise Malformed(AbortReason.INVALID_PARAMETER)
        if not fragment.is_last:
            return
        command = decode_command(bytes(self._command))
        self._command.clear()
        if command.has_data_set:
            self._incoming = Incoming(command, self._table.object_mb * MB)
            await asyncio.to_thread(self._begin, self._incoming)
        else:
            await self._answer_without_data(command)

    async def _answer_without_data(self, command: Command) -> None:
        if command.field == Field.C_ECHO_RQ and self._agreed().abstract_syntax == VERIFICATION:
            await self._respond(command, Status.SUCCESS)
        elif command.field == Field.C_CANCEL_RQ:
            self.idle_since = time.monotonic()
        elif command.field == Field.C_STORE_RQ:
            await self._respond(command, Status.CANNOT_UNDERSTAND, "no data set follows")
        else:
            await self._respond(command, Status.UNRECOGNIZED_OPERATION)

    def _begin(self, incoming: Incoming) -> None:
        """Open a file for the data set, or decide that nothing is kept of it."""
        command = incoming.command
        if command.field != Field.C_STORE_RQ:
            incoming.refuse(Status.UNRECOGNIZED_OPERATION, "")
        elif self._agreed().abstract_syntax == VERIFICATION:
            incoming.refuse(Status.SOP_CLASS_NOT_SUPPORTED, "")
        else:
            try:
                incoming.file = self._desk.open()
            except (OutOfRoom, OSError):
                incoming.refuse(Status.OUT_OF_RESOURCES, "the disk is too full")
                return
            head = file_head(self._agreed().abstract_syntax, command.sop_instance_uid, self._agreed().transfer_syntax)
            incoming.file.write(head)

    async def _data_fragment(self, fragment: Fragment) -> None:
        incoming = self._incoming
        if incoming is None:
            raise Malformed(AbortReason.UNEXPECTED_PDU)
        await asyncio.to_thread(incoming.write, fragment.data)
        if fragment.is_last:
            self._incoming = None
            try:
                status, comment = incoming.refusal or await self._store(incoming)
            finally:
                incoming.close()
            await self._respond(incoming.command, status, comment)
            await self._not_too_fast()

    async def _store(self, incoming: Incoming) -> tuple[Status, str]:
        """Make one object safe; only then is it acknowledged."""
        assert incoming.file is not None
        try:
            registered = await self._desk.take(incoming.file, "c-store", among=self._study_key)
        except (OSError, Unavailable) as error:
            log.warning("object_not_stored", **fault(error))
            return Status.OUT_OF_RESOURCES, "it cannot be recorded now; send it again"
        return self._verdict(incoming.command, registered)

    def _verdict(self, command: Command, registered: Registered) -> tuple[Status, str]:
        if registered.indexed is None:
            return Status.CANNOT_UNDERSTAND, "the header of the data set cannot be read; it is kept"
        self._study_key = registered.study_key
        header = registered.indexed.header
        named = (header.sop_class_uid, header.sop_instance_uid)
        if named != (self._agreed().abstract_syntax, command.sop_instance_uid):
            return Status.DATA_SET_DOES_NOT_MATCH, "the data set is of another class or instance; it is kept"
        return Status.SUCCESS, ""

    async def _respond(self, command: Command, status: Status, comment: str = "") -> None:
        response = encode_response(command, status, comment)
        await self._send(pdu.encode_command(self._context_id, response, self._maximum_length))
        self.idle_since = time.monotonic()

    async def _not_too_fast(self) -> None:
        now = time.monotonic()
        self._next_at = max(self._next_at, now - 1.0) + 1.0 / self._table.objects_per_s
        if self._next_at > now:
            await asyncio.sleep(self._next_at - now)

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(self._table.idle_s):
            await self._writer.drain()

    def _agreed(self) -> Accepted:
        return self._contexts[self._context_id]
