"""The bundled classifier: who is read, in which words, and what is left unsaid."""

from __future__ import annotations

import hashlib
import shutil
import time
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from services.classification.compact_chest_radiograph import FOLDER, CompactChestRadiograph
from services.classification.figures import area, operating_points
from services.classification.judging import FEWEST_POSITIVES, spoken
from services.classification.recipe import bundled_recipes
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
from tests.services.tiny import settings_for

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
    head = next(head for recipe in bundled_recipes() for head in recipe.heads if head.label is Label.ABNORMAL_FILM)
    random = np.random.default_rng(1)
    truth = random.random(400) < 0.5
    points = operating_points(np.clip(random.normal(0.3 + 0.4 * truth, 0.2), 0.01, 0.99), truth, np.array([]))
    assert "absent" in points
    assert likelihood_of(0.0, spoken(head, points, 200)) is Likelihood.INDETERMINATE
    for label in read_manifest(FOLDER).labels:
        assert label.label is not Label.ABNORMAL_FILM or "absent" not in label.operating_points


def test_too_few_films_that_show_a_finding_do_not_teach_when_it_is_absent() -> None:
    head = next(head for recipe in bundled_recipes() for head in recipe.heads if head.label is Label.EDEMA)
    points = {"absent": 0.1, "youden": 0.2, "likely": 0.5, "present": 0.6}
    assert likelihood_of(0.0, spoken(head, points, FEWEST_POSITIVES - 1)) is Likelihood.INDETERMINATE
    assert likelihood_of(0.0, spoken(head, points, FEWEST_POSITIVES)) is Likelihood.ABSENT
    (edema,) = (label for label in read_manifest(FOLDER).labels if label.label is Label.EDEMA)
    assert "absent" not in edema.operating_points, "twelve validation films show it"


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
        for network in broken.reader.networks.values():
            network.head.bias.fill_(float("nan"))
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
    assert (FOLDER / "evaluation.json").is_file()
    assert list(FOLDER.glob("reliability-*.svg"))


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


def test_a_randomised_network_shows_another_place(specialist: CompactChestRadiograph) -> None:
    """Sanity check of saliency maps (Adebayo 2018): a map that does not depend on the weights shows nothing."""
    assert specialist.reader is not None
    randomised = deepcopy(specialist.reader)
    torch.manual_seed(7)
    for network in randomised.networks.values():
        for part in network.modules():
            if isinstance(part, torch.nn.Conv2d | torch.nn.Linear):
                torch.nn.init.kaiming_normal_(part.weight)
    heads = range(len(specialist.reader.heads))
    correlations = []
    for seed, abnormality in ((3, "consolidation-left"), (4, "edema"), (5, "none")):
        film = phantom(seed, abnormality)
        readings = [(one, one.read(film, heads)) for one in (specialist.reader, randomised)]
        for head in heads:
            here, there = (one.heat_map(reading, head, (84, 69)).ravel() for one, reading in readings)
            correlations.append(abs(rank_correlation(here, there)))
    assert float(np.median(correlations)) < 0.5


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    ranks = [values.argsort().argsort() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def test_only_the_network_of_the_persons_age_reads(specialist: CompactChestRadiograph) -> None:
    assert specialist.reader is not None
    heads = {head: place for head, place in enumerate(specialist.reader.heads)}
    children = [head for head, place in heads.items() if place.networks == ("children",)]
    assert set(specialist.reader.read(phantom(1), children).maps) == {"children"}


def test_reading_stays_fast_on_one_thread(specialist: CompactChestRadiograph) -> None:
    assert specialist.reader is not None
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        heads, film = range(len(specialist.reader.heads)), phantom(1)
        specialist.reader.read(film, heads)
        spent = []
        for _ in range(5):
            start = time.process_time()
            specialist.reader.read(film, heads)
            spent.append(time.process_time() - start)
    finally:
        torch.set_num_threads(threads)
    assert min(spent) < 0.15


def test_a_sites_points_decide_the_word_and_their_hash_travels(tmp_path: Path) -> None:
    path = tmp_path / "points.toml"
    path.write_text("[compact_chest_radiograph.pneumonia_child]\nabsent = 0.0001\nlikely = 0.0002\npresent = 0.9999\n")
    own = CompactChestRadiograph(settings=settings_for(tmp_path, operating_points=path))
    own.load()
    (finding,) = read(own, tmp_path, phantom(1), CHILD).findings
    assert finding.likelihood is Likelihood.LIKELY
    assert finding.evidence[0].site_points_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
