"""All exports of one draft in one folder."""

from __future__ import annotations

from pathlib import Path

from orchestrator.exports.files import write_all
from orchestrator.report import DraftReport
from tests.orchestrator.exports.fixed_draft import draft, places_drawn, study


def test_every_file_of_a_draft_is_written_and_none_is_named_after_the_person(tmp_path: Path):
    places = places_drawn(tmp_path / "store")
    written = write_all(draft(places), study(places), tmp_path / "out", tmp_path / "store")
    names = [str(path.relative_to(tmp_path / "out")) for path in written]
    assert names == [
        "draft.json",
        "draft.txt",
        "draft.pdf",
        "oru.hl7",
        "fhir.json",
        "evidence/F1-pleural-effusion.png",
        "evidence/M1-cardiothoracic-ratio.png",
        "evidence/anatomy.png",
    ]
    assert sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file()) == sorted(written)
    assert DraftReport.model_validate_json(written[0].read_bytes()) == draft(places)


def test_the_same_draft_gives_the_same_files_and_leaves_no_picture_of_another(tmp_path: Path):
    places = places_drawn(tmp_path / "store")
    (tmp_path / "out" / "evidence").mkdir(parents=True)
    (tmp_path / "out" / "evidence" / "F7-lung-mass.png").write_bytes(b"of somebody else")
    first = {
        path: path.read_bytes()
        for path in write_all(draft(places), study(places), tmp_path / "out", tmp_path / "store")
    }
    again = {
        path: path.read_bytes()
        for path in write_all(draft(places), study(places), tmp_path / "out", tmp_path / "store")
    }
    assert first == again
    assert not (tmp_path / "out" / "evidence" / "F7-lung-mass.png").exists()
