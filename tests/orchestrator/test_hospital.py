"""An installation is connected as its file says, or it says what is wrong with the file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.hospital import Hospital, read_hospital
from orchestrator.settings import ROOT

EXAMPLE = ROOT / "deploy/hospital.toml"


def test_without_a_file_nothing_is_connected():
    assert read_hospital(None) == Hospital()


@pytest.mark.parametrize("text", ["[no_such_table]\nport = 1\n", "this is no TOML", "[dicom\n"])
def test_a_wrong_file_is_said_at_start(tmp_path: Path, text: str):
    (tmp_path / "hospital.toml").write_text(text)
    with pytest.raises(Misconfigured, match="WETREAD_HOSPITAL"):
        read_hospital(tmp_path / "hospital.toml")


def test_a_missing_file_is_said_at_start(tmp_path: Path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_hospital(tmp_path / "absent.toml")


def test_the_example_switches_nothing_on():
    assert read_hospital(EXAMPLE) == Hospital()


def test_everything_switched_on_the_example_shows_every_table(tmp_path: Path):
    switched_on = re.sub(r"^#(?! |$)", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    (tmp_path / "hospital.toml").write_text(switched_on)
    hospital = read_hospital(tmp_path / "hospital.toml")
    assert set(tomllib.loads(switched_on)) == set(Hospital.model_fields)
    assert hospital.listens
