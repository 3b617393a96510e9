"""Nothing that somebody sends can run in the page, and nobody is kept out of it: keyboard, screen reader, contrast."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from orchestrator.http.page import PAGE
from tests.reading_room.drawn_study import draw_study

HOSTILE = '<img src=x onerror="window.caught=1"><script>window.caught=1</script>'
SERIOUS = {"serious", "critical"}


def serious(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found if one["impact"] in SERIOUS for node in one["nodes"]]


def test_hostile_text_in_an_order_and_in_a_report_stays_text(visit, reading_room):
    order = {"indication": HOSTILE, "requested_procedure": HOSTILE, "referring_physician": HOSTILE}
    study_id = reading_room.draft(draw_study(7, 500, 410, PatientName="O'Neill<b>^Zoe"), order)
    visitor = visit()
    page = visitor.open_study(study_id)
    expect(page.locator(".banner")).to_contain_text(HOSTILE)
    page.locator(".sentence textarea").first.fill(HOSTILE)
    expect(page.locator(".save-state")).to_have_text("saved")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator(".difference").first).to_contain_text("<script>")
    visitor.open_worklist()
    expect(page.locator(f'tr[data-study="{study_id}"]')).to_contain_text("<img src=x")
    assert page.evaluate("window.caught") is None
    assert page.locator("img").count() == 0


def test_the_policy_stops_what_is_not_ours(visit):
    visitor = visit()
    page = visitor.open_worklist()
    tried = page.evaluate(
        """() => new Promise(done => setTimeout(() => {  // outside of what the debugger may do
          const tried = {};
          try { document.body.innerHTML = "<b>it</b>"; tried.markup = "parsed"; } catch { tried.markup = "refused"; }
          try { new Function("window.caught = 1")(); tried.code = "run"; } catch { tried.code = "refused"; }
          const inline = document.createElement("script");
          try { inline.textContent = "window.caught = 1"; document.head.append(inline); } catch { tried.inline = 1; }
          done(tried);
        }))"""
    )
    assert tried["markup"] == tried["code"] == "refused"
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    assert page.evaluate("window.caught") is None
    visitor.complaints.clear()  # the browser logs each refusal


def test_no_file_of_the_page_holds_markup_handlers_or_foreign_addresses():
    for file in PAGE.rglob("*"):
        text = file.read_text() if file.is_file() else ""
        assert not re.search(r"(inner|outer|Adjacent)HTML|document\.write|\beval\(|new Function", text), file
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), file
        assert not re.search(r"<[a-z][^>]*\s(style|on[a-z]+)=", text) or file.suffix != ".html", file


@pytest.mark.parametrize("width", [1280, 3840])
def test_neither_room_has_serious_faults_of_accessibility(visit, reading_room, width):
    visitor = visit(width, 800 if width == 1280 else 2160)
    study_id = reading_room.draft()
    page = visitor.open_worklist()
    page.wait_for_selector("tbody tr")
    assert serious(page) == []
    visitor.open_study(study_id)
    page.keyboard.press("o")
    assert serious(page) == []
    page.keyboard.press("?")
    assert serious(page) == []
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def test_a_study_is_read_and_signed_with_the_keyboard_alone(visit, reading_room):
    study_id = reading_room.draft()
    page = visit().open_worklist()
    page.wait_for_selector(f'tr[data-study="{study_id}"]')
    page.keyboard.press("/")
    page.keyboard.type("severe left")
    page.keyboard.press("Tab")
    page.locator(f'tr[data-study="{study_id}"] a').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".sentence")
    for key in ("j", "y", "j", "y"):
        page.keyboard.press(key)
    expect(page.locator('.sentence[data-decision="accepted"]')).to_have_count(2)
    expect(page.locator(".save-state")).to_have_text("saved")
    page.keyboard.press("Control+Enter")
    page.get_by_role("checkbox", name="I have read that this study is urgent").press("Space")
    page.get_by_label("Your name").press_sequentially("Dr Keys")
    page.keyboard.press("Enter")
    expect(page.locator(".mark")).to_have_text("SIGNED")
    page.keyboard.press("Escape")
    page.wait_for_selector(".masthead")


def test_letter_keys_rest_while_somebody_writes_and_can_be_switched_off(visit, reading_room):
    page = visit().open_study(reading_room.draft())
    page.locator(".sentence textarea").first.focus()
    page.keyboard.type("o")
    assert page.locator("button", has_text="Overlays").first.get_attribute("aria-pressed") == "false"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Keys of one letter work").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    assert page.locator("button", has_text="Overlays").first.get_attribute("aria-pressed") == "false"


def test_a_question_is_answered_beside_the_draft_and_lights_what_it_cites(visit, reading_room):
    page = visit().open_study(reading_room.draft())
    page.keyboard.press("q")
    page.keyboard.type("Is there a pleural effusion?")
    page.keyboard.press("Enter")
    said = page.locator(".spoken").first
    expect(said).to_contain_text("effusion")
    said.hover()
    page.wait_for_selector('.marks [data-fact="F1"][data-lit]')
