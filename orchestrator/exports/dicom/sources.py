"""The headers of the images that a draft speaks of: what its DICOM objects copy and refer to.

Read in the identified zone, from the bytes as received. Pixels are never decoded a second time.
"""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import NamedTuple, TypedDict

from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import PYDICOM_ROOT_UID, generate_uid

from orchestrator.release import Release, release_of_draft
from orchestrator.study import Instance, Study

MANUFACTURER = "wetread"
MODEL = "wetread draft report"
SERIAL_NUMBER = "none"
"""Software has no serial number; the attribute is mandatory (PS3.3 C.7.5.2)."""
_TYPE_2 = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
           "AccessionNumber", "ReferringPhysicianName", "StudyID", "PatientOrientation")  # fmt: skip
"""Attributes that must be there and may be empty (PS3.3 C.7.1.1, C.7.2.1, C.7.6.1)."""

_MADE = {
    "ContentDate": "%Y%m%d", "InstanceCreationDate": "%Y%m%d", "PresentationCreationDate": "%Y%m%d",
    "SeriesDate": "%Y%m%d", "DateOfSecondaryCapture": "%Y%m%d", "ContentTime": "%H%M%S",
    "InstanceCreationTime": "%H%M%S", "PresentationCreationTime": "%H%M%S", "SeriesTime": "%H%M%S",
    "TimeOfSecondaryCapture": "%H%M%S", "ContributionDateTime": "%Y%m%d%H%M%S",
}  # fmt: skip
"""When an object was made, and how each attribute writes it."""


class Source(NamedTuple):
    """One image as received: its header without pixels."""

    image_id: str
    header: Dataset


class Placed(TypedDict):
    """Series, instance and equipment of an object (PS3.3 C.7.3.1, C.7.5.2, C.12.1)."""

    series_instance_uid: str
    series_number: int
    sop_instance_uid: str
    instance_number: int
    manufacturer: str
    manufacturer_model_name: str
    software_versions: str
    device_serial_number: str


class Making(NamedTuple):
    """What every object of one release is made of."""

    release: Release
    sources: tuple[Source, ...]

    def uid(self, kind: str) -> str:
        """Return the UID of one thing of this release: the same each time, so that resending makes no second one."""
        return self.uid_of(self.release.key, kind)

    def uid_of(self, key: str, kind: str) -> str:
        """Return the UID of one thing of another release of the study."""
        return str(generate_uid(PYDICOM_ROOT_UID, [key, kind]))

    def of_draft(self) -> Making:
        """Return the making of the draft itself, for what no signature changes."""
        return Making(release_of_draft(self.release.draft), self.sources)

    @property
    def when(self) -> datetime:
        return self.release.at

    @property
    def label(self) -> str:
        """What a viewer shows beside a series."""
        return "AI, in a signed report" if self.release.is_signed else "AI, not verified"

    def header_of(self, image_id: str) -> Dataset | None:
        """Return the header of an image; ``None`` where it did not come as DICOM."""
        return next((source.header for source in self.sources if source.image_id == image_id), None)

    def placed(self, kind: str, series_number: int, number: int) -> Placed:
        """Return series, instance and equipment of one object, as highdicom's constructors take them."""
        return {
            "series_instance_uid": self.uid(f"{kind} series"),
            "series_number": series_number,
            "sop_instance_uid": self.uid(f"{kind} {number}"),
            "instance_number": number,
            "manufacturer": MANUFACTURER,
            "manufacturer_model_name": MODEL,
            "software_versions": self.version,
            "device_serial_number": SERIAL_NUMBER,
        }

    @property
    def version(self) -> str:
        return self.release.provenance.software_version

    @property
    def headers(self) -> list[Dataset]:
        return [source.header for source in self.sources]


def making_of(release: Release, study: Study) -> Making:
    """Return the release with the header of each of its images that came as DICOM."""
    instances = [instance for series in study.series for instance in series.instances]
    read = ((instance.image.image_id, _header(instance)) for instance in instances)
    return Making(release, tuple(Source(image_id, header) for image_id, header in read if header is not None))


def as_bytes(made: Dataset, when: datetime) -> bytes:
    """Return an object as a DICOM file, dated as the release is, so that the same release gives the same bytes."""
    moment = when.astimezone()

    def date(_: Dataset, element: DataElement) -> None:
        if element.keyword in _MADE:
            element.value = format(moment, _MADE[element.keyword])

    made.walk(date)
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _header(instance: Instance) -> Dataset | None:
    if instance.sop_class_uid is None:
        return None
    try:
        header = dcmread(instance.source, stop_before_pixels=True)
    except (InvalidDicomError, OSError):
        return None
    _without_slips(header)
    for keyword in _TYPE_2:
        if keyword not in header:
            setattr(header, keyword, None)
    return header


def _without_slips(header: Dataset) -> None:
    """Leave out slips that a receiver would refuse in our objects: an age without its unit, a spacing of zero."""
    if not re.fullmatch(r"\d{3}[DWMY]", str(header.get("PatientAge") or "000Y")):
        del header.PatientAge
    if not all(header.get("PixelSpacing") or (1,)):
        del header.PixelSpacing
