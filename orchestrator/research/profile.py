"""What becomes of each attribute: Table E.1-1 of PS3.15 (2026c) and its options."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from pydicom.tag import BaseTag


class Action(StrEnum):
    """The action codes of PS3.15 E.1.1 that a file can be given without knowing its IOD."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    UID = "U"
    SHIFT = "shift"
    """Dates moved by the same number of days for one patient (the modified dates option)."""
    CLEAN = "C"
    """Free text kept without identifiers (:mod:`orchestrator.masking`), or emptied where that is not sure."""
    KEEP = "K"


_ACTIONS = {
    "X": Action.REMOVE,
    "Z": Action.EMPTY,
    "D": Action.DUMMY,
    "U": Action.UID,
    "Z/D": Action.DUMMY,
    "X/Z": Action.EMPTY,
    "X/D": Action.DUMMY,
    "X/Z/D": Action.DUMMY,
    "X/Z/U*": Action.UID,
}
"""Where the table leaves a choice by IOD, the one that keeps every IOD whole: none of them keeps a value."""

PATIENT_CHARACTERISTICS = frozenset(
    {
        0x00100040, 0x00101010, 0x00101020, 0x00101030, 0x00102110, 0x00102160, 0x001021A0, 0x001021C0, 0x00102203,
        0x00380500, 0x00380050, 0x00400012,
    }
)  # fmt: skip
_CHARACTERISTICS_IN_WORDS = frozenset({0x00102110, 0x00380500, 0x00380050, 0x00400012})
"""Those of them that are free text (allergies, state, special needs, pre-medication): C in the table, not K."""
DESCRIPTORS = frozenset(
    {
        0x00081030, 0x0008103E, 0x00081080, 0x00082111, 0x00084000, 0x00102110, 0x00102180, 0x001021B0, 0x00104000,
        0x00180010, 0x00181030, 0x00181400, 0x00184000, 0x00189424, 0x0018A003, 0x00204000, 0x00209158, 0x00284000,
        0x00321030, 0x00321060, 0x00321070, 0x00324000, 0x00380040, 0x00380050, 0x00380500, 0x00384000, 0x00400007,
        0x00400012, 0x00400254, 0x00400280, 0x00400310, 0x00400400, 0x00401002, 0x00401400, 0x00402001, 0x00402400,
        0x4008010B, 0x40080115, 0x40080300, 0x00120051, 0x00120072,
    }
)  # fmt: skip
"""Clean Descriptors (E.3.5): the descriptions and comments of the table that a radiograph can have."""
"""Retain Patient Characteristics (E.3.8): sex, age, size, weight, allergies, smoking, pregnancy, state."""
DEVICE_IDENTITY = frozenset(
    {
        0x00080055, 0x00081010, 0x00181000, 0x00181002, 0x00181004, 0x00181005, 0x00181007, 0x00181008, 0x00181009,
        0x0018700A, 0x00189371, 0x00189373, 0x00189374, 0x00400241, 0x00400242, 0x00400243, 0x00404025, 0x00404027,
        0x00404028, 0x0050001B, 0x00185011, 0x3008010A, 0x30080105, 0x00189367, 0x00189369, 0x0018936B, 0x0018936D,
        0x00181201, 0x00181200,
    }
)  # fmt: skip
"""Retain Device Identity (E.3.9)."""
_BIRTH = frozenset({0x00100030, 0x00100032, 0x00100033, 0x00100034, 0x00100035})
_DATES = frozenset({"DA", "DT"})


@dataclass(frozen=True)
class Options:
    """The options of PS3.15 E.3 that are taken; without any, the Basic Profile alone."""

    retain_uids: bool = False
    shift_dates: bool = False
    retain_device_identity: bool = False
    retain_patient_characteristics: bool = False
    clean_descriptors: bool = False
    clean_pixel_data: bool = False
    """Lines of text found in the pixels are blacked out; without it such an image stays behind. No method code is
    written for it: the detector misses lines, and 113101 would promise that none is left (E.3.1)."""

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return the codes of De-identification Method Code Sequence (PS3.16 CID 7050)."""
        taken = (_METHODS[field.name] for field in fields(self) if getattr(self, field.name) and field.name in _METHODS)
        return (("113100", "Basic Application Confidentiality Profile"), *taken)


_METHODS = {
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "retain_uids": ("113110", "Retain UIDs Option"),
    "shift_dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain_device_identity": ("113109", "Retain Device Identity Option"),
    "retain_patient_characteristics": ("113108", "Retain Patient Characteristics Option"),
}


_IN_WORDS = frozenset({"PN", "LT", "ST", "UT"})
"""Not UC, in which long code values stand."""


def action_for(tag: BaseTag, vr: str, options: Options) -> Action:
    """Return what becomes of one attribute; one that the table does not name is kept, unless it is private.

    A person's name and free text that the table does not name (Text Value of a report, Document Title) are emptied all
    the same: anybody can be in them.
    """
    if tag.is_private:
        return Action.REMOVE
    by_table = _of_repeating_group(tag) or basic_profile().get(int(tag))
    if by_table is None:
        return Action.EMPTY if vr in _IN_WORDS else Action.KEEP
    in_words = options.retain_patient_characteristics and tag in _CHARACTERISTICS_IN_WORDS
    if vr != "SQ" and (in_words or (options.clean_descriptors and tag in DESCRIPTORS)):
        return Action.CLEAN
    kept = (
        (options.retain_uids and by_table is Action.UID)
        or (options.retain_device_identity and tag in DEVICE_IDENTITY)
        or (options.retain_patient_characteristics and tag in PATIENT_CHARACTERISTICS)
    )
    if kept:
        return Action.KEEP
    if options.shift_dates and tag not in _BIRTH and vr in {*_DATES, "TM"}:
        return Action.SHIFT
    return by_table


@lru_cache(maxsize=1)
def basic_profile() -> dict[int, Action]:
    """Return Table E.1-1 without its repeating groups: tag to action."""
    return {int(tag.replace(",", ""), 16): _ACTIONS[action] for tag, action, _ in rows() if "x" not in tag}


@lru_cache(maxsize=1)
def rows() -> tuple[tuple[str, str, str], ...]:
    """Return Table E.1-1 as it stands in the standard: ``("0010,0010", "Z", "Patient's Name")``."""
    text = files("orchestrator.research").joinpath("basic_profile.tsv").read_text(encoding="utf-8")
    return tuple((tag, action, name) for tag, action, name in (line.split("\t") for line in text.splitlines()[1:]))


def _of_repeating_group(tag: BaseTag) -> Action | None:
    """Curves (50xx), and the planes and comments of overlays (60xx): Tables E.1-1, PS3.5 7.6."""
    group = tag.group & 0xFF00
    if group == 0x5000 or (group == 0x6000 and tag.element in {0x3000, 0x4000}):
        return Action.REMOVE
    return None
