"""FHIR R4B value sets with a required binding, for the elements that the export fills.

``fhir.resources`` accepts any code in them, a receiving server does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def _set(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


_OBSERVATION_STATUS = _set("registered preliminary final amended corrected cancelled entered-in-error unknown")
_IDENTIFIER_USE = _set("usual official temp secondary old")

REQUIRED_VALUES: Mapping[str, frozenset[str]] = {
    "Bundle.type": _set(
        "document message transaction transaction-response batch batch-response history searchset collection"
    ),
    "DiagnosticReport.status": _set(
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
    ),
    "Observation.status": _OBSERVATION_STATUS,
    "ImagingStudy.status": _set("registered available cancelled entered-in-error unknown"),
    "Device.status": _set("active inactive entered-in-error unknown"),
    "Device.deviceName.type": _set(
        "udi-label-name user-friendly-name patient-reported-name manufacturer-name model-name other"
    ),
    "Patient.gender": _set("male female other unknown"),
    "Patient.name.use": _set("usual official temp nickname anonymous old maiden"),
    "Provenance.entity.role": _set("derivation revision quotation source removal"),
    **{f"{kind}.text.status": _set("generated extensions additional empty")
       for kind in ("DiagnosticReport", "Observation", "Patient", "Device", "ImagingStudy", "Provenance")},
    **{f"{kind}.identifier.use": _IDENTIFIER_USE
       for kind in ("DiagnosticReport", "Observation", "Patient", "Device", "ImagingStudy", "Provenance")},
}  # fmt: skip
"""Allowed codes by element, R4B 4.3.0."""

MUST_BE = {"DiagnosticReport.status": "partial", "Observation.status": "preliminary"}
"""What an unsigned draft may say of itself, and nothing else."""


class NotInValueSet(ValueError):
    """The export filled an element with a code that its required value set does not have."""


def check_required_values(bundle: Mapping[str, object]) -> None:
    """Hold every resource of a bundle against the table.

    Raises
    ------
    NotInValueSet
        If a code is not in its required value set, or a resource claims to be more than a draft.
    """
    for element, code in _codes(bundle):
        if element in REQUIRED_VALUES and code not in REQUIRED_VALUES[element]:
            raise NotInValueSet(f"{element} is {code}; expected one of {', '.join(sorted(REQUIRED_VALUES[element]))}")
        if element in MUST_BE and code != MUST_BE[element]:
            raise NotInValueSet(f"{element} is {code}; an unsigned draft is {MUST_BE[element]}")


def _codes(resource: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    kind = str(resource.get("resourceType", ""))
    for name, value in resource.items():
        yield from _within(f"{kind}.{name}", value)


def _within(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping) and "resourceType" in value:
        yield from _codes(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _within(f"{path}.{name}", inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _within(path, inner)
