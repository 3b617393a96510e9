"""What a DICOM header says, read so that no malformed value can stop the reading.

Nothing here is believed or passed on as it is: :mod:`orchestrator.vocabulary` and
:mod:`orchestrator.deidentify` decide what may cross the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, cast

from pydicom.dataset import Dataset

from orchestrator.ingest.decoded import HeaderFacts
from orchestrator.ingest.spacing import spacing_of
from orchestrator.study import Order, Patient

TEXT_CAP = 256
IDENTIFIERS_CAP = 400
NAMING = frozenset(
    {
        "PatientID",
        "IssuerOfPatientID",
        "OtherPatientIDs",
        "OtherPatientNames",
        "PatientAddress",
        "PatientTelephoneNumbers",
        "PatientTelecomInformation",
        "MedicalRecordLocator",
        "CountryOfResidence",
        "RegionOfResidence",
        "MilitaryRank",
        "BranchOfService",
        "PatientReligiousPreference",
        "Occupation",
        "InsurancePlanIdentification",
        "AdmissionID",
        "ServiceEpisodeID",
        "ServiceEpisodeDescription",
        "CurrentPatientLocation",
        "PatientInstitutionResidence",
        "AccessionNumber",
        "StudyID",
        "PlacerOrderNumberImagingServiceRequest",
        "FillerOrderNumberImagingServiceRequest",
        "RequestedProcedureID",
        "ScheduledProcedureStepID",
        "PerformedProcedureStepID",
        "OrderEntererLocation",
        "OrderCallbackPhoneNumber",
        "InstitutionName",
        "InstitutionAddress",
        "InstitutionalDepartmentName",
        "RequestingService",
        "StationName",
        "DeviceSerialNumber",
        "DeviceUID",
        "PersonAddress",
        "PersonTelephoneNumbers",
        "ResponsibleOrganization",
        "ClinicalTrialSubjectID",
        "ClinicalTrialSubjectReadingID",
        "ClinicalTrialSiteName",
        "PerformedStationName",
        "ScheduledStationName",
        "DetectorID",
        "PlateID",
        "CassetteID",
        "GantryID",
        "ProtocolName",
    }
)
"""Attributes whose value can point at a person, besides every person name and every date (PS3.15 E.1)."""


def read_header(dataset: Dataset) -> HeaderFacts:
    """Return the facts of one instance."""
    spacing, source = spacing_of(dataset)
    birth, studied = text(dataset, "PatientBirthDate"), _datetime(dataset)
    return HeaderFacts(
        study_instance_uid=_uid(dataset, "StudyInstanceUID"),
        series_instance_uid=_uid(dataset, "SeriesInstanceUID"),
        sop_instance_uid=_uid(dataset, "SOPInstanceUID"),
        sop_class_uid=_uid(dataset, "SOPClassUID"),
        series_number=_integer(dataset, "SeriesNumber"),
        instance_number=_integer(dataset, "InstanceNumber"),
        study_datetime=studied,
        modality=text(dataset, "Modality"),
        body_part=text(dataset, "BodyPartExamined"),
        view_position=text(dataset, "ViewPosition"),
        patient_orientation=_orientation(dataset),
        burned_in_annotation=_yes_or_no(dataset),
        presentation_intent=_intent(dataset),
        spacing_mm=spacing,
        spacing_source=source,
        age_years=age_in_years(text(dataset, "PatientAge"), birth, studied),
        sex=_sex(dataset),
        patient=_patient(dataset),
        order=_order(dataset),
        identifiers=tuple(_identifiers(dataset)),
    )


def text(dataset: Dataset, keyword: str) -> str | None:
    """Return one value as text without its padding; ``None`` when absent, empty or malformed."""
    try:
        value = dataset.get(keyword)
        shown = "" if value is None else str(value)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, LookupError, OverflowError):
        return None
    return shown.replace("\x00", "").strip()[:TEXT_CAP] or None


def age_in_years(age: str | None, birth_date: str | None, studied: datetime | None) -> float | None:
    """Return the age at the study, from Patient's Age or from the birth date; 90 for all above 89."""
    found = re.fullmatch(r"(\d{3})([DWMY])", age or "")
    if found:
        years = int(found[1]) / {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}[found[2]]
    else:
        born = _date(birth_date)
        if born is None or studied is None or studied < born:
            return None
        years = (studied - born).days / 365.25
        years = float(int(years)) if years >= 2 else years
    return 90.0 if years > 89 else round(years, 2)


def _patient(dataset: Dataset) -> Patient:
    return Patient(
        patient_id=text(dataset, "PatientID"),
        issuer_of_patient_id=text(dataset, "IssuerOfPatientID"),
        name=text(dataset, "PatientName"),
        birth_date=text(dataset, "PatientBirthDate"),
        sex=text(dataset, "PatientSex"),
        other_ids=tuple(_values(dataset, "OtherPatientIDs")),
        address=text(dataset, "PatientAddress"),
        telephone=text(dataset, "PatientTelephoneNumbers"),
    )


def _order(dataset: Dataset) -> Order:
    return Order(
        accession_number=text(dataset, "AccessionNumber"),
        placer_order_number=text(dataset, "PlacerOrderNumberImagingServiceRequest"),
        filler_order_number=text(dataset, "FillerOrderNumberImagingServiceRequest"),
        referring_physician=text(dataset, "ReferringPhysicianName"),
        requested_procedure=text(dataset, "RequestedProcedureDescription"),
        indication=text(dataset, "ReasonForTheRequestedProcedure") or text(dataset, "AdmittingDiagnosesDescription"),
        history=text(dataset, "AdditionalPatientHistory"),
    )


def _identifiers(dataset: Dataset) -> list[str]:
    found: dict[str, None] = {}
    for value in _naming_values(dataset, depth=0):
        if len(found) >= IDENTIFIERS_CAP:
            break
        if value:
            found[value[:TEXT_CAP]] = None
    return list(found)


def _naming_values(dataset: Dataset, depth: int) -> Iterator[str]:
    for tag in list(dataset.keys()):
        element = _element(dataset, tag)
        if element is None or tag.is_private:
            continue
        if element.VR == "SQ":
            if depth < 6:
                for item in element.value[:100]:
                    yield from _naming_values(item, depth + 1)
        elif element.VR in {"PN", "DA"} or element.keyword in NAMING:
            yield from _strings(element.value)


def _element(dataset: Dataset, tag: Any) -> Any | None:
    """Return one element, or ``None`` where its value cannot be read as what it claims to be."""
    try:
        return dataset[tag]
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        LookupError,
        OverflowError,
        NotImplementedError,
    ):
        return None


def _values(dataset: Dataset, keyword: str) -> list[str]:
    try:
        return list(_strings(dataset.get(keyword)))
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, LookupError, OverflowError):
        return []


def _strings(value: Any) -> Iterator[str]:
    if value is None or isinstance(value, bytes):
        return
    several = value if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    for one in several:
        yield str(one).replace("\x00", "").strip()


def _uid(dataset: Dataset, keyword: str) -> str | None:
    value = text(dataset, keyword)
    return value if value and re.fullmatch(r"[0-9.]{1,64}", value) else None


def _integer(dataset: Dataset, keyword: str) -> int | None:
    value = text(dataset, keyword)
    return int(value) if value and re.fullmatch(r"[+-]?\d{1,9}", value) else None


def _orientation(dataset: Dataset) -> tuple[str, str] | None:
    values = _values(dataset, "PatientOrientation")
    return (values[0][:16], values[1][:16]) if len(values) == 2 else None


def _yes_or_no(dataset: Dataset) -> Literal["YES", "NO"] | None:
    value = (text(dataset, "BurnedInAnnotation") or "").upper()
    return cast(Literal["YES", "NO"], value) if value in {"YES", "NO"} else None


def _intent(dataset: Dataset) -> Literal["FOR PRESENTATION", "FOR PROCESSING"] | None:
    value = (text(dataset, "PresentationIntentType") or "").upper()
    known = {"FOR PRESENTATION", "FOR PROCESSING"}
    return cast(Literal["FOR PRESENTATION", "FOR PROCESSING"], value) if value in known else None


def _sex(dataset: Dataset) -> Literal["F", "M", "O"] | None:
    value = (text(dataset, "PatientSex") or "").upper()
    return cast(Literal["F", "M", "O"], value) if value in {"F", "M", "O"} else None


def _date(value: str | None) -> datetime | None:
    digits = re.sub(r"[.-]", "", value or "")
    try:
        return datetime.strptime(digits, "%Y%m%d") if re.fullmatch(r"\d{8}", digits) else None
    except ValueError:
        return None


def _datetime(dataset: Dataset) -> datetime | None:
    """Study Date and Time, without a time zone as DICOM sends them."""
    day = _date(text(dataset, "StudyDate"))
    clock = re.match(r"([01]\d|2[0-3])([0-5]\d)?([0-5]\d)?", text(dataset, "StudyTime") or "")
    if day is None or clock is None:
        return day
    return day.replace(hour=int(clock[1]), minute=int(clock[2] or 0), second=int(clock[3] or 0))
