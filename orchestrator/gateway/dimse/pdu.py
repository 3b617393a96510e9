"""Protocol data units of the DICOM upper layer (PS3.8 9.3): read under a limit, and written."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION_CLASS_UID = "2.25.302864951130457786218230719964103317581"
IMPLEMENTATION_VERSION_NAME = "WETREAD"
REQUEST_BYTES = 262_144
"""Largest A-ASSOCIATE-RQ: 128 contexts with every transfer syntax there is are 150 kB."""
UID_BYTES = 64


class PduType(IntEnum):
    """PS3.8 9.3.1."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA_TF = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class AbortReason(IntEnum):
    """Why the service provider aborts (PS3.8 9.3.8)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    INVALID_PARAMETER = 6


class Malformed(Exception):
    """What came is not what PS3.8 allows; the association ends with an A-ABORT of this reason."""

    def __init__(self, reason: AbortReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


class Rejection(NamedTuple):
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    result: int
    source: int
    reason: int


CALLED_AE_NOT_RECOGNIZED = Rejection(1, 1, 7)
CALLING_AE_NOT_RECOGNIZED = Rejection(1, 1, 3)
APPLICATION_CONTEXT_NOT_SUPPORTED = Rejection(1, 1, 2)
PROTOCOL_VERSION_NOT_SUPPORTED = Rejection(1, 2, 2)
LOCAL_LIMIT_EXCEEDED = Rejection(2, 3, 2)


class ProposedContext(NamedTuple):
    """One presentation context of a request (PS3.8 9.3.2.2)."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


class AnsweredContext(NamedTuple):
    """Our answer to it (PS3.8 9.3.3.2); result 0 is acceptance, 3 and 4 say which syntax is not taken."""

    context_id: int
    result: int
    transfer_syntax: str


class AssociateRequest(NamedTuple):
    """An A-ASSOCIATE-RQ."""

    called_ae_title: str
    calling_ae_title: str
    application_context: str
    protocol_version: int
    contexts: tuple[ProposedContext, ...]
    maximum_length: int
    """Largest P-DATA-TF that the requester takes; 0 is any."""
    titles: bytes
    """The 64 bytes of both titles and what is reserved, which the answer repeats."""


class Fragment(NamedTuple):
    """One presentation data value (PS3.8 9.3.5.1 and E.2)."""

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview


async def read_pdu(reader: asyncio.StreamReader, data_bytes: int) -> tuple[PduType, bytes]:
    """Return the next PDU, never more of it than is allowed.

    Parameters
    ----------
    data_bytes
        The largest P-DATA-TF that we said we take.

    Raises
    ------
    Malformed
        If it is of no known type, or longer than such a PDU may be.
    asyncio.IncompleteReadError
        If the peer is gone.
    """
    header = await reader.readexactly(6)
    try:
        kind = PduType(header[0])
    except ValueError:
        raise Malformed(AbortReason.UNRECOGNIZED_PDU) from None
    length = int.from_bytes(header[2:], "big")
    negotiation = dict.fromkeys((PduType.ASSOCIATE_RQ, PduType.ASSOCIATE_AC), REQUEST_BYTES)
    allowed = {**negotiation, PduType.P_DATA_TF: data_bytes}.get(kind, 4)
    if length > allowed:
        raise Malformed(AbortReason.INVALID_PARAMETER)
    return kind, await reader.readexactly(length)


def decode_request(body: bytes) -> AssociateRequest:
    """Return the A-ASSOCIATE-RQ of a PDU without its first six bytes.

    Raises
    ------
    Malformed
        If an item is cut off, or what must be there is not.
    """
    if len(body) < 68:
        raise Malformed(AbortReason.INVALID_PARAMETER)
    application_context, contexts, maximum_length = "", [], 0
    for kind, item in _items(memoryview(body)[68:]):
        if kind == 0x10:
            application_context = _uid(item)
        elif kind == 0x20:
            contexts.append(_proposed(item))
        elif kind == 0x50:
            for inner, value in _items(item):
                if inner == 0x51 and len(value) == 4:
                    maximum_length = int.from_bytes(value, "big")
    ids = [context.context_id for context in contexts]
    if not contexts or len(ids) > 128 or len(set(ids)) < len(ids) or any(number % 2 == 0 for number in ids):
        raise Malformed(AbortReason.INVALID_PARAMETER)
    return AssociateRequest(
        called_ae_title=body[4:20].decode("ascii", "replace").strip(" \x00"),
        calling_ae_title=body[20:36].decode("ascii", "replace").strip(" \x00"),
        application_context=application_context,
        protocol_version=int.from_bytes(body[:2], "big"),
        contexts=tuple(contexts),
        maximum_length=maximum_length,
        titles=body[4:68],
    )


def encode_accept(request: AssociateRequest, answers: tuple[AnsweredContext, ...], data_bytes: int) -> bytes:
    """Return the A-ASSOCIATE-AC (PS3.8 9.3.3)."""
    contexts = b"".join(
        _item(0x21, bytes((answer.context_id, 0, answer.result, 0)) + _item(0x40, answer.transfer_syntax.encode()))
        for answer in answers
    )
    user = (
        _item(0x51, struct.pack(">I", data_bytes))
        + _item(0x52, IMPLEMENTATION_CLASS_UID.encode())
        + _item(0x55, IMPLEMENTATION_VERSION_NAME.encode())
    )
    body = b"\x00\x01\x00\x00" + request.titles + _item(0x10, APPLICATION_CONTEXT.encode()) + contexts
    return _pdu(PduType.ASSOCIATE_AC, body + _item(0x50, user))


def encode_reject(why: Rejection) -> bytes:
    """Return the A-ASSOCIATE-RJ."""
    return _pdu(PduType.ASSOCIATE_RJ, bytes((0, why.result, why.source, why.reason)))


def encode_release_reply() -> bytes:
    """Return the A-RELEASE-RP."""
    return _pdu(PduType.RELEASE_RP, bytes(4))


def encode_abort(reason: AbortReason) -> bytes:
    """Return the A-ABORT of the service provider."""
    return _pdu(PduType.ABORT, bytes((0, 0, 2, reason)))


def encode_command(context_id: int, command: bytes, maximum_length: int) -> bytes:
    """Return a command set in as many P-DATA-TF as the peer's limit asks for."""
    room = max(maximum_length - 6, 64) if maximum_length else len(command)
    pieces = [command[at : at + room] for at in range(0, len(command), room)]
    return b"".join(
        _pdu(
            PduType.P_DATA_TF,
            struct.pack(">IBB", len(piece) + 2, context_id, 3 if number == len(pieces) else 1) + piece,
        )
        for number, piece in enumerate(pieces, 1)
    )


def fragments(body: bytes) -> Iterator[Fragment]:
    """Yield the presentation data values of a P-DATA-TF.

    Raises
    ------
    Malformed
        If one is shorter than its header, or reaches beyond the PDU.
    """
    view, at = memoryview(body), 0
    while at < len(view):
        if len(view) - at < 6:
            raise Malformed(AbortReason.INVALID_PARAMETER)
        length, context_id, control = struct.unpack_from(">IBB", view, at)
        if length < 2 or at + 4 + length > len(view):
            raise Malformed(AbortReason.INVALID_PARAMETER)
        yield Fragment(context_id, bool(control & 1), bool(control & 2), view[at + 6 : at + 4 + length])
        at += 4 + length


def _proposed(item: memoryview) -> ProposedContext:
    if len(item) < 4:
        raise Malformed(AbortReason.INVALID_PARAMETER)
    abstract, transfer = "", []
    for kind, value in _items(item[4:]):
        if kind == 0x30:
            abstract = _uid(value)
        elif kind == 0x40:
            transfer.append(_uid(value))
    return ProposedContext(item[0], abstract, tuple(transfer))


def _items(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    at = 0
    while at < len(view):
        if len(view) - at < 4:
            raise Malformed(AbortReason.INVALID_PARAMETER)
        kind, _, length = struct.unpack_from(">BBH", view, at)
        if at + 4 + length > len(view):
            raise Malformed(AbortReason.INVALID_PARAMETER)
        yield kind, view[at + 4 : at + 4 + length]
        at += 4 + length


def _uid(value: memoryview) -> str:
    """Return a UID without the padding that some senders add; what is none becomes empty and matches nothing."""
    text = bytes(value[: UID_BYTES + 1]).rstrip(b"\x00 ").decode("ascii", "replace")
    return text if len(text) <= UID_BYTES and all(letter in "0123456789." for letter in text) else ""


def _item(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(data)) + data


def _pdu(kind: PduType, body: bytes) -> bytes:
    return struct.pack(">BBI", kind, 0, len(body)) + body
