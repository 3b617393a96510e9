"""The labelled notes that masking is measured on, and the figure itself on a part of them."""

from __future__ import annotations

import random
from itertools import combinations

import cv2
import pytest

from deploy.identity_figures.burned_in import drawn_and_found
from deploy.identity_figures.free_text import AIM, measure
from deploy.identity_figures.notes import KINDS, LANGUAGES, SETS, notes, words_of
from orchestrator.burned_in import find_text
from tests.phantoms import draw_chest

CUES = {"patient", "the", "phone", "fax"}


@pytest.mark.parametrize("which", SETS)
def test_every_kind_comes_in_every_language_and_labels_stand_where_they_say(which):
    made = list(notes(which, 600))
    assert {(label.kind, note.language) for note in made for label in note.labels} == {
        (kind, language) for kind in KINDS for language in LANGUAGES
    }
    for note in made:
        ends = [(label.start, label.stop) for label in note.labels]
        assert all(0 <= start < stop <= len(note.text) for start, stop in ends)
        assert sorted(ends) == ends
        assert not note.text[note.trap[0] : note.trap[1]].startswith(" ")
    assert list(notes(which, 5)) == made[:5]


@pytest.mark.parametrize(("one", "other"), list(combinations(SETS, 2)))
def test_no_two_sets_of_notes_share_a_sentence_a_name_or_a_place(one, other):
    ours, theirs = words_of(one), words_of(other)
    assert not {form for _, form in ours.sentences} & {form for _, form in theirs.sentences}
    assert not set(ours.clinical) & set(theirs.clinical)
    assert not set(ours.traps) & set(theirs.traps)
    for language in LANGUAGES:
        for kind in ("given", "family", "street", "city", "hospital"):
            assert not set(ours.of(language)[kind]) & set(theirs.of(language)[kind])


@pytest.mark.parametrize("which", ["held_out", "fresh"])
def test_recall_is_as_high_as_it_is_said_to_be(which):
    made = list(notes(which, 150, seed=1))
    for with_header in (True, False):
        figures, missed = measure(made, with_header)
        assert figures.recall.share >= AIM, missed[:5]
        assert figures.words_kept.share >= 0.9
        assert set(figures.by_kind) == set(KINDS)


def test_a_letter_that_is_left_counts_as_missed():
    (note,) = notes("development", 1)
    label = note.labels[0]
    known_to_pass = note._replace(text="cough " * 40, labels=(label._replace(start=0, stop=5),), trap=(0, 0))
    figures, missed = measure([known_to_pass], False)
    assert figures.recall.hits == 0
    assert [one.value for one in missed] == ["cough"]


def test_a_name_drawn_on_a_film_is_found_and_the_film_alone_is_not_taken_for_one():
    film = cv2.convertScaleAbs(draw_chest(seed=4).pixels, alpha=255 / 4095)
    chance = random.Random(2)
    hits = [drawn_and_found(film, height, 160, chance) for height in (16, 28) for _ in range(6)]
    assert sum(hits) >= 10
    assert find_text(film) == ()
