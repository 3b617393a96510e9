"""The Shenzhen films with lung outlines: another hospital, never trained on, only measured on.

Jaeger et al. 2014 (films, NLM); the outlines follow the JSRT convention, without the lung behind the heart.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.training.jsrt import read_grey


class LungFilm(NamedTuple):
    """One film with one outline around both lungs."""

    patient_id: str
    pixels: npt.NDArray[np.uint8]
    """``(rows, columns)``."""
    lungs: npt.NDArray[np.bool_]
    """``(rows, columns)``."""


def read_shenzhen(folder: Path) -> list[LungFilm]:
    """Read every kept film of the split ``test`` that has an outline; nothing where the set is absent."""
    table_path = folder / "tb_shenzhen" / "tb_shenzhen.csv"
    if not table_path.exists():
        return []
    with table_path.open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == "test" and row["keep"] == "1"]
    return [_read(folder, row) for row in rows if row["lung_mask"]]


def _read(folder: Path, row: dict[str, str]) -> LungFilm:
    pixels = read_grey(folder / row["file"])
    size = pixels.shape[::-1]
    mask = cv2.resize(read_grey(folder / row["lung_mask"]), size, interpolation=cv2.INTER_NEAREST)
    return LungFilm(row["patient_id"], pixels, np.asarray(mask > 0))
