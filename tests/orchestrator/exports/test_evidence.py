"""The pictures of the evidence: over the right pixels, in colours that can be told apart, only of what was found."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.exports.arrays import read_arrays
from orchestrator.exports.evidence import draw_evidence, draw_picture, film
from orchestrator.exports.pictures import SKY, Mark, Picture, pictures_of
from services.contract import Box, ImageReference, Label, Likelihood, Presence, Window, coded
from tests.orchestrator.exports.fixed_draft import IMAGE_ID, draft, places_by_hand, places_drawn, study


def reference(rows: int, columns: int, **changed: object) -> ImageReference:
    return places_by_hand().film.model_copy(update={"rows": rows, "columns": columns, **changed})


def marked(*regions: object, rows: int = 512, columns: int = 512, colour: tuple[int, int, int] = SKY) -> np.ndarray:
    """The pixels that drawing these regions on a mid-grey film changes."""
    image = reference(rows, columns)
    pixels = np.full((rows, columns), 2000, np.uint16)
    pixels[0, 0], pixels[-1, -1] = 0, 4095
    arrays = {image.location: pixels}
    marks = tuple(Mark(region, colour, "x") for region in regions)
    drawn = draw_picture(Picture("F1-x", "F1", "F1  x", IMAGE_ID, marks), image, arrays, legend=False)
    blank = draw_picture(Picture("F1-x", "F1", "F1  x", IMAGE_ID, ()), image, arrays, legend=False)
    return np.argwhere((drawn != blank).any(axis=2))


def test_a_draft_has_a_picture_for_each_finding_and_measurement_with_a_place(tmp_path: Path):
    places = places_drawn(tmp_path)
    arrays = read_arrays(draft(places), study(places), tmp_path)
    names = set(draw_evidence(draft(places), study(places), arrays))
    assert names == {"F1-pleural-effusion.png", "M1-cardiothoracic-ratio.png", "anatomy.png"}


def test_an_outline_that_was_measured_is_named_as_in_the_anatomy(tmp_path: Path):
    one = draft(places_drawn(tmp_path))
    heart = next(structure for structure in one.facts.structures if structure.code == coded(Label.HEART))
    ratio = one.facts.measurements[0]
    evidence = ratio.evidence[0].model_copy(update={"regions": (*ratio.evidence[0].regions, *heart.evidence.regions)})
    measured = ratio.model_copy(update={"evidence": (evidence,)})
    facts = one.facts.model_copy(update={"measurements": (measured,)})
    pictures = {p.fact_id: p for p in pictures_of(one.model_copy(update={"facts": facts}))}
    drawn = {mark.words: mark.colour for mark in pictures["M1"].marks}
    anatomy = {mark.words: mark.colour for mark in pictures[None].marks}
    assert drawn["heart, outline"] == anatomy["heart"]
    assert {"heart width", "thorax width"} < set(drawn)


def test_an_absent_finding_has_no_picture():
    one = draft(places_by_hand())
    absent = one.facts.findings[0].model_copy(update={"likelihood": Likelihood.ABSENT, "presence": Presence.ABSENT})
    facts = one.facts.model_copy(update={"findings": (absent,)})
    assert [p.fact_id for p in pictures_of(one.model_copy(update={"facts": facts}))] == ["M1"]


def test_a_box_lies_where_the_image_has_it():
    changed = marked(Box(left=100, top=50, right=200, bottom=150))
    assert changed.min(axis=0) == pytest.approx((50 * 2, 100 * 2), abs=5)
    assert changed.max(axis=0) == pytest.approx((150 * 2, 200 * 2), abs=5)


def test_the_measured_lines_are_drawn_from_end_to_end(tmp_path: Path):
    places = places_drawn(tmp_path)
    image, arrays = places.film, read_arrays(draft(places), study(places), tmp_path)
    picture = next(one for one in pictures_of(draft(places)) if one.fact_id == "M1")
    drawn = draw_picture(picture, image, arrays, legend=False)
    scale = drawn.shape[0] / image.rows
    for mark in picture.marks:
        (left, row), (right, _) = mark.region.start, mark.region.end
        for column in np.linspace(left + 2, right - 2, 20):
            assert np.abs(drawn[round(row * scale), round(column * scale)].astype(int) - mark.colour).max() < 60


def test_a_mask_coarser_than_the_film_covers_the_same_place(tmp_path: Path):
    places = places_drawn(tmp_path)
    arrays = read_arrays(draft(places), study(places), tmp_path)
    picture = next(one for one in pictures_of(draft(places)) if one.name == "anatomy")
    heart = next(mark for mark in picture.marks if mark.words == "heart")
    fine = np.asarray(arrays[heart.region.array.location])
    coarse = {**arrays, heart.region.array.location: fine[::4, ::4]}
    only = picture._replace(marks=(heart,))
    full, rough = (draw_picture(only, places.film, one, legend=False) for one in (arrays, coarse))
    blank = draw_picture(picture._replace(marks=()), places.film, arrays, legend=False)
    one, other = ((drawn != blank).any(axis=2) for drawn in (full, rough))
    assert (one & other).sum() / (one | other).sum() > 0.97


def test_the_window_of_the_image_decides_what_is_black_and_white():
    pixels = np.tile(np.linspace(0, 4095, 256).astype(np.uint16), (256, 1))
    shown, _ = film(reference(256, 256, window=Window(center=1000, width=200)), pixels)
    assert shown[0, : 4 * 55].max() == 0 and shown[0, 4 * 70 :].min() == 255


def test_a_blank_or_a_colour_image_can_be_shown():
    assert film(reference(8, 8), np.zeros((8, 8), np.uint16))[0].shape == (1024, 1024, 3)
    colour = reference(8, 16, samples_per_pixel=3, maximum_value=255, dtype="uint8")
    assert film(colour, np.full((8, 16, 3), 128, np.uint8))[0].shape == (512, 1024, 3)


def test_colours_can_be_told_apart_and_seen_on_a_dark_film(tmp_path: Path):
    places = places_drawn(tmp_path)
    colours = [mark.colour for one in pictures_of(draft(places)) if one.name == "anatomy" for mark in one.marks]
    assert len(set(colours)) == 5
    for at, colour in enumerate(colours):
        assert 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] > 90
        assert all(np.linalg.norm(np.subtract(colour, other)) > 60 for other in colours[at + 1 :])


def test_a_picture_is_a_png_of_the_same_bytes_each_time(tmp_path: Path):
    places = places_drawn(tmp_path)
    arrays = read_arrays(draft(places), study(places), tmp_path)
    first, second = (draw_evidence(draft(places), study(places), arrays) for _ in range(2))
    assert first == second
    assert Image.open(io.BytesIO(first["anatomy.png"])).format == "PNG"


def test_a_damaged_or_missing_file_of_the_store_leaves_the_picture_out(tmp_path: Path):
    places = places_drawn(tmp_path)
    (tmp_path / places.film.location).write_bytes(b"not what it was")
    arrays = read_arrays(draft(places), study(places), tmp_path)
    assert places.film.location not in arrays
    assert draw_evidence(draft(places), study(places), arrays) == {}
