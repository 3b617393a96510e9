"""Only a frontal chest radiograph reaches the chest specialists; everything else says why it does not."""

from __future__ import annotations

import pytest

from orchestrator.triage import TABLE, Use, needs_a_look, triage
from services.contract import Exposure, ImageKind, ImageQuality, LimitationReason, PictureState
from tests.orchestrator.small_clinic import image, look

CHEST = {"modality": "DX", "body_part": "CHEST", "view_position": "PA"}


def test_a_frontal_chest_film_reaches_all_three_services():
    plan = triage([image(**CHEST)], [look()])
    assert [one.service for one in plan.assignments] == ["classification", "segmentation", "detection"]
    assert plan.limitations == ()
    assert not plan.refused


def test_a_picture_without_a_header_is_read_when_its_pixels_are_clear():
    assert triage([image()], [look()]).images == (image(),)


@pytest.mark.parametrize(
    ("header", "reason", "word"),
    [
        ({"modality": "CT", "body_part": "CHEST"}, LimitationReason.UNSUPPORTED_IMAGE, "CT"),
        ({"modality": "MR"}, LimitationReason.UNSUPPORTED_IMAGE, "MR"),
        ({"modality": "US"}, LimitationReason.UNSUPPORTED_IMAGE, "ultrasound"),
        ({"modality": "MG"}, LimitationReason.UNSUPPORTED_IMAGE, "another part"),
        ({"modality": "OP"}, LimitationReason.UNSUPPORTED_IMAGE, "eye"),
        ({"modality": "DX", "body_part": "KNEE"}, LimitationReason.UNSUPPORTED_IMAGE, "another part"),
        ({"modality": "CR", "body_part": "T-SPINE"}, LimitationReason.UNSUPPORTED_IMAGE, "another part"),
        ({**CHEST, "view_position": "LL"}, LimitationReason.UNSUPPORTED_VIEW, "lateral"),
        ({**CHEST, "view_position": "RAO"}, LimitationReason.UNSUPPORTED_VIEW, "oblique"),
        ({"modality": "CR", "body_part": "PORT CHEST", "view_position": "LLD"}, LimitationReason.UNSUPPORTED_VIEW, ""),
    ],
)
def test_a_header_alone_can_refuse(header, reason, word):
    refused = image(**header)
    plan = triage([refused], [])
    assert plan.refused
    assert [limit.reason for limit in plan.limitations] == [reason]
    assert word in plan.limitations[0].detail
    assert "PA or AP" in plan.limitations[0].detail


@pytest.mark.parametrize("kind", [row.kind for row in TABLE if not row.services])
def test_pixels_alone_can_refuse(kind):
    plan = triage([image()], [look(kind)])
    assert plan.refused
    assert plan.limitations[0].image_id == "image-1"


def test_header_and_pixels_that_disagree_are_said_so():
    plan = triage([image(**CHEST)], [look(ImageKind.OTHER_RADIOGRAPH)])
    assert plan.refused
    assert "The header says" in plan.limitations[0].detail
    assert "but the pixels" in plan.limitations[0].detail


def test_an_image_unlike_any_other_is_refused_whatever_its_header_says():
    plan = triage([image(**CHEST)], [look(known=False)])
    assert [limit.reason for limit in plan.limitations] == [LimitationReason.OUT_OF_DISTRIBUTION]
    assert not plan.assignments


def test_a_gate_that_is_not_sure_refuses():
    plan = triage([image()], [look(probability=0.4)])
    assert [limit.reason for limit in plan.limitations] == [LimitationReason.OUT_OF_DISTRIBUTION]


def test_without_the_gate_a_clear_header_is_believed_and_said_so():
    plan = triage([image(**CHEST)], [])
    assert plan.images == (image(**CHEST),)
    assert [limit.reason for limit in plan.limitations] == [LimitationReason.SPECIALIST_UNAVAILABLE]


def test_without_the_gate_silence_of_the_header_is_not_believed():
    plan = triage([image(modality="DX")], [])
    assert plan.assignments == ()
    assert not plan.refused, "sending it again when the gate is up may well help"


def test_absent_view_position_is_not_guessed():
    header = {"modality": "DX", "body_part": "CHEST"}
    assert triage([image(**header)], []).assignments == ()


def test_of_a_study_the_frontal_film_is_read_and_the_lateral_one_is_not():
    frontal, lateral = image("image-1", **CHEST), image("image-2", **{**CHEST, "view_position": "LL"})
    plan = triage([frontal, lateral], [look()])
    assert plan.images == (frontal,)
    assert [(limit.image_id, limit.what) for limit in plan.limitations] == [("image-2", "image 2")]


def test_five_hundred_slices_make_one_limitation():
    slices = [image(f"slice-{number}", modality="CT") for number in range(500)]
    plan = triage(slices, [])
    assert len(plan.limitations) == 1
    assert "500 images" in plan.limitations[0].what


def test_a_study_without_any_image_is_refused():
    assert triage([], []).refused


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "MG", "OP"])
def test_the_gate_is_not_shown_what_its_modality_settles(modality):
    assert needs_a_look([image(modality=modality)]) == ()


def test_a_radiograph_is_looked_at_whatever_its_header_says_and_the_contrast_is_said():
    knee = image(modality="DX", body_part="KNEE")
    assert needs_a_look([knee]) == (knee,)
    plan = triage([knee], [look()])
    assert plan.refused
    assert "but the pixels look like a frontal chest radiograph" in plan.limitations[0].detail


def test_every_image_gets_one_decision_with_typed_reasons():
    used, refused = image("image-1", **CHEST), image("image-2", modality="CT")
    plan = triage([used, refused], [look()])
    assert [one.use for one in plan.decisions] == [Use.USED, Use.REFUSED]
    assert [one.reasons for one in plan.decisions] == [(), (LimitationReason.UNSUPPORTED_IMAGE,)]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (PictureState.TURNED_LEFT, "upright"),
        (PictureState.TURNED_RIGHT, "upright"),
        (PictureState.UPSIDE_DOWN, "upright"),
        (PictureState.CROPPED, "whole film"),
        (PictureState.BLANK, "nothing"),
        (PictureState.INVERTED, "bone bright"),
    ],
)
def test_a_film_that_lies_wrong_is_refused_with_what_would_be_accepted(state, word):
    kind = ImageKind.NOT_MEDICAL if state is PictureState.BLANK else ImageKind.CHEST_FRONTAL
    plan = triage([image(**CHEST)], [look(kind, known=False, quality=ImageQuality(state=state))])
    assert plan.refused
    assert [limit.reason for limit in plan.limitations] == [LimitationReason.POOR_QUALITY]
    assert word in plan.limitations[0].detail


def test_an_inverted_export_is_turned_over_and_the_reader_is_told():
    quality = ImageQuality(state=PictureState.INVERTED, readable_when_turned_over=True)
    plan = triage([image(**CHEST)], [look(known=False, quality=quality)])
    assert [one.use for one in plan.decisions] == [Use.USED_WITH_LIMITS]
    assert plan.to_turn_over == (image(**CHEST),)
    assert "black and white exchanged" in plan.limitations[0].detail


@pytest.mark.parametrize(
    ("header", "quality", "word"),
    [
        ({}, ImageQuality(exposure=Exposure.UNDER), "under-exposed"),
        ({}, ImageQuality(exposure=Exposure.CLIPPED), "pure white"),
        ({}, ImageQuality(view="AP"), "The header says PA, but the pixels look like AP"),
        ({"presentation_intent": "FOR PROCESSING"}, ImageQuality(), "raw data"),
    ],
)
def test_what_is_read_with_reserve_is_said_beside_the_findings(header, quality, word):
    plan = triage([image(**CHEST, **header)], [look(quality=quality)])
    assert [one.use for one in plan.decisions] == [Use.USED_WITH_LIMITS]
    assert [limit.reason for limit in plan.limitations] == [LimitationReason.LIMITED_QUALITY]
    assert word in plan.limitations[0].detail


def test_a_view_that_nobody_stated_is_not_doubted_and_not_guessed():
    film = image(modality="DX", body_part="CHEST")
    plan = triage([film], [look(quality=ImageQuality(view="AP"))])
    assert plan.limitations == ()
    assert plan.images[0].view_position is None


def test_the_same_pixels_are_read_once():
    first = image("image-1", **CHEST)
    again = first.model_copy(update={"image_id": "image-2"})
    plan = triage([first, again], [look(), look(image_id="image-2")])
    assert plan.images == (first,)
    assert [(limit.image_id, limit.reason) for limit in plan.limitations] == [("image-2", LimitationReason.DUPLICATE)]


def test_pictures_that_only_look_the_same_are_both_read():
    films = [image("image-1", **CHEST), image("image-2", **CHEST)]
    quality = ImageQuality(fingerprint="0123456789abcdef")
    plan = triage(films, [look(quality=quality), look(image_id="image-2", quality=quality)])
    assert plan.images == tuple(films)
    assert [limit.reason for limit in plan.limitations] == [LimitationReason.DUPLICATE]
