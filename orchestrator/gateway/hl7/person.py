"""Persons in HL7 v2: PID as a patient, XCN as a name."""

from __future__ import annotations

import re
from datetime import datetime

from orchestrator.gateway.hl7.message import Segment
from orchestrator.gateway.hl7.refusal import UnacceptableMessage
from orchestrator.orders.incoming import NamedPatient, PatientIdentifier

_PREFERRED = ("MR", "PI", "PT", "")
"""Table 0203, in the order in which an identifier stands for the patient in this house."""
_MOST = 32


def patient_of(segments: list[Segment], name: str = "PID") -> NamedPatient:
    """Return the patient of a message.

    Raises
    ------
    UnacceptableMessage
        If there is no PID, or it identifies nobody.
    """
    pid = next((one for one in segments if one.name == name), None)
    if pid is None:
        raise UnacceptableMessage(100, name, "the segment is missing")
    identifiers = identifiers_of(pid, 3) or identifiers_of(pid, 2)
    if not identifiers:
        raise UnacceptableMessage(101, f"{name}-3", "no patient identifier")
    return NamedPatient(
        identifiers=identifiers,
        name=_name([pid.get(5, part) for part in range(1, 6)]),
        birth_date=_day(pid.get(7)),
        sex=sex if (sex := pid.get(8).upper()) in {"F", "M", "O"} else None,
        address=_joined(pid, 11, 256),
        telephone=(pid.get(13) or pid.get(13, 12))[:64] or None,
    )


def identifiers_of(segment: Segment, field: int) -> tuple[PatientIdentifier, ...]:
    """Return the identifiers in a field (CX), the medical record number first.

    Raises
    ------
    UnacceptableMessage
        If one is longer than any system here can hold.
    """
    found = []
    for number in range(min(segment.repetitions(field), _MOST)):
        value = segment.get(field, 1, repetition=number)
        issuer = segment.get(field, 4, 1, number) or segment.get(field, 4, 2, number)
        if len(value) > 64 or len(issuer) > 256:
            raise UnacceptableMessage(102, f"{segment.name}-{field}", "an identifier has more than 64 characters")
        if value:
            kind = segment.get(field, 5, repetition=number)[:16]
            found.append(PatientIdentifier(value=value, issuer=issuer or None, kind=kind or None))
    place = {kind: at for at, kind in enumerate(_PREFERRED)}
    return tuple(sorted(found, key=lambda one: place.get(one.kind or "", len(place))))


def person_of(segment: Segment, field: int) -> str | None:
    """Return a person (XCN: identifier, family, given, middle, suffix, prefix) as DICOM writes a name."""
    return _name([segment.get(field, part) for part in range(2, 7)])


def _name(parts: list[str]) -> str | None:
    """XPN has the suffix before the prefix, DICOM the prefix before the suffix (PS3.5 6.2.1.2)."""
    family, given, middle, suffix, prefix = (re.sub(r"[\^=\\\s]+", " ", part).strip() for part in parts)
    written = "^".join((family, given, middle, prefix, suffix)).rstrip("^")
    return written[:256] or None


def _day(value: str) -> str | None:
    try:
        datetime.strptime(value[:8], "%Y%m%d")
    except ValueError:
        return None
    return value[:8]


def _joined(segment: Segment, field: int, longest: int) -> str | None:
    parts = (segment.get(field, part) for part in range(1, 7))
    return " ".join(part for part in parts if part)[:longest] or None
