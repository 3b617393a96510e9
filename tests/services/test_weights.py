"""Weights are whole, allowed here, and say where they came from; otherwise they are not used."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from services.contract import Label
from services.errors import WeightsDamaged, WeightsForbidden, WeightsMissing
from services.manifest import (
    Architecture,
    AssessedLabel,
    DataSet,
    Hub,
    Manifest,
    described_file,
    read_manifest,
    write_manifest,
)
from services.settings import ServiceSettings
from services.weights import find, record_self_test, run_self_test
from tests.services.tiny import settings_for

Floats = npt.NDArray[np.float32]
CONTENT = b"weights of a network"


def put(folder: Path, content: bytes = CONTENT, **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(content)
    fields: dict[str, object] = {
        "id": "lung-net",
        "version": "1",
        "architecture": Architecture(name="UNet", parameters={"channels": (8, 16), "norm": "instance"}),
        "files": (described_file(folder / "model.safetensors"),),
        "licence": "Apache-2.0",
        "commercial_use": True,
        "data": (DataSet(name="phantoms", terms="Apache-2.0", images=3),),
        "labels": (AssessedLabel(label=Label.PNEUMONIA, population="children", operating_points={"absent": 0.2}),),
        "training_command": "python -m services.somewhere.train",
    }
    write_manifest(folder, Manifest.model_validate(fields | changes))
    return folder


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    return put(tmp_path / "code" / "lung-net")


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    return settings_for(tmp_path, weights=tmp_path / "site")


def test_bundled_weights_are_in_force_where_nothing_goes_before_them(bundled: Path, settings: ServiceSettings) -> None:
    found = find(bundled, settings)
    assert (found.source, found.path()) == ("bundled", bundled / "model.safetensors")
    assert found.described.startswith("bundled: ")
    assert found.manifest.label(Label.PNEUMONIA).population == "children"


def test_a_folder_of_the_site_goes_before_the_bundled_weights(bundled: Path, settings: ServiceSettings) -> None:
    site = put(settings.weights / "lung-net", b"better weights", version="2")  # type: ignore[operator]
    found = find(bundled, settings)
    assert (found.source, found.folder, found.manifest.version) == ("folder", site, "2")
    assert found.sha256 != read_manifest(bundled).sha256


def test_files_without_a_manifest_of_their_own_must_be_those_of_the_bundled_one(
    bundled: Path, settings: ServiceSettings
) -> None:
    site = settings.weights / "lung-net"  # type: ignore[operator]
    site.mkdir(parents=True)
    (site / "model.safetensors").write_bytes(CONTENT)
    assert find(bundled, settings).source == "folder"
    (site / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(WeightsDamaged):
        find(bundled, settings)


def test_weights_with_another_hash_are_refused(bundled: Path, settings: ServiceSettings) -> None:
    (bundled / "model.safetensors").write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        find(bundled, settings)


def test_damaged_weights_of_the_site_do_not_fall_back_in_silence(bundled: Path, settings: ServiceSettings) -> None:
    site = put(settings.weights / "lung-net", version="2")  # type: ignore[operator]
    (site / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(WeightsDamaged):
        find(bundled, settings)


def test_a_clinical_deployment_refuses_weights_that_forbid_commercial_use(
    tmp_path: Path, settings: ServiceSettings
) -> None:
    folder = put(
        tmp_path / "code" / "lung-net",
        commercial_use=False,
        data=(DataSet(name="masks", terms="CC BY-NC-SA 4.0"),),
    )
    assert find(folder, settings).source == "bundled"
    with pytest.raises(WeightsForbidden, match="commercial"):
        find(folder, settings.model_copy(update={"deployment": "clinical"}))


@pytest.mark.parametrize("terms", ["CC BY-NC 4.0", "research use; cite someone", "non-commercial"])
def test_terms_cannot_be_hidden_behind_commercial_use(tmp_path: Path, terms: str) -> None:
    with pytest.raises(ValueError, match="commercial_use"):
        put(tmp_path / "x", data=(DataSet(name="masks", terms=terms),))


def test_an_air_gapped_service_makes_no_request(
    bundled: Path, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bundled, hub=Hub(repository="someone/lung-net", revision="0123456789"))
    (bundled / "model.safetensors").unlink()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("made a request"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("made a request"))
    with pytest.raises(WeightsMissing, match="air-gapped"):
        find(bundled, settings.model_copy(update={"air_gapped": True}))


def test_a_hub_that_cannot_be_reached_means_no_weights(
    bundled: Path, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bundled, hub=Hub(repository="someone/lung-net", revision="0123456789"))
    (bundled / "model.safetensors").unlink()

    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(WeightsMissing, match="cannot be reached"):
        find(bundled, settings)


def test_without_a_manifest_there_are_no_weights(tmp_path: Path, settings: ServiceSettings) -> None:
    with pytest.raises(WeightsMissing):
        find(tmp_path / "nothing", settings)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b", "a/.hidden", "a//b", "a/", "", "/x"])
def test_a_manifest_cannot_point_out_of_its_folder(bundled: Path, name: str) -> None:
    text = (bundled / "manifest.json").read_text().replace("model.safetensors", name)
    (bundled / "manifest.json").write_text(text)
    with pytest.raises(WeightsDamaged):
        read_manifest(bundled)


def network(images: Floats) -> Floats:
    return images.mean(axis=(2, 3)) * np.arange(1, 4, dtype=np.float32)


def test_the_self_test_accepts_the_network_that_recorded_it() -> None:
    recorded = record_self_test(network, 7, (2, 3, 16, 16))
    run_self_test(recorded, network)
    run_self_test(recorded, lambda images: network(images) + 1e-5)


@pytest.mark.parametrize("change", [lambda y: y * 1.01, lambda y: y * np.nan, lambda y: y[:1], lambda y: -y])
def test_the_self_test_refuses_another_network(change) -> None:  # type: ignore[no-untyped-def]
    recorded = record_self_test(network, 7, (2, 3, 16, 16))
    with pytest.raises(WeightsDamaged):
        run_self_test(recorded, lambda images: change(network(images)))
