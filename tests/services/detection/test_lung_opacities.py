"""Boxes of lung opacities: a box says where to look, no box denies nothing, and the site has to turn it on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.chest_reader import Reader, Reading
from services.contract import Algorithm, Box, Label, Likelihood, LimitationReason, Presence, Subject, coded
from services.detection.evaluate_lung_opacities import mark_films, places_of
from services.detection.lung_opacities import BOXED, MOST_BOXES, WEIGHTS, LungOpacities, report_opacities
from services.detection.train_lung_opacities import operating_points
from services.manifest import read_manifest
from services.operating_points import ABSENT, LIKELY, PRESENT
from services.pixels import Pixels
from services.settings import ROOT
from services.store import Store
from services.training.free_response import MarkedFilm
from services.training.opacity_films import OpacityFilm, parts_of
from services.training.release import Metrics
from tests.phantoms import draw_chest
from tests.services.tiny import put_image, settings_for

POINTS = {BOXED: 0.3, LIKELY: 0.6}
READER = Reader("lung_opacities", Algorithm(name="drawn", version="1"), POINTS)
PATCH = Box(left=10, top=20, right=60, bottom=90)


def report(*scores: float, age_years: float | None = 50) -> Reading:
    return report_opacities([(PATCH, score) for score in sorted(scores, reverse=True)], "image-1", age_years, READER)


@pytest.mark.parametrize(("score", "word"), [(0.99, Likelihood.LIKELY), (0.4, Likelihood.INDETERMINATE)])
def test_a_boxed_opacity_is_at_most_likely(score: float, word: Likelihood) -> None:
    (finding,) = report(score, 0.31).findings
    assert (finding.code, finding.likelihood, finding.experimental) == (coded(Label.LUNG_OPACITY), word, True)
    assert finding.evidence[0].regions == (PATCH, PATCH)
    assert finding.laterality is None, "the box shows the side; nothing here knows it"


def test_weights_that_did_not_earn_the_word_never_say_likely() -> None:
    reader = Reader("lung_opacities", Algorithm(name="drawn", version="1"), {BOXED: 0.3})
    (finding,) = report_opacities([(PATCH, 0.99)], "image-1", 50, reader).findings
    assert finding.likelihood is Likelihood.INDETERMINATE


def test_likely_is_earned_by_finding_half_at_one_false_mark_in_ten_films() -> None:
    good = [MarkedFilm("val", f"patient-{n}", 1, (0.9,), (0.2,)) for n in range(20)]
    assert operating_points(good)[LIKELY] > 0.2
    poor = [MarkedFilm("val", f"patient-{n}", 1, (0.1,), (0.2,)) for n in range(20)]
    assert set(operating_points(poor)) == {BOXED}


def test_no_box_denies_nothing() -> None:
    for said in (report(), report(0.29)):
        assert said.findings == ()
        assert [one.code for one in said.limitations] == [coded(Label.LUNG_OPACITY)]


def test_it_reads_no_child_and_is_unsure_of_a_person_without_an_age() -> None:
    child = report(0.9, age_years=7)
    assert (child.findings, [one.reason for one in child.limitations]) == ((), [LimitationReason.OUT_OF_POPULATION])
    unknown = report(0.9, age_years=None)
    assert unknown.findings[0].presence is Presence.INDETERMINATE
    assert [one.reason for one in unknown.limitations] == [LimitationReason.OUT_OF_POPULATION]


def test_a_film_is_not_papered_with_boxes() -> None:
    assert len(report(*[0.5] * 30).findings[0].evidence[0].regions) == MOST_BOXES


def test_the_site_has_to_turn_it_on() -> None:
    switches = tomllib.loads((ROOT / "deploy" / "specialists.toml").read_text())
    assert switches["detection"]["lung_opacities"]["on"] is False
    assert LungOpacities.on_by_default is False


def test_its_operating_points_have_no_absent_and_no_present() -> None:
    (label,) = read_manifest(WEIGHTS).labels
    assert label.experimental
    assert BOXED in label.operating_points
    assert not {ABSENT, PRESENT} & set(label.operating_points)


def test_the_bundled_weights_read_a_film_and_never_say_absent(tmp_path: Path) -> None:
    specialist = LungOpacities(settings=settings_for(tmp_path, backend="torch"))
    specialist.load()
    film = Pixels(put_image(tmp_path, draw_chest(rows=500, columns=410).pixels, bits=12), Store(tmp_path, fsync=False))
    said = specialist.analyze([film], Subject(age_years=50))
    assert len(said.findings) + len(said.limitations) == 1
    assert all(one.presence is not Presence.ABSENT for one in said.findings)
    assert specialist.card().outlines == ()


def test_the_card_holds_the_curve_of_the_run() -> None:
    metrics = Metrics.model_validate_json((WEIGHTS / "metrics.json").read_bytes())
    card = (WEIGHTS / "MODEL_CARD.md").read_text()
    assert all(one.text in card for one in metrics.figures)
    assert "<polyline" in (WEIGHTS / "free-response.svg").read_text()


def test_each_patch_of_a_mask_is_an_opacity_and_a_crumb_is_none() -> None:
    mask = np.zeros((100, 100), np.uint8)
    cv2.circle(mask, (30, 30), 12, 255, -1)
    cv2.circle(mask, (70, 60), 15, 255, -1)
    mask[95, 95] = 255
    assert sorted((box.left, box.right) for box in places_of(parts_of(mask))) == [(18, 43), (55, 86)]
    assert not parts_of(np.zeros((50, 50), np.uint8)).any()


def test_marks_on_a_normal_film_are_all_false(tmp_path: Path) -> None:
    specialist = LungOpacities(settings=settings_for(tmp_path, backend="torch"))
    specialist.load()
    pixels = (draw_chest(rows=240, columns=200).pixels // 16).astype(np.uint8)
    normal = OpacityFilm("patient-1", pixels, np.zeros((*pixels.shape, 1), np.uint8))
    (film,) = mark_films(specialist.detector, specialist.size, [normal], "drawn")
    assert (film.places, film.hits) == (0, ())
