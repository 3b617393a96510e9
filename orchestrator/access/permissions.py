"""Who may do what, route by route: one table that can be read, and outside of it nothing is allowed.

A new route is a line here. Without one it answers 403 to everybody, and a test says so.
"""

from __future__ import annotations

from orchestrator.access.person import Role
from orchestrator.audit import Action

READERS = frozenset({Role.VIEWER, Role.RADIOLOGIST})
"""People who look at studies."""
RECIPIENTS = READERS | {Role.INTEGRATION}
"""Whoever may have a draft or a report."""
RADIOLOGISTS = frozenset({Role.RADIOLOGIST})
SENDERS = frozenset({Role.INTEGRATION, Role.RADIOLOGIST})
ADMINS = frozenset({Role.ADMIN})
ANYONE = frozenset(Role)
"""Everybody who is known."""
PUBLIC: frozenset[Role] = frozenset()
"""Nobody is asked who he is: there is nothing of a patient behind it."""

_STUDY = "/v1/studies/{study_id}"
PERMISSIONS: dict[str, frozenset[Role]] = {
    "GET /livez": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": ADMINS | {Role.INTEGRATION},
    "GET /docs": PUBLIC,
    "GET /docs/oauth2-redirect": PUBLIC,
    "GET /redoc": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /": PUBLIC,
    "GET /reading-room": PUBLIC,
    "GET /v1/session": ANYONE,
    "POST /v1/session": PUBLIC,
    "DELETE /v1/session": PUBLIC,
    "GET /v1/feedback": ADMINS | {Role.RADIOLOGIST},
    "POST /v1/studies": SENDERS,
    "POST /dicomweb/studies": SENDERS,
    "POST /dicomweb/studies/{study}": SENDERS,
    "POST /v1/fetch": SENDERS,
    "GET /v1/fetch/{fetch_id}": SENDERS,
    "GET /v1/studies": RECIPIENTS,
    "GET /v1/worklist": READERS,
    "GET /v1/worklist/events": READERS,
    "GET /v1/feedback/sentences.jsonl": RADIOLOGISTS | ADMINS,
    f"GET {_STUDY}": RECIPIENTS,
    f"GET {_STUDY}/events": RECIPIENTS,
    f"GET {_STUDY}/draft": RECIPIENTS,
    f"GET {_STUDY}/draft/text": RECIPIENTS,
    f"GET {_STUDY}/draft/pdf": RECIPIENTS,
    f"GET {_STUDY}/draft/hl7": RECIPIENTS,
    f"GET {_STUDY}/draft/fhir": RECIPIENTS,
    f"GET {_STUDY}/draft/dicom": RECIPIENTS,
    f"GET {_STUDY}/evidence": RECIPIENTS,
    f"GET {_STUDY}/evidence/{{name}}.png": RECIPIENTS,
    f"GET {_STUDY}/specialist-results": RECIPIENTS,
    f"GET {_STUDY}/hanging": READERS,
    f"GET {_STUDY}/images/{{image_id}}/pixels": READERS,
    f"GET {_STUDY}/overlays": READERS,
    f"GET {_STUDY}/overlays/{{name}}.png": READERS,
    f"GET {_STUDY}/report": RECIPIENTS,
    f"GET {_STUDY}/report/draft": RECIPIENTS,
    f"GET {_STUDY}/report/text": RECIPIENTS,
    f"GET {_STUDY}/report/pdf": RECIPIENTS,
    f"GET {_STUDY}/report/json": RECIPIENTS,
    f"GET {_STUDY}/report/hl7": RECIPIENTS,
    f"GET {_STUDY}/report/fhir": RECIPIENTS,
    f"GET {_STUDY}/report/dicom": RECIPIENTS,
    f"PUT {_STUDY}/report": RADIOLOGISTS,
    f"POST {_STUDY}/report/renew": RADIOLOGISTS,
    f"POST {_STUDY}/rereading": RADIOLOGISTS,
    f"POST {_STUDY}/report/check": RADIOLOGISTS,
    f"POST {_STUDY}/report/sign": RADIOLOGISTS,
    f"POST {_STUDY}/report/correct": RADIOLOGISTS,
    f"POST {_STUDY}/report/addend": RADIOLOGISTS,
    f"POST {_STUDY}/report/reject": RADIOLOGISTS,
    f"POST {_STUDY}/report/presence": READERS,
    f"POST {_STUDY}/acknowledgement": RADIOLOGISTS,
    f"POST {_STUDY}/conversation": READERS,
    f"POST {_STUDY}/conversation/stop": READERS,
    f"GET {_STUDY}/conversation": READERS,
    f"DELETE {_STUDY}/conversation": READERS,
    "GET /fhir/metadata": PUBLIC,
    "POST /fhir": SENDERS,
    "POST /fhir/{kind}": SENDERS,
    "GET /fhir/{kind}/{resource_id}": SENDERS,
    "GET /v1/mismatches": READERS,
    "POST /v1/mismatches/{mismatch_id}/resolve": RADIOLOGISTS,
    "POST /v1/conversation": READERS,
    "POST /v1/conversation/stop": READERS,
    "GET /v1/knowledge/{passage_id:path}": READERS,
}
"""``METHOD /path template`` and the roles of which one is enough."""


def permitted(method: str, template: str) -> frozenset[Role] | None:
    """Return who may use a route, ``PUBLIC`` where nobody is asked, ``None`` where nothing is declared: nobody may.

    HEAD is GET without its body.
    """
    return PERMISSIONS.get(f"{'GET' if method == 'HEAD' else method} {template}")


_LISTS = frozenset({"/v1/studies", "/v1/worklist", "/v1/worklist/events"})
_ACTS = {
    f"POST {_STUDY}/rereading": Action.RERUN,
    "GET /v1/feedback/sentences.jsonl": Action.TRAINING_EXPORT,
    "GET /fhir/{kind}/{resource_id}": Action.READ,
}
_DOCUMENTS = (f"{_STUDY}/draft/", f"{_STUDY}/report/")
_ON_THE_PAGE = f"{_STUDY}/report/draft"
"""What the page reads whenever a report is opened: nothing that leaves."""


def audited(method: str, template: str) -> Action | None:
    """Return what the audit calls a request; ``None`` for what is recorded where it happens, or reads nothing.

    Every GET of something of a study is a read, or an export where what comes is a document that can leave.
    """
    if method == "GET" and template in _LISTS:
        return Action.LIST
    if method == "GET" and template.startswith(_DOCUMENTS) and template != _ON_THE_PAGE:
        return Action.EXPORT
    if method == "GET" and template.startswith(_STUDY):
        return Action.READ
    if method == "POST" and template.startswith(("/v1/studies/{study_id}/conversation", "/v1/conversation")):
        return Action.ASK
    if method == "POST" and (template == "/v1/studies" or template.startswith("/dicomweb/")):
        return Action.DELIVER
    return _ACTS.get(f"{method} {template}")
