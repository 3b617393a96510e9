"""Films with one outline around both lungs, in two conventions that are never merged into one target.

``tb_shenzhen`` leaves the heart out of the lung, as JSRT does; it is another hospital, never trained on, only measured
on. Children of 1 to 5 years (``kermany_lungs``) and adults with pneumonia (``covid_ieee8023``) include the lung behind
the heart: the *lung field*.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from services.training.tables import Grey, Split, read_grey, read_mask, read_table

KEPT_BACK = 16
"""One in so many children of the split ``train`` is kept back to choose among steps by; ``val`` is measured once."""


class LungFilm(NamedTuple):
    """One film with one outline around both lungs."""

    patient_id: str
    pixels: Grey
    """``(rows, columns)``."""
    lungs: npt.NDArray[np.bool_]
    """``(rows, columns)``."""


def read_shenzhen(folder: Path, split: Split = "test") -> list[LungFilm]:
    """Read every kept film of one split that has an outline; nothing where the set is absent.

    Jaeger et al. 2014 (films, NLM).
    """
    rows = read_table(folder / "tb_shenzhen" / "tb_shenzhen.csv")
    return [_read(folder, row, "lung_mask") for row in rows if row["split"] == split and row["keep"] == "1"]


def read_children(folder: Path, part: Literal["train", "choose", "held out"]) -> list[LungFilm]:
    """Read the children's films of one part; a child's films stay together.

    The set has two splits: ``train``, from which a sixteenth is kept back to choose by, and ``val``, held out.
    """
    split = "val" if part == "held out" else "train"
    rows = [row for row in read_table(folder / "kermany_lungs" / "kermany_lungs.csv") if row["split"] == split]
    if part != "held out":
        rows = [row for row in rows if _kept_back(row["patient_id"]) == (part == "choose")]
    return [_read(folder, row, "mask") for row in rows if row["mask"]]


def read_adults(folder: Path, split: Split) -> list[LungFilm]:
    """Read the kept adult films of one split that have an outline."""
    rows = read_table(folder / "covid_ieee8023" / "covid_ieee8023.csv")
    wanted = [row for row in rows if row["split"] == split and row["keep"] == "1" and row["lung_mask"]]
    return [_read(folder, row, "lung_mask") for row in wanted]


def _kept_back(patient_id: str) -> bool:
    return hashlib.sha256(patient_id.encode()).digest()[0] % KEPT_BACK == 0


def _read(folder: Path, row: dict[str, str], column: str) -> LungFilm:
    pixels = read_grey(folder / row["file"])
    return LungFilm(row["patient_id"], pixels, np.asarray(read_mask(folder / row[column], pixels) > 0))
