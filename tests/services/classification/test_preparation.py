"""What the classifier is shown of a film."""

from __future__ import annotations

import numpy as np
import pytest

from services.classification.preparation import squash, standardise
from tests.services.classification.films import phantom


def test_black_borders_are_cropped_and_the_heat_map_leaves_them_empty() -> None:
    film = phantom(1)
    framed = np.pad(film, ((0, 0), (120, 120)))
    square, kept = squash(framed, 144)
    assert square.shape == (144, 144)
    assert kept.left > 0.05
    assert kept.right < 0.95
    heat = kept.cover_image(np.ones((144, 144), np.float32), 100, 100)
    assert not heat[:, :5].any()
    assert heat[:, 50].any()


def test_an_image_without_content_is_refused() -> None:
    for image in (np.zeros((100, 100), np.uint8), np.full((100, 100), np.nan), np.ones((3, 100, 100))):
        with pytest.raises(ValueError, match="expected"):
            squash(image, 144)


def test_the_network_never_sees_the_exposure() -> None:
    film = phantom(2).astype(np.float32)
    bright, dark = (standardise(squash(image, 144)[0]) for image in (film * 3 + 500, film))
    assert np.abs(bright - dark).mean() < 0.05
