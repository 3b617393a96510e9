"""Bytes of a message in, its reply out; between them everything it says is in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from pydantic import ValidationError

from orchestrator.errors import RecordsUnavailable
from orchestrator.gateway.hl7.acknowledgement import acknowledge
from orchestrator.gateway.hl7.adt import patients_of
from orchestrator.gateway.hl7.header import Header, decoded, header_of
from orchestrator.gateway.hl7.message import Segment, parsed
from orchestrator.gateway.hl7.orders import orders_of
from orchestrator.gateway.hl7.refusal import UnacceptableMessage
from orchestrator.gateway.hl7.results import reports_of
from orchestrator.gateway.hl7.tables import Hl7Listener
from orchestrator.metrics import HL7_MESSAGES
from orchestrator.orders.incoming import Incoming
from orchestrator.records import Records
from orchestrator.records.orders import Letter, Receipt

log = structlog.get_logger()

KINDS = ("ORM^O01", "OMI^O23", "ORU^R01", "ADT")
"""Messages that are taken; of ADT every event, most of them without effect."""


class Reply(NamedTuple):
    """What goes back, and which studies are to be queued, as ``(study_id, revision)``."""

    message: bytes
    queued: tuple[tuple[str, int], ...] = ()


class Hl7Desk:
    """Takes messages for one listener. Methods block: call them in a thread."""

    def __init__(self, records: Records, table: Hl7Listener) -> None:
        self._records, self._table = records, table

    def answer(self, data: bytes, *, too_large: bool = False) -> Reply:
        """Return the reply to one framed input, whatever it is. An AA means that it is kept."""
        header = header_of(data, self._table.charset)
        try:
            if too_large:
                raise UnacceptableMessage(102, "", f"more than {self._table.message_mb:g} MB", "AR")
            reply = Reply(acknowledge(header), self._take(data, header))
            self._count(header, "AA")
            return reply
        except UnacceptableMessage as refusal:
            return self._refuse(header, refusal)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            return self._refuse(header, UnacceptableMessage(102, "", f"{place} is not what it can be"))
        except RecordsUnavailable:
            return self._refuse(header, UnacceptableMessage(207, "", "the database does not answer; send it again"))

    def _take(self, data: bytes, header: Header) -> tuple[tuple[str, int], ...]:
        text = decoded(data, header)
        segments = parsed(text, header)
        self._refuse_what_is_not_for_us(header)
        incoming = self._incoming(segments, header)
        taken = self._records.orders.take(incoming, _letter(text, header))
        if taken.receipt is Receipt.KEY_REUSED:
            raise UnacceptableMessage(205, "MSH-10", "this control id came before with another message")
        return taken.queued

    def _refuse_what_is_not_for_us(self, header: Header) -> None:
        """Said before anything else is looked at (2.9.2.2)."""
        kind, _, event = header.kind.partition("^")
        if not header.control_id:
            raise UnacceptableMessage(101, "MSH-10", "no control id, so that a repetition could not be known")
        if header.version and not header.version.startswith("2."):
            raise UnacceptableMessage(203, "MSH-12", "expected version 2.1 to 2.8", "AR")
        if (header.processing_id or "P") not in self._table.processing_ids:
            raise UnacceptableMessage(202, "MSH-11", "this listener does not take such messages", "AR")
        if kind not in {"ORM", "OMI", "ORU", "ADT"}:
            raise UnacceptableMessage(200, "MSH-9", f"expected one of {', '.join(KINDS)}", "AR")
        if kind != "ADT" and f"{kind}^{event}" not in {*KINDS, f"{kind}^"}:
            raise UnacceptableMessage(201, "MSH-9", f"expected one of {', '.join(KINDS)}", "AR")

    def _incoming(self, segments: Sequence[Segment], header: Header) -> Sequence[Incoming]:
        kind, _, event = header.kind.partition("^")
        if kind == "ADT":
            return patients_of(segments, event)
        if kind == "ORU":
            return reports_of(segments, self._table.accession, f"{header.application} {header.facility}")
        return orders_of(segments, self._table.accession)

    def _refuse(self, header: Header, refusal: UnacceptableMessage) -> Reply:
        self._count(header, refusal.answer)
        log.warning("hl7_refused", listener=self._table.name, answer=refusal.answer, code=refusal.code,
                    place=refusal.place)  # fmt: skip
        return Reply(acknowledge(header, refusal))

    def _count(self, header: Header, answer: str) -> None:
        kind = header.kind.partition("^")[0]
        known = kind if kind in {"ORM", "OMI", "ORU", "ADT"} else "other"
        HL7_MESSAGES.labels(known, answer).inc()


def _letter(text: str, header: Header) -> Letter:
    """By what a message is known again: MSH-3, MSH-4 and MSH-10 (2.9.2); a repetition may carry another MSH-7."""
    known_by = "\x1f".join((header.application, header.facility, header.control_id))
    body = text.replace("\n", "\r").strip("\r ").partition("\r")[2].strip("\r ")
    return Letter(
        key=hashlib.sha256(known_by.encode()).hexdigest(),
        kind=header.kind[:32],
        content_sha256=hashlib.sha256(f"{header.kind}\r{body}".encode()).hexdigest(),
        document=text.replace("\x00", ""),
    )
