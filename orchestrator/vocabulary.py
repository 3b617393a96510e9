"""The header words that may cross the line: closed lists, so that a name in such a field cannot pass.

A value that is not on its list becomes ``None``; nobody below the line sees what it was.
"""

from __future__ import annotations

import re

MODALITIES = frozenset(
    {
        "CR",
        "DX",
        "DR",
        "RG",
        "PX",
        "MG",
        "CT",
        "MR",
        "US",
        "NM",
        "PT",
        "XA",
        "RF",
        "OT",
        "SC",
        "OP",
        "OPT",
        "XC",
        "ES",
        "GM",
        "SM",
        "IO",
        "IVUS",
        "ECG",
    }
)
"""Modality (0008,0060), PS3.3 C.7.3.1.1.1: those that may hold an image."""

RADIOGRAPHY = frozenset({"CR", "DX", "DR", "RG"})
"""Projection radiographs; ``DR`` and ``RG`` are seen although retired or never defined."""

BURNED_IN_UNLESS_DENIED = frozenset({"US", "SC", "OT", "XC", "ES", "GM", "OP", "OPT", "IVUS", "ECG"})
"""Modalities (screens, cameras, scopes) whose pictures hold text unless Burned In Annotation (0028,0301) denies it."""

BODY_PARTS = {
    "CHEST": "CHEST",
    "THORAX": "CHEST",
    "LUNG": "LUNG",
    "RIB": "RIB",
    "HEART": "HEART",
    "CLAVICLE": "CLAVICLE",
    "SHOULDER": "SHOULDER",
    "ABDOMEN": "ABDOMEN",
    "PELVIS": "PELVIS",
    "HIP": "HIP",
    "HEAD": "HEAD",
    "SKULL": "SKULL",
    "BRAIN": "BRAIN",
    "NECK": "NECK",
    "SPINE": "SPINE",
    "CSPINE": "CSPINE",
    "TSPINE": "TSPINE",
    "LSPINE": "LSPINE",
    "BREAST": "BREAST",
    "KNEE": "KNEE",
    "LEG": "LEG",
    "ANKLE": "ANKLE",
    "FOOT": "FOOT",
    "ARM": "ARM",
    "ELBOW": "ELBOW",
    "FOREARM": "FOREARM",
    "WRIST": "WRIST",
    "HAND": "HAND",
    "FINGER": "FINGER",
    "EXTREMITY": "EXTREMITY",
    "EYE": "EYE",
    "WHOLEBODY": "WHOLEBODY",
}
"""Body Part Examined (0018,0015), PS3.16 annex L, as we call it."""

VIEW_POSITIONS = {
    **{view: view for view in ("PA", "AP", "LL", "RL", "LLD", "RLD", "LLO", "RLO", "RAO", "LAO", "RPO", "LPO")},
    "LAT": "LAT",
    "LATERAL": "LAT",
    "POSTEROANTERIOR": "PA",
    "ANTEROPOSTERIOR": "AP",
}
"""View Position (0018,5101), PS3.3 C.8.1.1 and C.8.11.5; spelt-out words become the term."""

_DIRECTION = re.compile(
    r"^(?:[AP](?:[RL]?[HF]?|[HF]?[RL]?)|[RL](?:[AP]?[HF]?|[HF]?[AP]?)|[HF](?:[AP]?[RL]?|[RL]?[AP]?))$"
)


def modality_term(value: str | None) -> str | None:
    """Return the modality if it is one we know."""
    term = (value or "").strip().upper()
    return term if term in MODALITIES else None


def body_part_term(value: str | None) -> str | None:
    """Return the body part if it is one we know."""
    return BODY_PARTS.get(re.sub(r"[\s_-]", "", (value or "").upper()))


def view_position_term(value: str | None) -> str | None:
    """Return the view position if it is one we know; it is never guessed."""
    return VIEW_POSITIONS.get(re.sub(r"[\s_-]", "", (value or "").upper()))


def orientation_terms(values: tuple[str, ...]) -> tuple[str, str] | None:
    """Return Patient Orientation (0020,0020) if both its values are directions (PS3.3 C.7.6.1.1.1)."""
    terms = tuple(value.strip().upper() for value in values)
    if len(terms) != 2 or not all(_DIRECTION.match(term) for term in terms):
        return None
    return terms[0], terms[1]
