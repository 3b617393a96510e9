"""The arithmetic behind a model card."""

from __future__ import annotations

import numpy as np
import pytest

from services.classification.figures import (
    area,
    area_within,
    at_the_share_of,
    calibration_error,
    calibration_error_of_equal_bins,
    calibration_floor,
    interval,
    operating_points,
    platt,
    rates,
    reliability,
)
from services.classification.reliability_plot import reliability_svg


def test_the_area_counts_pairs_in_the_right_order() -> None:
    assert area(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == pytest.approx(0.75)
    assert area(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.5)


def test_what_only_tells_the_view_is_chance_within_the_view() -> None:
    views = np.array(["AP"] * 50 + ["PA"] * 50)
    truth = np.array([True] * 40 + [False] * 10 + [True] * 10 + [False] * 40)
    scores = (views == "AP").astype(float)
    assert area(scores, truth) > 0.75
    assert area_within(scores, truth, views) == pytest.approx(0.5)


def test_an_interval_draws_patients_and_not_films() -> None:
    random = np.random.default_rng(1)
    scores = random.normal(size=100)
    single, many = (
        interval(lambda drawn: float(scores[drawn].mean()), patients, 1)
        for patients in ([str(film) for film in range(100)], [str(film // 20) for film in range(100)])
    )
    assert single != many


def test_calibration_turns_logits_into_the_share_that_shows_it() -> None:
    random = np.random.default_rng(2)
    truth = random.random(4000) < 0.2
    logits = random.normal(0, 1, 4000) * 3 + np.where(truth, 6.0, 0.0) + 4
    slope, offset = platt(logits, truth)
    scores = 1 / (1 + np.exp(-(slope * logits + offset)))
    assert scores.mean() == pytest.approx(0.2, abs=0.01)
    assert calibration_error(scores, truth) < 0.05


def test_a_reliability_plot_shows_what_was_said_and_how_it_was() -> None:
    scores = np.array([0.05, 0.07, 0.95, 0.91])
    truth = np.array([False, True, True, True])
    low, high = reliability(scores, truth)
    assert (low.films, low.said, low.were) == (2, pytest.approx(0.06), 0.5)
    assert (high.films, high.were) == (2, 1.0)
    assert calibration_error(scores, truth) == pytest.approx(0.5 * 0.44 + 0.5 * 0.07)
    assert "4 films" in reliability_svg("a <head>", [low, high])
    assert "<head>" not in reliability_svg("a <head>", [low, high])


def test_so_few_films_cannot_show_a_perfect_calibration() -> None:
    few, many = (calibration_floor(np.random.default_rng(4).random(count), 4) for count in (60, 6000))
    assert few > 0.08
    assert many < 0.02


def test_points_keep_their_promise() -> None:
    random = np.random.default_rng(3)
    truth = random.random(3000) < 0.5
    scores = 1 / (1 + np.exp(-random.normal(0, 1, 3000) - np.where(truth, 2, -2)))
    points = operating_points(scores, truth, np.array([]))
    assert rates(scores, truth, points["absent"])[0] >= 0.94
    assert rates(scores, truth, points["likely"])[1] >= 0.965
    assert rates(scores, truth, points["present"])[1] >= 0.99


def test_normal_films_of_another_hospital_raise_what_is_called_likely() -> None:
    truth = np.arange(200) < 100
    scores = np.where(truth, 0.9, 0.1)
    elsewhere = np.linspace(0.5, 0.95, 100)
    assert operating_points(scores, truth, elsewhere)["likely"] >= 0.93


def test_what_error_is_left_when_only_more_people_are_ill_elsewhere() -> None:
    random = np.random.default_rng(5)
    scores = random.random(8000)
    truth = random.random(8000) < scores
    fewer = truth & (random.random(8000) < 0.2) | ~truth
    assert calibration_error(scores[fewer], truth[fewer]) > 0.15
    assert calibration_error(at_the_share_of(scores[fewer], truth[fewer]), truth[fewer]) < 0.03


def test_bins_of_equally_many_films_measure_what_was_said_against_what_was() -> None:
    scores, truth = np.array([0.2, 0.3, 0.7, 0.8]), np.array([0, 0, 1, 1]) == 1
    assert calibration_error_of_equal_bins(scores, truth, 2) == pytest.approx(0.25)
    random = np.random.default_rng(6)
    honest = random.random(5000) ** 3
    assert calibration_error_of_equal_bins(honest, random.random(5000) < honest) < 0.02
