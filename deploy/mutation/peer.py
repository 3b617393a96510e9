"""A DICOM peer that says what it is told to, right or wrong, and notes what it hears."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from contextlib import suppress

from orchestrator.gateway.dimse.pdu import PduType, encode_command, fragments, read_pdu

PATIENCE_S = 60.0
CLASS = "1.2.840.10008.5.1.4.1.1.1"
SYNTAX = "1.2.840.10008.1.2.1"
VERIFICATION = "1.2.840.10008.1.1"
MAXIMUM = 16_384
RELEASE = b"\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00"


class Hung(Exception):
    """The other side neither answered nor ended in time."""


def associate_request(called: str = "WETREAD", calling: str = "PEER", syntax: str = SYNTAX) -> bytes:
    """Return an A-ASSOCIATE-RQ for one storage class (context 1) and verification (context 3)."""
    contexts = b"".join(
        _item(0x20, bytes((number, 0, 0, 0)) + _item(0x30, abstract.encode()) + _item(0x40, transfer.encode()))
        for number, abstract, transfer in ((1, CLASS, syntax), (3, VERIFICATION, SYNTAX))
    )
    user = _item(0x51, struct.pack(">I", MAXIMUM)) + _item(0x52, b"2.25.1")
    titles = called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32)
    body = b"\x00\x01\x00\x00" + titles + _item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + _item(0x50, user)
    return struct.pack(">BBI", 1, 0, len(body)) + body


def store_request(message_id: int, data_set: bytes, instance: str = "2.25.30") -> bytes:
    """Return the PDUs of a C-STORE-RQ and its data set."""
    elements = (
        (0x0002, _even(CLASS)),
        (0x0100, struct.pack("<H", 0x0001)),
        (0x0110, struct.pack("<H", message_id)),
        (0x0700, struct.pack("<H", 0)),
        (0x0800, struct.pack("<H", 0)),
        (0x1000, _even(instance)),
    )
    command = b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in elements)
    command = struct.pack("<HHII", 0, 0, 4, len(command)) + command
    return encode_command(1, command, MAXIMUM) + _data(1, data_set)


class Peer:
    """One association with whoever listens at an address.

    Raises :class:`Hung` where the other side leaves it without an answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def store(self, data_sets: Sequence[bytes], syntax: str = SYNTAX) -> list[int | None]:
        """Send data sets on one association; return the status of each, ``None`` where it was aborted before."""
        statuses: list[int | None] = []
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                writer.write(associate_request(syntax=syntax))
                if (await self._read(reader))[0] is PduType.ASSOCIATE_AC:
                    for number, data_set in enumerate(data_sets, 1):
                        writer.write(store_request(number, data_set))
                        await writer.drain()
                        kind, body = await self._read(reader)
                        if kind is not PduType.P_DATA_TF:
                            break
                        statuses.append(_status(body))
                    writer.write(RELEASE)
                    await self._read(reader)
        finally:
            writer.close()
        return statuses + [None] * (len(data_sets) - len(statuses))

    async def say(self, stream: bytes) -> str:
        """Send a stream of bytes and nothing more; return the kinds of PDU that came until the other side ended."""
        heard: list[str] = []
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                writer.write(stream)
                writer.write_eof()
                while True:
                    heard.append((await self._read(reader))[0].name)
        finally:
            writer.close()
        return "+".join(heard) or "closed"

    async def _read(self, reader: asyncio.StreamReader) -> tuple[PduType, bytes]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await read_pdu(reader, 1 << 20)
        except TimeoutError:
            raise Hung from None


def _status(body: bytes) -> int:
    """Return Status (0000,0900) of a response."""
    command = b"".join(bytes(fragment.data) for fragment in fragments(body))
    at = command.index(b"\x00\x00\x00\x09\x02\x00\x00\x00") + 8
    return int.from_bytes(command[at : at + 2], "little")


def _data(context_id: int, data: bytes) -> bytes:
    room = MAXIMUM - 6
    pieces = [data[at : at + room] for at in range(0, len(data), room)] or [b""]
    return b"".join(
        struct.pack(">BBIIBB", 4, 0, len(piece) + 6, len(piece) + 2, context_id, 2 if number == len(pieces) else 0)
        + piece
        for number, piece in enumerate(pieces, 1)
    )


def _even(uid: str) -> bytes:
    return uid.encode() + b"\x00" * (len(uid) % 2)


def _item(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(data)) + data
