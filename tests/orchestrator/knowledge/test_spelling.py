"""A question reaches the rules as it was meant, and no word is bent into another that somebody meant."""

import pytest

from deploy.conversation_figures.questions import questions
from orchestrator.conversation.intents import Kind
from orchestrator.conversation.understanding import understand
from orchestrator.knowledge import Library
from orchestrator.knowledge.names import named_in
from orchestrator.knowledge.shelf import own_passages
from orchestrator.knowledge.spelling import normal, spelled
from orchestrator.knowledge.terminology import terms_known
from services.contract import Label
from services.contract.codes import CODES


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pnuemothorax", "pneumothorax"),
        ("opacitties", "opacities"),
        ("thicekned pleura", "thickened pleura"),
        ("pulmonary odema", "pulmonary oedema"),
    ],
)
def test_one_slip_in_a_long_word_is_mended(typed, meant):
    assert spelled(typed) == meant


@pytest.mark.parametrize("word", ["masses", "passes", "could", "module", "lesson", "pleural", "amoxicillin"])
def test_a_word_that_is_meant_stays(word):
    assert spelled(word) == word


def test_signs_said_aloud_and_shorthand_are_read():
    assert normal("Any effusion comma left or right question mark") == "any effusion, left or right?"
    assert named_in(normal("rib # on the left?")).concepts == ("fracture",)


def test_radlex_ids_are_those_that_findings_carry():
    for term in (term for term in terms_known() if term.radlex):
        assert term.radlex in {code.value for code in CODES[Label(term.name)] if code.scheme == "RADLEX"}


def test_every_label_has_its_names():
    spoken = {term.name: term.synonyms for term in terms_known()}
    for label in (label for label in Label if str(label) in spoken):
        assert all(str(label) in named_in(normal(one)).concepts for one in spoken[str(label)]), label


@pytest.mark.parametrize("asked", ["Who won the match?", "What is 17 times 23?", "how many milligrams of ceftobiprole"])
def test_what_is_not_about_a_film_is_declined(asked):
    assert understand(asked).kind in {Kind.OFF_TOPIC, Kind.TREATMENT}


def test_the_same_seed_asks_the_same_in_every_set():
    library = Library(own_passages())
    for worded in ("development", "first_sight", "sealed"):
        one, two = (questions(library, 3, 1, worded) for _ in range(2))
        assert [question.text for question in one] == [question.text for question in two]
