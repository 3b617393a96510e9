"""Where a structure lies is read from its box or its mask, and unknown when neither can be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.outlines import Outlines
from services.contract import ArrayReference, Label, Laterality, Mask, Structure, coded
from tests.orchestrator.small_clinic import evidence, image, lung


def written_mask(store: Path, inside: np.ndarray) -> Structure:
    path = store / "mask.png"
    Image.fromarray(inside.astype(np.uint8) * 255).convert("1").save(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    target = store / sha256[:2] / f"{sha256}.png"
    target.parent.mkdir()
    path.rename(target)
    reference = ArrayReference(
        location=f"{sha256[:2]}/{sha256}.png", sha256=sha256, rows=inside.shape[0], columns=inside.shape[1]
    )
    return Structure(code=coded(Label.LUNG), evidence=evidence(regions=(Mask(array=reference),)))


def test_mask_and_box_of_the_same_place_have_the_same_centre(tmp_path):
    inside = np.zeros((50, 40), bool)
    inside[10:40, 4:16] = True
    outlines = Outlines(tmp_path)
    box = lung(Laterality.RIGHT, 80, 320, "boxes")
    assert outlines.centre(written_mask(tmp_path, inside), [image()]) == pytest.approx(0.25)
    assert outlines.centre(box, [image()]) == pytest.approx(0.25)


def test_an_empty_a_missing_and_a_damaged_mask_have_no_centre(tmp_path):
    outlines = Outlines(tmp_path)
    structure = written_mask(tmp_path, np.zeros((5, 4), bool))
    assert outlines.centre(structure, [image()]) is None
    file = next(tmp_path.glob("??/*.png"))
    file.write_bytes(b"not a picture")
    assert outlines.centre(structure, [image()]) is None
    file.unlink()
    assert outlines.centre(structure, [image()]) is None


def test_a_box_in_another_studys_image_has_no_centre(tmp_path):
    assert Outlines(tmp_path).centre(lung(Laterality.RIGHT, 80, 320, "boxes"), [image("image-2")]) is None
