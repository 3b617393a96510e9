"""Which parts there are, and what each is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import parts
from deploy.local.processes import MARK
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.state import RunFolder
from orchestrator.settings import Settings

PROFILES = ROOT / "deploy" / "language"


def planned(folder: Path, together: bool = False, **given: object) -> parts.Installation:
    settings = LocalSettings.model_validate({"run": folder, "REDIS_URL": None, "language_url": None, **given})
    ports = {name: 20_000 + number for number, name in enumerate(parts.port_names(together))}
    return parts.plan(settings, RunFolder(folder), ports, together)


def part(installation: parts.Installation, name: str) -> parts.Part:
    return next(one for one in installation.parts if one.name == name)


def test_every_part_is_a_process_of_its_own(tmp_path):
    names = [one.name for one in planned(tmp_path).parts]
    expected = ["redis", "language", "classification", "segmentation", "detection", "orchestrator", "worker"]
    assert names == expected


def test_the_reporting_service_is_started_and_told_of_only_where_it_is_turned_on(tmp_path):
    assert "WETREAD_REPORTING_URL" not in planned(tmp_path).environment
    for together in (False, True):
        on = planned(tmp_path, together, reporting=True)
        reporting = part(on, "reporting")
        assert "services.reporting.main:app" in reporting.command
        assert on.environment["WETREAD_REPORTING_URL"] == reporting.url


def test_the_gateway_is_started_only_where_the_hospitals_file_asks_for_it(tmp_path):
    (tmp_path / "quiet.toml").write_text("[arrivals]\nquiet_s = 5\n")
    (tmp_path / "listening.toml").write_text("[dicom]\nport = 11112\n")
    (tmp_path / "wrong.toml").write_text("[dicom]\nport = 'none'\n")
    assert "gateway" not in [one.name for one in planned(tmp_path, hospital=tmp_path / "quiet.toml").parts]
    gateway = part(planned(tmp_path, hospital=tmp_path / "listening.toml"), "gateway")
    assert "orchestrator.gateway" in gateway.command
    assert "dicom.port" in (part(planned(tmp_path, hospital=tmp_path / "wrong.toml"), "gateway").off or "")


def test_the_outbox_is_started_only_where_there_are_destinations(tmp_path):
    there = '[[destinations]]\nname = "ris"\nkind = "mllp"\nhost = "ris.example"\nport = 2575\n'
    (tmp_path / "sending.toml").write_text(f'[outbox]\nhosts = ["ris.example"]\n{there}')
    (tmp_path / "quiet.toml").write_text('[outbox]\nhosts = ["ris.example"]\n')
    assert "outbox" not in [one.name for one in planned(tmp_path, hospital=tmp_path / "quiet.toml").parts]
    sending = planned(tmp_path, hospital=tmp_path / "sending.toml")
    assert "orchestrator.outbox" in part(sending, "outbox").command
    assert "gateway" not in [one.name for one in sending.parts]


def test_together_the_services_are_one_process_with_three_addresses(tmp_path):
    installation = planned(tmp_path, together=True)
    assert [one.name for one in installation.parts] == ["redis", "language", "specialists", "orchestrator", "worker"]
    assert installation.environment["WETREAD_DETECTION_URL"].endswith("/detection")


def test_what_the_parts_are_told_is_what_the_orchestrator_reads(tmp_path, monkeypatch):
    told = planned(tmp_path).environment
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.store == tmp_path / "store"
    assert settings.originals == tmp_path / "originals"
    assert settings.database_url == f"sqlite:///{tmp_path}/wetread.db"
    assert settings.redis_url == told["REDIS_URL"]
    assert settings.segmentation_url == part(planned(tmp_path), "segmentation").url


def test_every_process_is_marked_and_does_not_fight_for_the_cores(tmp_path):
    told = planned(tmp_path, threads=2).environment
    assert told[MARK] == RunFolder(tmp_path).mark
    expected = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "OMP_NUM_THREADS": "2"}
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"language_python": Path("/nowhere/python")}, "vLLM is not installed"),
        ({"language_profile": Path("/nowhere.toml")}, "the language profile cannot be used"),
        ({"language_profile": PROFILES / "openai_compatible.toml"}, "is served elsewhere"),
    ],
)
def test_without_a_language_model_it_says_why_and_the_rest_goes_on(tmp_path, given, reason):
    installation = planned(tmp_path, **{"language_python": Path("/bin/true"), **given})
    off = part(installation, "language").off
    assert off is not None
    assert reason in off
    assert [one.name for one in installation.parts if one.off] == ["language"]


def test_a_language_server_of_yours_is_not_started_here(tmp_path):
    installation = planned(tmp_path, language_url="http://gpu.hospital:8000")
    assert part(installation, "language").external
    assert installation.environment["WETREAD_LANGUAGE_URL"] == "http://gpu.hospital:8000"


def test_a_redis_of_yours_is_not_started_here(tmp_path):
    installation = planned(tmp_path, REDIS_URL="redis://queue.hospital/3")
    assert part(installation, "redis").external
    assert installation.environment["REDIS_URL"] == "redis://queue.hospital/3"


def test_two_checkouts_never_share_a_mark(tmp_path):
    assert RunFolder(tmp_path / "a").mark != RunFolder(tmp_path / "b").mark
    assert RunFolder(tmp_path / "a").mark == RunFolder(tmp_path / "x" / ".." / "a").mark
