"""The reply to a message (ACK, HL7 v2 2.13.1): what became of it, and the place of what was wrong."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from orchestrator.exports.hl7_segments import Composite, Value, segment
from orchestrator.gateway.hl7.header import Header
from orchestrator.gateway.hl7.refusal import CODES, UnacceptableMessage

US = "WETREAD"
UNKNOWN_ID = "UNKNOWN"
"""MSA-2 of an input from which no control id could be read."""
_SPOKEN = frozenset({"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"})
_RECEIPTS = {"AA": "CA", "AE": "CE", "AR": "CR"}
"""Enhanced mode: what is said of the receipt alone (table 0008)."""


def acknowledge(header: Header, refusal: UnacceptableMessage | None = None) -> bytes:
    """Return one message, in the sender's own character set and version.

    Parameters
    ----------
    refusal
        Why the message was not taken; None when it was.
    """
    code: str = refusal.answer if refusal else "AA"
    if header.asks_for_receipt_only:
        code = _RECEIPTS[code]
    version = header.version if header.version in _SPOKEN else "2.5.1"
    number = tuple(map(int, version.split(".")))
    segments = [_msh(header, version, number), _msa(header, code, refusal, number)]
    if refusal is not None and number >= (2, 3):
        segments.append(_err(refusal) if number >= (2, 5) else _err_before_2_5(refusal))
    text = "".join(f"{line}\r" for line in segments)
    return text.encode(header.codec, "replace")


def _msh(header: Header, version: str, number: tuple[int, ...]) -> str:
    event = header.kind.partition("^")[2]
    full = number >= (2, 4) and re.fullmatch(r"[A-Z]\d\d", event) is not None
    parts: dict[int, Value] = {
        3: US,
        5: header.application,
        6: header.facility,
        7: datetime.now(UTC).strftime("%Y%m%d%H%M%S"),
        9: Composite("ACK", event, "ACK") if full else "ACK",
        10: secrets.token_hex(8),
        11: header.processing_id if header.processing_id in {"P", "T", "D"} else "P",
        12: version,
        18: header.charset if number >= (2, 3) else "",
    }
    return segment("MSH", parts)


def _msa(header: Header, code: str, refusal: UnacceptableMessage | None, number: tuple[int, ...]) -> str:
    said = refusal.why[:80] if refusal and number < (2, 7) else ""
    return segment("MSA", {1: code, 2: header.control_id or UNKNOWN_ID, 3: said})


def _err(refusal: UnacceptableMessage) -> str:
    parts: dict[int, Value] = {
        2: _location(refusal.place),
        3: Composite(str(refusal.code), CODES[refusal.code], "HL70357"),
        4: "E",
        8: str(refusal),
    }
    return segment("ERR", parts)


def _err_before_2_5(refusal: UnacceptableMessage) -> str:
    name, _, number = refusal.place.partition("-")
    code = Composite(str(refusal.code), CODES[refusal.code], "HL70357")
    return segment("ERR", {1: Composite(name, "1" if name else "", number.partition(".")[0], code)})


def _location(place: str) -> Composite:
    """ERL (2.A.28): segment, which of them, field, repetition, component."""
    name, _, number = place.partition("-")
    field, _, component = number.partition(".")
    first = "1" if name else ""
    return Composite(name, first, field, first if component else "", component)
