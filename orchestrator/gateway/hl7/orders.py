"""Imaging orders: ORM^O01 (HL7 v2 4.4.1) and OMI^O23 (4.4.12)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from orchestrator.gateway.hl7.message import Segment
from orchestrator.gateway.hl7.person import patient_of, person_of
from orchestrator.gateway.hl7.refusal import UnacceptableMessage
from orchestrator.orders.incoming import PlacedOrder
from orchestrator.study import Order

CANCELS = frozenset({"CA", "DC", "OC", "OD", "CR", "DR"})
"""Table 0119: cancel, discontinue; asked for, and done."""
_WORDS = frozenset({"TX", "FT", "ST", "CE", "CWE", "NM", "SN"})
_UID = re.compile(r"[0-9.]{1,64}")
LONGEST = 8000


def orders_of(segments: Sequence[Segment], accession: Sequence[str]) -> list[PlacedOrder]:
    """Return every order of a message.

    Parameters
    ----------
    accession
        Where the accession number stands, by preference.

    Raises
    ------
    UnacceptableMessage
        If there is none, or one that could be told from no other.
    """
    patient = patient_of(list(segments))
    groups = grouped(segments)
    if not groups:
        raise UnacceptableMessage(100, "ORC", "the message holds no order")
    placed = []
    for group in groups:
        one = PlacedOrder(
            patient=patient,
            order=_order(group, accession),
            study_instance_uid=_study_uid(group),
            cancelled=first(group, "ORC-1").upper() in CANCELS or first(group, "ORC-5").upper() == "CA",
        )
        if one.key is None:
            raise UnacceptableMessage(101, "ORC-2", "neither placer, filler, accession number nor study UID")
        placed.append(one)
    return placed


def grouped(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Return the segments of each order: an ORC begins one, and an OBR where there is already one."""
    groups: list[list[Segment]] = []
    names: set[str] = set()
    for one in segments:
        if one.name == "ORC" or (one.name == "OBR" and (not groups or "OBR" in names)):
            groups.append([])
            names = set()
        if groups:
            groups[-1].append(one)
            names.add(one.name)
    return groups


def first(group: Iterable[Segment], *places: str) -> str:
    """Return the first value that stands at one of these places."""
    group = list(group)
    return next((value for place in places for one in group if (value := one.at(place))), "")


def numbered(group: Iterable[Segment], *places: str) -> str | None:
    """Return an order's number.

    Raises
    ------
    UnacceptableMessage
        If it is longer than any system here can hold.
    """
    group = list(group)
    for place in places:
        value = first(group, place)
        if len(value) > 64:
            raise UnacceptableMessage(102, place, "the number has more than 64 characters")
        if value:
            return value
    return None


def texts(group: Iterable[Segment]) -> list[str]:
    """Return what an order's OBX and NTE segments say."""
    found: list[str] = []
    for one in group:
        if one.name == "NTE":
            found += one.texts(3)
        elif one.name == "OBX" and one.get(2).upper() in _WORDS:
            coded = one.get(2).upper() in {"CE", "CWE"}
            value = one.get(5, 2) or one.get(5) if coded else " ".join(one.texts(5))
            about = one.get(3, 2)
            if value:
                found.append(f"{about}: {value}" if about else value)
    return found


def _order(group: list[Segment], accession: Sequence[str]) -> Order:
    referrer = next((name for one in group if (name := _referrer(one))), None)
    diagnoses = [one.get(3, 2) or one.get(4) for one in group if one.name == "DG1"]
    reason = first(group, "OBR-31.2", "OBR-31") or "; ".join(filter(None, diagnoses))
    return Order(
        accession_number=numbered(group, *accession),
        placer_order_number=numbered(group, "ORC-2", "OBR-2"),
        filler_order_number=numbered(group, "ORC-3", "OBR-3"),
        referring_physician=referrer,
        requested_procedure=first(group, "OBR-4.2", "OBR-4.5", "OBR-44.2", "OBR-4")[:256] or None,
        indication=reason[:LONGEST] or None,
        history=first(group, "OBR-13")[:LONGEST] or None,
        observations="; ".join(texts(group))[:LONGEST] or None,
    )


def _referrer(segment: Segment) -> str | None:
    return person_of(segment, {"OBR": 16, "ORC": 12}[segment.name]) if segment.name in {"OBR", "ORC"} else None


def _study_uid(group: list[Segment]) -> str | None:
    """IPC-3 of an OMI^O23; ZDS-1 of an ORM^O01 (IHE RAD TF-2 4.4.4.1.2.2)."""
    for place in ("IPC-3", "ZDS-1"):
        value = first(group, place)
        if value and not _UID.fullmatch(value):
            raise UnacceptableMessage(102, place, "no DICOM UID")
        if value:
            return value
    return None
