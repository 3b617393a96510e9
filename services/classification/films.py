"""The chest films that this room's networks are trained and measured on.

``chest_radiographs.csv`` holds one row a film in one label space: ``1``, ``0`` or blank, and blank is unknown,
never 0. Only ``file`` and the labels are needed; what else a column may say:

==============  ====================================================================================
``set``         where the film comes from (default ``own``)
``patient_id``  whose it is (default: a person for each film); a person is never in two splits
``split``       ``train``, ``val`` or ``test`` (default: drawn by the patient, 70, 15 and 15 of 100)
``view``        ``PA``, ``AP`` or other; ``frontal`` is 1 unless it says 0
``sex, age``    F or M, and years; looked for in ``SET/SET.csv`` too
``keep``        0 leaves the film out
==============  ====================================================================================

Only training and evaluation read this.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

REFUSED = 3
"""Exit code of a program that cannot use what it was given."""


class UnusableData(ValueError):
    """A table or a recipe that cannot be used; the message says what would be."""


TABLE = "chest_radiographs.csv"
OF_A_FILM = frozenset(
    {"file", "set", "original_name", "patient_id", "group_id", "split", "external_holdout", "keep", "dup_of", "view"}
    | {"frontal", "age_group", "age", "sex", "lung_mask"}
)
"""Columns that are no label."""


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
    sex: str = ""
    age_years: float | None = None

    @property
    def age_band(self) -> str:
        """Age in words, ``""`` where it is not known."""
        if self.age_years is None:
            return ""
        bands = ((6, "1 to 5"), (18, "6 to 17"), (40, "18 to 39"), (65, "40 to 64"), (200, "65 and older"))
        return next(name for end, name in bands if self.age_years < end)


def read_films(data: Path) -> list[Film]:
    """Return the films that are kept, frontal and lateral, in the order of the table.

    Raises
    ------
    FileNotFoundError
        If ``data`` has no ``chest_radiographs.csv``.
    UnusableData
        If the table has no column ``file``.
    """
    with (data / TABLE).open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row.get("keep", "1") != "0"]
    if rows and "file" not in rows[0]:
        raise UnusableData(f"{TABLE} has no column file; expected one row a film with file and its labels")
    persons = _persons(data, {row.get("set") or "" for row in rows})
    return [_film(row, persons.get(row["file"], {})) for row in rows]


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


def _persons(data: Path, sets: set[str]) -> dict[str, dict[str, str]]:
    """Return what the tables of the sets say of a film beside its labels."""
    said: dict[str, dict[str, str]] = {}
    for name in sorted(sets - {""}):
        path = data / name / f"{name}.csv"
        if path.is_file():
            with path.open(newline="") as table:
                said |= {row["file"]: row for row in csv.DictReader(table) if row.get("file")}
    return said


def _film(row: dict[str, str], beside: dict[str, str]) -> Film:
    known = {column: value for column, value in row.items() if column not in OF_A_FILM and value not in ("", None)}
    patient = row.get("patient_id") or row["file"]
    return Film(
        file=row["file"],
        source=row.get("set") or "own",
        split=row.get("split") or _drawn_split(patient),
        patient=patient,
        view=row.get("view") or "",
        frontal=row.get("frontal", "1") != "0",
        labels={label: float(value) >= 0.5 for label, value in known.items()},
        sex=(row.get("sex") or beside.get("sex") or "").upper()[:1],
        age_years=_years(row.get("age") or beside.get("age") or "", row.get("age_group") or ""),
    )


def _drawn_split(patient: str) -> str:
    """Return the same split for the same person, today and next year."""
    place = int(hashlib.md5(patient.encode(), usedforsecurity=False).hexdigest(), 16) % 100
    return "train" if place < 70 else "val" if place < 85 else "test"


def _years(age: str, group: str) -> float | None:
    try:
        return float(age)
    except ValueError:
        return 3.0 if group.startswith("child") else None
