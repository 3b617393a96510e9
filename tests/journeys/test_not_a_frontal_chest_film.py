"""A lateral film, a CT slice, a knee, an eye, an ultrasound, noise, a blank: refused with a typed reason, whatever the
header claims. Nothing is found in them, nothing is denied, and nowhere stands the word normal."""

from __future__ import annotations

import pytest

from orchestrator.report import DraftReport
from services.contract import LimitationReason
from tests.drawn.dicom import dicom_bytes, jpeg_bytes, png_bytes, radiograph_dataset
from tests.drawn.others import draw_blank, draw_ct, draw_fundus, draw_knee, draw_lateral, draw_noise
from tests.journeys import public_images
from tests.journeys.clinic import Clinic
from tests.journeys.conftest import Stack
from tests.phantoms import Picture, chest_dicom, picture_bytes

pytestmark = pytest.mark.journey

TYPED = {
    LimitationReason.UNSUPPORTED_IMAGE,
    LimitationReason.UNSUPPORTED_VIEW,
    LimitationReason.OUT_OF_DISTRIBUTION,
    LimitationReason.POOR_QUALITY,
    LimitationReason.WITHHELD,
}


def as_a_chest_film(pixels) -> bytes:
    """The same pixels under a header that says CHEST, PA."""
    return dicom_bytes(radiograph_dataset(pixels))


def ct_as_a_picture() -> bytes:
    return picture_bytes(Picture.CT, ".png", bits=8)


DRAWN = {
    "lateral, as its header says": lambda: picture_bytes(Picture.LATERAL, ".dcm"),
    "lateral under a header that says PA": lambda: as_a_chest_film(draw_lateral(seed=3)),
    "lateral without a header": lambda: picture_bytes(Picture.LATERAL, ".png"),
    "CT slice, as its header says": lambda: picture_bytes(Picture.CT, ".dcm"),
    "CT slice under the header of a chest film": lambda: as_a_chest_film((draw_ct() + 1024).clip(0, 4095)),
    "CT slice without a header": ct_as_a_picture,
    "knee, as its header says": lambda: picture_bytes(Picture.KNEE, ".dcm"),
    "knee under the header of a chest film": lambda: as_a_chest_film(draw_knee(seed=2)),
    "knee without a header": lambda: picture_bytes(Picture.KNEE, ".jpg"),
    "fundus photograph, PNG": lambda: picture_bytes(Picture.FUNDUS, ".png"),
    "fundus photograph, JPEG": lambda: jpeg_bytes(draw_fundus(seed=5)),
    "noise under the header of a chest film": lambda: as_a_chest_film(draw_noise()),
    "noise without a header": lambda: png_bytes(draw_noise(seed=1)),
    "blank under the header of a chest film": lambda: as_a_chest_film(draw_blank()),
    "black without a header": lambda: png_bytes(draw_blank(value=0)),
    "white without a header": lambda: png_bytes(draw_blank(value=4095)),
}


@pytest.fixture
def clinic(whole_stack: Stack) -> Clinic:
    return whole_stack.clinic


def assert_nothing_is_said(clinic: Clinic, study_id: str) -> None:
    """The study is refused, in words; its draft finds nothing, denies nothing and calls nothing normal."""
    clinic.wait_for(study_id)
    state, report = clinic.state(study_id), clinic.draft(study_id)
    assert state["status"] == "refused"
    assert state["reason"]
    assert (report.facts.findings, report.facts.measurements, report.sentences) == ((), (), ())
    assert {limit.reason for limit in report.facts.limitations} & TYPED
    text = clinic.get(study_id, "draft/text").decode().lower()
    assert "normal" not in text
    assert "unremarkable" not in text
    assert not [line for line in text.splitlines() if line.startswith(("- no ", "[f", "[m"))]
    assert "not assessed" in text


@pytest.mark.parametrize("picture", DRAWN)
def test_a_drawing_that_is_no_frontal_chest_film(clinic: Clinic, picture: str):
    assert_nothing_is_said(clinic, clinic.send(DRAWN[picture]()))


def test_a_lateral_beside_a_frontal_is_a_limitation_of_its_own(clinic: Clinic):
    """The frontal film is read, and every word of the draft rests on it alone."""
    lateral = picture_bytes(Picture.LATERAL, ".dcm", seed=1)
    report = clinic.drafted(chest_dicom("cardiomegaly", seed=1), lateral)
    [refused] = [limit for limit in report.facts.limitations if limit.reason is LimitationReason.UNSUPPORTED_VIEW]
    assert report.sentences
    assert images_spoken_of(report) == {"image-1", "image-2"} - {refused.image_id}


def test_noise_beside_a_frontal_is_not_read_either(clinic: Clinic):
    report = clinic.drafted(chest_dicom("none", seed=2), png_bytes(draw_noise(seed=2)))
    refused = {limit.image_id for limit in report.facts.limitations if limit.reason in TYPED and limit.image_id}
    assert len(refused) == 1
    assert images_spoken_of(report) == {"image-1", "image-2"} - refused


def images_spoken_of(report: DraftReport) -> set[str]:
    facts = (*report.facts.findings, *report.facts.measurements)
    return {evidence.image_id for fact in facts for evidence in fact.evidence}


def test_real_laterals(clinic: Clinic):
    films = [film.read_bytes() for film in public_images.lateral_films(4)]
    refuse_all(clinic, films)


def test_real_breast_ultrasound(clinic: Clinic):
    refuse_all(clinic, [picture.read_bytes() for picture in public_images.ultrasound(4)])


def test_real_photographs_of_the_eye(clinic: Clinic):
    refuse_all(clinic, [picture.read_bytes() for picture in public_images.fundus(4)])


def test_real_patches_of_ct(clinic: Clinic):
    refuse_all(clinic, public_images.ct_patches(4))


def test_real_dicom_of_other_kinds_and_of_a_dog(clinic: Clinic):
    others = [(row, path) for row, path in public_images.dicom_samples() if not is_a_persons_chest_film(row)]
    assert {row["modality"] for row, _ in others} >= {"CT", "MR", "US", "DX"}
    refuse_all(clinic, [path.read_bytes() for _, path in others])


def is_a_persons_chest_film(row: dict[str, str]) -> bool:
    return row["modality"] == "CR" and row["body"] == "CHEST"


def refuse_all(clinic: Clinic, files: list[bytes]) -> None:
    assert files
    answers = [clinic.post(file) for file in files]
    assert {answer.status_code for answer in answers} <= {202, 415, 422}
    for study_id in [answer.json()["study_id"] for answer in answers if answer.status_code == 202]:
        assert_nothing_is_said(clinic, study_id)
