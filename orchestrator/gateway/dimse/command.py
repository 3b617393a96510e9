"""Command sets (PS3.7 6.3 and E.1): group 0000 in Implicit VR Little Endian, read without trusting a length."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from orchestrator.gateway.dimse.pdu import AbortReason, Malformed

COMMAND_BYTES = 65_536
NO_DATA_SET = 0x0101
RESPONSE = 0x8000


class Field(IntEnum):
    """Command Field (0000,0100) of what is answered here."""

    C_STORE_RQ = 0x0001
    C_ECHO_RQ = 0x0030
    C_CANCEL_RQ = 0x0FFF


class Status(IntEnum):
    """Status (0000,0900): PS3.7 C and PS3.4 B.2.3."""

    SUCCESS = 0x0000
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    UNRECOGNIZED_OPERATION = 0x0211
    OUT_OF_RESOURCES = 0xA700
    DATA_SET_DOES_NOT_MATCH = 0xB007
    CANNOT_UNDERSTAND = 0xC000


class Command(NamedTuple):
    """What a message asks."""

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str


def decode_command(data: bytes) -> Command:
    """Return the command of a request.

    Raises
    ------
    Malformed
        If an element is cut off, or there is no Command Field or Message ID.
    """
    values: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise Malformed(AbortReason.INVALID_PARAMETER)
        group, element, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if group != 0 or length > len(data) - at:
            raise Malformed(AbortReason.INVALID_PARAMETER)
        values[element] = data[at : at + length]
        at += length
    field, message_id = _number(values, 0x0100), _number(values, 0x0110)
    if field is None or (message_id is None and field != Field.C_CANCEL_RQ):
        raise Malformed(AbortReason.INVALID_PARAMETER)
    return Command(
        field=field,
        message_id=message_id or 0,
        has_data_set=_number(values, 0x0800) not in {None, NO_DATA_SET},
        sop_class_uid=_text(values, 0x0002) or _text(values, 0x0003),
        sop_instance_uid=_text(values, 0x1000),
    )


def encode_response(command: Command, status: Status, comment: str = "") -> bytes:
    """Return the response to a request (PS3.7 9.3): its UIDs repeated, without a data set.

    Parameters
    ----------
    comment
        Error Comment (0000,0902): our own words, at most 64 characters.
    """
    elements = [
        (0x0002, _padded(command.sop_class_uid)),
        (0x0100, struct.pack("<H", command.field | RESPONSE)),
        (0x0120, struct.pack("<H", command.message_id)),
        (0x0800, struct.pack("<H", NO_DATA_SET)),
        (0x0900, struct.pack("<H", status)),
        (0x0902, _padded(comment[:64], b" ")),
        (0x1000, _padded(command.sop_instance_uid)),
    ]
    body = b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in elements if value)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def _number(values: dict[int, bytes], element: int) -> int | None:
    value = values.get(element)
    return None if value is None or len(value) != 2 else int.from_bytes(value, "little")


def _text(values: dict[int, bytes], element: int) -> str:
    """Return a UID; what is none becomes empty, and is never used as a name for anything."""
    text = values.get(element, b"")[:65].rstrip(b"\x00 ").decode("ascii", "replace")
    return text if len(text) <= 64 and all(letter in "0123456789." for letter in text) else ""


def _padded(text: str, padding: bytes = b"\x00") -> bytes:
    data = text.encode("ascii", "replace")
    return data + padding if len(data) % 2 else data
