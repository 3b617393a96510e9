"""torchxrayvision's DenseNet-121 with a file in the official format, found in a folder of the site."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from services.classification.chest_radiograph import ChestRadiograph
from services.classification.published_networks import LABELS, op_scale
from services.contract import Label, Likelihood, LimitationReason, Presence, SpecialistResult, Subject, label_of
from services.errors import Misconfigured, WeightsDamaged, WeightsForbidden, WeightsMissing
from services.operating_points import likelihood_of
from services.pixels import Pixels
from services.settings import ServiceSettings
from services.store import Store
from services.torchvision_guard import guard_torchvision
from tests.services.tiny import put_image, settings_for

guard_torchvision()
import torchvision  # noqa: E402 - its schemas must be declared first
import torchxrayvision as xrv  # noqa: E402

WEIGHTS, SIZE = "densenet121-res224-all", 224
RESNET, CHEXPERT = "resnet50-res512-all", "densenet121-res224-chex"


def file_of(name: str) -> str:
    return str(xrv.models.model_urls[name]["weights_url"].rsplit("/", 1)[1])


OFFICIAL = file_of(WEIGHTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the site with random weights, saved as the official file is: a whole pickled network."""
    torch.manual_seed(3)
    network = xrv.models.DenseNet(num_classes=18, in_channels=1, **xrv.models.get_densenet_params("densenet121"))
    torch.nn.init.normal_(network.classifier.weight, std=1e-4)
    folder = tmp_path_factory.mktemp("site")
    for name, ends in ((WEIGHTS, (-1.5, 3.0)), (CHEXPERT, (3.0, -1.5))):
        youden = torch.tensor(xrv.models.model_urls[name]["op_threshs"]).nan_to_num(0.5)
        network.classifier.bias.data = torch.logit(youden) + torch.linspace(*ends, 18)
        torch.save(network, folder / file_of(name), _use_new_zipfile_serialization=False)
    resnet = torchvision.models.resnet50(num_classes=18, weights=None)
    resnet.conv1 = torch.nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    torch.save(resnet.state_dict(), folder / file_of(RESNET))
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> ServiceSettings:
    run = tmp_path_factory.mktemp("run")
    return settings_for(run, weights=folder, backend="torch", air_gapped=True, torchxrayvision_cache=run / "no-cache")


@pytest.fixture(scope="module")
def specialist(settings: ServiceSettings) -> ChestRadiograph:
    specialist = ChestRadiograph(settings)
    specialist.load()
    return specialist


@pytest.fixture
def film(tmp_path: Path) -> Pixels:
    image = np.random.default_rng(5).integers(0, 4096, (300, 260), np.uint16)
    return Pixels(put_image(tmp_path / "store", image, bits=12), Store(tmp_path / "store", fsync=False))


def scores(result: SpecialistResult) -> dict[Label, float]:
    return {label_of(one.code): one.evidence[0].score or 0.0 for one in result.findings}


def test_every_label_of_the_library_is_one_of_ours_in_its_order() -> None:
    assert list(LABELS) == xrv.models.model_urls[WEIGHTS]["labels"]
    assert len(set(LABELS.values())) == 18


def test_scores_are_those_of_the_library_itself(
    specialist: ChestRadiograph, film: Pixels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "load", lambda path, **_: _load_without_restriction(path))
    library = xrv.models.DenseNet(weights=WEIGHTS, cache_dir=str(folder))
    grid, _ = film.xrv_input(SIZE)
    with torch.inference_mode():
        expected = library(torch.from_numpy(grid.copy())[None, None])[0].numpy()
    read = scores(specialist.analyze([film], Subject()))
    assert len(read) == 18
    np.testing.assert_allclose([read[LABELS[name]] for name in library.targets], expected, atol=1e-4)


_real_load = torch.load


def _load_without_restriction(path: str) -> object:
    return _real_load(path, map_location="cpu", weights_only=False)


def test_the_input_is_what_the_library_prepares(film: Pixels) -> None:
    full_range = xrv.datasets.normalize(np.asarray(film.array, np.float32), 4095)[None]
    expected = xrv.datasets.XRayResizer(SIZE)(xrv.datasets.XRayCenterCrop()(full_range))[0]
    grid, _ = film.xrv_input(SIZE)
    assert np.abs(grid - expected).max() < 20.0  # of a range of 2048


def test_op_scale_is_the_op_norm_of_the_library() -> None:
    points = torch.tensor([0.07, 0.2, float("nan")])
    for p in (0.0, 0.03, 0.07, 0.2, 0.6, 1.0):
        expected = xrv.models.op_norm(torch.full((1, 3), p), points)[0].numpy()
        np.testing.assert_allclose(op_scale([p] * 3, points.numpy()), expected, atol=1e-6)


def test_likely_starts_at_the_published_point_of_80_percent_precision(specialist: ChestRadiograph) -> None:
    points = {label_of(one.code): one.operating_points for one in specialist.card().assesses}
    assert points[Label.ATELECTASIS] == {"absent": 0.5, "likely": pytest.approx(0.853, abs=5e-4)}
    assert points[Label.PNEUMONIA]["likely"] == pytest.approx(0.994, abs=5e-4)
    assert points[Label.LUNG_OPACITY]["likely"] == pytest.approx(0.759, abs=5e-4)


def test_words_follow_the_operating_points(specialist: ChestRadiograph, film: Pixels) -> None:
    result = specialist.analyze([film], Subject())
    for finding in result.findings:
        evidence = finding.evidence[0]
        assert evidence.score is not None
        likely = evidence.operating_points["likely"]
        expected = Presence.ABSENT if evidence.score < 0.5 else Presence.INDETERMINATE
        assert finding.presence is (Presence.PRESENT if evidence.score >= likely else expected)
        assert bool(evidence.regions) == (finding.likelihood is not Likelihood.ABSENT)
    assert {one.presence for one in result.findings} == set(Presence)


def test_a_head_that_was_never_trained_is_not_assessed(
    settings: ServiceSettings, film: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = list(xrv.models.model_urls[WEIGHTS]["op_threshs"])
    points[13] = float("nan")
    monkeypatch.setitem(xrv.models.model_urls[WEIGHTS], "op_threshs", points)
    specialist = ChestRadiograph(settings)
    specialist.load()
    result = specialist.analyze([film], Subject())
    assert [(one.what, one.reason) for one in result.limitations] == [("hernia", LimitationReason.UNTRAINED_LABEL)]
    assert Label.HERNIA not in scores(result)
    assert specialist.card().not_assessed == ("hernia",)


def test_a_child_gets_limitations_and_no_finding(specialist: ChestRadiograph, film: Pixels) -> None:
    result = specialist.analyze([film], Subject(age_years=4))
    assert result.findings == ()
    assert {one.reason for one in result.limitations} == {LimitationReason.OUT_OF_POPULATION}
    assert len(result.limitations) == 18


def test_the_same_film_gives_the_same_answer(specialist: ChestRadiograph, film: Pixels) -> None:
    first, second = (specialist.analyze([film], Subject()).model_dump_json() for _ in range(2))
    assert first == second


def test_the_card_says_where_the_weights_came_from(specialist: ChestRadiograph, folder: Path) -> None:
    card = specialist.card()
    assert card.weights.startswith("folder: ")
    assert card.algorithm.weights_sha256
    assert str(folder) not in card.model_dump_json()


@pytest.fixture
def other_folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "other").mkdir()
    yield tmp_path / "other"


def test_weights_of_another_shape_are_refused(settings: ServiceSettings, other_folder: Path) -> None:
    torch.save(xrv.models.DenseNet(num_classes=3), other_folder / OFFICIAL)
    with pytest.raises(WeightsDamaged, match="does not fit"):
        ChestRadiograph(settings.model_copy(update={"weights": other_folder})).load()


def test_without_the_file_the_specialist_is_not_in_force(settings: ServiceSettings, other_folder: Path) -> None:
    with pytest.raises(WeightsMissing):
        ChestRadiograph(settings.model_copy(update={"weights": other_folder})).load()


def test_a_clinical_deployment_refuses_the_research_weights(settings: ServiceSettings) -> None:
    with pytest.raises(WeightsForbidden):
        ChestRadiograph(settings.model_copy(update={"deployment": "clinical"})).load()


def loaded(settings: ServiceSettings, *names: str) -> ChestRadiograph:
    specialist = ChestRadiograph(settings.model_copy(update={"chest_radiograph_weights": ", ".join(names)}))
    specialist.load()
    return specialist


def test_a_resnet_gives_the_scores_of_the_library_too(
    settings: ServiceSettings, film: Pixels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specialist = loaded(settings, RESNET)
    monkeypatch.setattr(torch, "load", lambda path, **_: _load_without_restriction(path))
    library = xrv.models.ResNet(weights=RESNET, cache_dir=str(folder))
    grid, _ = film.xrv_input(512)
    with torch.inference_mode():
        expected = library(torch.from_numpy(grid.copy())[None, None])[0].numpy()
    result = specialist.analyze([film], Subject())
    read = scores(result)
    for name, label in LABELS.items():
        if label in read:
            assert read[label] == pytest.approx(expected[library.targets.index(name)], abs=1e-4)
    untrained = {limit.what for limit in result.limitations if limit.reason is LimitationReason.UNTRAINED_LABEL}
    assert untrained == {"lung lesion", "enlarged cardiomediastinum"}


def test_labels_that_a_network_was_never_taught_are_not_assessed(settings: ServiceSettings, film: Pixels) -> None:
    result = loaded(settings, CHEXPERT).analyze([film], Subject())
    untaught = [
        LABELS[key] for key, name in zip(LABELS, xrv.models.model_urls[CHEXPERT]["labels"], strict=True) if not name
    ]
    assert {limit.what for limit in result.limitations} == {str(label) for label in untaught}
    assert {limit.reason for limit in result.limitations} == {LimitationReason.UNTRAINED_LABEL}
    assert not set(untaught) & set(scores(result))


def test_weights_without_a_point_of_high_precision_never_say_present(settings: ServiceSettings, film: Pixels) -> None:
    result = loaded(settings, CHEXPERT).analyze([film], Subject())
    assert {finding.presence for finding in result.findings} <= {Presence.ABSENT, Presence.INDETERMINATE}


def test_networks_that_do_not_agree_are_both_shown(settings: ServiceSettings, film: Pixels) -> None:
    result = loaded(settings, WEIGHTS, CHEXPERT).analyze([film], Subject())
    disputed = {limit.what: limit for limit in result.limitations if limit.reason is LimitationReason.DISAGREEMENT}
    assert disputed
    for finding in result.findings:
        words = {likely_of(one.score, one.operating_points) for one in finding.evidence}
        if str(label_of(finding.code)) in disputed:
            assert finding.presence is Presence.INDETERMINATE
            assert len(words) == 2
            assert all(f"{one.score:.2f}" in disputed[str(label_of(finding.code))].detail for one in finding.evidence)
    assert all(len(finding.evidence) in (1, 2) for finding in result.findings)
    assert {len(finding.evidence) for finding in result.findings} == {1, 2}, "one label is taught to one network only"


def likely_of(score: float | None, points: dict[str, float]) -> Likelihood:
    assert score is not None
    return likelihood_of(score, points)


def test_a_network_that_is_not_published_is_a_wrong_setting(settings: ServiceSettings) -> None:
    with pytest.raises(Misconfigured, match="densenet121-res224-nih"):
        loaded(settings, "densenet121-res224-mine")


def test_a_constant_image_is_limited_and_never_absent(specialist: ChestRadiograph, tmp_path: Path) -> None:
    image = put_image(tmp_path / "store", np.full((300, 260), 900, np.uint16), bits=12)
    result = specialist.analyze([Pixels(image, Store(tmp_path / "store", fsync=False))], Subject())
    assert result.findings == ()
    assert {limit.reason for limit in result.limitations} == {LimitationReason.POOR_QUALITY}
    assert len(result.limitations) == 18


def test_a_score_that_is_not_a_number_is_limited_and_never_absent(settings: ServiceSettings, film: Pixels) -> None:
    specialist = loaded(settings, WEIGHTS)
    (network,) = specialist._networks
    specialist._networks = (
        replace(network, backend=lambda images: (np.full((1, 18), np.nan), np.zeros((1, 1024, 7, 7)))),
    )  # type: ignore[arg-type]
    result = specialist.analyze([film], Subject())
    assert result.findings == ()
    assert {limit.reason for limit in result.limitations} == {LimitationReason.INVALID_SCORE}


def test_a_sites_points_decide_the_word_and_their_hash_travels(
    settings: ServiceSettings, film: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "points.toml"
    path.write_text("[chest_radiograph.pneumonia]\nabsent = 0.001\nlikely = 0.002\n")
    specialist = loaded(settings.model_copy(update={"operating_points": path}), WEIGHTS)
    by_label = {label_of(one.code): one for one in specialist.analyze([film], Subject()).findings}
    assert by_label[Label.PNEUMONIA].likelihood is Likelihood.LIKELY
    assert by_label[Label.PNEUMONIA].evidence[0].site_points_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert by_label[Label.EDEMA].evidence[0].site_points_sha256 is None


def test_a_randomised_network_shows_another_place(settings: ServiceSettings, film: Pixels, folder: Path) -> None:
    """Sanity check of saliency maps (Adebayo 2018): a map that does not depend on the weights shows nothing."""
    (network,) = loaded(settings, WEIGHTS)._networks
    torch.manual_seed(11)
    other = xrv.models.DenseNet(num_classes=18)
    maps = network.read(film).heats
    grid, _ = film.xrv_input(SIZE)
    with torch.inference_mode():
        features = torch.relu(other.features(torch.from_numpy(grid.copy())[None, None]))[0].numpy()
    randomised = np.einsum("lc,crk->lrk", other.classifier.weight.detach().numpy(), features)
    correlations = [abs(rank_correlation(maps[label], randomised[label])) for label in range(18)]
    assert float(np.median(correlations)) < 0.5


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    ranks = [values.ravel().argsort().argsort() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])
