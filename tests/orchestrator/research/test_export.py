"""``wetread deidentify``: whole files, and what stays behind."""

from __future__ import annotations

import io
import json
import re
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from typer.main import get_command
from typer.testing import CliRunner

from orchestrator.burned_in import find_text
from orchestrator.cli import app
from orchestrator.cli.exit_codes import Exit
from orchestrator.errors import UnreadableImage, UnsupportedImage
from orchestrator.research.export import export
from orchestrator.research.profile import Options
from orchestrator.research.pseudonyms import Pseudonyms
from orchestrator.sealing import new_key
from orchestrator.settings import ROOT, settings_from_environment
from tests.phantoms import chest_dicom

SECRET = Pseudonyms(b"a secret of a test, long enough")
CANARIES = {
    "PatientName": "CanaryName^Given",
    "PatientID": "CANARY-ID",
    "InstitutionName": "Canary Clinic",
    "ReferringPhysicianName": "CanaryDoctor",
    "AccessionNumber": "CANARYACC",
    "StudyDescription": "of CanaryName",
    "PatientComments": "canary comment",
}


def test_a_film_leaves_with_the_same_pixels_and_without_its_identity():
    film = chest_dicom("cardiomegaly", seed=2, **CANARIES)
    left = export(film, Options(), SECRET)
    name, data, done = left.name, left.data, left.done
    assert b"canary" not in data.lower()
    assert b"canary" not in name.lower().encode()
    assert (dcmread(io.BytesIO(data)).pixel_array == dcmread(io.BytesIO(film)).pixel_array).all()
    assert {one.attribute for one in done} >= {"Patient's Name", "Institution Name", "SOP Instance UID"}


@pytest.mark.parametrize("attributes", [{"BurnedInAnnotation": "YES"}, {"Modality": "US", "BurnedInAnnotation": None}])
def test_an_image_that_may_show_text_stays_behind(attributes: dict[str, str | None]):
    with pytest.raises(UnsupportedImage, match="may show text"):
        export(chest_dicom(**attributes), Options(), SECRET)


def test_a_document_stays_behind():
    with pytest.raises(UnsupportedImage, match="document"):
        export(chest_dicom(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.22"), Options(), SECRET)


def test_what_is_no_dicom_file_is_said_so():
    with pytest.raises(UnreadableImage, match="expected a DICOM image"):
        export(b"%PDF-1.4", Options(), SECRET)


def test_the_command_writes_files_and_a_report_that_names_nobody(tmp_path: Path):
    folder = tmp_path / "CanaryName"
    folder.mkdir()
    (folder / "CanaryName_Given.dcm").write_bytes(chest_dicom(seed=1, **CANARIES))
    (folder / "letter.pdf").write_bytes(b"%PDF-1.4")
    out = tmp_path / "out"
    answer = CliRunner().invoke(app, ["deidentify", str(folder), "--out", str(out), "--json"])
    assert answer.exit_code == Exit.REFUSED
    report = json.loads((out / "report.json").read_text())
    assert [bool(one["file"]) for one in report["files"]] == [True, False]
    assert "canary" not in (out / "report.json").read_text().lower()
    assert "canary" not in " ".join(path.name for path in out.iterdir()).lower()
    assert len(list(out.glob("*.dcm"))) == 1


def test_two_runs_with_one_secret_can_be_put_together(tmp_path: Path):
    (tmp_path / "secret").write_bytes(b"0123456789abcdef")
    film = tmp_path / "film.dcm"
    film.write_bytes(chest_dicom(seed=1))
    for run in ("a", "b"):
        arguments = ["deidentify", str(film), "--out", str(tmp_path / run), "--secret-file", str(tmp_path / "secret")]
        assert CliRunner().invoke(app, arguments).exit_code == Exit.OK
    names = [[path.name for path in (tmp_path / run).glob("*.dcm")] for run in ("a", "b")]
    assert names[0] == names[1]


def test_a_short_secret_is_refused(tmp_path: Path):
    (tmp_path / "secret").write_bytes(b"short")
    (tmp_path / "film.dcm").write_bytes(b"x")
    arguments = ["deidentify", str(tmp_path / "film.dcm"), "--out", str(tmp_path / "o")]
    assert CliRunner().invoke(app, [*arguments, "--secret-file", str(tmp_path / "secret")]).exit_code == Exit.USAGE


def with_text(film: bytes, text: str = "DOE JANE 1957-03-04") -> bytes:
    """Draw a line of text into a film's pixels."""
    dataset = dcmread(io.BytesIO(film))
    pixels = dataset.pixel_array.copy()
    height = pixels.shape[0] // 30
    scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, height, 3)
    at = (pixels.shape[1] // 12, pixels.shape[0] // 12)
    ink = np.zeros(pixels.shape, np.uint8)
    cv2.putText(ink, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 3)
    pixels[ink > 0] = pixels.max()
    dataset.PixelData = pixels.tobytes()
    file = io.BytesIO()
    dataset.save_as(file)
    return file.getvalue()


def test_a_film_with_a_name_drawn_in_its_pixels_stays_behind_whatever_its_header_says():
    with pytest.raises(UnsupportedImage, match="text was found"):
        export(with_text(chest_dicom(seed=3)), Options(), SECRET)


def test_or_the_name_is_blacked_out_and_nothing_else():
    film = chest_dicom(seed=3)
    left = export(with_text(film), Options(clean_pixel_data=True), SECRET)
    before, after = dcmread(io.BytesIO(film)).pixel_array, dcmread(io.BytesIO(left.data))
    pixels = after.pixel_array
    assert left.blacked_out >= 1
    assert not find_text(pixels)
    changed = np.argwhere(before != pixels)
    assert changed.size and changed[:, 0].max() < pixels.shape[0] // 6, "only where the line stood"
    assert "113101" not in [code.CodeValue for code in after.DeidentificationMethodCodeSequence], "it promises too much"


@pytest.mark.parametrize("attributes", [{"BurnedInAnnotation": "YES"}, {"Modality": "US", "BurnedInAnnotation": None}])
def test_the_detector_clears_no_image_that_its_header_does_not(attributes: dict[str, str | None]):
    with pytest.raises(UnsupportedImage, match="may show text"):
        export(chest_dicom(**attributes), Options(clean_pixel_data=True), SECRET)


def test_the_pseudonyms_of_a_run_can_be_linked_back_by_who_has_the_key(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WETREAD_DATABASE_URL", f"sqlite:///{tmp_path}/records.db")
    monkeypatch.setenv("WETREAD_VAULT_KEYS", new_key())
    settings_from_environment.cache_clear()
    film = tmp_path / "film.dcm"
    film.write_bytes(chest_dicom(seed=1, **CANARIES))
    arguments = ["deidentify", str(film), "--out", str(tmp_path / "out"), "--vault-days", "30"]
    assert CliRunner().invoke(app, arguments).exit_code == Exit.OK
    (made,) = (tmp_path / "out").glob("*.dcm")
    dataset = dcmread(made)
    for pseudonym in (dataset.PatientID, dataset.SOPInstanceUID):
        answer = CliRunner().invoke(app, ["vault", "relink", pseudonym, "--purpose", "withdrawal_of_consent"])
        assert "CANARY-ID" in answer.stdout
    assert dcmread(film).SOPInstanceUID in answer.stdout
    assert b"canary" not in (tmp_path / "records.db").read_bytes().lower()
    settings_from_environment.cache_clear()


def test_without_a_key_nothing_is_exported_that_was_to_be_linked(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WETREAD_DATABASE_URL", f"sqlite:///{tmp_path}/records.db")
    settings_from_environment.cache_clear()
    (tmp_path / "film.dcm").write_bytes(chest_dicom(seed=1))
    arguments = ["deidentify", str(tmp_path / "film.dcm"), "--out", str(tmp_path / "out"), "--vault-days", "30"]
    assert CliRunner().invoke(app, arguments).exit_code == Exit.REFUSED
    assert not list((tmp_path / "out").glob("*.dcm"))
    settings_from_environment.cache_clear()


def test_the_readme_lists_every_option_with_its_code():
    readme = (ROOT / "README.md").read_text()
    (row,) = [line for line in readme.splitlines() if line.startswith("| `wetread deidentify")]
    whole = Options(**{field.name: True for field in fields(Options)})
    assert {code for code, _ in whole.codes} == set(re.findall(r"\(?\b(113\d{3})\b", row))
    named = set(re.findall(r"(--[a-z-]+)", row))
    offered = {name for parameter in get_command(app).commands["deidentify"].params for name in parameter.opts}
    assert named == {name for name in offered if name.startswith("--")} - {"--secret-file", "--json", "--help"}
