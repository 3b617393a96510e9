"""A person's own films: drawn chests with a table and a mask for each structure, as the training asks for them."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from services.anatomy import CHEST_STRUCTURES
from services.training.outlined import OWN
from tests.phantoms import draw_chest

SPLITS = ("train", "train", "train", "val", "test", "test")


def draw_own_films(folder: Path, splits: tuple[str, ...] = SPLITS, spacing_mm: str = "") -> Path:
    """Write a film and its masks for each split into ``folder``, and the table that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [one.name.replace(" ", "_") for one in CHEST_STRUCTURES]
    with (folder / OWN).open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("file", "patient_id", "split", "spacing_mm", *names))
        for number, split in enumerate(splits):
            chest = draw_chest(seed=number, rows=240, columns=200)
            pixels = (chest.pixels / chest.pixels.max() * 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"{number}.png"), pixels)
            masks = []
            for name in names:
                mask = chest.masks.get(name, np.zeros(pixels.shape, bool))
                cv2.imwrite(str(folder / f"{number}-{name}.png"), mask.astype(np.uint8) * 255)
                masks.append(f"{number}-{name}.png")
            writer.writerow((f"{number}.png", f"patient-{number}", split, spacing_mm, *masks))
    return folder
