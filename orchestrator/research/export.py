"""Whole files without an identity: what is read, what is refused, and the report of what was done."""

from __future__ import annotations

import io

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from orchestrator.burned_in import black_out, find_text
from orchestrator.errors import UnreadableImage, UnsupportedImage
from orchestrator.research.clean import clean
from orchestrator.research.profile import Action, Options
from orchestrator.research.pseudonyms import Pseudonyms
from orchestrator.vocabulary import BURNED_IN_UNLESS_DENIED, RADIOGRAPHY
from services.contract import Fact

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_DOCUMENTS = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104.", "1.2.840.10008.5.1.4.1.1.11.",
              "1.2.840.10008.5.1.4.1.1.9.")  # fmt: skip
"""Structured reports, encapsulated documents, presentation states, waveforms: text that no table can clean."""


_DAMAGED = (
    InvalidDicomError,
    AttributeError,
    ValueError,
    TypeError,
    EOFError,
    KeyError,
    RuntimeError,
    IndexError,
    OSError,
)


class Done(Fact):
    """One action on one attribute, and in how many places."""

    attribute: str
    action: Action
    times: int


class Link(Fact):
    """What the vault would keep: whom and what the pseudonyms of one file stand for."""

    patient: str
    """Pseudonym."""
    instance: str
    """Pseudonymous SOP Instance UID."""
    patient_id: str | None
    issuer_of_patient_id: str | None
    patient_name: str | None
    birth_date: str | None
    study_instance_uid: str | None
    series_instance_uid: str | None
    sop_instance_uid: str | None


class Left(Fact):
    """One file without its identity."""

    name: str
    data: bytes
    done: tuple[Done, ...]
    blacked_out: int
    """Lines of text that were found in the pixels and are gone."""
    link: Link


def export(data: bytes, options: Options, pseudonyms: Pseudonyms) -> Left:
    """Return one DICOM file without its identity.

    Raises
    ------
    UnreadableImage
        If it is no DICOM file, or its pixels cannot be decoded to be looked at.
    UnsupportedImage
        If it is a document, or its pixels show or may show text and are not to be cleaned.
    """
    try:
        dataset = dcmread(io.BytesIO(data))
        sop_class = str(dataset.SOPClassUID)
        _refuse_what_may_not_leave(dataset, sop_class)
        blacked_out = _look_at_pixels(dataset, options)
        syntax = dataset.file_meta.TransferSyntaxUID
        made, counted = clean(dataset, options, pseudonyms)
    except _DAMAGED as error:
        raise UnreadableImage(f"no whole DICOM file ({type(error).__name__}); expected a DICOM image") from error
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.TransferSyntaxUID = UID(sop_class), syntax
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    done = tuple(Done(attribute=name, action=action, times=times)
                 for (name, action), times in sorted(counted.items()))  # fmt: skip
    name = f"{pseudonyms.name(str(made.SOPInstanceUID))}.dcm"
    return Left(name=name, data=file.getvalue(), done=done, blacked_out=blacked_out, link=_link(dataset, made))


def _refuse_what_may_not_leave(dataset: Dataset, sop_class: str) -> None:
    """What its header does not clear stays here whatever the detector says: that one misses lines (see its figures)."""
    if sop_class.startswith(_DOCUMENTS):
        raise UnsupportedImage("a document, not an image; expected an image: no table can clean its text")
    modality, burned_in = str(dataset.get("Modality")), dataset.get("BurnedInAnnotation")
    doubtful = modality in BURNED_IN_UNLESS_DENIED or (
        sop_class.startswith(_SECONDARY_CAPTURE) and modality not in RADIOGRAPHY
    )
    if burned_in == "YES" or (doubtful and burned_in != "NO"):
        raise UnsupportedImage("the pixels may show text (Burned In Annotation); expected an image that says NO")


def _look_at_pixels(dataset: Dataset, options: Options) -> int:
    """Look for lines of text in every frame, and black them out where that is asked; return how many."""
    if "PixelData" not in dataset:
        return 0
    frames = int(dataset.get("NumberOfFrames") or 1)
    pixels = dataset.pixel_array
    boxes = [find_text(frame) for frame in (pixels if frames > 1 else [pixels])]
    found = sum(map(len, boxes))
    if not found:
        return 0
    if not options.clean_pixel_data:
        raise UnsupportedImage("text was found in the pixels; expected an image without, or --clean-pixels")
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress(generate_instance_uid=False)
    pixels = dataset.pixel_array
    cleaned = [black_out(frame, lines) for frame, lines in zip(pixels if frames > 1 else [pixels], boxes, strict=True)]
    dataset.PixelData = np.stack(cleaned).tobytes()
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    if dataset.get("PlanarConfiguration"):
        dataset.PlanarConfiguration = 0
    return found


def _link(dataset: Dataset, made: Dataset) -> Link:
    def said(keyword: str) -> str | None:
        return str(dataset.get(keyword) or "") or None

    return Link(
        patient=str(made.PatientID),
        instance=str(made.SOPInstanceUID),
        patient_id=said("PatientID"),
        issuer_of_patient_id=said("IssuerOfPatientID"),
        patient_name=said("PatientName"),
        birth_date=said("PatientBirthDate"),
        study_instance_uid=said("StudyInstanceUID"),
        series_instance_uid=said("SeriesInstanceUID"),
        sop_instance_uid=said("SOPInstanceUID"),
    )
