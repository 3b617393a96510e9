"""Scores of texts: known values, their intervals, and whether two models differ."""

from __future__ import annotations

import pytest

from services.language.learned_scores import learned_scores
from services.language.memory import memorised
from services.language.text_scores import SCORES, bleu, interval, meteor, paired_significance

REFERENCE = "No acute cardiopulmonary abnormality."


@pytest.mark.parametrize("name", SCORES)
def test_the_same_words_score_highest_and_other_words_nothing(name: str):
    assert SCORES[name](REFERENCE, REFERENCE) >= 0.99
    assert SCORES[name]("Left rib broken badly", REFERENCE) == 0.0


def test_bleu_counts_pieces_in_their_order():
    assert bleu("acute no cardiopulmonary abnormality", REFERENCE) < bleu("no acute cardiopulmonary disease", REFERENCE)


def test_meteor_minds_chunks():
    assert meteor("abnormality cardiopulmonary acute no", REFERENCE) < meteor(REFERENCE, REFERENCE)


def test_an_interval_holds_its_mean_and_narrows_with_more_reports():
    few, many = interval([0.0, 1.0] * 5), interval([0.0, 1.0] * 200)
    assert few.low <= few.mean <= few.high
    assert many.high - many.low < few.high - few.low


def test_two_models_that_differ_on_every_report_differ_by_more_than_chance():
    better, worse = [0.6] * 20, [0.4] * 20
    assert paired_significance(better, worse) < 0.01
    assert paired_significance(better, better) == 1.0
    with pytest.raises(ValueError, match="same reports"):
        paired_significance(better, worse[:3])


def test_a_score_whose_network_is_not_here_says_so():
    for score in learned_scores([REFERENCE], [REFERENCE]):
        assert score.mean is not None or score.why_not


def test_what_was_learned_by_heart_is_counted_and_what_the_prompt_held_is_not():
    line = "the patient was transferred from the outside hospital with a known large left apical bulla today"
    known = memorised([("", line), (line, line)], [line])
    assert known.long_overlaps == 1 and known.longest_overlap_words == len(line.split())


def test_a_name_or_number_of_a_person_is_counted():
    written = [("", "Dr. Jones was called."), ("", "Seen on 3/4/2019."), ("", "No acute disease.")]
    assert memorised(written, ["No acute disease."]).persons == 2
