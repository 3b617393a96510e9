"""The audit as FHIR R4B AuditEvent resources: who did what, when, to which study of ours; nothing of a patient.

Types and subtypes are DICOM's (PS3.16 CID 400 to 405) and FHIR's RESTful interactions; ``entity.what`` is an identifier
of ours that only this installation can lead back to an examination.
"""

from __future__ import annotations

from typing import NamedTuple

from fhir.resources.R4B.auditevent import (
    AuditEvent,
    AuditEventAgent,
    AuditEventEntity,
    AuditEventEntityDetail,
    AuditEventSource,
)
from fhir.resources.R4B.coding import Coding
from fhir.resources.R4B.identifier import Identifier
from fhir.resources.R4B.reference import Reference

from orchestrator.audit import Action, Entry, Link, Outcome
from orchestrator.exports.fhir_parts import STUDIES
from orchestrator.exports.fhir_value_sets import check_value_sets

AUDIT = "https://wetread.example/fhir/audit"
ACCOUNTS = "https://wetread.example/fhir/account"
THINGS = "https://wetread.example/fhir/audit-thing"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_RESTFUL = "http://hl7.org/fhir/restful-interaction"
_REST = Coding(
    system="http://terminology.hl7.org/CodeSystem/audit-event-type", code="rest", display="RESTful Operation"
)
_OUTCOMES = {Outcome.DONE: "0", Outcome.REFUSED: "4", Outcome.FAILED: "8"}
"""Success; minor failure (the request was refused); serious failure."""


class _Kind(NamedTuple):
    """How one action is told."""

    type: Coding
    subtype: Coding | None
    action: str
    """C create, R read, U update, D delete, E execute."""


def _dicom(code: str, display: str) -> Coding:
    return Coding(system=_DCM, code=code, display=display)


def _restful(code: str) -> Coding:
    return Coding(system=_RESTFUL, code=code, display=code)


def _rest(interaction: str, action: str) -> _Kind:
    return _Kind(_REST, _restful(interaction), action)


_RECORD = _dicom("110110", "Patient Record")
_SECURITY = _dicom("110113", "Security Alert")
_KEY_CHANGED = _dicom("110137", "User Security Attributes Changed")
KINDS: dict[Action, _Kind] = {
    Action.LIST: _rest("search-type", "R"),
    Action.READ: _rest("read", "R"),
    Action.EXPORT: _Kind(_dicom("110106", "Export"), None, "R"),
    Action.DELIVER: _Kind(_dicom("110107", "Import"), None, "C"),
    Action.SEND: _Kind(_dicom("110106", "Export"), None, "R"),
    Action.SAVE: _rest("update", "U"),
    Action.RENEW: _rest("update", "U"),
    Action.SIGN: _Kind(_RECORD, _restful("create"), "C"),
    Action.CORRECT: _Kind(_RECORD, _restful("update"), "U"),
    Action.ADDEND: _Kind(_RECORD, _restful("update"), "U"),
    Action.REJECT: _Kind(_RECORD, _restful("delete"), "D"),
    Action.ACKNOWLEDGE: _rest("update", "U"),
    Action.RERUN: _rest("operation", "E"),
    Action.ASK: _rest("operation", "E"),
    Action.DECIDE: _Kind(_RECORD, _restful("update"), "U"),
    Action.LOGIN: _Kind(_dicom("110114", "User Authentication"), _dicom("110122", "Login"), "E"),
    Action.KEY_ADDED: _Kind(_SECURITY, _KEY_CHANGED, "C"),
    Action.KEY_ROTATED: _Kind(_SECURITY, _KEY_CHANGED, "U"),
    Action.KEY_REVOKED: _Kind(_SECURITY, _KEY_CHANGED, "D"),
    Action.VAULT: _Kind(_dicom("110112", "Query"), None, "E"),
    Action.TRAINING_EXPORT: _Kind(_dicom("110106", "Export"), None, "R"),
    Action.RESEND: _Kind(_dicom("110106", "Export"), None, "E"),
}
"""A line for each action."""


def audit_event(link: Link) -> AuditEvent:
    """Return one entry of the audit as FHIR has it.

    Raises
    ------
    NotInValueSet
        If a code is not of its required value set.
    """
    entry, kind = link.entry, KINDS[link.entry.action]
    event = AuditEvent(
        id=f"audit-{link.number}",
        type=kind.type,
        subtype=[kind.subtype] if kind.subtype else None,
        action=kind.action,
        recorded=link.at,
        outcome=_OUTCOMES[entry.outcome],
        agent=[_agent(entry)],
        source=AuditEventSource(
            observer=Reference(display="wetread"),
            type=[
                Coding(
                    system="http://terminology.hl7.org/CodeSystem/security-source-type",
                    code="4",
                    display="Application Server",
                )
            ],
        ),
        entity=_entities(link),
    )
    check_value_sets(event)
    return event


def _agent(entry: Entry) -> AuditEventAgent:
    identifier = Identifier(system=ACCOUNTS, value=entry.subject)
    return AuditEventAgent(who=Reference(identifier=identifier), requestor=entry.how is not None)


def _entities(link: Link) -> list[AuditEventEntity]:
    """The chain's own place first, so that a reader of the export can hold it against the chain."""
    entry = link.entry
    details = {"sha256": link.sha256, "before-sha256": link.before_sha256, "action": str(entry.action)}
    if entry.version is not None:
        details["version"] = str(entry.version)
    if entry.content_sha256 is not None:
        details["content-sha256"] = entry.content_sha256
    entities = [
        AuditEventEntity(
            what=Reference(identifier=Identifier(system=AUDIT, value=str(link.number))),
            detail=[AuditEventEntityDetail(type=name, valueString=value) for name, value in details.items()],
        )
    ]
    if entry.study_id is not None:
        entities.append(_entity(STUDIES, entry.study_id))
    if entry.thing is not None:
        entities.append(_entity(THINGS, entry.thing))
    return entities


def _entity(system: str, value: str) -> AuditEventEntity:
    return AuditEventEntity(what=Reference(identifier=Identifier(system=system, value=value)))
