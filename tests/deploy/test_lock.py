"""The locks hold what the project asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from deploy import lock
from deploy.local.settings import ROOT


def locked(name: str) -> dict[str, str]:
    lines = (Path(ROOT) / "deploy" / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_every_requirement_of_the_project_is_locked_within_its_range():
    versions = locked("lock.txt")
    for requirement in lock.declared(Path(ROOT) / "pyproject.toml"):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_main_lock_fits_a_machine_with_and_without_a_gpu():
    versions = locked("lock.txt")
    assert versions["torch"] == "2.13.0"
    assert [name for name in versions if name.startswith(("nvidia", "cuda"))] == []


@pytest.mark.parametrize("name", ["torchvision", "torchaudio", "torchcodec"])
def test_the_language_environment_goes_without(name):
    assert name not in locked("lock-language.txt")


def test_both_environments_speak_with_the_same_pydantic_and_tokenizers():
    ours, language = locked("lock.txt"), locked("lock-language.txt")
    assert {n: ours[n] for n in ("pydantic", "tokenizers")} == {n: language[n] for n in ("pydantic", "tokenizers")}


def test_no_lock_names_an_address():
    for name in ("lock.txt", "lock-language.txt"):
        assert not re.search(r"://|@", (Path(ROOT) / "deploy" / name).read_text())
