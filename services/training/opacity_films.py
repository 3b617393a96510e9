"""Films with lung opacities that people outlined: a person's own, or ``covid_gb_seg``; and films that show none.

Your own films: a folder with ``films.csv``, one row a film, and these columns.

===============  ==================================================================================================
``file``         the film: a grey PNG or JPEG, relative to the folder
``mask``         a grey PNG, 0 outside every opacity; left empty for a film that shows none
``patient_id``   whose film it is; every interval is by patient
``split``        ``train``, ``val`` or ``test``; a patient is in one of them only
===============  ==================================================================================================

Without ``films.csv``: the masks of GeneralBlockchain's set (ground glass and consolidation together, for the line
between them is each reader's own), and beside them films of ``nih`` whose report found nothing. A film is one patch of
opacity after the other: each connected part of a mask is an opacity of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from services.training.outlined import OWN, refuse_patients_in_two_splits
from services.training.tables import Grey, Split, read_grey, read_mask, read_table

GROUND_GLASS, CONSOLIDATION = 4, 5
"""Bits of the masks of ``covid_gb_seg``."""
SMALLEST = 0.003
"""Share of the film that a part of a mask covers at least; less is the crumb of a brush."""
NORMAL_FILMS = {"train": 120, "val": 40, "test": 60}
"""Films without a finding that stand beside ``covid_gb_seg``."""


class OpacityFilm(NamedTuple):
    """One film with its opacities."""

    patient_id: str
    pixels: Grey
    """``(rows, columns)`` uint8."""
    parts: Grey
    """``(rows, columns, n)`` uint8, 0 or 1, a channel an opacity; one empty channel where there is none."""

    @property
    def ill(self) -> bool:
        return bool(self.parts.any())


class OpacityFilms(NamedTuple):
    """The films of one split, and the name and terms of where they come from."""

    name: str
    terms: str
    films: list[OpacityFilm]


def read_opacities(folder: Path, split: Split) -> OpacityFilms:
    """Read every film of one split, decoded once and held in memory.

    Raises
    ------
    FileNotFoundError
        If the folder has neither ``films.csv`` nor ``covid_gb_seg``, or a listed picture is missing.
    ValueError
        If a patient is in two splits.
    """
    if (folder / OWN).exists():
        rows = read_table(folder / OWN)
        refuse_patients_in_two_splits(rows)
        films = [_own(folder, row) for row in rows if row["split"] == split]
        return OpacityFilms("own films", "as whoever gathered them says", films)
    rows = read_table(folder / "covid_gb_seg" / "covid_gb_seg.csv")
    if not rows:
        raise FileNotFoundError(f"{folder.name} holds neither {OWN} nor covid_gb_seg/covid_gb_seg.csv")
    films = [_outlined(folder, row) for row in rows if row["split"] == split]
    terms = "masks CC BY 4.0; films per image, some unknown: research use only"
    return OpacityFilms("covid_gb_seg", terms, [*films, *_normal(folder, "nih", split, NORMAL_FILMS[split])])


def read_normal(folder: Path, source: str, split: Split) -> list[OpacityFilm]:
    """Read the frontal films of a set that its source calls normal; nothing where the set is absent."""
    return _normal(folder, source, split, None)


def parts_of(mask: Grey) -> Grey:
    """Return each connected part of a mask that is large enough, ``(rows, columns, n)``, 0 or 1."""
    count, numbered, statistics, _ = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8))
    large = [n for n in range(1, count) if statistics[n, cv2.CC_STAT_AREA] >= SMALLEST * mask.size]
    if not large:
        return np.zeros((*mask.shape, 1), np.uint8)
    return np.stack([(numbered == n).astype(np.uint8) for n in large], axis=-1)


def _own(folder: Path, row: dict[str, str]) -> OpacityFilm:
    pixels = read_grey(folder / row["file"])
    mask = read_mask(folder / row["mask"], pixels) if row["mask"] else np.zeros_like(pixels)
    return OpacityFilm(row["patient_id"], pixels, parts_of(mask))


def _outlined(folder: Path, row: dict[str, str]) -> OpacityFilm:
    pixels = read_grey(folder / row["file"])
    mask = read_mask(folder / row["mask"], pixels)
    opaque = np.asarray(mask & np.uint8(1 << GROUND_GLASS | 1 << CONSOLIDATION), np.uint8)
    return OpacityFilm(row["patient_id"], pixels, parts_of(opaque))


def _normal(folder: Path, source: str, split: Split, most: int | None) -> list[OpacityFilm]:
    rows = [
        row
        for row in read_table(folder / "chest_radiographs.csv")
        if (row["set"], row["split"], row["keep"], row["frontal"], row["no_finding"]) == (source, split, "1", "1", "1")
    ]
    films = [(row["patient_id"], read_grey(folder / row["file"])) for row in rows[:most]]
    return [OpacityFilm(patient, pixels, np.zeros((*pixels.shape, 1), np.uint8)) for patient, pixels in films]
