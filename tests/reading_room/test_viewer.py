"""What a person sees of a film, in a real browser."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reading_room.drawn_study import draw_study

GREY_AT = """([x, y]) => {
  const canvas = document.querySelector(".viewport canvas.film");
  return canvas.getContext("2d").getImageData(x, y, 1, 1).data[0];
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


def test_names_of_overlays_never_lie_over_each_other(page):
    page.keyboard.press("o")
    page.keyboard.press("c")
    settle(page)
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
