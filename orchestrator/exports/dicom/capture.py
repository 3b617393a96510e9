"""What every viewer can show: key images as secondary captures (PS3.3 A.8.1), the PDF as a document (A.45.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom import CoordinateSystemNames, PhotometricInterpretationValues
from highdicom.sc import SCImage
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from orchestrator.exports.arrays import Arrays, images_of
from orchestrator.exports.dicom.sources import MANUFACTURER, MODEL, SERIAL_NUMBER, Making, as_bytes
from orchestrator.exports.evidence import draw_picture
from orchestrator.exports.pictures import Picture, pictures_of
from orchestrator.exports.words import report_title
from orchestrator.study import Study

_SERIES_NUMBER_OF_IMAGES = 9904
_SERIES_NUMBER_OF_PDF = 9905
_PATIENT_AND_STUDY = (
    "SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "PatientAge", "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID",
    "StudyDescription",
)  # fmt: skip


def render_captures(making: Making, study: Study, arrays: Arrays) -> dict[str, bytes]:
    """Return every picture of the release as a colour secondary capture, by file name without its ending."""
    images = images_of(study)
    made: dict[str, bytes] = {}
    for picture in pictures_of(making.release):
        header, image = making.header_of(picture.image_id), images[picture.image_id]
        if header is not None and image.location in arrays:
            canvas = draw_picture(picture, image, arrays)
            made[f"capture-{picture.name}"] = _capture(making, header, picture, len(made) + 1, canvas)
    return made


def _capture(making: Making, header: Dataset, picture: Picture, number: int, canvas: np.ndarray) -> bytes:
    made = SCImage.from_ref_dataset(
        ref_dataset=header,
        pixel_array=canvas,
        photometric_interpretation=PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "F"),  # must be something here; what the film says is set below
        series_instance_uid=making.uid("sc series"),
        series_number=_SERIES_NUMBER_OF_IMAGES,
        sop_instance_uid=making.uid(f"sc {picture.name}"),
        instance_number=number,
        manufacturer=MANUFACTURER,
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    made.BodyPartExamined = header.get("BodyPartExamined") or "CHEST"
    made.SeriesDescription = f"Key images, {making.label}"
    made.PatientOrientation = header.get("PatientOrientation")
    made.ConversionType, made.ImageComments = "WSD", picture.title
    made.BurnedInAnnotation = "YES"  # the words under the film; none of them names the patient
    return as_bytes(made, making.when)


def render_encapsulated_pdf(making: Making, pdf: bytes) -> bytes:
    """Return the report's PDF as a DICOM document of the same patient and study."""
    header = making.sources[0].header
    made = Dataset()
    for keyword in _PATIENT_AND_STUDY:
        if keyword in header:
            made[keyword] = header[keyword]
    made.SOPClassUID, made.SOPInstanceUID = EncapsulatedPDFStorage, making.uid("pdf")
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = making.uid("pdf series"), _SERIES_NUMBER_OF_PDF, 1
    made.Modality, made.ConversionType = "DOC", "WSD"
    made.Manufacturer, made.ManufacturerModelName, made.SoftwareVersions = MANUFACTURER, MODEL, making.version
    made.DeviceSerialNumber = SERIAL_NUMBER
    made.SeriesDescription = made.DocumentTitle = report_title(making.release)[:64]
    made.BurnedInAnnotation = "YES"
    made.ContentDate = made.ContentTime = made.AcquisitionDateTime = None
    made.InstanceCreationDate = made.InstanceCreationTime = None
    made.ConceptNameCodeSequence = [CodedConcept("18748-4", "LN", "Diagnostic imaging study")]
    made.SourceInstanceSequence = _references(making.headers)
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.EncapsulatedDocumentLength = len(pdf)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = (
        EncapsulatedPDFStorage,
        making.uid("pdf"),
    )
    return as_bytes(made, making.when)


def _references(headers: Sequence[Dataset]) -> list[Dataset]:
    referenced = []
    for header in headers:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
        referenced.append(item)
    return referenced
