"""The HL7 v2 specification of what comes in, made from the code that takes it: ``wetread conformance hl7``."""

from __future__ import annotations

from orchestrator.gateway.hl7.adt import MERGES, UPDATES
from orchestrator.gateway.hl7.charsets import CODECS
from orchestrator.gateway.hl7.desk import KINDS
from orchestrator.gateway.hl7.message import MOST_SEGMENTS
from orchestrator.gateway.hl7.orders import CANCELS
from orchestrator.gateway.hl7.refusal import CODES
from orchestrator.gateway.hl7.results import FINAL, WITHDRAWN
from orchestrator.gateway.hl7.tables import ACCESSION, Hl7Listener
from orchestrator.provenance import software_version

_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("MSH-3, MSH-4, MSH-10", "all", "by what a message is known again; MSH-10 is needed"),
    ("MSH-9", "all", "message type and event"),
    ("MSH-11", "all", "processing id; empty is P"),
    ("MSH-12", "all", "version 2.1 to 2.8; the reply is of the same version"),
    ("MSH-15, MSH-16", "all", "acknowledgement types (enhanced mode)"),
    ("MSH-18", "all", "character set; empty is the listener's"),
    ("PID-3 (PID-2)", "all", "patient identifiers with assigning authority (CX.4); at least one is needed, MR first"),
    ("PID-5, -7, -8, -11, -13", "all", "name, birth date, sex, address, telephone; never used to find a patient"),
    ("ORC-1, ORC-5", "ORM, OMI", "order control, status"),
    ("ORC-2, OBR-2", "ORM, OMI", "placer order number"),
    ("ORC-3, OBR-3", "ORM, OMI, ORU", "filler order number; of a report its number"),
    ("OBR-4", "all but ADT", "procedure"),
    ("OBR-13", "ORM, OMI", "relevant clinical information: history"),
    ("OBR-16, ORC-12", "ORM, OMI", "ordering provider"),
    ("OBR-31, DG1-3", "ORM, OMI", "reason for study: indication"),
    ("OBX, NTE", "ORM, OMI", "observations beside the order"),
    ("IPC-1", "OMI", "accession number"),
    ("IPC-3, ZDS-1", "OMI, ORM", "Study Instance UID"),
    ("OBR-7, OBR-22", "ORU", "day of the examination; needed"),
    ("OBR-25", "ORU", "result status"),
    ("OBX-3, OBX-5", "ORU", "text of the report (TX, FT, ST)"),
    ("MRG-1 (MRG-4)", "ADT", "identifiers of the patient who is merged into that of PID"),
)


def specification() -> str:
    """Return the document as Markdown, the same for the same software."""
    listener, version = Hl7Listener(name="default"), software_version().partition("+")[0]
    parts = [
        "# HL7 v2 specification: what wetread takes in",
        f"Made from the code of wetread {version} by `wetread conformance hl7`. What goes out is told by "
        "the destination's `style` (`deploy/hospital.toml`).",
        "## Transport",
        f"MLLP over TCP, optionally TLS 1.2 or later, with or without client certificates. Port {listener.port} by "
        f"default; a message of at most {listener.message_mb:g} MB and {MOST_SEGMENTS} segments; many messages on one "
        f"connection, answered in order. A message must have ended {listener.message_s:g} s after it began; a "
        f"connection is closed after {listener.idle_s:g} s without a word. Every framed input has exactly one framed "
        "reply.",
        "## Messages",
        _table(("message", "what it does"), _messages()),
        "Accession number: the first that is filled of "
        f"{', '.join(ACCESSION)} (a listener may say otherwise). An order meets a study by accession number or Study "
        "Instance UID **and** by a patient identifier with its issuer, never by name; one that fits by number and "
        "names another patient holds the study until a person has decided.",
        "## Fields",
        _table(("field", "of", "use"), _FIELDS),
        "## Acknowledgement",
        "AA (CA) means that the message and everything it changes are in the database. The same MSH-3, MSH-4 and "
        "MSH-10 with the same content (MSH aside) is acknowledged again and changes nothing; with other content it is "
        "an error. Original mode is answered with AA, AE, AR. In enhanced mode, where MSH-15 asks for an accept "
        "acknowledgement and MSH-16 for none, the reply is CA, CE or CR; where MSH-16 asks too, the application "
        "acknowledgement alone is sent, which says both. Where both say NE a reply is sent all the same.",
        "AE and AR carry an ERR segment that names the place and never the value (before 2.5 in ERR-1, else in ERR-2 "
        "and ERR-3):",
        _table(("code", "table 0357"), [(str(code), said) for code, said in sorted(CODES.items())]),
        "## Character sets (MSH-18)",
        f"{', '.join(CODECS)}; and the names that vendors and DICOM give to these. UTF-16 and UTF-32 cannot be framed. "
        "Empty and without a setting of the listener: UTF-8 where the bytes are UTF-8, else 8859/1. The reply is "
        "written in the sender's character set.",
    ]
    return "\n\n".join(parts) + "\n"


def _messages() -> list[tuple[str, str]]:
    return [
        (KINDS[0], f"order; ORC-1 {', '.join(sorted(CANCELS))} (or ORC-5 CA) takes it back, every other places it"),
        (KINDS[1], "the same, with IPC"),
        (KINDS[2], f"earlier report: OBR-25 {', '.join(sorted(FINAL))} keeps it, {', '.join(sorted(WITHDRAWN))} "
         "withdraws it, every other is acknowledged without effect"),
        (f"ADT^{', '.join(sorted(UPDATES))}", "particulars of a patient's studies"),
        (f"ADT^{', '.join(sorted(MERGES))}", "merge: what was the patient's of MRG is that of PID"),
        ("every other ADT", "acknowledged without effect"),
    ]  # fmt: skip


def _table(heads: tuple[str, ...], rows: object) -> str:
    assert isinstance(rows, list | tuple)
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
