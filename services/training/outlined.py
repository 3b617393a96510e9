"""Films with the five outlines that people drew: a person's own, or the JSRT set.

Your own films: a folder with ``films.csv``, one row a film, and these columns.

===============  ==================================================================================================
``file``         the film: a grey PNG or JPEG, relative to the folder
``mask``         one grey PNG whose bits are the outlines: 1 right lung, 2 left lung, 4 heart, 8 right clavicle, 16
                 left clavicle (the patient's sides); or leave it out and give a mask each in columns named
                 ``right_lung``, ``left_lung``, ``heart``, ``right_clavicle``, ``left_clavicle`` (0 is outside)
``patient_id``   whose film it is; every interval is by patient
``split``        ``train``, ``val`` or ``test``; a patient is in one of them only
``spacing_mm``   optional: mm a pixel, where somebody knows it; distances are in mm then, otherwise in pixels
===============  ==================================================================================================

Without ``films.csv`` the JSRT films are read: Shiraishi et al. 2000 (films), van Ginneken et al. 2006 (outlines).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES, HEART, LEFT_LUNG, RIGHT_LUNG
from services.training.tables import Grey, Split, read_grey, read_mask, read_table

OWN = "films.csv"
JSRT_SPACING_MM = 0.175
"""Of the digitised film, 2048 px a side (Shiraishi 2000); these copies are smaller."""


class OutlinedFilm(NamedTuple):
    """One film with the outlines that people drew."""

    patient_id: str
    """Pseudonym of the data set; the unit of every interval."""
    pixels: Grey
    """``(rows, columns)`` uint8."""
    masks: Grey
    """``(rows, columns, 5)`` uint8, 0 or 1, in the order of ``CHEST_STRUCTURES``."""
    spacing_mm: float | None
    """Side of a pixel on the film, or ``None`` where nobody says."""

    @property
    def cardiothoracic_ratio(self) -> float:
        """The widest heart over the widest thorax, of the outlines."""
        masks = {one: self.masks[..., i] > 0 for i, one in enumerate(CHEST_STRUCTURES)}
        return width(masks[HEART]) / max(1, width(masks[RIGHT_LUNG] | masks[LEFT_LUNG]))


class Films(NamedTuple):
    """The films of one split, and the name that figures call them by."""

    name: str
    terms: str
    films: list[OutlinedFilm]


def width(mask: npt.NDArray[np.bool_]) -> int:
    """Return the number of columns from the first to the last of a mask."""
    columns = np.flatnonzero(mask.any(axis=0))
    return int(columns[-1] - columns[0] + 1) if columns.size else 0


def read_outlined(folder: Path, split: Split) -> Films:
    """Read every film of one split, decoded once and held in memory.

    Raises
    ------
    FileNotFoundError
        If the folder has neither ``films.csv`` nor ``jsrt/jsrt.csv``, or a listed picture is missing.
    ValueError
        If a patient is in two splits.
    """
    if (folder / OWN).exists():
        rows = read_table(folder / OWN)
        refuse_patients_in_two_splits(rows)
        films = [_own(folder, row) for row in rows if row["split"] == split]
        return Films("own films", "as whoever gathered them says", films)
    if not (folder / "jsrt" / "jsrt.csv").exists():
        raise FileNotFoundError(f"{folder.name} holds neither {OWN} nor jsrt/jsrt.csv")
    rows = [row for row in read_table(folder / "jsrt" / "jsrt.csv") if row["keep"] == "1" and row["split"] == split]
    terms = "research use; cite Shiraishi 2000 and van Ginneken 2006"
    return Films("jsrt", terms, [_jsrt(folder, row) for row in rows])


def refuse_patients_in_two_splits(rows: list[dict[str, str]]) -> None:
    """A patient whose films are trained on cannot be measured on.

    Raises
    ------
    ValueError
        If there is one.
    """
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["patient_id"], set()).add(row["split"])
    if torn := sum(len(one) > 1 for one in splits.values()):
        raise ValueError(f"{torn} patients of {OWN} are in more than one split; a patient belongs to one only")


def _own(folder: Path, row: dict[str, str]) -> OutlinedFilm:
    pixels = read_grey(folder / row["file"])
    if row.get("mask"):
        masks = _bits(read_mask(folder / row["mask"], pixels))
    else:
        names = [one.name.replace(" ", "_") for one in CHEST_STRUCTURES]
        masks = np.stack([read_mask(folder / row[name], pixels) > 0 for name in names], axis=-1).astype(np.uint8)
    spacing = float(row["spacing_mm"]) if row.get("spacing_mm") else None
    return OutlinedFilm(row["patient_id"], pixels, masks, spacing)


def _jsrt(folder: Path, row: dict[str, str]) -> OutlinedFilm:
    pixels = read_grey(folder / row["file"])
    spacing = JSRT_SPACING_MM * float(row["orig_w"]) / pixels.shape[1]
    return OutlinedFilm(row["patient_id"], pixels, _bits(read_mask(folder / row["mask"], pixels)), spacing)


def _bits(mask: Grey) -> Grey:
    return np.stack([(mask >> bit) & 1 for bit in range(len(CHEST_STRUCTURES))], axis=-1)
