"""Whole files without an identity: what is read, what is refused, and the report of what was done."""

from __future__ import annotations

import io

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

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


class Done(Fact):
    """One action on one attribute, and in how many places."""

    attribute: str
    action: Action
    times: int


def export(data: bytes, options: Options, pseudonyms: Pseudonyms) -> tuple[str, bytes, tuple[Done, ...]]:
    """Return one DICOM file without its identity: its new name, its bytes, what was done.

    Raises
    ------
    UnreadableImage
        If it is no DICOM file.
    UnsupportedImage
        If it is a document, or its pixels may show text that nobody ruled out.
    """
    try:
        dataset = dcmread(io.BytesIO(data))
        sop_class, syntax = str(dataset.SOPClassUID), dataset.file_meta.TransferSyntaxUID
        _refuse_what_may_not_leave(dataset, sop_class)
        made, counted = clean(dataset, options, pseudonyms)
    except (InvalidDicomError, AttributeError, ValueError, TypeError, EOFError, KeyError) as error:
        raise UnreadableImage(f"no whole DICOM file ({type(error).__name__}); expected a DICOM image") from error
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.TransferSyntaxUID = UID(sop_class), syntax
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    done = tuple(Done(attribute=name, action=action, times=times)
                 for (name, action), times in sorted(counted.items()))  # fmt: skip
    return f"{pseudonyms.name(str(made.SOPInstanceUID))}.dcm", file.getvalue(), done


def _refuse_what_may_not_leave(dataset: Dataset, sop_class: str) -> None:
    if sop_class.startswith(_DOCUMENTS):
        raise UnsupportedImage("a document, not an image; expected an image: no table can clean its text")
    modality, burned_in = str(dataset.get("Modality")), dataset.get("BurnedInAnnotation")
    doubtful = modality in BURNED_IN_UNLESS_DENIED or (
        sop_class.startswith(_SECONDARY_CAPTURE) and modality not in RADIOGRAPHY
    )
    if burned_in == "YES" or (doubtful and burned_in != "NO"):
        raise UnsupportedImage("the pixels may show text (Burned In Annotation); expected an image that says NO")
