"""Comprehensive 3D SR with a measurement report (PS3.3 A.35.13, PS3.16 TID 1500; TID 2000 where nothing was found).

A draft is unverified, preliminary and partial; what a person signed is verified, final and complete, with its signer as
verifying observer and, where it corrects or adds, the version before it as predecessor document (PS3.3 C.17.2).

Each finding and measurement is a group of TID 1501 or TID 1410 with its algorithm, score and region; each sentence of
the report is a text INFERRED FROM the coded items it cites (PS3.3 C.17.3.2.4); comments say what was not assessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

import numpy as np
from highdicom import sr
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import Comprehensive3DSRStorage

from orchestrator.exports.dicom import codes
from orchestrator.exports.dicom.narrative import narrative, places_of
from orchestrator.exports.dicom.sources import MANUFACTURER, MODEL, Making, as_bytes
from orchestrator.exports.words import report_title
from services.contract import Algorithm, Box, Evidence, Finding, Line, Measurement

_SERIES_NUMBER = 9901
_ONE_FILM = CodedConcept("36554-4", "LN", "XR Chest Single view")
_TWO_FILMS = CodedConcept("36643-5", "LN", "XR Chest 2 Views")


def render_sr(making: Making) -> bytes:
    """Return the report as a structured report that names its images, findings, measurements and algorithms."""
    facts = making.release.facts
    groups = {finding.finding_id: _finding(finding, making) for finding in facts.findings}
    groups |= {one.measurement_id: _measurement(one, making) for one in facts.measurements}
    content = _measurement_report(making, list(groups.values())) if groups else _imaging_report(making)
    places = places_of(content, tuple(groups))
    report = sr.Comprehensive3DSR(
        evidence=making.headers,
        content=content,
        series_instance_uid=making.uid("sr series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=making.uid("sr"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        **_signed(making),
    )
    report.ContentSequence = DicomSequence([*report.ContentSequence, *narrative(making.release, places)])
    report.SeriesDescription = report_title(making.release)
    if making.release.signature is None:
        report.CompletionFlagDescription = "Draft by software; a radiologist has not read it"
    else:
        report.VerifyingObserverSequence[0].VerificationDateTime = _moment(making.release.signature.at)
    report.ManufacturerModelName, report.SoftwareVersions = MODEL, making.version
    report.CodingSchemeIdentificationSequence = [_own_codes()]
    return as_bytes(report, making.when)


def _measurement_report(making: Making, groups: list[Dataset]) -> Dataset:
    """What was found and measured, under TID 1500."""
    report = sr.MeasurementReport(
        observation_context=_context(making),
        procedure_reported=_procedure(making),
        imaging_measurements=groups,
        title=CodedConcept("126000", "DCM", "Imaging Measurement Report"),
        referenced_images=[header for header in making.headers if _is_described(header)] or None,
    )
    return report[0]


def _imaging_report(making: Making) -> Dataset:
    """The frame of a report in words: TID 1500 asks for a measurement, and where nothing was found there is none."""
    report = sr.ContainerContentItem(CodedConcept("18748-4", "LN", "Diagnostic imaging study"), template_id="2000")
    procedure = sr.CodeContentItem(
        CodedConcept("121058", "DCM", "Procedure reported"),
        _procedure(making),
        sr.RelationshipTypeValues.HAS_CONCEPT_MOD,
    )
    language = sr.LanguageOfContentItemAndDescendants(CodedConcept("en-US", "RFC5646", "English (United States)"))
    report.ContentSequence = sr.ContentSequence([*language, *_context(making), procedure])
    return report


def _procedure(making: Making) -> CodedConcept:
    return _ONE_FILM if len(making.sources) == 1 else _TWO_FILMS


class _Flags(TypedDict):
    """The flags of PS3.3 C.17.2 and who stands for them, as highdicom's constructor takes them."""

    is_complete: bool
    is_final: bool
    is_verified: bool
    verifying_observer_name: str | None
    verifying_organization: str | None
    previous_versions: list[Dataset] | None


def _signed(making: Making) -> _Flags:
    signature, header = making.release.signature, making.headers[0]
    house = signature.organization if signature else None
    return {
        "is_complete": signature is not None,
        "is_final": signature is not None,
        "is_verified": signature is not None,
        "verifying_observer_name": signature.name if signature else None,
        "verifying_organization": (house or str(header.get("InstitutionName") or "not given"))[:64],
        "previous_versions": _predecessors(making) or None,
    }


def _predecessors(making: Making) -> list[Dataset]:
    """The signed version before this one; its UIDs follow from its key."""
    if making.release.version < 2:
        return []
    before, reference = making.release.key_of_version(making.release.version - 1), Dataset()
    reference.SOPClassUID, reference.SOPInstanceUID = Comprehensive3DSRStorage, making.uid_of(before, "sr")
    reference.StudyInstanceUID = making.headers[0].StudyInstanceUID
    reference.SeriesInstanceUID = making.uid_of(before, "sr series")
    return [reference]


def _moment(when: datetime) -> str:
    return when.strftime("%Y%m%d%H%M%S.%f%z")


def _is_described(header: Dataset) -> bool:
    """Whether the image library can hold it: its entries need an orientation and a spacing (PS3.16 TID 1603)."""
    return bool(header.get("PatientOrientation")) and "ImagerPixelSpacing" in header


def _context(making: Making) -> sr.ObservationContext:
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=making.uid("observer"), name="wetread", manufacturer_name=MANUFACTURER, model_name=MODEL,
    )  # fmt: skip
    return sr.ObservationContext(
        observer_device_context=sr.ObserverContext(
            observer_type=CodedConcept("121007", "DCM", "Device"), observer_identifying_attributes=device
        )
    )


def _finding(finding: Finding, making: Making) -> Dataset:
    """A finding: coded, present or not, with the score that said so, and the place where there is one."""
    said = [sr.QualitativeEvaluation(codes.PRESENCE_OF_PROPERTY, codes.presence(finding))]
    if finding.severity:
        said.append(sr.QualitativeEvaluation(codes.SEVERITY, codes.severity(finding.severity)))
    scores = [
        sr.Measurement(
            codes.SCORE, one.score, codes.NO_UNITS, algorithm_id=_algorithm(one.algorithm),
            tracking_identifier=_tracking(making, f"{finding.finding_id}.{number}"),
        )
        for number, one in enumerate(finding.evidence, 1) if one.score is not None
    ]  # fmt: skip
    site = codes.concept(finding.site) if finding.site else codes.CHEST
    sites = [sr.FindingSite(site, laterality=codes.side(finding.laterality) if finding.laterality else None)]
    about = {
        "tracking_identifier": _tracking(making, finding.finding_id),
        "finding_type": codes.concept(finding.code),
        "algorithm_id": _algorithm(finding.evidence[0].algorithm),
        "finding_sites": sites,
        "measurements": scores or None,
        "qualitative_evaluations": said,
    }
    region = _region(finding.evidence, making)
    if region is not None:
        return sr.PlanarROIMeasurementsAndQualitativeEvaluations(referenced_region=region, **about)
    return sr.MeasurementsAndQualitativeEvaluations(source_images=_images(finding.evidence, making), **about)


def _measurement(one: Measurement, making: Making) -> Dataset:
    """A measurement with the very lines it was measured along."""
    lines = [
        sr.CoordinatesForMeasurement("POLYLINE", _points(region), _image_for_region(header))
        for evidence in one.evidence
        if (header := making.header_of(evidence.image_id)) is not None
        for region in evidence.regions
        if isinstance(region, Line)
    ]
    value = sr.Measurement(
        codes.concept(one.name),
        one.value,
        CodedConcept(one.unit, "UCUM", "no units" if one.unit == "1" else one.unit),
        tracking_identifier=_tracking(making, f"{one.measurement_id}.1"),
        algorithm_id=_algorithm(one.evidence[0].algorithm),
        referenced_coordinates=lines or None,
    )
    sites = [sr.FindingSite(codes.CHEST, laterality=codes.side(one.laterality))] if one.laterality else None
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(making, one.measurement_id),
        finding_type=codes.concept(one.name),
        algorithm_id=_algorithm(one.evidence[0].algorithm),
        finding_sites=sites,
        measurements=[value],
        source_images=_images(one.evidence, making),
    )


def _tracking(making: Making, name: str) -> sr.TrackingIdentifier:
    return sr.TrackingIdentifier(uid=making.uid(name), identifier=name)


def _algorithm(algorithm: Algorithm) -> sr.AlgorithmIdentification:
    digest = [f"weights sha256 {algorithm.weights_sha256}"] if algorithm.weights_sha256 else None
    return sr.AlgorithmIdentification(algorithm.name, algorithm.version, parameters=digest)


def _region(evidence: Iterable[Evidence], making: Making) -> sr.ImageRegion | None:
    """The first box of a finding as a closed polyline; a mask travels in the segmentation object."""
    for one in evidence:
        header = making.header_of(one.image_id)
        boxes = [region for region in one.regions if isinstance(region, Box)]
        if header is not None and boxes:
            return sr.ImageRegion("POLYLINE", _points(boxes[0]), _image_for_region(header))
    return None


def _images(evidence: Iterable[Evidence], making: Making) -> list[sr.SourceImageForMeasurementGroup] | None:
    headers = [making.header_of(image_id) for image_id in dict.fromkeys(one.image_id for one in evidence)]
    images = [
        sr.SourceImageForMeasurementGroup(header.SOPClassUID, header.SOPInstanceUID)
        for header in headers
        if header is not None
    ]
    return images or None


def _image_for_region(header: Dataset) -> sr.SourceImageForRegion:
    return sr.SourceImageForRegion(header.SOPClassUID, header.SOPInstanceUID)


def _points(region: Box | Line) -> np.ndarray:
    """Return ``(points, 2)`` float: column and row, 0 at the upper left corner of the first pixel (PS3.3 C.18.6.1)."""
    if isinstance(region, Line):
        return np.array([region.start, region.end], float)
    left, top, right, bottom = region.left, region.top, region.right, region.bottom
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], float)


def _own_codes() -> Dataset:
    """What 99WETREAD means (PS3.3 C.12.1.1.1): labels for which no code of a public scheme can be trusted."""
    scheme = Dataset()
    scheme.CodingSchemeDesignator = "99WETREAD"
    scheme.CodingSchemeName = "wetread labels"
    scheme.CodingSchemeResponsibleOrganization = "wetread"
    return scheme
