"""``wetread deidentify``: whole files, and what stays behind."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.cli.exit_codes import Exit
from orchestrator.errors import UnreadableImage, UnsupportedImage
from orchestrator.research.export import export
from orchestrator.research.profile import Options
from orchestrator.research.pseudonyms import Pseudonyms
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
    name, data, done = export(film, Options(), SECRET)
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
