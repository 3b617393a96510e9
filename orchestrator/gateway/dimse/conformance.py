"""The DICOM Conformance Statement (PS3.2), made from the code that keeps it: ``wetread conformance dicom``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom.uid import UID_dictionary

from orchestrator.gateway.dimse import pdu
from orchestrator.gateway.dimse.command import Status
from orchestrator.gateway.dimse.contexts import (
    PROPOSED_SYNTAXES,
    STORAGE_CLASSES,
    TRANSFER_SYNTAXES,
    VERIFICATION,
    VERIFICATION_SYNTAXES,
)
from orchestrator.gateway.dimse.door import IDLE_ENOUGH_S, WAITING
from orchestrator.gateway.fetch.dimse import GET_CONTEXTS, STUDY_KEYS
from orchestrator.gateway.tables import DicomListener, StudyTimer
from orchestrator.provenance import software_version

SENT = {
    "report": ("1.2.840.10008.5.1.4.1.1.88.34", "TID 1500 Measurement Report"),
    "segmentation": ("1.2.840.10008.5.1.4.1.1.66.4", "outlines, where an image has a geometry"),
    "presentation": ("1.2.840.10008.5.1.4.1.1.11.1", "outlines and marks over a film without one"),
    "capture": ("1.2.840.10008.5.1.4.1.1.7", "key images with what a finding rests on drawn in, marked as AI"),
    "document": ("1.2.840.10008.5.1.4.1.1.104.1", "the report as it is printed"),
    "rejection": ("1.2.840.10008.5.1.4.1.1.88.59", "KOS that rejects what was sent, of a retraction"),
}
"""What a destination of kind ``dicom`` or ``stow`` may be sent, by its name in the hospital's file."""
MOVE, GET, FIND = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.2.1"
_STATUS_MEANING = {
    Status.SUCCESS: "on disk and in the database; its study will be read",
    Status.DATA_SET_DOES_NOT_MATCH: "the same; the data set names another class or instance than the message",
    Status.OUT_OF_RESOURCES: "too large, disk too full, or the database does not answer; nothing is kept, send again",
    Status.CANNOT_UNDERSTAND: "the header cannot be read; the bytes are kept and the study says so",
    Status.SOP_CLASS_NOT_SUPPORTED: "C-STORE in a context of another service",
    Status.UNRECOGNIZED_OPERATION: "neither C-ECHO nor C-STORE",
}
_CHARACTER_SETS = "every one that PS3.3 C.12.1.1.2 defines and Python decodes; ISO_IR 192 is written"


def statement() -> str:
    """Return the statement as Markdown; the same for the same version."""
    return "\n".join((_overview(), _introduction(), _networking(), _media_and_text(), _security(), _annexes()))


def _overview() -> str:
    rows = [
        (_named(VERIFICATION), "No", "Yes", "C-ECHO"),
        ("Storage (every class of PS3.4 B.5)", "Yes (our reports)", "Yes", "C-STORE"),
        (_named(FIND), "Yes", "No", "C-FIND"),
        (_named(GET), "Yes", "No", "C-GET"),
        (_named(MOVE), "Yes", "No", "C-MOVE"),
    ]
    web = [
        ("Studies Service, Store (STOW-RS, PS3.18 10.5)", "Yes", "Yes"),
        ("Studies Service, Search (QIDO-RS, PS3.18 10.6)", "Yes", "No"),
        ("Studies Service, Retrieve (WADO-RS, PS3.18 10.4)", "Yes", "No"),
    ]
    return f"""# DICOM Conformance Statement: wetread {software_version().partition("+")[0]}

Research software, not a medical device. Made by `wetread conformance dicom` from the code; structure after PS3.2.

## 1 Conformance statement overview

wetread takes chest radiographs, drafts a report, and sends what a person signed. Images come in over C-STORE, STOW-RS,
a watched folder or an upload, or are fetched from an archive by accession number with the patient's earlier films.

{_table(("network service", "user (SCU)", "provider (SCP)", "by"), rows)}
{_table(("DICOMweb service", "user agent", "origin server"), web)}
Media interchange is not supported; a folder or zip of DICOM files (PS3.10) can be uploaded.
"""


def _introduction() -> str:
    return """## 2 Table of contents

1 Overview, 3 Introduction, 4 Networking, 5 Media interchange, 6 Character sets, 7 Security, 8 Annexes.

## 3 Introduction

For whoever connects a PACS or modality. That two systems conform does not mean that they work together: try it, with
this installation's file (`deploy/hospital.toml`) beside the other's statement. DICOM PS3 2024 and later is meant.
"""


def _networking() -> str:
    return f"""## 4 Networking

### 4.1 Implementation model

One Application Entity, `{DicomListener().ae_title}` (configured), in the process `orchestrator.gateway`.
A study that came object by object is read when nothing of it came for {StudyTimer().quiet_s:g} s, at the latest
{StudyTimer().at_most_s:g} s after its first object (configured); objects that come later begin the next
revision of the same study. A study whose
priors were fetched along waits until these are drafted.

### 4.2 Application Entity specification

#### 4.2.1 Association policies

{_table(("", ""), _association_rows())}
#### 4.2.2 Association acceptance: Verification and Storage SCP

{_table(("abstract syntax", "UID", "transfer syntaxes", "role"), _accepted_rows())}
Of the transfer syntaxes of a context the requester's first that is taken is accepted. Extended negotiation, role
selection and user identity are not answered. Level of support: 2 (full); elements are kept as they came, also private
ones; nothing is coerced.

Storage classes ({len(STORAGE_CLASSES)}, retired ones included):

{_uids(STORAGE_CLASSES)}
Transfer syntaxes ({len(TRANSFER_SYNTAXES)}):

{_uids(TRANSFER_SYNTAXES)}
Whatever is stored is kept; which of it is read by a specialist is another matter (the model cards say). The same
instance with the same bytes counts once. The same SOP Instance UID with other bytes is kept apart, is not read, and the
study says so.

Status of a C-STORE response:

{_table(("status", "meaning"), [(f"{status:04X}", meaning) for status, meaning in _STATUS_MEANING.items()])}
#### 4.2.3 Association initiation: Query/Retrieve SCU

{_table(("SOP class", "UID"), [(_named(uid), uid) for uid in (FIND, GET, MOVE)])}
C-FIND at STUDY level with {", ".join(f"`{key}`" for key in STUDY_KEYS)};
by accession number, then by patient identifier with its issuer, never by name. `Modality` at SERIES level where an
archive leaves Modalities in Study out. What an archive answers beyond what was asked is dropped.
With C-GET {len(GET_CONTEXTS)} storage classes are proposed, with the {len(PROPOSED_SYNTAXES)}
transfer syntaxes above that are not retired; with C-MOVE the archive sends to our own Application Entity.

#### 4.2.4 Association initiation: Storage SCU

{_table(("object", "SOP class", "UID", "what"), [(name, _named(uid), uid, what) for name, (uid, what) in SENT.items()])}
Explicit VR Little Endian. Nothing unsigned leaves unless a destination asks for drafts; a draft's report is UNVERIFIED,
PRELIMINARY and PARTIAL, a signed one VERIFIED, FINAL and COMPLETE. A success or a warning is taken; A7xx and 0110 are
tried again later, any other failure is the receiver's last word and waits for a person (`wetread outbox`).

#### 4.2.5 DICOMweb

STOW-RS at `/dicomweb/studies` and `/dicomweb/studies/{{study}}`: `multipart/related; type="application/dicom"`,
answered as `application/dicom+json` with the Store Instances Response (PS3.18 I.2): 200 all stored, 202 some, 409 none;
failure reasons A700, A900 (of another study than the address names), C000 (kept, header unreadable). No
content encoding is taken.

### 4.3 Network interfaces

TCP/IP over IPv4 and IPv6; no TLS on the DIMSE port: put it behind a proxy that speaks TLS, or on a network of its own.

### 4.4 Configuration

`[dicom]`, `[stow]`, `[folder]`, `[arrivals]`, `[[sources]]` and the destinations in the hospital's file;
a change needs a restart.
"""


def _association_rows() -> list[tuple[str, str]]:
    table = DicomListener()
    return [
        ("application context", f"`{pdu.APPLICATION_CONTEXT}`"),
        ("implementation class UID", f"`{pdu.IMPLEMENTATION_CLASS_UID}`"),
        ("implementation version name", f"`{pdu.IMPLEMENTATION_VERSION_NAME}`"),
        ("associations", f"{table.associations}; {table.associations_of_a_peer} of one address; else rejected"),
        ("connections without a request", f"{WAITING}, beside these; closed after {table.request_timeout_s:g} s"),
        ("an idle association", f"gives way after {IDLE_ENOUGH_S:g} s if need be; aborted after {table.idle_s:g} s"),
        ("who may associate", "from listed networks, listed calling AE titles if any, to our AE title"),
        ("maximum PDU length", f"{table.pdu_bytes} offered and held to; a longer one is aborted unread"),
        ("A-ASSOCIATE-RQ", f"at most {pdu.REQUEST_BYTES} bytes"),
        ("largest object", f"{table.object_mb} MB; refused with A700"),
        ("asynchronous operations", "one at a time"),
    ]  # fmt: skip


def _accepted_rows() -> list[tuple[str, str, str, str]]:
    echo = " and ".join(_named(uid) for uid in VERIFICATION_SYNTAXES)
    return [
        (_named(VERIFICATION), VERIFICATION, echo, "SCP"),
        ("every storage class below", "", "every transfer syntax below", "SCP"),
    ]


def _media_and_text() -> str:
    return f"""## 5 Media interchange

None claimed.

## 6 Support of character sets

Read: {_CHARACTER_SETS}.
"""


def _security() -> str:
    return """## 7 Security

Listed networks and AE titles on the DIMSE port; roles on the DICOMweb routes. Untrusted bytes are read in
processes that are thrown away, within limits of memory and time. De-identification after PS3.15 Annex E is for
research export
(`wetread deidentify`) and for everything behind the line that the README draws.
"""


def _annexes() -> str:
    return """## 8 Annexes

### 8.1 Coded terminology and private attributes

Findings carry SNOMED CT, DCM or RadLex codes from one table, none guessed; sections LOINC. No private attribute is
written. Of what is received no value is changed.

### 8.2 Standard extended, specialized or private SOP classes

None.

### 8.3 IHE AI Results (AIR)

| AIR | here |
|---|---|
| Evidence Creator, storing results with the study | study, patient and references are of the images read |
| findings and measurements | Comprehensive 3D SR, TID 1500, with the algorithm's name and version (TID 4019) |
| regions | Segmentation where the images have a geometry, else Grayscale Softcopy Presentation State |
| key images | Secondary Capture; key object selection only to reject |
| parametric maps, heat maps | not as objects of their own: drawn into the captures |
| AI result tree (one SR that refers to every result) | no: the SR names what each finding rests on |
| tested with others | dcmtk, Orthanc and dciodvfy in the project's own tests; no Connectathon |

Conformance to AIR as a profile is not claimed.
"""


def _named(uid: str) -> str:
    return UID_dictionary[uid][0] if uid in UID_dictionary else uid


def _uids(named: dict[str, str]) -> str:
    return _table(("name", "UID"), [(name, uid) for uid, name in named.items()])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
