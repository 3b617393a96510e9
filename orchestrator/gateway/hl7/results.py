"""Reports of earlier examinations: ORU^R01 (HL7 v2 7.3.1)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.gateway.hl7.message import Segment, moment
from orchestrator.gateway.hl7.orders import first, numbered
from orchestrator.gateway.hl7.person import patient_of
from orchestrator.gateway.hl7.refusal import UnacceptableMessage
from orchestrator.orders.incoming import EarlierReport

FINAL = frozenset({"F", "C", "A"})
"""Table 0123: final, corrected, some final. What is not verified is no report yet."""
WITHDRAWN = frozenset({"X", "D", "W"})
_WORDS = frozenset({"TX", "FT", "ST"})
LONGEST = 32_000


def reports_of(segments: Sequence[Segment], accession: Sequence[str], source: str) -> list[EarlierReport]:
    """Return the final and withdrawn reports of a message; what is still being written is none.

    Parameters
    ----------
    source
        Who sent it: a report is known again by its number from the same source.

    Raises
    ------
    UnacceptableMessage
        If a report lacks its number or its day.
    """
    patient = patient_of(list(segments))
    groups = _groups(segments)
    if not groups:
        raise UnacceptableMessage(100, "OBR", "the message holds no report")
    found = []
    for group in groups:
        status = first(group, "OBR-25").upper()
        words = _text(group)
        if status not in FINAL | WITHDRAWN or (status in FINAL and not words):
            continue
        number = numbered(group, "OBR-3", *accession, "OBR-2")
        performed = moment(first(group, "OBR-7") or first(group, "OBR-22"))
        if number is None:
            raise UnacceptableMessage(101, "OBR-3", "a report without a number")
        if performed is None:
            raise UnacceptableMessage(101, "OBR-7", "a report without the day of the examination")
        found.append(
            EarlierReport(
                patient=patient,
                source=source[:128],
                number=number,
                performed_at=performed,
                procedure=first(group, "OBR-4.2", "OBR-4")[:256] or None,
                accession_number=numbered(group, *accession),
                text=words[:LONGEST],
                withdrawn=status in WITHDRAWN,
            )
        )
    return found


def _groups(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Each OBR is a report, with the ORC before it where there is one."""
    groups: list[list[Segment]] = []
    waiting: list[Segment] = []
    for one in segments:
        if one.name == "ORC":
            waiting = [one]
        elif one.name == "OBR":
            groups.append([*waiting, one])
            waiting = []
        elif groups:
            groups[-1].append(one)
    return groups


def _text(group: Sequence[Segment]) -> str:
    """The words of the report in order; encapsulated data are not read."""
    lines: list[str] = []
    heading = ""
    for one in group:
        if one.name != "OBX" or one.get(2).upper() not in _WORDS:
            continue
        named = one.get(3, 2)
        if named and named != heading:
            lines.append(f"{named}:")
            heading = named
        lines += one.texts(5)
    return "\n".join(line for line in lines) if any(not line.endswith(":") for line in lines) else ""
