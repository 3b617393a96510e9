"""The outlines as a binary DICOM segmentation (PS3.3 A.51), one object an image."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from highdicom import AlgorithmIdentificationSequence, seg
from highdicom.color import CIELabColor
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from orchestrator.exports.arrays import Array, Arrays
from orchestrator.exports.dicom import codes
from orchestrator.exports.dicom.sources import Making, as_bytes
from orchestrator.exports.pictures import colour_of, structure_name
from services.contract import Mask, Structure

_SERIES_NUMBER = 9902
_FAMILY = CodedConcept("123110", "DCM", "Artificial Intelligence")


def render_segmentations(making: Making, arrays: Arrays) -> dict[str, bytes]:
    """Return a segmentation for each image with outlines, by file name without its ending."""
    made: dict[str, bytes] = {}
    for number, source in enumerate(making.sources, 1):
        outlined = [
            (one, array)
            for one in making.release.facts.structures
            if one.evidence.image_id == source.image_id and (array := _array(one, arrays)) is not None
        ]
        if outlined:
            made[f"segmentation-{number}"] = _segmentation(making, source.header, number, outlined)
    return made  # fmt: skip


def _array(structure: Structure, arrays: Arrays) -> Array | None:
    masks = (region for region in structure.evidence.regions if isinstance(region, Mask))
    return next((arrays[mask.array.location] for mask in masks if mask.array.location in arrays), None)


def _segmentation(making: Making, header: Dataset, number: int, outlined: Sequence[tuple[Structure, Array]]) -> bytes:
    planes = [_plane(array, int(header.Rows), int(header.Columns)) for _, array in outlined]
    described = [_described(making, one, segment) for segment, (one, _) in enumerate(outlined, 1)]
    made = seg.Segmentation(
        source_images=[header],
        pixel_array=np.stack(planes, axis=-1)[None],
        segmentation_type=seg.SegmentationTypeValues.BINARY,
        segment_descriptions=described,
        **making.placed("seg", _SERIES_NUMBER, number),
        content_label="CHEST_ANATOMY",
        content_description="Outlines drawn by software, not verified",
    )
    for dimensions in (made.DimensionOrganizationSequence, made.DimensionIndexSequence):
        for one in dimensions:
            one.DimensionOrganizationUID = making.uid(f"dimensions {number}")
    made.PatientOrientation = header.get("PatientOrientation")
    made.BodyPartExamined = header.get("BodyPartExamined") or "CHEST"
    made.SeriesDescription = "Outlines, AI, not verified"
    return as_bytes(made, making.when)


def _plane(array: Array, rows: int, columns: int) -> np.ndarray:
    """Return ``(rows, columns)`` bool: the outline on the grid of its image."""
    grey = np.asarray(array, np.uint8)
    whole = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_NEAREST)
    return np.asarray(whole > (127 if grey.max() > 1 else 0))


def _described(making: Making, structure: Structure, segment: int) -> seg.SegmentDescription:
    algorithm = structure.evidence.algorithm
    described = seg.SegmentDescription(
        segment_number=segment,
        segment_label=structure_name(structure),
        segmented_property_category=codes.BODY_STRUCTURE,
        segmented_property_type=codes.concept(structure.code),
        algorithm_type=seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(algorithm.name, _FAMILY, algorithm.version),
        tracking_uid=making.uid(f"segment {structure.evidence.image_id} {structure_name(structure)}"),
        tracking_id=structure_name(structure),
        display_color=CIELabColor.from_rgb(*colour_of(structure)),
    )
    if structure.laterality:
        side = codes.side(structure.laterality)
        described.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = DicomSequence([side])
    return described
