"""The files torchxrayvision publishes: from a folder, from its cache, never without permission, never as code."""

from __future__ import annotations

import os
import pickle
import socket
import time
from pathlib import Path

import pytest

from services import downloads, official_weights
from services.errors import WeightsDamaged, WeightsForbidden, WeightsMissing
from services.official_weights import FoundFile, OfficialFile, find_official, read_pickled_network, read_state
from services.settings import ServiceSettings
from tests.services.tiny import settings_for

FILE = OfficialFile("https://weights.invalid/v1/network.pt", "research", commercial_use=False)


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    return settings_for(tmp_path, torchxrayvision_cache=tmp_path / "cache", weights=tmp_path / "site")


def put(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / FILE.name).write_bytes(folder.name.encode())
    return folder / FILE.name


def test_the_folder_of_the_site_goes_before_the_cache(tmp_path: Path, settings: ServiceSettings) -> None:
    put(tmp_path / "cache")
    assert find_official(FILE, settings).described.startswith("hub: ")
    site = put(tmp_path / "site")
    found = find_official(FILE, settings)
    assert (found.path, found.described.split(":")[0]) == (site, "folder")


def test_an_air_gapped_service_makes_no_request(settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(official_weights, "download", lambda *_: pytest.fail("made a request"))
    with pytest.raises(WeightsMissing, match="air-gapped"):
        find_official(FILE, settings.model_copy(update={"air_gapped": True}))


def test_a_publisher_that_cannot_be_reached_is_given_up_within_seconds(settings: ServiceSettings) -> None:
    started = time.monotonic()
    with pytest.raises(WeightsMissing, match="cannot be reached"):
        find_official(FILE, settings)
    assert time.monotonic() - started < 10
    assert not list(settings.torchxrayvision_cache.glob("*"))


def test_a_name_that_never_resolves_is_given_up_too(settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "FIRST_BYTE_TIMEOUT_S", 0.2)

    def never_resolves(*_: object, **__: object) -> None:
        time.sleep(2)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", never_resolves)
    started = time.monotonic()
    with pytest.raises(WeightsMissing, match="cannot be reached"):
        find_official(FILE, settings)
    assert time.monotonic() - started < 2


def test_research_weights_are_refused_in_a_clinical_deployment(tmp_path: Path, settings: ServiceSettings) -> None:
    put(tmp_path / "site")
    with pytest.raises(WeightsForbidden):
        find_official(FILE, settings.model_copy(update={"deployment": "clinical"}))


class _Code:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("read", [read_pickled_network, read_state])
def test_a_file_that_holds_code_is_not_run(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    import torch

    marker = tmp_path / "was-run"
    for number, save in enumerate((pickle.dump, torch.save)):
        path = tmp_path / f"evil-{number}.pt"
        with path.open("wb") as file:
            save(_Code(marker), file)
        with pytest.raises(WeightsDamaged):
            read(FoundFile(path, "folder: test", "0" * 64))
    assert not marker.exists()


@pytest.mark.parametrize("read", [read_pickled_network, read_state])
@pytest.mark.parametrize("content", [b"", b"\x80\x04not a pickle", b"<html>not found</html>"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, read) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "network.pt"
    path.write_bytes(content)
    with pytest.raises(WeightsDamaged):
        read(FoundFile(path, "folder: test", "0" * 64))
