"""Tables of films and the pictures that they list."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Split = Literal["train", "val", "test"]
Grey = npt.NDArray[np.uint8]


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header; nothing where there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def read_grey(path: Path) -> Grey:
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


def read_mask(path: Path, like: Grey) -> Grey:
    """Read a picture of whole numbers at the size of another picture, nearest neighbour."""
    return np.asarray(cv2.resize(read_grey(path), like.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
