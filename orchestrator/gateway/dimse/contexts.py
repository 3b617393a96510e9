"""Which SOP classes and transfer syntaxes our Application Entity takes.

Every storage class and every encoding of the standard: what no specialist reads is kept and said, and never a
reason for a sender to hold back the rest of a study. Left out are only the encodings that are no whole object by
themselves (JPIP references, SMPTE streams) or never were a data set's (MIME, XML).
"""

from __future__ import annotations

from pydicom.uid import UID_dictionary

from orchestrator.gateway.dimse.pdu import AnsweredContext, ProposedContext

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_NOT_OBJECTS = frozenset(
    {"1.2.840.10008.1.3.10", "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.2", "1.2.840.10008.5.1.1.27"}
)
"""The directory, commitment and print services, whose names too say *Storage*."""
_NOT_WHOLE = frozenset(
    {
        *("1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.204", "1.2.840.10008.1.2.4.205"),
        *("1.2.840.10008.1.2.7.1", "1.2.840.10008.1.2.7.2", "1.2.840.10008.1.2.7.3"),
        *("1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2"),
    }
)
_NEWER = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.8.1": "Deflated Image Frame Compression",
}
"""Encodings (PS3.5 10) that pydicom does not list yet, and that other libraries add to its list at import."""


def _storage_classes() -> dict[str, str]:
    found = {
        uid: entry[0] for uid, entry in UID_dictionary.items() if entry[1] == "SOP Class" and "Storage" in entry[0]
    }
    return {uid: name for uid, name in found.items() if uid not in _NOT_OBJECTS}


def _transfer_syntaxes() -> dict[str, str]:
    found = {uid: entry[0] for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"}
    return {uid: name for uid, name in sorted((found | _NEWER).items()) if uid not in _NOT_WHOLE}


STORAGE_CLASSES = _storage_classes()
"""UID and name of every storage SOP class (PS3.4 B.5, PS3.6 A), retired ones included."""
TRANSFER_SYNTAXES = _transfer_syntaxes()
"""UID and name of every transfer syntax that is taken (PS3.5 10, PS3.6 A)."""
PROPOSED_SYNTAXES = tuple(uid for uid in TRANSFER_SYNTAXES if UID_dictionary.get(uid, ("",) * 4)[3] != "Retired")
"""What we propose where we ask (C-GET): DCMTK, and what is built upon it, refuses a context of more than 50."""
VERIFICATION_SYNTAXES = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)


def answer(proposed: ProposedContext) -> AnsweredContext:
    """Return what becomes of one proposed context: of the syntaxes we take, the sender's first."""
    if proposed.abstract_syntax == VERIFICATION:
        taken: tuple[str, ...] | dict[str, str] = VERIFICATION_SYNTAXES
    elif proposed.abstract_syntax in STORAGE_CLASSES:
        taken = TRANSFER_SYNTAXES
    else:
        return AnsweredContext(proposed.context_id, 3, IMPLICIT_VR_LITTLE_ENDIAN)
    chosen = next((syntax for syntax in proposed.transfer_syntaxes if syntax in taken), None)
    if chosen is None:
        return AnsweredContext(proposed.context_id, 4, IMPLICIT_VR_LITTLE_ENDIAN)
    return AnsweredContext(proposed.context_id, 0, chosen)
