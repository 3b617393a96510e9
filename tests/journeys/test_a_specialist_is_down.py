"""A specialist that is down, hangs or talks nonsense: the draft says what was not assessed, and nothing is negated."""

from __future__ import annotations

import pytest
from fastapi import Response

from services.contract import Label, Likelihood, coded
from tests.journeys.line import SmallService, frontal_film_with, open_line
from tests.phantoms import chest_dicom

pytestmark = pytest.mark.journey

SEGMENTS = (Label.CARDIOMEGALY,)


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    classification = SmallService(
        "classification",
        frontal_film_with((Label.EFFUSION, Likelihood.ABSENT), (Label.PNEUMONIA, Likelihood.PRESENT)),
        Label.EFFUSION,
        Label.PNEUMONIA,
    )
    segmentation = SmallService(
        "segmentation",
        frontal_film_with((Label.CARDIOMEGALY, Likelihood.ABSENT), specialist="chest_anatomy"),
        *SEGMENTS,
    )
    services = {"classification": classification, "segmentation": segmentation}
    folder = tmp_path_factory.mktemp("line")
    with open_line(folder, {"specialist_deadline_s": 4.0}, **services) as opened:
        opened.start_worker()
        drafted(opened)  # every card was seen once
        yield opened


@pytest.fixture(scope="module")
def film() -> bytes:
    return chest_dicom("effusion-left", seed=1)


def drafted(line) -> dict:
    study_id = line.upload(chest_dicom("effusion-left", seed=1)).json()["study_id"]
    line.wait_for(study_id)
    return line.draft(study_id)


def not_assessed(draft: dict, label: Label) -> list[dict]:
    return [one for one in draft["facts"]["limitations"] if one.get("code") == coded(label).model_dump()]


def said(draft: dict) -> str:
    return " ".join(s["text"].lower() for section in draft["sections"] for s in section["sentences"])


def test_with_all_services_up_each_label_is_assessed(line):
    draft = drafted(line)
    assert not not_assessed(draft, Label.CARDIOMEGALY)
    assert "cardiomegaly" in said(draft)


def test_a_service_that_hangs_is_not_waited_for_beyond_the_deadline(line):
    line.services["segmentation"].takes_s = 30.0
    draft = drafted(line)
    line.services["segmentation"].takes_s = 0.0
    [limit] = not_assessed(draft, Label.CARDIOMEGALY)
    assert limit["reason"] == "specialist_unavailable"
    assert "within 4 seconds" in limit["detail"]
    assert "cardiomegaly" not in said(draft)
    assert "pneumonia" in said(draft), "what the other service found is still there"


def test_a_service_that_talks_nonsense_is_not_believed(line):
    line.services["segmentation"].says = lambda _: Response(b'{"results": [{"score": NaN}]}')
    draft = drafted(line)
    line.services["segmentation"].says = None
    [limit] = not_assessed(draft, Label.CARDIOMEGALY)
    assert limit["reason"] == "specialist_unavailable"
    assert "cardiomegaly" not in said(draft)


def test_a_service_that_is_gone_leaves_what_it_would_have_assessed_as_not_assessed(line):
    line.services["segmentation"].stop()
    draft = drafted(line)
    [limit] = not_assessed(draft, Label.CARDIOMEGALY)
    assert limit["reason"] == "specialist_unavailable"
    assert "cardiomegaly" not in said(draft)
    assert not_assessed(draft, Label.PNEUMOTHORAX)
    assert "pneumothorax" not in said(draft)


def test_with_every_service_gone_nothing_is_said_of_the_patient(line):
    line.services["classification"].stop()
    draft = drafted(line)
    assert said(draft) == ""
    assert not_assessed(draft, Label.PNEUMONIA)
    assert draft["author"] == "plain_list"
