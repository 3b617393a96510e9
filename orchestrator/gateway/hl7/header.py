"""The header of a message (MSH, HL7 v2 2.14.9), read so that even nonsense can be answered."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.gateway.hl7.charsets import UNFRAMEABLE, codec_of, guessed
from orchestrator.gateway.hl7.escapes import DEFAULT, Delimiters, unescaped
from orchestrator.gateway.hl7.refusal import UnacceptableMessage

_LONGEST = 199
"""Characters of a header field that are looked at (MSH-10, HL7 v2.7)."""


class Header(NamedTuple):
    """What of MSH is needed to answer; fields the first component of each, unescaped."""

    delimiters: Delimiters = DEFAULT
    application: str = ""
    facility: str = ""
    kind: str = ""
    """MSH-9 as ``ORM^O01``."""
    control_id: str = ""
    processing_id: str = ""
    version: str = ""
    accept: str = ""
    """MSH-15, accept acknowledgment type."""
    apply: str = ""
    """MSH-16, application acknowledgment type."""
    charset: str = ""
    """MSH-18 as it was sent."""
    codec: str = "latin_1"

    @property
    def asks_for_receipt_only(self) -> bool:
        """Enhanced mode in which the sender wants to hear that his message is kept, and no more (2.9.3)."""
        return self.accept in {"AL", "ER", "SU"} and self.apply in {"", "NE"}

    @property
    def version_number(self) -> tuple[int, ...]:
        """``(2, 5, 1)``; of a version that is none, ``(2, 5, 1)``."""
        parts = self.version.split(".")
        known = all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts)
        return tuple(map(int, parts)) if known else (2, 5, 1)


def header_of(data: bytes, default_charset: str | None = None) -> Header:
    """Return what can be read of a message's first line; never fails."""
    lines = data.lstrip(b"\r\n ").splitlines()
    line = lines[0] if lines else b""
    fields = line.decode("latin_1")
    if not fields.startswith("MSH") or len(fields) < 8:
        return Header()
    delimiters = _delimiters(fields)
    charset = _field(fields.split(delimiters.field), 18, delimiters)
    named = charset or default_charset
    codec = (codec_of(named) or "latin_1") if named else guessed(data)
    parts = line.decode(codec, "replace").split(delimiters.field)

    def first(number: int) -> str:
        return _field(parts, number, delimiters)

    kind = (parts[8] if len(parts) > 8 else "").partition(delimiters.repetition)[0].split(delimiters.component)
    return Header(
        delimiters=delimiters,
        application=first(3),
        facility=first(4),
        kind="^".join(one.strip()[:12] for one in kind[:2]),
        control_id=first(10),
        processing_id=first(11).upper(),
        version=first(12),
        accept=first(15).upper(),
        apply=first(16).upper(),
        charset=charset,
        codec=codec,
    )


def decoded(data: bytes, header: Header) -> str:
    """Return a message as text.

    Raises
    ------
    UnacceptableMessage
        If its character set is not known, cannot be framed, or its bytes are none of it.
    """
    folded = "".join(letter for letter in header.charset.upper() if letter.isalnum())
    if folded in UNFRAMEABLE:
        raise UnacceptableMessage(103, "MSH-18", "UTF-16 and UTF-32 cannot be sent over MLLP; expected UNICODE UTF-8")
    if header.charset and codec_of(header.charset) is None:
        raise UnacceptableMessage(103, "MSH-18", "the character set is none of table 0211 that is known here")
    try:
        return data.decode(header.codec)
    except UnicodeDecodeError:
        raise UnacceptableMessage(102, "MSH-18", "the bytes are none of the character set that was named") from None


def _delimiters(line: str) -> Delimiters:
    field = line[3]
    others = line[4 : line.find(field, 4) if field in line[4:] else None]
    return Delimiters(field, *_filled(others))


def _filled(others: str) -> tuple[str, str, str, str]:
    """A sender may leave the last ones out (2.5.4); ours stand in for them."""
    component, repetition, escape, subcomponent = (*others[:4], *DEFAULT[1 + len(others[:4]) :])
    return component, repetition, escape, subcomponent


def _field(parts: list[str], number: int, delimiters: Delimiters) -> str:
    """MSH-1 is the delimiter itself, so MSH-n is the part with the number n - 1."""
    value = parts[number - 1] if len(parts) >= number else ""
    first = value.partition(delimiters.repetition)[0].partition(delimiters.component)[0].strip()[:_LONGEST]
    return unescaped(first, delimiters)
