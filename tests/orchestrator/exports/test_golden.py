"""The fixed draft in every text format, held against files that a person has read.

After a wanted change: ``WETREAD_REWRITE_GOLDEN=1 pytest tests/orchestrator/exports/test_golden.py``, then read the
difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.hl7v2 import render_oru
from orchestrator.exports.text import render_text
from orchestrator.report import DraftReport
from orchestrator.study import Study
from orchestrator.verify import verify
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_by_hand, study

GOLDEN = Path(__file__).parents[2] / "golden"
RENDERERS: dict[str, Callable[[DraftReport, Study], str]] = {
    "draft.txt": render_text,
    "oru.hl7": lambda one, of: render_oru(one, of, b"%PDF-1.4 golden").replace("\r", "\n"),
    "fhir.json": lambda one, of: render_bundle(one, of, b"%PDF-1.4 golden"),
}
STUDIES = {"identified": study, "anonymous": anonymous_study}


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("kind", STUDIES)
def test_the_fixed_draft_reads_as_it_was_read_before(name: str, kind: str):
    places = places_by_hand()
    rendered = RENDERERS[name](draft(places), STUDIES[kind](places))
    path = GOLDEN / f"{kind}-{name}"
    if os.environ.get("WETREAD_REWRITE_GOLDEN"):
        path.write_text(rendered)
    assert rendered == path.read_text()


def test_the_fixed_draft_passes_every_check():
    fixed = draft(places_by_hand())
    assert verify(fixed.sections, fixed.facts) == ()
