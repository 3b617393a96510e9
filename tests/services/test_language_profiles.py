"""Every language model is a profile file; each one that ships is complete and points at things that exist."""

from pathlib import Path

import pytest

from services.contract.profile import LanguageProfile, LicenceRefused, allow, read_profile

ROOT = Path(__file__).parents[2]
PROFILES = sorted((ROOT / "deploy" / "language").glob("*.toml"))


NON_COMMERCIAL = ("bundled", "radiology_llama2", "pmc_llama", "chatdoctor", "clinicalgpt", "xraygpt")


def test_the_profiles_that_ship():
    assert {path.stem for path in PROFILES} == {*NON_COMMERCIAL, "llama3_instruct", "openai_compatible"}


def test_the_readme_names_every_profile():
    readme = (ROOT / "README.md").read_text()
    assert all(f"`{path.stem}`" in readme for path in PROFILES)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_clinical_deployment_refuses_what_its_licence_forbids_and_names_the_licence(path: Path):
    profile = read_profile(path)
    assert allow(profile, "research") == profile
    if path.stem not in NON_COMMERCIAL:
        assert allow(profile, "clinical") == profile
        return
    with pytest.raises(LicenceRefused) as refused:
        allow(profile, "clinical")
    assert profile.licence in str(refused.value)
    assert "clinical_use = true" in str(refused.value)


@pytest.mark.parametrize("terms", ["CC BY-NC 4.0", "For non-commercial use.", "Research use only."])
def test_terms_that_forbid_it_cannot_stand_beside_clinical_use(terms: str):
    with pytest.raises(ValueError, match="clinical_use"):
        LanguageProfile.model_validate(profile(clinical_use=True, licence="its own", terms=terms, uses="phrasing"))


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_profile_is_valid_and_named_as_its_file(path: Path):
    assert read_profile(path).name == path.stem


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_files_a_profile_names_exist(path: Path):
    profile = read_profile(path)
    assert (ROOT / "prompts" / f"{profile.prompt}.md").is_file()
    if profile.chat_template is not None:
        assert (ROOT / profile.chat_template).is_file()


def profile(**changes: object) -> dict[str, object]:
    return {**read_profile(ROOT / "deploy" / "language" / "bundled.toml").model_dump(), **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"licence": ""},
        {"temperature": 0.7},
        {"max_answer_tokens": 4096},
        {"deadline_s": 0},
        {"name": "Bundled Model"},
        {"weights_sha256": "abc"},
        {"server": None, "adapter": {"name": "a", "model": "b", "rank": 8}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_profile_that_cannot_work_is_refused(changes: dict[str, object]):
    with pytest.raises(ValueError):
        LanguageProfile.model_validate(profile(**changes))


def test_a_broken_file_is_named_in_the_complaint(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text("name = ")
    with pytest.raises(ValueError, match=r"mine\.toml is not a language profile"):
        read_profile(path)


def test_requests_ask_for_the_adapter_by_its_own_name():
    adapted = read_profile(ROOT / "deploy" / "language" / "radiology_llama2.toml")
    assert adapted.served_name == "radiology-llama2" != adapted.base_name


def test_somebody_elses_server_is_asked_for_the_model_by_its_identity():
    assert read_profile(ROOT / "deploy" / "language" / "openai_compatible.toml").served_name == "your-model"
