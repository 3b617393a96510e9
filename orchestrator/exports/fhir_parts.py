"""The resources around a FHIR report: person, images, and a device for each algorithm."""

from __future__ import annotations

from datetime import date, datetime
from uuid import NAMESPACE_URL, uuid5

from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.coding import Coding
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.imagingstudy import ImagingStudy
from fhir.resources.R4B.meta import Meta
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.reference import Reference

from orchestrator.release import Release
from orchestrator.report import LanguageModel
from orchestrator.study import Instance, Series, Study
from services.contract import Algorithm, Code, label_of
from services.contract.codes import CODES
from services.contract.phrasing import label_text

SYSTEMS: dict[str, str] = {
    "SCT": "http://snomed.info/sct",
    "RADLEX": "http://radlex.org",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
}
_GENDERS = {"F": "female", "M": "male", "O": "other"}
HASHES = "https://wetread.example/fhir/weights-sha256"
ALGORITHMS = "https://wetread.example/fhir/algorithm"
PATIENTS = "https://wetread.example/fhir/patient"
"""Issuer and identifier, or our own id where nobody gave one: what a server can look for without mixing up two people
of the same number."""
STUDIES = "https://wetread.example/fhir/study"
REPORTS = "https://wetread.example/fhir/report"
"""The report from its draft to its last correction."""
DRAFTS = "https://wetread.example/fhir/draft"
FACTS = "https://wetread.example/fhir/fact"
RELEASES = "https://wetread.example/fhir/release"
"""Tag of what has no identifier of its own."""

AI_ASSERTED = Meta(
    security=[
        Coding(
            system="http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            code="AIAST",
            display="Artificial Intelligence asserted",
        )
    ]
)
"""The label of everything that software asserted."""


def resource_id(release: Release, part: str) -> str:
    """Return the id of a resource: the same for the same release."""
    return str(uuid5(NAMESPACE_URL, f"wetread:{release.key}:{part}"))


def reference(release: Release, part: str) -> Reference:
    """Return a reference to another resource of the bundle."""
    return Reference(reference=f"urn:uuid:{resource_id(release, part)}")


def concept(code: Code) -> CodeableConcept:
    """Return a coded concept with every trusted code of its label; text only where there is none."""
    try:
        codes = CODES[label_of(code)]
    except KeyError:
        codes = (code,)
    coding = [
        Coding(system=SYSTEMS[one.scheme], code=one.value, display=one.meaning)
        for one in codes
        if one.scheme in SYSTEMS
    ]
    return CodeableConcept(coding=coding or None, text=label_text(code))


def patient(release: Release, study: Study) -> Patient:
    """Return the person as the study names her; a study without a name gives a Patient without one."""
    person = study.patient
    identifiers: list[dict[str, object]] = []
    if person.patient_id:
        assigner = {"display": person.issuer_of_patient_id} if person.issuer_of_patient_id else None
        kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
        identifiers.append({"use": "usual", "type": kind, "value": person.patient_id, "assigner": assigner})
    own = f"{person.issuer_of_patient_id or ''}/{person.patient_id}" if person.patient_id else study.study_id
    identifiers.append({"use": "secondary", "system": PATIENTS, "value": own})
    return Patient(
        id=resource_id(release, "patient"),
        identifier=identifiers,
        name=_names(person.name),
        gender=_GENDERS.get(person.sex or "", "unknown"),
        birthDate=_date(person.birth_date),
    )


def _names(name: str | None) -> list[dict[str, object]] | None:
    if not name:
        return None
    parts = [*name.partition("=")[0].split("^"), *[""] * 5]
    family, given, middle, prefix, suffix = (part.strip() for part in parts[:5])
    written: dict[str, object] = {"use": "official"}
    for key, value in (("family", family), ("given", [given, middle]), ("prefix", [prefix]), ("suffix", [suffix])):
        kept = value if isinstance(value, str) else [part for part in value if part]
        if kept:
            written[key] = kept
    return [written] if len(written) > 1 else None


def _date(birth_date: str | None) -> str | None:
    if birth_date and len(birth_date) == 8 and birth_date.isdigit():
        return f"{birth_date[:4]}-{birth_date[4:6]}-{birth_date[6:]}"
    return None


def imaging_study(release: Release, study: Study) -> ImagingStudy:
    """Return the study; images that came without DICOM identity are counted and not listed."""
    identifiers: list[dict[str, object]] = [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_instance_uid}"}]
    identifiers.append({"system": STUDIES, "value": study.study_id})
    if study.order.accession_number:
        kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
        identifiers.append({"type": kind, "value": study.order.accession_number})
    listed = [written for series in study.series if (written := _series(series))]
    return ImagingStudy(
        id=resource_id(release, "imaging-study"),
        identifier=identifiers,
        status="available",
        subject=reference(release, "patient"),
        started=performed(study),
        numberOfSeries=len(study.series),
        numberOfInstances=sum(len(series.instances) for series in study.series),
        series=listed or None,
    )


def performed(study: Study) -> datetime | date | None:
    """Return when the study was made; without its zone FHIR takes the day only."""
    when = study.study_datetime
    return when.date() if when is not None and when.tzinfo is None else when


def _series(series: Series) -> dict[str, object] | None:
    instances = [written for instance in series.instances if (written := _instance(instance))]
    if not instances or not series.modality:
        return None
    return {
        "uid": series.series_instance_uid,
        "modality": {"system": SYSTEMS["DCM"], "code": series.modality},
        "numberOfInstances": len(series.instances),
        "instance": instances,
    }


def _instance(instance: Instance) -> dict[str, object] | None:
    if instance.sop_class_uid is None:
        return None
    sop_class = {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{instance.sop_class_uid}"}
    return {"uid": instance.sop_instance_uid, "sopClass": sop_class}


def device(release: Release, algorithm: Algorithm) -> Device:
    """Return an algorithm as a device, with its version and the hash of its weights."""
    return _device(release, device_part(algorithm), algorithm.name, algorithm.version, algorithm.weights_sha256)


def language_model_device(release: Release, model: LanguageModel) -> Device:
    """Return the language model as a device."""
    return _device(release, "language-model", model.model, model.server, model.weights_sha256)


def device_part(algorithm: Algorithm) -> str:
    """Return the name under which the bundle knows an algorithm."""
    return f"algorithm {algorithm.name} {algorithm.version} {algorithm.weights_sha256}"


def _device(release: Release, part: str, name: str, version: str, weights_sha256: str | None) -> Device:
    return Device(
        id=resource_id(release, part),
        identifier=[
            {"system": ALGORITHMS, "value": f"{name}/{version}/{weights_sha256 or 'unknown'}"},
            *([{"system": HASHES, "value": weights_sha256}] if weights_sha256 else []),
        ],
        status="active",
        deviceName=[{"name": name, "type": "model-name"}],
        version=[{"value": version}],
        type={"text": "software algorithm"},
    )
