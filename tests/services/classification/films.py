"""Films and helpers that the tests of this room share."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from services.pixels import Pixels
from services.store import Store
from tests.phantoms import Abnormality, draw_chest
from tests.services.tiny import put_image

REPOSITORY = Path(__file__).parents[3]


def pixels(folder: Path, image: npt.NDArray[np.generic], bits: int = 0) -> Pixels:
    """Return an image as a specialist gets it."""
    return Pixels(put_image(folder, image, bits=bits), Store(folder, fsync=False))


def phantom(seed: int, abnormality: str = "none") -> npt.NDArray[np.uint16]:
    return draw_chest(Abnormality(abnormality), seed=seed, rows=840, columns=688).pixels


def real_data() -> Path:
    """Return the folder of real films, or skip."""
    folder = Path(os.environ.get("WETREAD_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "chest_radiographs.csv").is_file():
        pytest.skip("no real films here: WETREAD_DATA names no folder with chest_radiographs.csv")
    return folder


def real_films(source: str, most: int, **wanted: str) -> list[npt.NDArray[np.uint8]]:
    """Return test films of one set whose columns hold the wanted values."""
    folder = real_data()
    with (folder / "chest_radiographs.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["set"] == source and row["split"] == "test"]
    chosen = [row for row in rows if row["keep"] == "1" and all(row[name] == value for name, value in wanted.items())]
    return [np.asarray(cv2.imread(str(folder / row["file"]), cv2.IMREAD_GRAYSCALE)) for row in chosen[:most]]
