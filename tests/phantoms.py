"""The phantom radiograph: drawn here, known to the last pixel, nobody's film.

Write one from the command line::

    python -m tests.phantoms OUT.dcm --abnormality effusion-left --seed 3
    python -m tests.phantoms OUT.png --picture knee --bits 8

The extension decides the format: ``.dcm``, ``.png`` (8 or 16 bit) or ``.jpg``. With ``--truth OUT.npz``
the masks and the true cardiothoracic ratio are written too.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.drawn.anatomy import Abnormality
from tests.drawn.chest import Chest, draw_chest, measured_ratio
from tests.drawn.dicom import ct_dataset, dicom_bytes, jpeg_bytes, png_bytes, radiograph_dataset
from tests.drawn.others import (
    Picture,
    draw_blank,
    draw_ct,
    draw_fundus,
    draw_knee,
    draw_lateral,
    draw_noise,
)

__all__ = [
    "Abnormality",
    "Chest",
    "Picture",
    "chest_dicom",
    "ct_dataset",
    "dicom_bytes",
    "draw_blank",
    "draw_chest",
    "draw_ct",
    "draw_fundus",
    "draw_knee",
    "draw_lateral",
    "draw_noise",
    "jpeg_bytes",
    "measured_ratio",
    "picture_bytes",
    "png_bytes",
    "radiograph_dataset",
]


def chest_dicom(abnormality: str = "none", *, seed: int = 0, modality: str = "DX", **attributes: Any) -> bytes:
    """Return a whole DICOM file of a drawn frontal chest film; ``attributes`` replace header values."""
    chest = draw_chest(Abnormality(abnormality), seed=seed)
    return dicom_bytes(radiograph_dataset(chest.pixels, modality=modality, seed=seed, **attributes))


def picture_bytes(picture: Picture, extension: str, *, seed: int = 0, modality: str = "DX", bits: int = 16) -> bytes:
    """Return a drawing that is not a frontal chest film as a file of the wanted format."""
    if picture is Picture.CT and extension == ".dcm":
        return dicom_bytes(ct_dataset(draw_ct(seed), seed=seed))
    if picture is Picture.FUNDUS and extension == ".dcm":
        raise ValueError("the fundus photograph is drawn as .png or .jpg")
    pixels = _pixels(picture, seed)
    body_part, view = {Picture.LATERAL: ("CHEST", "LL"), Picture.KNEE: ("KNEE", "AP")}.get(picture, ("CHEST", "PA"))
    if extension == ".dcm":
        return dicom_bytes(
            radiograph_dataset(pixels, modality=modality, body_part=body_part, view_position=view, seed=seed)
        )
    return png_bytes(pixels, bits) if extension == ".png" else jpeg_bytes(pixels)


def _pixels(picture: Picture, seed: int) -> NDArray[Any]:
    if picture is Picture.CT:
        return np.clip(draw_ct(seed).astype(np.int32) + 1024, 0, 4095).astype(np.uint16)
    if picture is Picture.BLANK:
        return draw_blank()
    draw = {Picture.LATERAL: draw_lateral, Picture.KNEE: draw_knee, Picture.NOISE: draw_noise}
    return draw_fundus(seed) if picture is Picture.FUNDUS else draw[picture](seed)


def _write_chest(options: argparse.Namespace) -> None:
    chest = draw_chest(
        Abnormality(options.abnormality),
        seed=options.seed,
        rows=options.rows,
        columns=options.columns,
        cardiothoracic_ratio=options.ratio,
        extent=options.extent,
    )
    extension = options.out.suffix.lower()
    if extension == ".dcm":
        dataset = radiograph_dataset(
            chest.pixels, modality=options.modality, seed=options.seed, photometric=options.photometric
        )
        if options.calibrated:
            dataset.PixelSpacing = dataset.ImagerPixelSpacing
            dataset.PixelSpacingCalibrationType = "FIDUCIAL"
        options.out.write_bytes(dicom_bytes(dataset))
    elif extension == ".png":
        options.out.write_bytes(png_bytes(chest.pixels, options.bits))
    else:
        options.out.write_bytes(jpeg_bytes(chest.pixels))
    if options.truth:
        truth: dict[str, Any] = {"cardiothoracic_ratio": chest.cardiothoracic_ratio, **chest.masks}
        np.savez_compressed(options.truth, **truth)


def main() -> None:
    """Write one drawing."""
    parser = argparse.ArgumentParser(prog="python -m tests.phantoms", description="Draw a phantom radiograph.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--abnormality", choices=[str(kind) for kind in Abnormality], default="none")
    parser.add_argument("--picture", choices=[str(kind) for kind in Picture], help="something else than a chest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ratio", type=float, help="cardiothoracic ratio")
    parser.add_argument("--extent", type=float, default=0.5, help="0 slight to 1 massive")
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--columns", type=int, default=2048)
    parser.add_argument("--modality", choices=["CR", "DX"], default="DX")
    parser.add_argument("--photometric", choices=["MONOCHROME1", "MONOCHROME2"], default="MONOCHROME2")
    parser.add_argument("--bits", type=int, choices=[8, 16], default=16)
    parser.add_argument("--calibrated", action="store_true", help="the spacing was measured on a known object")
    parser.add_argument("--truth", type=Path)
    options = parser.parse_args()
    if options.picture is None:
        _write_chest(options)
        return
    extension = options.out.suffix.lower()
    options.out.write_bytes(
        picture_bytes(
            Picture(options.picture), extension, seed=options.seed, modality=options.modality, bits=options.bits
        )
    )


if __name__ == "__main__":
    main()
