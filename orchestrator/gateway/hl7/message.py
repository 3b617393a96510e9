"""A parsed message. Any field may be asked for; what is not there is empty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import hl7

from orchestrator.gateway.hl7.escapes import Delimiters, unescaped
from orchestrator.gateway.hl7.header import Header
from orchestrator.gateway.hl7.refusal import UnacceptableMessage

MOST_SEGMENTS = 20_000
MOST_PIECES = 400_000
"""Delimiters of a message; each becomes an object in memory."""
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_NULL = '""'
"""HL7's own word for *delete this value* (2.5.3)."""
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)?(\d\d)?(?:\.\d{1,4})?)?([+-]\d{4})?")


class Segment:
    """One segment; fields are counted as HL7 counts them."""

    def __init__(self, parsed: Sequence[object], delimiters: Delimiters) -> None:
        self._parsed, self._delimiters = parsed, delimiters
        self.name = str(parsed[0])[:3]

    def get(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 0) -> str:
        """Return one value, unescaped and stripped; empty where there is none or it is to be deleted."""
        value = self._piece(self._piece(self._repetition(field, repetition), component), subcomponent)
        text = unescaped(str(value) if isinstance(value, str) else "", self._delimiters).strip()
        return "" if text == _NULL else text

    def at(self, place: str) -> str:
        """Return the value at ``OBR-18`` or ``ORC-3.1``; empty in a segment of another name."""
        name, _, number = place.partition("-")
        field, _, component = number.partition(".")
        return self.get(int(field), int(component or 1)) if name == self.name else ""

    def repetitions(self, field: int) -> int:
        """Return how often a field is repeated."""
        return len(self._field(field))

    def texts(self, field: int) -> list[str]:
        """Return every repetition of a text field."""
        return [text for number in range(self.repetitions(field)) if (text := self.get(field, repetition=number))]

    def _field(self, number: int) -> Sequence[object]:
        field = self._parsed[number] if number < len(self._parsed) else ()
        return field if isinstance(field, hl7.Field) else ()

    def _repetition(self, number: int, repetition: int) -> object:
        field = self._field(number)
        return field[repetition] if repetition < len(field) else ""

    @staticmethod
    def _piece(value: object, number: int) -> object:
        """A value without components is its own first component."""
        if isinstance(value, str):
            return value if number == 1 else ""
        if isinstance(value, hl7.Repetition | hl7.Component) and number <= len(value):
            return value[number - 1]
        return ""


def parsed(text: str, header: Header) -> list[Segment]:
    """Return the segments of a message, MSH first.

    Raises
    ------
    UnacceptableMessage
        If it is no HL7 v2.
    """
    text = re.sub(r"\r\n|\n", "\r", text).strip("\r ")
    signs = header.delimiters
    if not text.startswith("MSH"):
        raise UnacceptableMessage(100, "MSH", "the message does not begin with MSH", "AR")
    if len(set(signs)) != len(signs) or any(sign.isalnum() or sign.isspace() for sign in signs):
        raise UnacceptableMessage(102, "MSH-2", "the delimiters cannot be told apart; expected such as ^~\\&", "AR")
    if text.count("\r") > MOST_SEGMENTS or sum(map(text.count, signs)) > MOST_PIECES:
        raise UnacceptableMessage(102, "", "more segments or fields than a message may have", "AR")
    try:
        segments = [Segment(one, signs) for one in hl7.parse(text) if len(one) and str(one[0])]
    except (hl7.HL7Exception, AssertionError, LookupError, TypeError, ValueError) as error:
        raise UnacceptableMessage(102, "", "the message is no HL7 v2", "AR") from error
    if any(_NAME.fullmatch(one.name) is None for one in segments):
        raise UnacceptableMessage(100, "", "a line begins with no segment's name", "AR")
    return segments


def moment(value: str) -> datetime | None:
    """Return a time stamp (TS, DTM) that names at least its day; ``None`` where it does not or is none."""
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        when = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
        return when.replace(tzinfo=_zone(zone)) if zone else when
    except ValueError:
        return None


def _zone(offset: str) -> timezone:
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    if minutes == 0:
        return UTC
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
