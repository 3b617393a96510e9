"""OperationOutcome: what was wrong and where, without a value of the resource."""

from __future__ import annotations

from fhir.resources.R4B.operationoutcome import OperationOutcome

from orchestrator.errors import RefusedInput
from orchestrator.exports.fhir_value_sets import check_value_sets

MEDIA_TYPE = "application/fhir+json"
_CODES = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    408: "timeout",
    409: "conflict",
    410: "deleted",
    413: "too-long",
    415: "not-supported",
    422: "invalid",
    503: "transient",
}
"""Issue type by HTTP status, where nobody knows it better."""


class UnacceptableResource(RefusedInput):
    """A resource is not taken.

    Parameters
    ----------
    status
        400 for what is no FHIR, 422 for a resource that says what it cannot say here.
    code
        Issue type.
    why
        In words, without a value of the resource.
    where
        FHIRPath of the element.
    """

    def __init__(self, status: int, code: str, why: str, where: str | None = None) -> None:
        super().__init__(why if where is None else f"{where}: {why}")
        self.status, self.code, self.why, self.where = status, code, why, where


def outcome(status: int, why: str, code: str | None = None, where: str | None = None) -> OperationOutcome:
    """Return what is answered to something that was not taken; of a status below 400, to something that was."""
    good = status < 400
    issue: dict[str, object] = {
        "severity": "information" if good else "error",
        "code": "informational" if good else code or _CODES.get(status, "exception"),
        "diagnostics": why,
    }
    if where:
        issue["expression"] = [where]
    made = OperationOutcome.model_validate({"resourceType": "OperationOutcome", "issue": [issue]})
    check_value_sets(made)
    return made


def written(made: OperationOutcome) -> bytes:
    """Return an outcome as JSON, without a null."""
    return str(made.model_dump_json(exclude_none=True)).encode()
