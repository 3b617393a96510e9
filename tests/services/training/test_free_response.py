"""Free-response figures on marks that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from services.training.free_response import (
    MarkedFilm,
    false_marks_a_film,
    figures_of,
    free_response_svg,
    marked,
    mean_share_found,
    share_found,
    threshold_at,
)

FILMS = [
    MarkedFilm("drawn", "patient-1", 2, (0.9, 0.4), (0.8,)),
    MarkedFilm("drawn", "patient-2", 1, (0.7,), (0.6, 0.3)),
    MarkedFilm("drawn", "patient-3", 1, (0.0,), ()),
    MarkedFilm("drawn", "patient-4", 0, (), (0.2,)),
]


@pytest.mark.parametrize(("false_marks", "found"), [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (1, 0.75)])
def test_more_false_marks_are_the_price_of_more_places(false_marks: float, found: float) -> None:
    threshold = threshold_at(FILMS, false_marks)
    assert false_marks_a_film(FILMS, threshold) <= false_marks
    assert share_found(FILMS, threshold) == found


def test_a_place_that_nothing_hit_is_never_found() -> None:
    assert share_found(FILMS, 0.0) == 0.75


def test_a_mark_that_hits_any_place_is_no_false_one() -> None:
    overlaps = np.array([[0.5, 0.0], [0.1, 0.2], [0.35, 0.0]])
    film = marked("drawn", "patient-1", overlaps, (0.9, 0.8, 0.7), 0.3)
    assert (film.hits, film.misses) == ((0.9, 0.0), (0.8,))


def test_a_film_without_marks_or_places_counts_as_a_film() -> None:
    film = marked("drawn", "patient-1", np.zeros((0, 0)), (), 0.3)
    assert film == MarkedFilm("drawn", "patient-1", 0, (), ())
    assert false_marks_a_film([*FILMS, film], 0.0) == pytest.approx(4 / 5)


def test_the_figures_hold_their_values_between_the_ends_of_their_intervals() -> None:
    figures = figures_of(FILMS, "drawn")
    assert [one.value for one in figures] == [0.25, 0.5, 0.75, 0.75, 0.75]
    assert all(one.low <= one.value <= one.high for one in figures)
    assert mean_share_found(FILMS) == pytest.approx(0.6)
    assert "<polyline" in free_response_svg("drawn", FILMS)
