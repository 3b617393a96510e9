"""Patients: ADT messages that tell a patient's particulars or that two identifiers are one patient (HL7 v2 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.gateway.hl7.message import Segment
from orchestrator.gateway.hl7.person import identifiers_of, patient_of
from orchestrator.gateway.hl7.refusal import UnacceptableMessage
from orchestrator.orders.incoming import Incoming, PatientMerge, PatientUpdate

UPDATES = frozenset({"A01", "A04", "A05", "A08", "A28", "A31"})
"""Events that tell a patient's particulars as they are now."""
MERGES = frozenset({"A18", "A34", "A40"})
"""Events after which the patient of MRG is the patient of PID; A18 and A34 are A40's before version 2.3.1."""


def patients_of(segments: Sequence[Segment], event: str) -> list[Incoming]:
    """Return what an ADT message says; nothing for an event that concerns nothing here (a bed, a visit).

    Raises
    ------
    UnacceptableMessage
        If it lacks what its event is about.
    """
    if event in UPDATES:
        return [PatientUpdate(patient=patient_of(list(segments)))]
    return [*_merges(segments)] if event in MERGES else []


def _merges(segments: Sequence[Segment]) -> list[PatientMerge]:
    """PID, PD1 and MRG may repeat; each MRG belongs to the PID before it."""
    found: list[PatientMerge] = []
    group: list[Segment] = []
    for one in segments:
        if one.name == "PID":
            group = []
        group.append(one)
        if one.name == "MRG":
            merged = identifiers_of(one, 1) or identifiers_of(one, 4)
            if not merged:
                raise UnacceptableMessage(101, "MRG-1", "no identifier of the patient who is merged")
            found.append(PatientMerge(survivor=patient_of(group), merged=merged))
    if not found:
        raise UnacceptableMessage(100, "MRG", "the segment is missing")
    return found
