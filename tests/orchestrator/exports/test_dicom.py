"""The draft as DICOM: valid to a validator that is not ours, unverified, of the same patient, walkable to pixels."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from pydicom import Dataset, dcmread

from orchestrator.errors import NotExportable
from orchestrator.exports.arrays import Arrays, read_arrays
from orchestrator.exports.dicom.objects import render_dicom, zipped
from orchestrator.release import release_of_draft
from orchestrator.report import DraftReport
from orchestrator.study import Study
from services.contract import Box, Line
from tests.drawn.anatomy import Abnormality
from tests.drawn.chest import draw_chest
from tests.drawn.dicom import dicom_bytes, radiograph_dataset
from tests.orchestrator.exports.fixed_draft import COLUMNS, ROWS, anonymous_study, draft, places_drawn, study

PDF = b"%PDF-1.4 drawn"
HEADERS: tuple[dict[str, object], ...] = (
    {},
    {"modality": "CR"},
    {"PatientOrientation": None, "BodyPartExamined": None},
    {"PixelSpacing": [0, 0]},
)
"""As a good device writes them, and as others do."""


class Case(NamedTuple):
    draft: DraftReport
    study: Study
    arrays: Arrays
    header: Dataset

    def made(self) -> dict[str, Dataset]:
        files = render_dicom(release_of_draft(self.draft), self.study, self.arrays, PDF)
        return {name: dcmread(io.BytesIO(data)) for name, data in files.items()}


def case_of(folder: Path, **attributes: object) -> Case:
    places = places_drawn(folder)
    chest = draw_chest(Abnormality.EFFUSION_LEFT, seed=3, rows=ROWS, columns=COLUMNS, cardiothoracic_ratio=0.56)
    header = radiograph_dataset(chest.pixels, seed=3, **attributes)
    source = folder / "received"
    source.write_bytes(dicom_bytes(header))
    whole, made = study(places), draft(places)
    instance = (
        whole.series[0]
        .instances[0]
        .model_copy(
            update={"source": source, "sop_class_uid": header.SOPClassUID, "sop_instance_uid": header.SOPInstanceUID}
        )
    )
    series = whole.series[0].model_copy(update={"instances": (instance,)})
    whole = whole.model_copy(update={"series": (series,)})
    return Case(made, whole, read_arrays(made, whole, folder), header)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case_of(tmp_path_factory.mktemp("dicom"))


@pytest.fixture(scope="module")
def objects(case: Case) -> dict[str, Dataset]:
    return case.made()


def items(dataset: Dataset) -> Iterator[Dataset]:
    """Every content item below this one; references to other items are not items."""
    for item in dataset.get("ContentSequence", ()):
        if "ValueType" in item:
            yield item
            yield from items(item)


def test_there_is_one_object_of_each_kind(objects: dict[str, Dataset]):
    assert [(name, one.Modality) for name, one in objects.items()] == [
        ("report.dcm", "SR"),
        ("segmentation-1.dcm", "SEG"),
        ("presentation-1.dcm", "PR"),
        ("capture-F1-pleural-effusion.dcm", "OT"),
        ("capture-M1-cardiothoracic-ratio.dcm", "OT"),
        ("capture-anatomy.dcm", "OT"),
        ("document.dcm", "DOC"),
    ]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize(
    "attributes",
    [{}, {"modality": "CR"}, {"PatientOrientation": None, "BodyPartExamined": None}, {"PixelSpacing": [0, 0]}],
)
def test_a_validator_that_is_not_ours_finds_no_error(tmp_path: Path, attributes: dict[str, object]):
    case = case_of(tmp_path, **attributes)
    for name, data in render_dicom(release_of_draft(case.draft), case.study, case.arrays, PDF).items():
        file = tmp_path / name
        file.write_bytes(data)
        said = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
        assert "Error" not in said.stdout + said.stderr, f"{name}: {said.stderr}"
        assert said.returncode == 0


@pytest.mark.skipif(shutil.which("storescp") is None, reason="storescp (dcmtk) is not installed")
def test_an_archive_that_is_not_ours_takes_every_object(case: Case, tmp_path: Path):
    files = []
    for name, data in render_dicom(release_of_draft(case.draft), case.study, case.arrays, PDF).items():
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    (tmp_path / "archive").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    archive = subprocess.Popen(["storescp", "--output-directory", str(tmp_path / "archive"), port])
    try:
        send = ["storescu", "--required", "127.0.0.1", port, *map(str, files)]
        deadline = time.monotonic() + 30
        while subprocess.run(send, capture_output=True, check=False).returncode and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        archive.terminate()
        archive.wait(10)
    assert len(list((tmp_path / "archive").iterdir())) == len(files)


def test_a_viewer_shows_the_same_patient_and_study(case: Case, objects: dict[str, Dataset]):
    for name, one in objects.items():
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
            assert one[keyword].value == case.header[keyword].value, f"{name}: {keyword}"
        assert one.SeriesInstanceUID != case.header.SeriesInstanceUID


def test_nothing_looks_verified(objects: dict[str, Dataset]):
    report = objects["report.dcm"]
    assert (report.VerificationFlag, report.PreliminaryFlag, report.CompletionFlag) == (
        "UNVERIFIED",
        "PRELIMINARY",
        "PARTIAL",
    )
    assert all("not verified" in one.SeriesDescription for one in objects.values())


def test_every_sentence_is_inferred_from_the_coded_items_that_it_cites(case: Case, objects: dict[str, Dataset]):
    report = objects["report.dcm"]
    said = {item.TextValue: item for item in items(report) if item.ValueType == "TEXT" and "ContentSequence" in item}
    for sentence in case.draft.sentences:
        references = [one.ReferencedContentItemIdentifier for one in said[sentence.text].ContentSequence]
        assert [tracking_of(report, place) for place in references] == [cited.id for cited in sentence.citations]


def tracking_of(report: Dataset, place: list[int]) -> str:
    """Walk to the group that holds the item at a place, and return its tracking identifier."""
    here = report
    for number in list(place)[1:-1]:
        here = here.ContentSequence[number - 1]
    assert here.ContentSequence[place[-1] - 1].ValueType in {"CODE", "NUM"}
    return str(next(item.TextValue for item in here.ContentSequence if item.ValueType == "TEXT"))


def test_what_was_not_assessed_stands_in_the_report(objects: dict[str, Dataset]):
    comments = [item.TextValue for item in items(objects["report.dcm"]) if item.ValueType == "TEXT"]
    assert any("Not assessed" in comment and "pneumothorax" in comment for comment in comments)


def test_the_region_of_a_finding_lies_where_the_image_has_it(case: Case, objects: dict[str, Dataset]):
    effusion = next(one for one in case.draft.facts.findings if one.finding_id == "F1")
    box = next(region for one in effusion.evidence for region in one.regions if isinstance(region, Box))
    drawn = [item.GraphicData for item in items(objects["report.dcm"]) if item.ValueType == "SCOORD"]
    corners = np.array(drawn[0]).reshape(-1, 2)
    assert corners.min(axis=0).tolist() == [box.left, box.top]
    assert corners.max(axis=0).tolist() == [box.right, box.bottom]


def test_the_lines_measured_are_the_lines_shown(case: Case, objects: dict[str, Dataset]):
    lines = [r for one in case.draft.facts.measurements[0].evidence for r in one.regions if isinstance(r, Line)]
    layers = objects["presentation-1.dcm"].GraphicAnnotationSequence
    measured = next(one for one in layers if one.GraphicLayer == "MEASUREMENTS")
    shown = [np.array(one.GraphicData).reshape(-1, 2) - 1 for one in measured.GraphicObjectSequence]
    assert [tuple(map(tuple, ends)) for ends in shown] == [(line.start, line.end) for line in lines]


def test_the_segments_are_the_masks_on_the_grid_of_the_film(case: Case, objects: dict[str, Dataset]):
    made = objects["segmentation-1.dcm"]
    planes = made.pixel_array
    labels = [segment.SegmentLabel for segment in made.SegmentSequence]
    assert labels == ["right lung", "left lung", "heart", "right clavicle", "left clavicle"]
    assert planes.shape == (5, ROWS, COLUMNS)
    for plane, structure in zip(planes, case.draft.facts.structures, strict=True):
        mask = np.asarray(case.arrays[structure.evidence.regions[0].array.location], np.uint8)  # type: ignore[union-attr]
        expected = cv2.resize(mask, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST) > 0
        assert np.array_equal(plane > 0, expected)


def test_the_document_holds_the_pdf(objects: dict[str, Dataset]):
    document = objects["document.dcm"]
    assert document.EncapsulatedDocument[: document.EncapsulatedDocumentLength] == PDF


def test_the_same_draft_gives_the_same_bytes(case: Case):
    made = [zipped(render_dicom(release_of_draft(case.draft), case.study, case.arrays, PDF)) for _ in range(2)]
    assert made[0] == made[1]


def test_no_warning_quotes_the_name_of_the_patient(tmp_path: Path):
    case = case_of(tmp_path, PatientName="CANARYONE", ReferringPhysicianName="CANARYTWO")
    with warnings.catch_warnings(record=True) as said:
        case.made()
    assert not [one for one in said if "CANARY" in str(one.message)]


def test_a_film_that_did_not_come_as_dicom_has_no_objects(tmp_path: Path):
    places = places_drawn(tmp_path)
    assert render_dicom(release_of_draft(draft(places)), anonymous_study(places), {}, PDF) == {}


def test_a_header_too_damaged_to_stand_beside_is_said_so(tmp_path: Path):
    case = case_of(tmp_path)
    damaged = dcmread(tmp_path / "received")
    del damaged.StudyInstanceUID
    damaged.save_as(tmp_path / "received")
    with pytest.raises(NotExportable, match="does not carry DICOM objects"):
        render_dicom(release_of_draft(case.draft), case.study, case.arrays, PDF)
