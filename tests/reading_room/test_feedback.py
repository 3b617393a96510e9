"""What people made of drafts can be counted, and trained on without naming anybody."""

from __future__ import annotations

import json

import pytest

from orchestrator.http.page import PAGE
from orchestrator.reading_room.feedback import REASONS, edit_distance


def test_edit_distance_counts_words():
    assert edit_distance("No pleural effusion.", "No pleural effusion.") == 0
    assert edit_distance("Small left effusion.", "Small right effusion.") == pytest.approx(1 / 3)
    assert edit_distance("", "A nodule.") == 1


def test_the_reasons_that_are_counted_are_those_that_the_page_offers():
    page = (PAGE / "report" / "reasons.js").read_text()
    offered = json.loads(page.split("REASONS = ")[1].split(";")[0])
    assert set(offered) == REASONS


def test_a_signed_report_is_counted_and_its_export_names_nobody(reading_room):
    http, study_id = reading_room.line.http, reading_room.draft()
    view = http.get(f"/v1/studies/{study_id}/report").json()
    sections = [
        {
            "name": section["name"],
            "sentences": [{name: one.get(name) for name in ("sentence_id", "text")} for one in section["sentences"]],
        }
        for section in view["working_copy"]["sections"]
    ]
    drafted = sections[0]["sentences"][0]["text"]
    sections[0]["sentences"][0]["text"] = "Small left pleural effusion."
    sections[0]["sentences"][1] |= {"decision": "rejected", "reason": "not there: Dr House saw it too"}
    saved = http.put(f"/v1/studies/{study_id}/report", json={"sections": sections}, headers={"If-Match": view["etag"]})
    signed = http.post(
        f"/v1/studies/{study_id}/report/sign", json={"name": "Dr House"}, headers={"If-Match": saved.json()["etag"]}
    )
    assert signed.status_code == 200, signed.text
    [row] = [one for one in http.get("/v1/feedback").json()["rows"] if one["language_model"] == "plain list"]
    assert row["edited"] >= 1 and row["rejected"] >= 1 and 0 < row["edit_distance"] < 1
    assert "not there" in dict(row["reasons"])
    text = http.get("/v1/feedback/sentences.jsonl").text
    lines = [json.loads(line) for line in text.splitlines()]
    [edited] = [one for one in lines if one["decision"] == "edited" and one["final"] == "Small left pleural effusion."]
    assert edited["drafted"] == drafted and edited["findings"][0]["finding_id"] == "F1"
    assert not any(word in text for word in ("House", study_id, "PHANTOM", "Phantom"))
