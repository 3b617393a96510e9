"""Whom a resource is about: a patient with identifiers, found where the reference points or said in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from fhir.resources.R4B.humanname import HumanName
from fhir.resources.R4B.identifier import Identifier
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.reference import Reference
from pydantic import BaseModel

from orchestrator.gateway.fhir.outcome import UnacceptableResource
from orchestrator.orders.incoming import NamedPatient, PatientIdentifier

Known = Mapping[str, BaseModel]
"""Resources that came along, by every reference that can mean them."""
_SEXES = {"female": "F", "male": "M", "other": "O"}
_PREFERRED = {"MR": 0, "PI": 1}


def known_in(entries: Iterable[tuple[str | None, BaseModel]]) -> Known:
    """Return the resources of a bundle by ``fullUrl`` and by ``Type/id``."""
    found: dict[str, BaseModel] = {}
    for url, resource in entries:
        if url:
            found[url] = resource
        if getattr(resource, "id", None):
            found[f"{type(resource).__name__}/{resource.id}"] = resource  # type: ignore[attr-defined]
    return found


def patient_of(reference: Reference | None, within: BaseModel, known: Known, where: str) -> NamedPatient:
    """Return the patient that a reference means.

    Raises
    ------
    UnacceptableResource
        If it leads to no patient with an identifier. A name alone is nobody.
    """
    if reference is not None:
        target = _target(reference, within, known)
        if isinstance(target, Patient):
            return named(target, where)
        if reference.identifier is not None and (one := _identifier(reference.identifier, where)):
            return NamedPatient(identifiers=(one,))
    raise UnacceptableResource(
        422, "not-found", "expected an identifier, or a Patient that is contained or in the same bundle", where
    )


def named(patient: Patient, where: str = "Patient") -> NamedPatient:
    """Return a Patient as orders know one.

    Raises
    ------
    UnacceptableResource
        If it has no identifier, or one that no system here can hold.
    """
    found = [one for identifier in patient.identifier or [] if (one := _identifier(identifier, where))]
    if not found:
        raise UnacceptableResource(422, "required", "no identifier", f"{where}.identifier")
    ordered = sorted(found, key=lambda one: _PREFERRED.get(one.kind or "", 2))
    return NamedPatient(
        identifiers=tuple(ordered[:32]),
        name=_name(patient.name or []),
        birth_date=patient.birthDate.strftime("%Y%m%d") if isinstance(patient.birthDate, date) else None,
        sex=_SEXES.get(str(patient.gender)),
    )


def identifier_typed(identifiers: Iterable[Identifier] | None, *codes: str) -> str | None:
    """Return the first identifier whose type is one of these (table 0203), such as ``ACSN``.

    Raises
    ------
    UnacceptableResource
        If it is longer than any system here can hold.
    """
    for code in codes:
        for one in identifiers or []:
            if _kind(one) == code and one.value:
                return number_of(one)
    return None


def number_of(identifier: Identifier) -> str:
    """Return the value of an identifier."""
    value = str(identifier.value).strip()
    if not 0 < len(value) <= 64:
        raise UnacceptableResource(422, "value", "expected 1 to 64 characters", "identifier.value")
    return value


def _target(reference: Reference, within: BaseModel, known: Known) -> BaseModel | None:
    said = reference.reference or ""
    if said.startswith("#"):
        inner = getattr(within, "contained", None) or []
        return next((one for one in inner if getattr(one, "id", None) == said[1:]), None)
    return known.get(said) or known.get("/".join(said.split("/")[-2:]))


def _identifier(identifier: Identifier, where: str) -> PatientIdentifier | None:
    value = str(identifier.value or "").strip()
    if not value or identifier.use == "old":
        return None
    if len(value) > 64:
        raise UnacceptableResource(422, "value", "an identifier has more than 64 characters", f"{where}.identifier")
    assigner = identifier.assigner.display if identifier.assigner else None
    issuer = (identifier.system or assigner or "").strip()[:256]
    return PatientIdentifier(value=value, issuer=issuer or None, kind=_kind(identifier))


def _kind(identifier: Identifier) -> str | None:
    codings = (identifier.type.coding or []) if identifier.type else []
    return next((str(one.code)[:16] for one in codings if one.code), None)


def _name(names: list[HumanName]) -> str | None:
    chosen = next((one for use in ("official", "usual", None) for one in names if one.use == use), None)
    if chosen is None:
        return None
    given = [str(one) for one in chosen.given or []]
    parts = (
        chosen.family or chosen.text or "",
        given[0] if given else "",
        " ".join(given[1:]),
        " ".join(map(str, chosen.prefix or [])),
        " ".join(map(str, chosen.suffix or [])),
    )
    written = "^".join(" ".join(str(part).replace("^", " ").split()) for part in parts).rstrip("^")
    return written[:256] or None
