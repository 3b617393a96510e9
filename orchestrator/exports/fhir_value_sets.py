"""FHIR R4B value sets with a required binding: one table, for everything that comes in and everything that goes out.

``fhir.resources`` accepts any code in these elements; a receiving server does not, and neither do we. An element is
named as the type that holds it and its name (``Identifier.use``, ``PatientLink.type``), so that a data type is held to
its value set wherever it stands, in extensions and contained resources too.

Source: HL7 FHIR R4B 4.3.0, the *Terminology Bindings* table of each resource and data type, bindings of strength
``required`` with a finite value set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel


def _set(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


_DAYS = _set("mon tue wed thu fri sat sun")
_PUBLICATION = _set("draft active retired unknown")
_GENDERS = _set("male female other unknown")
_RESTFUL = _set("read vread update patch delete history-instance history-type create search-type")

REQUIRED_VALUES: Mapping[str, frozenset[str]] = {
    # data types
    "Narrative.status": _set("generated extensions additional empty"),
    "Identifier.use": _set("usual official temp secondary old"),
    "HumanName.use": _set("usual official temp nickname anonymous old maiden"),
    "Address.use": _set("home work temp old billing"),
    "Address.type": _set("postal physical both"),
    "ContactPoint.system": _set("phone fax email pager url sms other"),
    "ContactPoint.use": _set("home work temp old mobile"),
    "Quantity.comparator": _set("< <= >= >"),
    "TimingRepeat.durationUnit": _set("s min h d wk mo a"),
    "TimingRepeat.periodUnit": _set("s min h d wk mo a"),
    "TimingRepeat.dayOfWeek": _DAYS,
    # what is asked for, made and said
    "ServiceRequest.status": _set("draft active on-hold revoked completed entered-in-error unknown"),
    "ServiceRequest.intent": _set(
        "proposal plan directive order original-order reflex-order filler-order instance-order option"
    ),
    "ServiceRequest.priority": _set("routine urgent asap stat"),
    "ImagingStudy.status": _set("registered available cancelled entered-in-error unknown"),
    "DiagnosticReport.status": _set(
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
    ),
    "Observation.status": _set("registered preliminary final amended corrected cancelled entered-in-error unknown"),
    # who and what with
    "Patient.gender": _GENDERS,
    "PatientContact.gender": _GENDERS,
    "PatientLink.type": _set("replaced-by replaces refer seealso"),
    "Practitioner.gender": _GENDERS,
    "Person.gender": _GENDERS,
    "RelatedPerson.gender": _GENDERS,
    "Device.status": _set("active inactive entered-in-error unknown"),
    "DeviceDeviceName.type": _set(
        "udi-label-name user-friendly-name patient-reported-name manufacturer-name model-name other"
    ),
    "DeviceUdiCarrier.entryType": _set("barcode rfid manual card self-reported unknown"),
    "ProvenanceEntity.role": _set("derivation revision quotation source removal"),
    "AuditEvent.action": _set("C R U D E"),
    "AuditEvent.outcome": _set("0 4 8 12"),
    "AuditEventAgentNetwork.type": _set("1 2 3 4 5"),
    # how it travels
    "Bundle.type": _set(
        "document message transaction transaction-response batch batch-response history searchset collection"
    ),
    "BundleEntrySearch.mode": _set("match include outcome"),
    "BundleEntryRequest.method": _set("GET HEAD POST PUT DELETE PATCH"),
    "OperationOutcomeIssue.severity": _set("fatal error warning information"),
    "OperationOutcomeIssue.code": _set(
        "invalid structure required value invariant security login unknown expired forbidden suppressed processing "
        "not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly "
        "business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational"
    ),
    "CapabilityStatement.status": _PUBLICATION,
    "CapabilityStatement.kind": _set("instance capability requirements"),
    "CapabilityStatementRest.mode": _set("client server"),
    "CapabilityStatementRestInteraction.code": _set("transaction batch search-system history-system"),
    "CapabilityStatementRestResourceInteraction.code": _RESTFUL,
    "CapabilityStatementRestResource.versioning": _set("no-version versioned versioned-update"),
    "CapabilityStatementRestResource.conditionalRead": _set("not-supported modified-since not-match full-support"),
    "CapabilityStatementRestResource.conditionalDelete": _set("not-supported single multiple"),
    "CapabilityStatementRestResourceSearchParam.type": _set(
        "number date string token reference composite quantity uri special"
    ),
}
"""Allowed codes by element."""


class NotInValueSet(ValueError):
    """An element holds a code that its required value set does not have."""


def check_value_sets(resource: BaseModel) -> None:
    """Hold a resource and everything within it against the table.

    Parameters
    ----------
    resource
        A model of ``fhir.resources.R4B``; a bundle is checked with every entry.

    Raises
    ------
    NotInValueSet
        If a code is not in its required value set. The message names the element and what it may say, not what it
        said: that came from outside.
    """
    for element, code in codes_of(resource):
        if element in REQUIRED_VALUES and code not in REQUIRED_VALUES[element]:
            allowed = ", ".join(sorted(REQUIRED_VALUES[element]))
            raise NotInValueSet(f"{element} holds a code that is none of its value set; expected one of {allowed}")


def codes_of(model: BaseModel) -> Iterator[tuple[str, str]]:
    """Return every text within a resource with the element that holds it, such as ``("Patient.gender", "female")``."""
    kind = type(model).__name__
    for name, value in model:
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, BaseModel):
                yield from codes_of(one)
            elif isinstance(one, str):
                yield f"{kind}.{name}", one
