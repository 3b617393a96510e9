"""How far apart pixels are, and who says so (PS3.3 10.7.1.3).

On a projection radiograph the distance between detector elements is not a distance in the patient. A
spacing counts there only when somebody corrected it: by a known object or a known geometry. Otherwise
there is none, and no length in mm can come of it.
"""

from __future__ import annotations

import math
from typing import Any

from pydicom.dataset import Dataset

from orchestrator.vocabulary import modality_term

Spacing = tuple[float, float]
SLICES = frozenset({"CT", "MR", "PT"})
CALIBRATED = frozenset({"GEOMETRY", "FIDUCIAL"})
"""Pixel Spacing Calibration Type (0028,0A02)."""


def spacing_of(dataset: Dataset) -> tuple[Spacing | None, str | None]:
    """Return row and column spacing in mm, and the attribute that it came from."""
    modality = modality_term(str(dataset.get("Modality", "")))
    if modality in SLICES:
        pixel = _pair(dataset, "PixelSpacing") or _shared(dataset)
        return (pixel, "PixelSpacing") if pixel else (None, None)
    return _projection(dataset)


def _projection(dataset: Dataset) -> tuple[Spacing | None, str | None]:
    pixel, detector = _pair(dataset, "PixelSpacing"), _pair(dataset, "ImagerPixelSpacing")
    calibration = str(dataset.get("PixelSpacingCalibrationType", "")).strip().upper()
    corrected = detector is not None and pixel is not None and not _same(pixel, detector)
    if pixel and (corrected or calibration in CALIBRATED):
        return pixel, "PixelSpacing"
    magnification = _number(dataset.get("EstimatedRadiographicMagnificationFactor"))
    if detector and magnification and 1.0 <= magnification <= 5.0:
        source = "ImagerPixelSpacing / EstimatedRadiographicMagnificationFactor"
        return (detector[0] / magnification, detector[1] / magnification), source
    return None, None


def _shared(dataset: Dataset) -> Spacing | None:
    """The spacing of an enhanced multi-frame object: shared, or of its first frame (PS3.3 C.7.6.16.2.1)."""
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in (dataset.get(groups) or [])[:1]:
            for measures in (group.get("PixelMeasuresSequence") or [])[:1]:
                return _pair(measures, "PixelSpacing")
    return None


def _pair(dataset: Dataset, keyword: str) -> Spacing | None:
    try:
        rows, columns = (_number(value) for value in dataset.get(keyword) or ())
    except (TypeError, ValueError, AttributeError):
        return None
    if rows is None or columns is None or not (0.001 <= rows <= 50 and 0.001 <= columns <= 50):
        return None
    return rows, columns


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _same(one: Spacing, other: Spacing) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(one, other, strict=True))
