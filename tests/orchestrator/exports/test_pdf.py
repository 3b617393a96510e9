"""The draft as PDF: marked on every page, the same bytes for the same draft, text and pictures in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.exports.arrays import read_arrays
from orchestrator.exports.pdf import render_pdf
from orchestrator.exports.words import DRAFT_MARK
from orchestrator.release import release_of_draft
from orchestrator.report import Section, SectionName
from orchestrator.study import Patient
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_drawn, study
from tests.orchestrator.exports.test_text import second_draft
from tests.orchestrator.report_parts import said


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def drawn(store: Path) -> bytes:
    places = places_drawn(store)
    return render_pdf(release_of_draft(draft(places)), study(places), read_arrays(draft(places), study(places), store))


def pages_of(pdf: bytes, folder: Path) -> list[str]:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    path = folder / "draft.pdf"
    path.write_bytes(pdf)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


def test_the_same_draft_gives_the_same_bytes(drawn: bytes, store: Path):
    places = places_drawn(store)
    again = render_pdf(release_of_draft(draft(places)), study(places), read_arrays(draft(places), study(places), store))
    assert again == drawn
    assert drawn.startswith(b"%PDF-") and b"CreationDate (D:2000" in drawn


def test_a_second_text_is_a_table_of_its_own_after_the_findings(store: Path, tmp_path: Path):
    places = places_drawn(store)
    made = second_draft(places)
    pdf = render_pdf(release_of_draft(made), study(places), read_arrays(made, study(places), store))
    text = " ".join("\n".join(pages_of(pdf, tmp_path)).split())
    assert text.index("LIST OF FINDINGS") < text.index("SECOND TEXT, NOT PART OF THE REPORT") < text.index("PROVENANCE")
    assert "it said" in text and "changed" in text and "dropped" in text


def test_every_page_says_that_it_is_a_draft_and_which_page_it_is(drawn: bytes, tmp_path: Path):
    pages = pages_of(drawn, tmp_path)
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert DRAFT_MARK in page and f"page {number} of {len(pages)}" in page
        assert "not a medical device" in page


def test_sentences_ids_limitations_and_provenance_stand_in_it(drawn: bytes, tmp_path: Path):
    text = " ".join(" ".join(pages_of(drawn, tmp_path)).split())
    for words in ("There is likely mild left pleural effusion. F1", "Cardiomegaly. F2", "LIMITATIONS", "pneumothorax",
                  "0.912 (absent 0.2, present 0.5, likely 0.8)", "PROVENANCE",
                  "SYN-4711", "heat map, Grad-CAM"):  # fmt: skip
        assert words in text, words


def test_the_film_with_its_overlays_is_in_it(drawn: bytes):
    assert drawn.count(b"/Subtype /Image") == 3
    assert drawn.count(b"/Subtype /Link") >= 8


def test_a_draft_without_its_arrays_is_still_a_document(store: Path, tmp_path: Path):
    places = places_drawn(store)
    pdf = render_pdf(release_of_draft(draft(places)), anonymous_study(places), {})
    assert b"/Subtype /Image" not in pdf
    assert "without a name" in " ".join(pages_of(pdf, tmp_path))


def test_a_long_draft_runs_over_pages(store: Path, tmp_path: Path):
    places = places_drawn(store)
    long = draft(places)
    lines = tuple(said(f"Possible lung opacity, {'possible ' * 40}{number}.", "F3") for number in range(60))
    sections = tuple(Section(name=name, sentences=lines) for name in SectionName)
    pdf = render_pdf(
        release_of_draft(long.model_copy(update={"sections": sections})),
        study(places),
        read_arrays(long, study(places), store),
    )
    assert len(pages_of(pdf, tmp_path)) > 6


@pytest.mark.parametrize("name", ["Иванов^Пётр", "山田^太郎", "김^철수", "<b>bold", "A&B^<script>", "\x00^\x1b[31m"])
def test_a_name_in_any_script_or_with_markup_is_only_a_name(store: Path, name: str):
    places = places_drawn(store)
    named = study(places).model_copy(update={"patient": Patient(name=name, patient_id="1")})
    assert render_pdf(release_of_draft(draft(places)), named, {}).startswith(b"%PDF-")


def test_no_name_is_in_the_document_information(drawn: bytes):
    head = drawn[drawn.rfind(b"/Author") :]
    assert b"Neill" not in head and b"4711" not in head
