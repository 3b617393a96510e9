"""From the draft to a signature: nothing that was written is lost, nothing is overwritten in silence."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from orchestrator.records.outbox import Subscription
from orchestrator.release import ReleaseEvent
from tests.journeys.line import kill


@pytest.fixture
def study_id(reading_room) -> str:
    return reading_room.draft()


def report_of(reading_room, study_id: str) -> dict:
    return reading_room.line.http.get(f"/v1/studies/{study_id}/report").raise_for_status().json()


def sentences_of(reading_room, study_id: str) -> list[dict]:
    sections = report_of(reading_room, study_id)["working_copy"]["sections"]
    return [one for section in sections for one in section["sentences"]]


def field(page, number: int = 0):
    return page.locator(".sentence textarea").nth(number)


def write(page, text: str, number: int = 0) -> None:
    field(page, number).fill(text)


def saved(page) -> None:
    expect(page.locator(".save-state")).to_have_text("saved")


def give_reason(page, reason: str) -> None:
    page.get_by_role("radio", name=reason).check()
    page.get_by_role("button", name="Reject", exact=True).last.click()


def test_edit_to_sign_to_outbox(visit, reading_room, study_id):
    records = reading_room.line.records
    records.outbox.subscribe([Subscription(destination="ris", events=frozenset({ReleaseEvent.SIGNED}))])
    page = visit().open_study(study_id)
    expect(page.locator(".mark")).to_have_text("DRAFT, AI")
    write(page, "Large left pleural effusion.")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("y")
    page.keyboard.press("j")
    page.keyboard.press("x")
    give_reason(page, "wrong number")
    page.keyboard.press("n")
    page.keyboard.type(".bones ")
    saved(page)
    page.keyboard.press("Control+Enter")
    page.get_by_role("checkbox", name="I have read that this study is urgent").check()
    page.get_by_label("Your name").fill("Dr Test Reader")
    page.get_by_role("button", name="Sign", exact=True).last.click()
    expect(page.locator(".mark")).to_have_text("SIGNED")
    view = report_of(reading_room, study_id)
    [signed] = view["signed"]
    said = [(one["text"], one["origin"]) for section in signed["sections"] for one in section["sentences"]]
    assert ("Large left pleural effusion.", "edited") in said
    assert ("No acute osseous abnormality is seen.", "person") in said
    assert not any("Cardiothoracic ratio" in text for text, _ in said)
    assert signed["signature"]["name"] == view["acknowledgement"]["by"] == "Dr Test Reader"
    [waiting] = records.outbox.list(study_id=study_id)
    assert (waiting.destination, waiting.event) == ("ris", ReleaseEvent.SIGNED)


def test_a_contradiction_warns_and_blocks_nobody(visit, study_id):
    page = visit().open_study(study_id)
    write(page, "Small right pleural effusion.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".warnings")).to_contain_text("right")
    expect(page.get_by_role("button", name="Sign", exact=True).last).to_be_enabled()


def test_a_reload_in_mid_edit_loses_nothing(visit, reading_room, study_id):
    page = visit().open_study(study_id)
    write(page, "A sentence cut short by a rel")
    page.reload()
    page.wait_for_selector(".sentence")
    expect(field(page)).to_have_value("A sentence cut short by a rel")
    saved(page)
    assert sentences_of(reading_room, study_id)[0]["text"] == "A sentence cut short by a rel"


def test_a_server_that_restarts_in_mid_edit_gets_it_when_it_is_back(visit, reading_room, study_id):
    visitor = visit()
    page = visitor.open_study(study_id)
    kill(reading_room.line.api)
    write(page, "Written while nobody listened.")
    expect(page.locator(".save-state")).to_have_text("no connection; kept here")
    reading_room.line.start_api()
    saved(page)
    assert sentences_of(reading_room, study_id)[0]["text"] == "Written while nobody listened."
    visitor.complaints.clear()  # the browser logs every refused connection


def test_two_people_at_different_sentences_both_keep_their_words(visit, reading_room, study_id):
    one_visitor, other_visitor = visit(), visit()
    one, other = one_visitor.open_study(study_id), other_visitor.open_study(study_id)
    expect(other.locator(".here")).to_contain_text("Also here")
    write(one, "Words of the first.", 0)
    write(other, "Words of the second.", 1)
    for page in (one, other):
        saved(page)
    texts = [sentence["text"] for sentence in sentences_of(reading_room, study_id)]
    assert texts[:2] == ["Words of the first.", "Words of the second."]
    other_visitor.complaints.clear()  # the browser logs the 412
    one_visitor.complaints.clear()


def test_two_people_at_one_sentence_are_asked_whose_words_stand(visit, reading_room, study_id):
    one_visitor, other_visitor = visit(), visit()
    one, other = one_visitor.open_study(study_id), other_visitor.open_study(study_id)
    write(other, "What the second wrote.")
    write(one, "What the first wrote.")
    later, mine, theirs = who_is_asked(one, other)
    dialog = later.locator("dialog")
    expect(dialog).to_contain_text(theirs)
    dialog.get_by_role("radio", name="Mine").check()
    dialog.get_by_role("button", name="Keep these").click()
    saved(later)
    assert sentences_of(reading_room, study_id)[0]["text"] == mine
    for visitor in (one_visitor, other_visitor):
        visitor.complaints.clear()  # the browser logs the 412


def who_is_asked(one, other) -> tuple:
    """Return the page that came second, what was written there, and what the other had written."""
    for _ in range(100):
        for page, mine, theirs in ((one, "first", "second"), (other, "second", "first")):
            if page.locator("dialog").count():
                return page, f"What the {mine} wrote.", f"What the {theirs} wrote."
        one.wait_for_timeout(200)
    raise AssertionError("nobody was asked")


def test_the_difference_shows_the_softwares_words_against_mine(visit, study_id):
    page = visit().open_study(study_id)
    write(page, "Pleural effusion: present, left, moderate.")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    first = page.locator(".difference").first
    assert " ".join(first.locator("del").all_inner_texts()).split() == ["(likely)", "severe"]
    assert first.locator("ins").all_inner_texts() == ["moderate"]


def test_an_emptied_sentence_is_rejected_with_a_reason_and_never_vanishes(visit, reading_room, study_id):
    page = visit().open_study(study_id)
    write(page, "", 1)
    field(page, 1).blur()
    give_reason(page, "not there")
    saved(page)
    sentence = sentences_of(reading_room, study_id)[1]
    assert (sentence["decision"], sentence["reason"]) == ("rejected", "not there")
    assert sentence["text"] == sentence["drafted"]


def test_a_finding_is_rejected_with_a_reason(visit, reading_room, study_id):
    page = visit().open_study(study_id)
    page.locator(".chip", has_text="F2").first.click()
    page.get_by_role("button", name="Reject finding").click()
    give_reason(page, "not there")
    saved(page)
    assert report_of(reading_room, study_id)["working_copy"]["findings"] == [
        {"id": "F2", "decision": "rejected", "reason": "not there"}
    ]


def test_a_later_draft_marks_the_copy_stale_and_can_be_taken(visit, reading_room, study_id):
    from tests.reading_room.drawn_study import keep_drawn_draft

    page = visit().open_study(study_id)
    write(page, "Large left pleural effusion.")
    saved(page)
    record = reading_room.line.records.reopen(study_id, "a specialist was asked again")
    expect(page.locator(".stale")).to_be_visible()
    store, chest = reading_room.line.settings.store, reading_room.drawn.chest
    keep_drawn_draft(reading_room.line.records, study_id, store, chest, record.revision)
    page.get_by_role("button", name="Begin again from the latest").click()
    expect(page.locator(".stale")).to_be_hidden()
    assert report_of(reading_room, study_id)["working_copy"]["revision"] == record.revision
