"""What a person does around a report: each act asks first, can be used by everybody, and is audited."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from orchestrator.access import Role
from orchestrator.audit import Action
from tests.journeys.line import open_line
from tests.reading_room.conftest import ReadingRoom
from tests.reading_room.drawn_study import draw_study
from tests.reading_room.test_hostile_and_reachable import serious
from tests.reading_room.test_reporting import field, report_of, saved, sentences_of, write

DROP = """(page, [name, data]) => {
  const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name));
  for (const kind of ["dragenter", "dragover", "drop"])
    page.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }));
}"""

STEPS = (Action.ACKNOWLEDGE, Action.SIGN, Action.CORRECT, Action.ADDEND, Action.REJECT)


@pytest.fixture
def study_id(reading_room) -> str:
    return reading_room.draft()


def agree(page, words: str) -> None:
    """Every dialog can be used by everybody, and is agreed to with its own words."""
    assert serious(page) == []
    page.locator("dialog").get_by_role("button", name=words, exact=True).click()
    page.wait_for_selector("dialog", state="detached")


def name_oneself(page) -> None:
    page.get_by_label("Your name").fill("Dr Test Reader")


def audited(reading_room, study_id: str) -> list[Action]:
    return [link.entry.action for link in reading_room.line.records.audit.links(study_id)]


def test_a_report_is_acknowledged_signed_corrected_added_to_and_withdrawn(visit, reading_room, study_id):
    page = visit().open_study(study_id)
    page.get_by_role("button", name="Urgent: I have read it").click()
    expect(page.locator("dialog")).to_contain_text("a large effusion may need drainage")
    name_oneself(page)
    agree(page, "I have read it")
    expect(page.locator(".banner-urgency")).to_contain_text("seen by Dr Test Reader")

    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("5 as drafted")
    agree(page, "Sign")
    expect(page.locator(".mark")).to_have_text("SIGNED")

    write(page, "Moderate left pleural effusion.")
    saved(page)
    page.get_by_role("button", name="Correct", exact=True).click()
    page.get_by_label("Why it is corrected").fill("wrong severity")
    agree(page, "Sign the correction")
    expect(page.locator(".mark")).to_have_text("CORRECTED")

    page.get_by_role("button", name="Addendum").click()
    page.get_by_label("Addendum", exact=True).fill("The ward was called at 10:40.")
    agree(page, "Sign the addendum")
    expect(page.locator(".addendum")).to_contain_text("The ward was called at 10:40.")

    page.get_by_role("button", name="Withdraw").click()
    page.get_by_label("Why", exact=True).fill("another patient's film")
    agree(page, "Withdraw")
    expect(page.locator(".mark")).to_have_text("REJECTED")
    assert len(report_of(reading_room, study_id)["signed"]) >= 2
    assert [act for act in audited(reading_room, study_id) if act in STEPS] == list(STEPS)
    assert Action.SAVE in audited(reading_room, study_id)
    assert reading_room.line.records.audit.faults() == ()


def test_templates_and_macros_of_ones_own_become_sentences(visit, reading_room, study_id):
    page = visit().open_study(study_id)
    page.get_by_role("button", name="Macros").click()
    lines = page.locator("dialog textarea")
    lines.fill(f"{lines.input_value()}\nmine = The pacemaker lies where it lay.")
    agree(page, "Keep")
    write(page, "", 1)
    field(page, 1).press_sequentially(".mine ")
    expect(field(page, 1)).to_have_value("The pacemaker lies where it lay. ")
    page.get_by_label("Insert a template").select_option("Normal chest")
    saved(page)
    texts = {one["text"]: one["decision"] for one in sentences_of(reading_room, study_id)}
    assert texts["The pacemaker lies where it lay."] == "edited"
    assert texts["The lungs are clear."] == texts["There is no pneumothorax."] == "added"


def test_a_wish_to_have_a_film_read_again_goes_out_with_window_and_region(visit, reading_room, study_id):
    page = visit().open_study(study_id)
    write(page, "Large left pleural effusion.")
    saved(page)
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    page.keyboard.press("g")
    box = page.locator(".viewport").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 420, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_role("checkbox", name="Only the region")).to_be_checked()
    agree(page, "Read again")
    expect(page.locator(".stale")).to_be_visible()
    wish = reading_room.line.records.rereadings.of(study_id, 2)
    assert wish.window.width == pytest.approx(0.7 * 4096) and wish.region.right > wish.region.left
    assert sentences_of(reading_room, study_id)[0]["text"] == "Large left pleural effusion."
    assert Action.RERUN in audited(reading_room, study_id)


def test_a_film_dropped_on_the_worklist_is_sent_and_listed(visit):
    visitor = visit()
    page = visitor.open_worklist()
    film = draw_study(41, 300, 240, PatientName="Dropped^Drawn").film
    page.eval_on_selector("main", DROP, ["film.dcm", base64.b64encode(film).decode()])
    expect(page.locator("tbody")).to_contain_text("Drawn Dropped")
    page.eval_on_selector("main", DROP, ["notes.txt", base64.b64encode(b"no film").decode()])
    expect(page.locator('.notice[data-kind="wrong"]')).to_be_visible()
    visitor.complaints.clear()  # the browser logs the refusal


def test_what_the_page_counts_as_limitations_is_what_it_lists(visit, study_id):
    page = visit().open_study(study_id)
    expect(page.locator(".limits h2")).to_have_text("Limitations 3, for 2 reasons")
    assert page.locator(".limits li").count() == 2


def test_the_page_of_feedback_is_for_everybody(visit, reading_room, study_id):
    http = reading_room.line.http
    etag = http.get(f"/v1/studies/{study_id}/report").json()["etag"]
    said = {"name": "Dr Test Reader", "reason": "not relevant"}
    http.post(f"/v1/studies/{study_id}/report/reject", json=said, headers={"If-Match": etag}).raise_for_status()
    visitor = visit()
    page = visitor.open_worklist()
    page.get_by_role("link", name="Feedback").click()
    expect(page.locator(".feedback tbody tr").first).to_contain_text("plain list")
    assert serious(page) == []


@pytest.fixture(scope="module")
def guarded_room(tmp_path_factory):
    """A room that asks who one is, with a link to another viewer."""
    chosen = {"access": "on", "viewer_link": "https://viewer.example/?StudyInstanceUIDs={study_instance_uid}"}
    with open_line(tmp_path_factory.mktemp("guarded-room"), chosen) as line:
        room = ReadingRoom(line)
        _, sender = line.records.access.add_key("sender", [Role.INTEGRATION], ["*"], 1, is_human=False, by="test")
        line.http.headers["Authorization"] = f"Bearer {sender}"
        yield room


def test_whoever_is_not_known_is_asked_and_only_a_radiologist_signs(visit, guarded_room):
    study_id = guarded_room.draft()
    access = guarded_room.line.records.access
    people = {
        role: access.add_key(f"Dr {role}", [role], ["*"], 1, is_human=True, by="test")[1]
        for role in (Role.RADIOLOGIST, Role.VIEWER)
    }
    for role, key in people.items():
        visitor = visit(url=guarded_room.url)
        page = visitor.page
        page.goto(f"{guarded_room.url}/#/studies/{study_id}")
        expect(page.locator("dialog")).to_contain_text("Sign in")
        page.get_by_label("Your access key").fill(key)
        agree(page, "Sign in")
        page.wait_for_selector(".sentence")
        signs = page.get_by_role("button", name="Sign", exact=True)
        expect(signs).to_have_count(1 if role is Role.RADIOLOGIST else 0)
        if role is Role.RADIOLOGIST:
            link = page.get_by_role("link", name="Open in the other viewer")
            assert link.get_attribute("href").startswith("https://viewer.example/?StudyInstanceUIDs=1.")
            signs.click()
            expect(page.locator("dialog")).to_contain_text("You sign as Dr radiologist.")
            page.keyboard.press("Escape")
        visitor.complaints.clear()  # the browser logs each 401
