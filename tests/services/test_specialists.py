"""``deploy/specialists.toml`` switches specialists that exist, and only those."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from services.errors import Misconfigured
from services.settings import ROOT, ServiceSettings, read_settings, read_switches
from services.together import SERVICES

SHIPPED = ROOT / "deploy" / "specialists.toml"


@pytest.mark.parametrize("service", [*SERVICES, "reporting"])
def test_every_table_has_a_specialist(service: str) -> None:
    names = tuple(one.name for one in import_module(f"services.{service}.main").SPECIALISTS)
    assert set(read_switches(SHIPPED, service, names)) <= set(names)


def test_there_is_no_table_for_a_service_that_does_not_exist() -> None:
    assert set(tomllib.loads(SHIPPED.read_text())) == {*SERVICES, "reporting"}


@pytest.mark.parametrize(
    "text",
    [
        "[detection.psychic]\non = true",
        "[detection.boxes]\non = 3",
        "[detection.boxes]\nno_such_key = 1",
        '[detection.boxes]\nstands_in_for = "psychic"',
        "detection = 1",
        "[detection",
    ],
)
def test_a_wrong_file_stops_the_service_at_its_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "specialists.toml").write_text(text)
    with pytest.raises(Misconfigured):
        read_switches(tmp_path / "specialists.toml", "detection", ("boxes",))


def test_a_missing_file_stops_the_service_at_its_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        read_switches(tmp_path / "specialists.toml", "detection", ("boxes",))


def test_the_environment_is_read_with_its_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WETREAD_STORE", str(tmp_path))
    monkeypatch.setenv("WETREAD_AIR_GAPPED", "1")
    settings = read_settings()
    assert (settings.store, settings.air_gapped) == (tmp_path, True)


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WETREAD_THREADS", "very many")
    with pytest.raises(Misconfigured, match="WETREAD_THREADS") as caught:
        read_settings()
    assert "very many" not in str(caught.value)
    assert isinstance(ServiceSettings.model_fields["threads"].default, int)
