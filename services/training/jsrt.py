"""The JSRT films with their expert outlines, as listed in ``jsrt/jsrt.csv`` of the data folder.

Shiraishi et al. 2000 (films), van Ginneken et al. 2006 (outlines); research use.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES

Split = Literal["train", "val", "test"]


class OutlinedFilm(NamedTuple):
    """One film with the outlines that people drew."""

    patient_id: str
    """Pseudonym of the data set; the unit of every interval."""
    pixels: npt.NDArray[np.uint8]
    """``(rows, columns)`` uint8."""
    masks: npt.NDArray[np.uint8]
    """``(rows, columns, 5)`` uint8, 0 or 1, in the order of ``CHEST_STRUCTURES``."""
    cardiothoracic_ratio: float
    """As computed from the masks by whoever prepared the set."""


def read_jsrt(folder: Path, split: Split) -> list[OutlinedFilm]:
    """Read every kept film of one split, decoded once and held in memory (about 0.6 MB a film).

    Raises
    ------
    FileNotFoundError
        If the folder has no ``jsrt/jsrt.csv`` or a listed file is missing.
    """
    with (folder / "jsrt" / "jsrt.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == split and row["keep"] == "1"]
    return [_read(folder, row) for row in rows]


def _read(folder: Path, row: dict[str, str]) -> OutlinedFilm:
    pixels = read_grey(folder / row["file"])
    bits = read_grey(folder / row["mask"])
    masks = np.stack([(bits >> bit) & 1 for bit in range(len(CHEST_STRUCTURES))], axis=-1)
    return OutlinedFilm(row["patient_id"], pixels, masks, float(row["ctr_from_masks"]))


def read_grey(path: Path) -> npt.NDArray[np.uint8]:
    """Read a grey picture.

    Raises
    ------
    FileNotFoundError
        If it is missing or cannot be decoded.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise FileNotFoundError(f"{path.name} cannot be read; expected a grey JPEG or PNG")
    return np.asarray(picture, np.uint8)
