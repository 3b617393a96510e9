"""What the viewer gets: pixels at full depth, true geometry, and regions where the masks are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from orchestrator.reading_room.hanging import Projection, projection_of
from orchestrator.reading_room.overlays import overlays_of
from services.contract import ImageKind
from tests.orchestrator.small_clinic import image
from tests.reading_room.drawn_study import draw_study


@pytest.fixture(scope="module")
def study_id(reading_room) -> str:
    return reading_room.draft()


def get(reading_room, path: str):
    return reading_room.line.http.get(path).raise_for_status()


def test_the_viewer_gets_every_bit_of_the_film(reading_room, study_id):
    [film] = get(reading_room, f"/v1/studies/{study_id}/hanging").json()["images"]
    answer = get(reading_room, film["pixels"])
    pixels = np.frombuffer(answer.content, "<u2").reshape(film["rows"], film["columns"])
    assert film["dtype"] == "uint16"
    assert np.array_equal(pixels, reading_room.drawn.chest.pixels)
    assert answer.headers["cache-control"] == "no-store"


def test_a_first_look_is_a_sixteenth_of_the_bytes(reading_room, study_id):
    [film] = get(reading_room, f"/v1/studies/{study_id}/hanging").json()["images"]
    small = np.frombuffer(get(reading_room, f"{film['pixels']}?reduce=4").content, "<u2")
    assert small.size == (film["rows"] // 4) * (film["columns"] // 4)
    assert abs(float(small.mean()) - float(reading_room.drawn.chest.pixels.mean())) < 2


def test_geometry_and_sides_are_the_headers_and_no_spacing_is_invented(reading_room, study_id):
    hanging = get(reading_room, f"/v1/studies/{study_id}/hanging").json()
    [film] = hanging["images"]
    assert film["patient_orientation"] == ["L", "F"]
    assert film["projection"] == "frontal"
    assert film["spacing_mm"] is None
    assert (film["window"], film["window_source"]) == ({"center": 2048.0, "width": 4096.0}, "header")
    assert {"name": "Indication", "value": "Dyspnoea for three days"} in hanging["banner"]


def test_a_lateral_film_takes_its_place_by_its_pixels_else_by_its_header():
    assert projection_of(image(view_position="PA"), ImageKind.CHEST_LATERAL) is Projection.LATERAL
    assert projection_of(image(view_position="LL")) is Projection.LATERAL
    assert projection_of(image()) is Projection.OTHER


def test_masks_come_at_image_coordinates_under_names_of_their_own(reading_room, study_id):
    overlays = get(reading_room, f"/v1/studies/{study_id}/overlays").json()["overlays"]
    names = [one["name"] for one in overlays]
    assert len(set(names)) == len(names)
    effusion = next(one for one in overlays if one["fact_id"] == "F1")
    mask = cv2.imdecode(np.frombuffer(get(reading_room, effusion["link"]).content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert set(np.unique(mask)) == {0, 255}
    assert np.array_equal(mask > 0, reading_room.drawn.chest.masks["abnormality"])


def test_names_stay_apart_even_where_regions_are_called_alike(reading_room, study_id):
    made = reading_room.line.records.draft(study_id)
    twice = made.facts.findings[0].model_copy(update={"evidence": made.facts.findings[0].evidence * 3})
    facts = made.facts.model_copy(update={"findings": (twice, *made.facts.findings[1:])})
    names = [one.name for one in overlays_of(made.model_copy(update={"facts": facts}))]
    assert len(set(names)) == len(names)


def test_only_an_earlier_study_of_the_same_person_is_a_prior(reading_room):
    def taken(day: str, person: str, seed: int) -> str:
        return reading_room.send(draw_study(seed, 300, 240, PatientID=person, StudyDate=day, StudyTime="120000"))

    earlier, later, _ = taken("20250101", "P-prior", 11), taken("20260101", "P-prior", 12), taken("20240101", "P-x", 13)
    [prior] = get(reading_room, f"/v1/studies/{later}/hanging").json()["priors"]
    assert (prior["study_id"], prior["days_before"]) == (earlier, 365)
    assert get(reading_room, f"/v1/studies/{earlier}/hanging").json()["priors"] == []


def test_what_is_not_there_is_not_found(reading_room, study_id):
    for path in ("images/image-9/pixels", "overlays/nothing.png"):
        assert reading_room.line.http.get(f"/v1/studies/{study_id}/{path}").status_code == 404
    assert reading_room.line.http.get(f"/v1/studies/{study_id}/images/image-1/pixels?reduce=3").status_code == 422
