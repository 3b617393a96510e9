"""What a person sees of a film, in a real browser."""

from __future__ import annotations

import numpy as np
import pytest

from services.contract import ImageKind
from tests.orchestrator.small_clinic import look
from tests.reading_room.drawn_study import draw_study, keep_drawn_draft

GREY_AT = """([x, y]) => {
  const canvas = document.querySelector(".viewport canvas.film");
  return canvas.getContext("2d").getImageData(x, y, 1, 1).data[0];
}"""
WATCH_SIZES = """() => {
  const canvas = document.querySelector("canvas.film");
  window.sizes = [];
  new MutationObserver(() => sizes.push([canvas.width, canvas.height])).observe(canvas, { attributes: true });
}"""
SETTLED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"


@pytest.fixture(scope="module")
def study_id(reading_room) -> str:
    return reading_room.draft()


@pytest.fixture
def page(visit, study_id):
    return visit().open_study(study_id)


def settle(page) -> None:
    page.evaluate(SETTLED)


def middle_of(page) -> tuple[int, int]:
    box = page.locator(".viewport").bounding_box()
    return int(box["width"] // 2), int(box["height"] // 2)


def value_in_the_middle(reading_room) -> float:
    pixels = reading_room.drawn.chest.pixels
    row, column = pixels.shape[0] // 2, pixels.shape[1] // 2
    return float(pixels[row - 3 : row + 4, column - 3 : column + 4].mean())


def grey(value: float, center: float, width: float) -> float:
    return float(np.clip((value - (center - width / 2)) * 255 / width, 0, 255))


def drag(page, right: int, down: int, button: str = "left") -> None:
    x, y = middle_of(page)
    box = page.locator(".viewport").bounding_box()
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down(button=button)
    page.mouse.move(box["x"] + x + right, box["y"] + y + down, steps=4)
    page.mouse.up(button=button)
    settle(page)


def window_of(page) -> tuple[float, float]:
    text = page.locator(".south-west").inner_text()  # L 2048 · W 4096 · 55 %
    center, width = text.split("·")[:2]
    return float(center.split()[1]), float(width.split()[1])


def test_a_drag_changes_window_and_level_and_the_right_pixels(page, reading_room):
    value = value_in_the_middle(reading_room)
    before = page.evaluate(GREY_AT, middle_of(page))
    assert abs(before - grey(value, 2048, 4096)) < 8
    drag(page, -150, 60)
    center, width = window_of(page)
    assert width < 4096 and center > 2048
    after = page.evaluate(GREY_AT, middle_of(page))
    assert abs(after - grey(value, center, width)) < 12
    page.keyboard.press("0")
    settle(page)
    assert page.evaluate(GREY_AT, middle_of(page)) == before


def test_presets_inversion_turning_and_zoom_have_their_keys(page, reading_room):
    value = value_in_the_middle(reading_room)
    page.keyboard.press("4")
    settle(page)
    assert window_of(page) == (pytest.approx(2048 - 0.14 * 4096, abs=1), pytest.approx(0.7 * 4096, abs=1))
    page.keyboard.press("1")
    page.keyboard.press("i")
    settle(page)
    assert abs(page.evaluate(GREY_AT, middle_of(page)) - (255 - grey(value, 2048, 4096))) < 8
    page.keyboard.press("r")
    settle(page)
    sides = {side: page.locator(f".side.{side}").inner_text() for side in ("left", "top", "right", "bottom")}
    assert sides == {"left": "F", "top": "R", "right": "H", "bottom": "L"}
    zoom = page.locator(".south-west").inner_text().split("·")[2]
    x, y = middle_of(page)
    page.locator(".viewport").hover(position={"x": x, "y": y})
    page.mouse.wheel(0, -400)
    settle(page)
    assert page.locator(".south-west").inner_text().split("·")[2] != zoom


def test_overlays_are_off_and_one_key_lays_them_where_the_masks_are(page, reading_room):
    shape = '.marks [data-fact="F1"]'
    assert page.locator(shape).get_attribute("hidden") is not None
    page.keyboard.press("o")
    settle(page)
    assert page.locator(shape).get_attribute("hidden") is None
    mask = reading_room.drawn.chest.masks["abnormality"]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = page.eval_on_selector(
        shape, "one => { const b = one.getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height] }"
    )
    assert box == pytest.approx([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], abs=3)
    inside = """(one, [x, y]) => { const p = one.ownerSVGElement.createSVGPoint(); p.x = x; p.y = y;
                return one.isPointInFill(p) }"""
    chance = np.random.default_rng(1)
    for _ in range(40):
        y, x = int(chance.integers(6, mask.shape[0] - 6)), int(chance.integers(6, mask.shape[1] - 6))
        around = mask[y - 5 : y + 6, x - 5 : x + 6]
        if around.all() or not around.any():
            assert page.eval_on_selector(shape, inside, [x, y]) == bool(mask[y, x])
    page.keyboard.press("o")
    settle(page)
    assert page.locator(shape).get_attribute("hidden") is not None


@pytest.mark.parametrize(("width", "height", "letters_px"), [(1280, 800, 12), (3840, 2160, 16)])
def test_names_of_overlays_never_lie_over_each_other_and_can_be_read(visit, study_id, width, height, letters_px):
    page = visit(width, height).open_study(study_id)
    page.keyboard.press("o")
    page.keyboard.press("c")
    settle(page)
    size = page.eval_on_selector(".names text", "one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= letters_px
    overflow = """all => all.filter(one => { const box = one.previousSibling.getBoundingClientRect();
                  return one.getBoundingClientRect().right > box.right + 1 }).length"""
    assert page.eval_on_selector_all(".names text", overflow) == 0
    places = page.eval_on_selector_all(".names rect", "all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert len(places) >= 8
    for at, one in enumerate(places):
        for other in places[at + 1 :]:
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]


def test_pointing_at_a_sentence_lights_the_region_it_cites_and_nothing_else(page):
    page.locator(".chip[data-fact=F1]").first.hover()
    page.wait_for_selector('.marks [data-fact="F1"][data-lit]')
    assert page.locator(".marks [data-lit]").count() == 1
    page.locator(".chip[data-fact=F2]").first.hover()
    page.wait_for_selector("canvas.heat[data-shown*=F2]", state="attached")
    assert page.locator(".marks [data-lit]").count() == 0


def test_what_rests_on_the_film_as_a_whole_lights_the_whole_film(page):
    page.locator(".chip[data-fact=F3]").first.hover()
    page.wait_for_selector(".viewport[data-whole-lit]")


def test_a_chip_shows_finding_score_points_model_and_version(page):
    page.locator(".chip", has_text="F1").first.click()
    card = page.locator("dialog").inner_text()
    for said in (
        "present (likely), left, severe",
        "0.930",
        "likely 0.800",
        "chest_radiograph",
        "1.2.0",
        "SHA-256 cccc",
    ):
        assert said in card
    page.keyboard.press("Escape")


def test_a_length_is_in_mm_only_where_somebody_calibrated_it(page, visit, reading_room):
    page.keyboard.press("m")
    drag(page, 120, 0)
    assert "px, not calibrated" in page.locator(".names text").text_content()
    calibrated = visit().open_study(reading_room.draft(draw_study(5, 500, 410, calibrated=True)))
    calibrated.keyboard.press("m")
    drag(calibrated, 120, 0)
    text = calibrated.locator(".names text").text_content()
    assert text.endswith(" mm")
    fitted = calibrated.locator(".viewport").bounding_box()["height"] / 500
    assert float(text.split()[0]) == pytest.approx(120 / fitted * 350 / 410, rel=0.05)


def test_heart_then_chest_is_the_cardiothoracic_ratio_as_a_person_measures_it(page):
    page.keyboard.press("t")
    drag(page, 60, 0)
    drag(page, 120, 0)
    said = page.locator(".names text").all_text_contents()
    assert said[0].startswith("heart ") and said[1].startswith("chest ")
    assert float(said[1].split("ratio ")[1]) == pytest.approx(0.5, abs=0.02)


def test_the_lines_of_the_measured_ratio_lie_at_the_edges_of_the_masks(page, reading_room):
    page.keyboard.press("c")
    settle(page)
    ends = page.eval_on_selector_all(
        '.marks [data-fact="M1"][data-kind=line]:not([hidden])',
        "all => all.map(one => { const b = one.getBBox(); return [b.x, b.x + b.width] })",
    )
    heart = np.flatnonzero(reading_room.drawn.chest.masks["heart"].any(axis=0))
    assert [float(heart[0]), float(heart[-1] + 1)] in [pytest.approx(one, abs=3) for one in ends]


def test_a_drag_on_a_large_screen_draws_fewer_pixels_and_letting_go_draws_them_all(visit, study_id):
    page = visit(3840, 2160).open_study(study_id)
    page.evaluate(WATCH_SIZES)
    drag(page, 60, 30)
    drawn = page.evaluate("sizes")
    assert min(width * height for width, height in drawn) <= 2_000_000
    assert drawn[-1][0] == page.eval_on_selector("canvas.film", "one => one.clientWidth")


def test_the_frontal_film_hangs_left_and_the_lateral_right_however_they_came(visit, reading_room):
    records, store = reading_room.line.records, reading_room.line.settings.store

    def film(**header):
        return draw_study(31, 500, 410, StudyInstanceUID="1.2.826.0.1.3680043.8.498.31", **header).film

    lateral = film(view_position="LL", SOPInstanceUID="1.2.826.0.1.3680043.8.498.31.1", PatientOrientation=["A", "F"])
    frontal = film(view_position="PA", SOPInstanceUID="1.2.826.0.1.3680043.8.498.31.2")
    files = [("files", ("lateral", lateral)), ("files", ("frontal", frontal))]
    sent = reading_room.line.http.post("/v1/studies", files=files).raise_for_status().json()["study_id"]
    hung = reading_room.line.http.get(f"/v1/studies/{sent}/hanging").json()["images"]
    kinds = {"PA": ImageKind.CHEST_FRONTAL, "LL": ImageKind.CHEST_LATERAL}
    seen = tuple(look(kinds[one["view_position"]], image_id=one["image_id"]) for one in hung)
    keep_drawn_draft(records, sent, store, draw_study(31, 500, 410).chest, seen=seen)
    page = visit().open_study(sent)
    page.wait_for_function("document.querySelectorAll('.viewport[data-loaded=whole]').length === 2")
    settle(page)
    assert page.locator(".viewport .north-west").all_inner_texts() == ["Current · PA", "Current · LL"]
    left, right = (one["x"] for one in (page.locator(".viewport").nth(at).bounding_box() for at in (0, 1)))
    assert left < right
    assert page.locator(".side.left").all_inner_texts() == ["R", "P"]
    assert page.locator(".side.right").all_inner_texts() == ["L", "A"]


def test_whose_film_it_is_and_which_side_stays_in_sight_whatever_is_done(page):
    sides = {"left": set("RLHF"), "right": set("RLHF"), "top": set("RLHF"), "bottom": set("RLHF")}
    for key in ("i", "r", "+", "+", "+", "a", "o", "c", "q", "Escape", "f", "0"):
        page.keyboard.press(key)
        settle(page)
        assert page.locator(".banner .who").is_visible() and "Phantom" in page.locator(".banner .who").inner_text()
        assert {
            side: set(page.locator(f".side.{side}").inner_text()) <= letters for side, letters in sides.items()
        } == {side: True for side in sides}
        assert all(page.locator(f".side.{side}").inner_text() for side in sides)


def test_escape_closes_what_is_open_and_nobody_leaves_the_study(page):
    for opened in ("?", "Control+Enter"):
        page.keyboard.press(opened)
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        assert "#/studies/" in page.url


def test_the_prior_hangs_beside_and_follows_the_zoom(visit, reading_room):
    def taken(day: str, seed: int):
        return draw_study(seed, 500, 410, PatientID="P-beside", StudyDate=day, StudyTime="120000")

    reading_room.draft(taken("20250101", 21))
    page = visit().open_study(reading_room.draft(taken("20260101", 22)))
    assert page.locator(".viewport").count() == 1
    page.keyboard.press("b")
    page.wait_for_selector('.viewport[data-prior][data-loaded="whole"]')
    assert "365 days earlier" in page.locator(".viewport[data-prior] .north-west").inner_text()
    page.locator(".viewport").first.hover()
    page.mouse.wheel(0, -500)
    settle(page)
    zooms = {one.split("·")[2] for one in page.locator(".south-west").all_inner_texts()}
    assert len(zooms) == 1


def test_sides_that_the_header_does_not_state_are_marked_as_assumed(visit, reading_room):
    page = visit().open_study(reading_room.draft(draw_study(6, 500, 410, PatientOrientation=None)))
    assert page.locator(".side.left").inner_text() == "R?"
