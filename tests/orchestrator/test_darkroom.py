"""An inverted export is read as the film it is, and what came is kept."""

from __future__ import annotations

import numpy as np

from orchestrator.darkroom import turn_over
from orchestrator.ingest.store import put_array
from orchestrator.triage import triage
from services.contract import ImageQuality, PictureState, Window
from tests.orchestrator.small_clinic import image, look


def test_the_whole_range_is_mirrored_and_the_window_with_it(tmp_path):
    values = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300
    location, sha256 = put_array(tmp_path, values)
    film = image(modality="DX", body_part="CHEST", view_position="PA").model_copy(
        update={
            "location": location,
            "sha256": sha256,
            "rows": 3,
            "columns": 4,
            "window": Window(center=1000, width=500),
        }
    )
    quality = ImageQuality(state=PictureState.INVERTED, readable_when_turned_over=True)
    plan = turn_over(triage([film], [look(known=False, quality=quality)]), tmp_path)
    for assignment in plan.assignments:
        (read,) = assignment.images
        assert np.array_equal(np.load(tmp_path / read.location), 4095 - values)
        assert read.window == Window(center=3095, width=500)
        assert read.image_id == film.image_id
    assert np.array_equal(np.load(tmp_path / location), values)


def test_a_film_that_is_not_inverted_keeps_its_pixels(tmp_path):
    plan = triage([image(modality="DX", body_part="CHEST", view_position="PA")], [look()])
    assert turn_over(plan, tmp_path) == plan
