"""Real images of public sets, where they lie beside the repository; no pixel of them is in it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from deploy.local.settings import ROOT
from tests.drawn.dicom import png_bytes

T = TypeVar("T")
CHEST_SETS = (
    "nih", "nih64", "kermany", "kermany_lungs", "tb_shenzhen", "jsrt", "covid_ieee8023", "covid_gb_seg",
    "covid_hannover",
)  # fmt: skip


def public_images() -> Path:
    """Return their folder, or skip the test that asks for it."""
    folder = Path(os.environ.get("WETREAD_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "chest_radiographs.csv").is_file():
        pytest.skip("the public images are not here; set WETREAD_DATA to the folder with chest_radiographs.csv")
    return folder


def rows(table: str) -> list[dict[str, str]]:
    with (public_images() / table).open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def frontal_film(source: str) -> Path:
    """Return one frontal film of a set, held out where the set has such a film."""
    films = [row for row in rows("chest_radiographs.csv") if row["set"] == source and row["frontal"] == "1"]
    films.sort(key=lambda row: (row["split"] != "test", row["file"]))
    return public_images() / films[0]["file"]


def lateral_films(most: int) -> list[Path]:
    chosen = [row for row in rows("chest_radiographs.csv") if row["view"] == "L" and row["split"] == "test"]
    return _spread((public_images() / row["file"] for row in chosen), most)


def ultrasound(most: int) -> list[Path]:
    chosen = [row for row in rows("us_busi/us_busi.csv") if row["keep"] == "1"]
    return _spread((public_images() / row["file"] for row in chosen), most)


def fundus(most: int) -> list[Path]:
    chosen = rows("fundus_drive_chase/fundus_drive_chase.csv")
    return _spread((public_images() / row["file"] for row in chosen), most)


def ct_patches(most: int) -> list[bytes]:
    with np.load(public_images() / "ct_msd_lung_patches" / "msd_lung_patches.npz") as patches:
        pictures = [patch[0] for patch in patches["test_images"]]
    return [png_bytes(picture, bits=8, bits_stored=8) for picture in _spread(pictures, most)]


def dicom_samples() -> list[tuple[dict[str, str], Path]]:
    """Return each DICOM original with what its table says of it."""
    return [(row, public_images() / row["file"]) for row in rows("dicom_samples/dicom_samples.csv")]


def _spread(of: Iterable[T], most: int) -> list[T]:
    """Return some, evenly from the first to the last."""
    found = list(of)
    return found[:: max(1, len(found) // most)][:most]
