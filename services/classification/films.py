"""The chest films that this room's networks are trained and measured on.

``chest_radiographs.csv`` holds one row a film in one label space: ``1``, ``0`` or blank, and blank is unknown,
never 0. ``split`` is by patient and duplicate group and is never crossed. Only training reads this.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FINDINGS = ("atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia")
LABELS = ("no_finding", *FINDINGS, "consolidation", "edema", "tuberculosis")


@dataclass(frozen=True)
class Film:
    """One row of ``chest_radiographs.csv`` that is worth keeping."""

    file: str
    source: str
    """The set it came from, such as ``kermany``."""
    split: str
    patient: str
    view: str
    frontal: bool
    labels: dict[str, bool]
    """What is known, and nothing else."""


def read_films(data: Path) -> list[Film]:
    """Return the films with ``keep`` 1, frontal and lateral, in the order of the table.

    Raises
    ------
    FileNotFoundError
        If ``data`` has no ``chest_radiographs.csv``.
    """
    with (data / "chest_radiographs.csv").open(newline="") as table:
        return [_film(row) for row in csv.DictReader(table) if row["keep"] == "1"]


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Return a picture as ``(rows, columns)`` uint8.

    Raises
    ------
    FileNotFoundError
        If there is no picture.
    """
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(path)
    return np.asarray(grey, dtype=np.uint8)


def _film(row: dict[str, str]) -> Film:
    known = {label: row[label] for label in LABELS if row.get(label, "") != ""}
    return Film(
        file=row["file"],
        source=row["set"],
        split=row["split"],
        patient=row["patient_id"] or row["file"],
        view=row["view"],
        frontal=row["frontal"] == "1",
        labels={label: float(value) >= 0.5 for label, value in known.items()},
    )
