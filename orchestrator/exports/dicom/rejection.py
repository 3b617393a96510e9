"""What withdraws a report from an archive: a key object selection that rejects its objects (IHE RAD TF-3, IOCM 4.66).

DICOM has no way to take an object back. An archive that knows Imaging Object Change Management hides what is rejected;
any other shows the selection beside it, with its title.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

from highdicom import ko
from highdicom.sr.coding import CodedConcept
from pydicom import dcmread
from pydicom.dataset import Dataset

from orchestrator.exports.dicom.sources import MANUFACTURER, MODEL, Making, as_bytes
from orchestrator.exports.words import RETRACTED

_SERIES_NUMBER = 9906
_REJECTED = CodedConcept("113001", "DCM", "Rejected for Quality Reasons")
_OF_A_VERSION = {"sr": "Comprehensive3DSRStorage", "pdf": "EncapsulatedPDFStorage"}


def render_rejection(making: Making, of_draft: Iterable[bytes]) -> bytes:
    """Return the selection that rejects every object of a draft, and report and document of what was signed since.

    Parameters
    ----------
    of_draft
        The objects of the draft, as they were or would have been sent.
    """
    objects = [dcmread(io.BytesIO(data), stop_before_pixels=True) for data in of_draft]
    by_class = {one.SOPClassUID.keyword: one for one in objects}
    for version in range(1, making.release.version + 1):
        objects += [_as_signed(making, by_class[name], kind, version) for kind, name in _OF_A_VERSION.items()]
    made = ko.KeyObjectSelectionDocument(
        evidence=objects,
        content=ko.KeyObjectSelection(_REJECTED, objects, description=f"{RETRACTED}. {making.release.reason or ''}"),
        series_instance_uid=making.uid("ko series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=making.uid("ko"),
        instance_number=1,
        manufacturer=MANUFACTURER,
    )
    made.SeriesDescription = "Retracted report"
    made.ManufacturerModelName, made.SoftwareVersions = MODEL, making.version
    return as_bytes(made, making.when)


def _as_signed(making: Making, like: Dataset, kind: str, version: int) -> Dataset:
    """The same kind of object of a signed version; its UIDs follow from its key."""
    key, made = making.release.key_of_version(version), Dataset()
    made.update(like)
    made.SOPInstanceUID = making.uid_of(key, kind)
    made.SeriesInstanceUID = making.uid_of(key, f"{kind} series")
    return made
