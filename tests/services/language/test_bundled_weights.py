"""The model in the repository is whole, small, and described by what was measured."""

import hashlib
import json

import pytest

from services.contract.profile import read_profile
from services.language.evaluate import Metrics
from services.language.publish import FOLDER, PROFILE
from services.manifest import Manifest, described_file, read_manifest

MOST_BYTES = 30_000_000


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(FOLDER)


def test_every_file_is_the_one_that_the_manifest_lists(manifest: Manifest):
    assert [described_file(FOLDER / file.name) for file in manifest.files] == list(manifest.files)


def test_the_profile_names_the_weights_by_their_hash():
    sha256 = hashlib.sha256((FOLDER / "model.safetensors").read_bytes()).hexdigest()
    assert read_profile(PROFILE).weights_sha256 == sha256


def test_the_model_is_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES


def test_the_non_commercial_terms_of_the_training_text_are_not_hidden(manifest: Manifest):
    assert not manifest.commercial_use
    assert any("NC" in data.terms for data in manifest.data)
    assert "non-commercial" in (FOLDER / "MODEL_CARD.md").read_text()


def test_the_card_shows_the_measured_figures():
    metrics = Metrics.model_validate_json((FOLDER / "metrics.json").read_text())
    card = (FOLDER / "MODEL_CARD.md").read_text()
    assert "{{" not in card
    assert f"{metrics.draft.right:.1%}" in card
    assert metrics.draft.studies >= 300


def test_the_drafts_are_good_enough_to_be_worth_checking():
    draft = Metrics.model_validate_json((FOLDER / "metrics.json").read_text()).draft
    assert draft.valid >= 0.99
    assert draft.right >= 0.8
    assert draft.invented <= 0.05
    assert draft.missing <= 0.05


def test_it_is_a_llama_with_the_context_that_the_profile_asks_for():
    configuration = json.loads((FOLDER / "config.json").read_text())
    assert configuration["architectures"] == ["LlamaForCausalLM"]
    server = read_profile(PROFILE).server
    assert server is not None and configuration["max_position_embeddings"] >= server.max_model_len
