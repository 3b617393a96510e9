"""Our codes as DICOM concepts, and the concepts of PS3.16 that the objects use."""

from __future__ import annotations

from highdicom.sr.coding import CodedConcept

from services.contract import Code, Finding, Laterality, Presence, Severity

PRESENCE_OF_PROPERTY = CodedConcept("121052", "DCM", "Presence of property")
SEVERITY = CodedConcept("246112005", "SCT", "Severity")
SCORE = CodedConcept("SCORE", "99WETREAD", "Score of the algorithm")
NO_UNITS = CodedConcept("1", "UCUM", "no units")
BODY_STRUCTURE = CodedConcept("123037004", "SCT", "Body structure")
FINDINGS = CodedConcept("121070", "DCM", "Findings")
FINDING = CodedConcept("121071", "DCM", "Finding")
IMPRESSIONS = CodedConcept("121072", "DCM", "Impressions")
IMPRESSION = CodedConcept("121073", "DCM", "Impression")
COMMENT = CodedConcept("121106", "DCM", "Comment")
CHEST = CodedConcept("816094009", "SCT", "Chest")

_PRESENCE = {
    Presence.PRESENT: CodedConcept("52101004", "SCT", "Present"),
    Presence.ABSENT: CodedConcept("272519000", "SCT", "Absent"),
    Presence.INDETERMINATE: CodedConcept("82334004", "SCT", "Indeterminate"),
}
_SEVERITY = {
    Severity.MILD: CodedConcept("255604002", "SCT", "Mild"),
    Severity.MODERATE: CodedConcept("6736007", "SCT", "Moderate"),
    Severity.SEVERE: CodedConcept("24484000", "SCT", "Severe"),
}
_SIDE = {
    Laterality.RIGHT: CodedConcept("24028007", "SCT", "Right"),
    Laterality.LEFT: CodedConcept("7771000", "SCT", "Left"),
    Laterality.BILATERAL: CodedConcept("51440002", "SCT", "Right and left"),
}


def concept(code: Code) -> CodedConcept:
    """Return one of our codes; RadLex is called RADLEX in both worlds (PS3.16 section 8)."""
    return CodedConcept(code.value, code.scheme, code.meaning[:64])


def presence(finding: Finding) -> CodedConcept:
    """Return whether it is there: present, absent or indeterminate (PS3.16 CID 240, CID 4220)."""
    return _PRESENCE[finding.presence]


def severity(word: Severity) -> CodedConcept:
    """Return a severity (PS3.16 CID 3716)."""
    return _SEVERITY[word]


def side(laterality: Laterality) -> CodedConcept:
    """Return a side (PS3.16 CID 244)."""
    return _SIDE[laterality]
