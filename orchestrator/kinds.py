"""What kinds of image there are, who reads each, and which header words settle the kind.

A modality is a row of :data:`TABLE`. Used by :mod:`orchestrator.triage`.
"""

from __future__ import annotations

from typing import NamedTuple

from services.contract import ImageKind, ImageReference, LimitationReason


class Row(NamedTuple):
    """One kind of image: what it is called, who reads it, or why nobody does."""

    kind: ImageKind
    spoken: str
    services: tuple[str, ...]
    reason: LimitationReason = LimitationReason.UNSUPPORTED_IMAGE


_UNSUPPORTED_VIEW = LimitationReason.UNSUPPORTED_VIEW
TABLE: tuple[Row, ...] = (
    Row(ImageKind.CHEST_FRONTAL, "a frontal chest radiograph", ("classification", "segmentation", "detection")),
    Row(ImageKind.CHEST_LATERAL, "a lateral or oblique radiograph", (), _UNSUPPORTED_VIEW),
    Row(ImageKind.OTHER_RADIOGRAPH, "a radiograph of another part of the body", ()),
    Row(ImageKind.CT, "a CT image", ()),
    Row(ImageKind.MR, "an MR image", ()),
    Row(ImageKind.ULTRASOUND, "an ultrasound image", ()),
    Row(ImageKind.FUNDUS, "a photograph of the eye", ()),
    Row(ImageKind.NOT_MEDICAL, "something other than a medical image", ()),
)
ROWS = {row.kind: row for row in TABLE}

MODALITIES: dict[str, ImageKind] = {
    "CT": ImageKind.CT,
    "PT": ImageKind.CT,
    "MR": ImageKind.MR,
    "US": ImageKind.ULTRASOUND,
    "IVUS": ImageKind.ULTRASOUND,
    "OP": ImageKind.FUNDUS,
    "OPT": ImageKind.FUNDUS,
    "OAM": ImageKind.FUNDUS,
    "MG": ImageKind.OTHER_RADIOGRAPH,
    "IO": ImageKind.OTHER_RADIOGRAPH,
    "PX": ImageKind.OTHER_RADIOGRAPH,
    "BMD": ImageKind.OTHER_RADIOGRAPH,
    "XA": ImageKind.OTHER_RADIOGRAPH,
    "RF": ImageKind.OTHER_RADIOGRAPH,
    "NM": ImageKind.NOT_MEDICAL,
    "SM": ImageKind.NOT_MEDICAL,
    "ES": ImageKind.NOT_MEDICAL,
    "GM": ImageKind.NOT_MEDICAL,
    "ECG": ImageKind.NOT_MEDICAL,
    "DOC": ImageKind.NOT_MEDICAL,
}
"""Modality (0008,0060) that settles the kind by itself; CR, DX, RG, OT, SC and XC do not."""
RADIOGRAPHS = frozenset({"CR", "DX", "RG", "DR"})
# fmt: off
OTHER_PARTS = frozenset({
    "ABDOMEN", "ANKLE", "ARM", "BREAST", "CLAVICLE", "COCCYX", "CSPINE", "ELBOW", "EXTREMITY", "EYE", "FEMUR", "FINGER",
    "FOOT", "FOREARM", "HAND", "HEAD", "HEEL", "HIP", "HUMERUS", "JAW", "KNEE", "LEG", "LSPINE", "MANDIBLE", "MAXILLA",
    "NECK", "PATELLA", "PELVIS", "SHOULDER", "SKULL", "SPINE", "SSPINE", "THUMB", "TOE", "TSPINE", "WRIST",
})
# fmt: on
"""Body Part Examined (0018,0015) that is not the chest (PS3.16 annex L)."""
CHEST_PARTS = ("CHEST", "THORAX", "LUNG")
FRONTAL_VIEWS = frozenset({"PA", "AP"})
# fmt: off
OTHER_VIEWS = frozenset({
    "LL", "RL", "LATERAL", "LAT", "LLD", "RLD", "LLO", "RLO", "LPO", "RPO", "LAO", "RAO", "OBLIQUE",
})
# fmt: on


def kind_by_header(image: ImageReference) -> ImageKind | None:
    """Return what the header alone settles, or ``None`` where it says nothing. Nothing is guessed."""
    modality = (image.modality or "").strip().upper()
    part = (image.body_part or "").strip().upper()
    view = (image.view_position or "").strip().upper()
    if modality in MODALITIES:
        return MODALITIES[modality]
    is_chest = any(word in part for word in CHEST_PARTS)
    if not is_chest and part.replace("-", "").replace(" ", "") in OTHER_PARTS:
        return ImageKind.OTHER_RADIOGRAPH
    if modality not in RADIOGRAPHS and not is_chest and not view:
        return None
    if set(view.split()) & OTHER_VIEWS:
        return ImageKind.CHEST_LATERAL
    if is_chest and view.split() and view.split()[0] in FRONTAL_VIEWS:
        return ImageKind.CHEST_FRONTAL
    return None
