"""Drawn pixels as files: DICOM with every required attribute, PNG, JPEG."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    PYDICOM_ROOT_UID,
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)

NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
SOP_CLASSES = {
    "CR": ComputedRadiographyImageStorage,
    "DX": DigitalXRayImageStorageForPresentation,
    "CT": CTImageStorage,
    "OT": SecondaryCaptureImageStorage,
    "MULTI": MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
}


def radiograph_dataset(
    pixels: NDArray[np.uint16],
    *,
    modality: str = "DX",
    body_part: str = "CHEST",
    view_position: str = "PA",
    seed: int = 0,
    photometric: str = "MONOCHROME2",
    bits_stored: int = 12,
    **attributes: Any,
) -> Dataset:
    """Return a CR or DX image object (PS3.3 A.2, A.26) of an obviously invented person.

    Parameters
    ----------
    pixels
        ``(rows, columns)`` uint16, bone bright; stored inverted for MONOCHROME1.
    attributes
        DICOM keywords that replace or add to what is written, ``None`` deletes one.
    """
    stored = (2**bits_stored - 1 - pixels) if photometric == "MONOCHROME1" else pixels
    dataset = _identity(modality, seed)
    _pixel_module(dataset, np.asarray(stored, np.uint16), photometric, bits_stored)
    dataset.BodyPartExamined = body_part
    dataset.ViewPosition = view_position
    dataset.PatientOrientation = ["L", "F"]
    spacing = round(350 / pixels.shape[1], 4)
    dataset.ImagerPixelSpacing = [spacing, spacing]
    dataset.WindowCenter, dataset.WindowWidth = 2 ** (bits_stored - 1), 2**bits_stored
    dataset.BurnedInAnnotation = "NO"
    dataset.KVP = "120"
    if modality == "DX":
        _digital_x_ray(dataset)
    return _with(dataset, attributes)


def ct_dataset(hounsfield: NDArray[np.int16], *, seed: int = 0, **attributes: Any) -> Dataset:
    """Return a CT image object (PS3.3 A.3)."""
    dataset = _identity("CT", seed)
    _pixel_module(dataset, np.asarray(np.clip(hounsfield + 1024, 0, 4095), np.uint16), "MONOCHROME2", 12)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.BodyPartExamined = "CHEST"
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.SliceThickness, dataset.KVP, dataset.AcquisitionNumber = "5", "120", "1"
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [-180, -180, 0]
    dataset.FrameOfReferenceUID = generate_uid(PYDICOM_ROOT_UID, ["frame of reference", str(seed)])
    dataset.PositionReferenceIndicator = ""
    return _with(dataset, attributes)


def dicom_bytes(dataset: Dataset, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Return a DICOM file (PS3.10) in the transfer syntax; the dataset holds native pixels."""
    copy = deepcopy(dataset)
    copy.file_meta = FileMetaDataset()
    copy.file_meta.MediaStorageSOPClassUID = copy.SOPClassUID
    copy.file_meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID
    copy.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if transfer_syntax == JPEGBaseline8Bit:
        _to_jpeg(copy)
    elif transfer_syntax == ExplicitVRBigEndian and copy.BitsAllocated == 16:
        copy.PixelData = np.frombuffer(copy.PixelData, "<u2").astype(">u2").tobytes()
    elif transfer_syntax not in NATIVE:
        copy.compress(UID(transfer_syntax), generate_instance_uid=False)
    copy.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    buffer = BytesIO()
    little = transfer_syntax != ExplicitVRBigEndian
    implicit = transfer_syntax == ImplicitVRLittleEndian
    dcmwrite(buffer, copy, enforce_file_format=True, little_endian=little, implicit_vr=implicit)
    return buffer.getvalue()


def png_bytes(pixels: NDArray[Any], bits: int = 16, bits_stored: int = 12) -> bytes:
    """Return a grey or RGB PNG; ``bits`` is 8 or 16, the values fill the whole range."""
    if pixels.ndim == 3:
        pixels = pixels[:, :, ::-1]
    elif bits == 8:
        pixels = (pixels >> (bits_stored - 8)).astype(np.uint8)
    else:
        pixels = (pixels.astype(np.uint16) << (16 - bits_stored)).astype(np.uint16)
    done, encoded = cv2.imencode(".png", pixels)
    if not done:
        raise ValueError("the picture cannot be written as PNG")
    return encoded.tobytes()


def jpeg_bytes(pixels: NDArray[Any], bits_stored: int = 12, quality: int = 92) -> bytes:
    """Return an 8-bit JPEG."""
    if pixels.ndim == 2:
        pixels = (pixels >> (bits_stored - 8)).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _identity(modality: str, seed: int) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = SOP_CLASSES[modality]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dataset, keyword, generate_uid(PYDICOM_ROOT_UID, ["wetread phantom", keyword, modality, str(seed)]))
    dataset.PatientName = "Phantom^Drawn"
    dataset.PatientID = f"PHANTOM-{seed:06d}"
    dataset.PatientBirthDate = "19700101"
    dataset.PatientSex = "O"
    dataset.PatientAge = "056Y"
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = "20260102"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = dataset.AcquisitionTime = "101500"
    dataset.StudyID, dataset.AccessionNumber = "1", f"ACC-PHANTOM-{seed}"
    dataset.ReferringPhysicianName = "Nobody^Referring"
    dataset.StudyDescription = "Drawn phantom"
    dataset.Modality = "OT" if modality == "MULTI" else modality
    dataset.SeriesNumber, dataset.InstanceNumber = "1", "1"
    dataset.Manufacturer = "wetread"
    dataset.ManufacturerModelName = "phantom"
    dataset.Laterality = ""
    return dataset


def _pixel_module(dataset: Dataset, stored: NDArray[np.uint16], photometric: str, bits_stored: int) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = photometric
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated = 16 if bits_stored > 8 else 8
    dataset.BitsStored = bits_stored
    dataset.HighBit = bits_stored - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = stored.astype("<u2" if bits_stored > 8 else np.uint8).tobytes()
    dataset["PixelData"].VR = "OW"


def _digital_x_ray(dataset: Dataset) -> None:
    """Add what the DX modules ask beyond CR (PS3.3 C.8.11)."""
    del dataset.Laterality
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.ImageLaterality = "U"
    dataset.DetectorType = "DIRECT"
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = -1 if dataset.PhotometricInterpretation == "MONOCHROME1" else 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.PresentationLUTShape = "INVERSE" if dataset.PhotometricInterpretation == "MONOCHROME1" else "IDENTITY"
    dataset.LossyImageCompression = "00"
    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "51185008", "SCT", "Chest"
    dataset.AnatomicRegionSequence = [region]
    dataset.AcquisitionContextSequence = []


def _with(dataset: Dataset, attributes: dict[str, Any]) -> Dataset:
    for keyword, value in attributes.items():
        if value is None:
            dataset.pop(keyword, None)
        else:
            setattr(dataset, keyword, value)
    return dataset


def _to_jpeg(dataset: Dataset) -> None:
    """Encode the pixels as one baseline JPEG frame of 8 bits (PS3.5 8.2.1)."""
    stored = np.frombuffer(dataset.PixelData, "<u2" if dataset.BitsAllocated == 16 else np.uint8)
    picture = stored.reshape(dataset.Rows, dataset.Columns)
    frame = jpeg_bytes(picture, bits_stored=dataset.BitsStored, quality=95)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.LossyImageCompression, dataset.LossyImageCompressionMethod = "01", "ISO_10918_1"
    dataset.LossyImageCompressionRatio = "10"
