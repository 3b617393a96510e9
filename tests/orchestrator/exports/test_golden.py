"""One fixed report in every format, from its draft to its retraction, held against files that a person has read.

After a wanted change: ``WETREAD_REWRITE_GOLDEN=1 pytest tests/orchestrator/exports/test_golden.py``, then read the
difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.hl7v2 import OruStyle, render_oru
from orchestrator.exports.json_report import render_json
from orchestrator.exports.text import render_text
from orchestrator.release import Release, release_of_draft
from orchestrator.study import Study
from orchestrator.verify import verify
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_by_hand, study
from tests.orchestrator.releases import addended, corrected, rejected, signed

GOLDEN = Path(__file__).parents[2] / "golden"
PDF = b"%PDF-1.4 golden"
BY_SECTION = OruStyle(
    text="section",
    coded=False,
    pdf=False,
    order_segment=True,
    sending_facility="RADIOLOGY",
    receiving_application="RIS",
    receiving_facility="ST VINCENT",
    accept_acknowledgement="AL",
    application_acknowledgement="AL",
)
"""As a RIS wants it that knows reports as a block of text a section, under the enhanced mode."""
RENDERERS: dict[str, Callable[[Release, Study], str]] = {
    "draft.txt": render_text,
    "oru.hl7": lambda one, of: render_oru(one, of, PDF).replace("\r", "\n"),
    "fhir.json": lambda one, of: render_bundle(one, of, PDF),
}
SIGNED_RENDERERS: dict[str, Callable[[Release, Study], str]] = {
    "report.txt": render_text,
    "oru.hl7": RENDERERS["oru.hl7"],
    "oru-by-section.hl7": lambda one, of: render_oru(one, of, PDF, BY_SECTION).replace("\r", "\n"),
    "fhir.json": lambda one, of: render_bundle(one, of, PDF, "transaction", drafts_were_sent=True),
    "report.json": render_json,
}
STUDIES = {"identified": study, "anonymous": anonymous_study}
RELEASES = {"signed": signed, "corrected": corrected, "addended": addended, "rejected": rejected}


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("kind", STUDIES)
def test_the_fixed_draft_reads_as_it_was_read_before(name: str, kind: str):
    places = places_by_hand()
    held(f"{kind}-{name}", RENDERERS[name](release_of_draft(draft(places)), STUDIES[kind](places)))


@pytest.mark.parametrize("name", SIGNED_RENDERERS)
@pytest.mark.parametrize("event", RELEASES)
def test_what_became_of_it_reads_as_it_was_read_before(name: str, event: str):
    places = places_by_hand()
    held(f"{event}-{name}", SIGNED_RENDERERS[name](RELEASES[event](draft(places)), study(places)))


def held(name: str, rendered: str) -> None:
    path = GOLDEN / name
    if os.environ.get("WETREAD_REWRITE_GOLDEN"):
        path.write_text(rendered)
    assert rendered == path.read_text()


def test_the_fixed_draft_passes_every_check():
    fixed = draft(places_by_hand())
    assert verify(fixed.sections, fixed.facts) == ()
