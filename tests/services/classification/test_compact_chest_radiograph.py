"""The bundled classifier: who is read, in which words, and what is left unsaid."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from services.classification.compact_chest_radiograph import FOLDER, CompactChestRadiograph
from services.classification.figures import area
from services.contract import (
    Finding,
    Label,
    Likelihood,
    LimitationReason,
    Presence,
    SpecialistResult,
    Subject,
    coded,
    label_of,
)
from services.errors import WeightsDamaged
from services.manifest import read_manifest
from services.operating_points import likelihood_of
from services.weights import described_file
from tests.services.classification.films import phantom, pixels, real_films

CHILD, ADULT, SCHOOL_CHILD, INFANT = (Subject(age_years=age) for age in (3, 50, 10, 0.5))


@pytest.fixture(scope="module")
def specialist() -> CompactChestRadiograph:
    loaded = CompactChestRadiograph()
    loaded.load()
    return loaded


def read(specialist: CompactChestRadiograph, folder: Path, image: np.ndarray, subject: Subject) -> SpecialistResult:
    return specialist.analyze([pixels(folder, image)], subject)


def pneumonia_scores(specialist: CompactChestRadiograph, folder: Path, films: list[np.ndarray]) -> np.ndarray:
    results = [read(specialist, folder, film, CHILD) for film in films]
    return np.array([result.findings[0].evidence[0].score for result in results], float)


def test_a_child_is_read_for_pneumonia_and_nothing_else(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    result = read(specialist, tmp_path, phantom(1), CHILD)
    assert {label_of(finding.code) for finding in result.findings} == {Label.PNEUMONIA}
    assert all("children" in str(finding.population) for finding in result.findings)
    assert {limit.reason for limit in result.limitations} <= {LimitationReason.OUT_OF_POPULATION}


def test_a_child_of_five_is_five_until_the_sixth_birthday(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    assert read(specialist, tmp_path, phantom(1), Subject(age_years=5.9)).findings
    assert not read(specialist, tmp_path, phantom(1), Subject(age_years=6.0)).findings


def test_an_adult_is_never_read_by_the_childrens_head(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    result = read(specialist, tmp_path, phantom(1), ADULT)
    assert not [finding for finding in result.findings if "children" in str(finding.population)]
    said = {finding.code for finding in result.findings}
    left = {limit.code for limit in result.limitations}
    assert said | left == {coded(label) for label in specialist.labels}
    assert not said & left


@pytest.mark.parametrize("subject", [SCHOOL_CHILD, INFANT])
def test_between_the_populations_nothing_is_said(
    specialist: CompactChestRadiograph, tmp_path: Path, subject: Subject
) -> None:
    result = read(specialist, tmp_path, phantom(1), subject)
    assert not result.findings
    assert {limit.what for limit in result.limitations} == {str(label) for label in specialist.labels}
    assert {limit.reason for limit in result.limitations} == {LimitationReason.OUT_OF_POPULATION}


def test_without_an_age_nothing_is_present_and_nothing_absent(
    specialist: CompactChestRadiograph, tmp_path: Path
) -> None:
    for abnormality in ("none", "consolidation-left"):
        result = read(specialist, tmp_path, phantom(2, abnormality), Subject())
        assert {finding.presence for finding in result.findings} == {Presence.INDETERMINATE}
        limited = {limit.code for limit in result.limitations if "age is not known" in limit.detail}
        assert limited == {finding.code for finding in result.findings}


def test_the_word_follows_from_score_and_operating_points(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    for seed in range(4):
        for finding in read(specialist, tmp_path, phantom(seed, "edema"), ADULT).findings:
            evidence = finding.evidence[0]
            assert evidence.score is not None
            assert finding.likelihood is likelihood_of(evidence.score, evidence.operating_points)


def test_operating_points_are_in_order() -> None:
    for label in read_manifest(FOLDER).labels:
        points = label.operating_points
        assert 0 < points.get("absent", 0.01) <= points["youden"] <= points["likely"] <= points["present"] < 1


def test_a_film_is_never_called_normal() -> None:
    (film,) = [label for label in read_manifest(FOLDER).labels if label.label is Label.ABNORMAL_FILM]
    assert likelihood_of(0.0, film.operating_points) is Likelihood.INDETERMINATE


def test_what_is_not_absent_shows_where_it_was_seen(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    film = pixels(tmp_path, phantom(3, "consolidation-left"))
    findings: tuple[Finding, ...] = specialist.analyze([film], Subject()).findings
    assert findings
    for finding in findings:
        (region,) = finding.evidence[0].regions
        assert region.kind == "heat_map"
        heat = cv2.imread(str(tmp_path / region.array.location), cv2.IMREAD_UNCHANGED)
        assert heat.shape == (region.array.rows, region.array.columns)
        assert heat.shape[0] / heat.shape[1] == pytest.approx(840 / 688, rel=0.02)


def test_a_constant_image_is_limited_and_never_absent(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    result = read(specialist, tmp_path, np.full((600, 500), 1234, np.uint16), ADULT)
    assert not result.findings
    assert {limit.reason for limit in result.limitations} == {LimitationReason.POOR_QUALITY}
    assert {limit.what for limit in result.limitations} == {str(label) for label in specialist.labels}


def test_a_score_that_is_not_a_number_is_limited_and_never_absent(tmp_path: Path) -> None:
    broken = CompactChestRadiograph()
    broken.load()
    assert broken.reader is not None
    with torch.no_grad():
        broken.reader.network.head.bias.fill_(float("nan"))
    result = read(broken, tmp_path, phantom(1), CHILD)
    assert not result.findings
    assert LimitationReason.INVALID_SCORE in {limit.reason for limit in result.limitations}


def test_bit_depth_does_not_change_a_score(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    film = phantom(4)
    wide, narrow = (read(specialist, tmp_path, image, CHILD).findings[0] for image in (film * 16, film))
    assert wide.evidence[0].score == pytest.approx(narrow.evidence[0].score, abs=0.01)


def test_the_weights_are_those_of_the_manifest() -> None:
    manifest = read_manifest(FOLDER)
    assert [described_file(FOLDER / file.name) for file in manifest.files] == list(manifest.files)
    assert (FOLDER / "MODEL_CARD.md").is_file()
    assert (FOLDER / "metrics.json").is_file()


def test_weights_that_answer_otherwise_are_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "compact_chest_radiograph"
    shutil.copytree(FOLDER, folder)
    manifest = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(manifest.replace('"seed": 20', '"seed": 21'))
    with pytest.raises(WeightsDamaged, match="self-test"):
        CompactChestRadiograph(folder).load()


def test_the_card_holds_measured_figures_and_terms(specialist: CompactChestRadiograph) -> None:
    card = specialist.card()
    assert all(any(name.startswith("AUC") for name in label.figures) for label in card.assesses)
    assert any("CC BY 4.0" in data for data in card.data)
    assert {"pneumothorax", "lung nodule"} <= set(card.not_assessed)


def test_real_childrens_films_are_told_apart(specialist: CompactChestRadiograph, tmp_path: Path) -> None:
    ill = pneumonia_scores(specialist, tmp_path, real_films("kermany", 40, pneumonia="1"))
    well = pneumonia_scores(specialist, tmp_path, real_films("kermany", 40, pneumonia="0"))
    truth = np.repeat([True, False], [len(ill), len(well)])
    assert area(np.concatenate([ill, well]), truth) > 0.92
