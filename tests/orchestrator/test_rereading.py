"""A film is read again as a person wants it read; what came stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from orchestrator.errors import NotFound
from orchestrator.ingest.store import put_array
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.rereading import Rereading, as_reread
from services.contract import Box, Window
from tests.orchestrator.small_clinic import image, study


@pytest.fixture
def film(tmp_path):
    """A film whose values rise from left to right, 0 to 4095."""
    pixels = np.tile(np.linspace(0, 4095, 800).astype(np.uint16), (1000, 1))
    location, sha256 = put_array(tmp_path, pixels)
    return study(image().model_copy(update={"location": location, "sha256": sha256})), pixels


def pixels_of(reread, store) -> np.ndarray:
    return np.load(store / reread.series[0].instances[0].image.location)


def test_another_window_cuts_off_what_lies_outside_it(film, tmp_path):
    one, came = film
    wish = Rereading(image_id="image-1", window=Window(center=2000, width=1000))
    seen = pixels_of(as_reread(one, wish, tmp_path), tmp_path)
    assert (seen[came < 1500] == 0).all() and (seen[came > 2500] == 4095).all()
    assert abs(int(seen[0, np.abs(came[0].astype(int) - 2000).argmin()]) - 2047) < 25
    assert np.array_equal(pixels_of(one, tmp_path), came)


def test_only_a_region_is_left_and_it_lies_where_it_lay(film, tmp_path):
    one, came = film
    wish = Rereading(image_id="image-1", region=Box(left=100, top=200, right=300, bottom=400))
    seen = pixels_of(as_reread(one, wish, tmp_path), tmp_path)
    assert np.array_equal(seen[200:400, 100:300], came[200:400, 100:300])
    assert seen.sum() == came[200:400, 100:300].sum()
    assert seen.shape == came.shape


def test_the_draft_says_that_a_person_had_it_read_otherwise(film, tmp_path):
    wish = Rereading(image_id="image-1", window=Window(center=2000, width=1000))
    limits = as_reread(film[0], wish, tmp_path).limitations
    assert limits[-1].detail == "A person had this film read again with another window."


def test_a_wish_for_nothing_or_for_another_film_is_refused(film, tmp_path):
    with pytest.raises(ValidationError):
        Rereading(image_id="image-1")
    with pytest.raises(NotFound):
        as_reread(film[0], Rereading(image_id="image-9", window=Window(center=1, width=1)), tmp_path)


def test_a_wish_is_the_next_revision_and_belongs_to_it_alone(tmp_path):
    records = Records.open(f"sqlite:///{tmp_path}/wetread.db")
    one = study()
    records.accept(one, one.study_id)
    wish = Rereading(image_id="image-1", window=Window(center=2000, width=1000))
    record = records.rereadings.begin(one.study_id, wish)
    assert (record.revision, record.status) == (2, StudyStatus.QUEUED)
    assert records.rereadings.of(one.study_id, 2) == wish
    assert records.rereadings.of(one.study_id, 1) is None
    records.close()
