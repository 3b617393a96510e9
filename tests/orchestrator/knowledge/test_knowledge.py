"""The knowledge base: what is quoted stands there, has its sources, and is found by other words than its own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from deploy.conversation_figures.retrieval import DEVELOPED_ON, measure_retrieval
from orchestrator.errors import Misconfigured
from orchestrator.hospital import read_hospital
from orchestrator.knowledge import Library
from orchestrator.knowledge.differential import differential_of, differential_table
from orchestrator.knowledge.library import best_sentences
from orchestrator.knowledge.passage import REVIEW_AFTER_DAYS, Passage
from orchestrator.knowledge.shelf import own_passages, read_passage, read_works
from orchestrator.knowledge.site import site_passages
from orchestrator.knowledge.walk import MOST_STEPS, walk
from services.contract import Label

TORCHXRAYVISION = (
    Label.ATELECTASIS, Label.CONSOLIDATION, Label.INFILTRATION, Label.PNEUMOTHORAX, Label.EDEMA, Label.EMPHYSEMA,
    Label.FIBROSIS, Label.EFFUSION, Label.PNEUMONIA, Label.PLEURAL_THICKENING, Label.CARDIOMEGALY, Label.NODULE,
    Label.MASS, Label.HERNIA, Label.LUNG_LESION, Label.FRACTURE, Label.LUNG_OPACITY, Label.ENLARGED_CARDIOMEDIASTINUM,
)  # fmt: skip


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(own_passages())


def test_there_are_enough_passages_and_each_rests_on_two_works(library):
    assert len(library) >= 150
    assert all(len({work.key for work in passage.works}) >= 2 for passage in library.passages)


@pytest.mark.parametrize("label", TORCHXRAYVISION)
@pytest.mark.parametrize("aspect", ["appearance", "pitfalls", "differential", "follow-up"])
def test_every_label_is_covered(library, label, aspect):
    if label in {Label.LUNG_LESION, Label.INFILTRATION} and aspect == "appearance":
        assert any(one.topic[-1] == label for one in library.passages)
    covered = {one.aspect for one in library.passages if one.topic[-1] == label}
    assert aspect in covered


def test_a_text_that_was_changed_after_it_was_checked_is_refused(tmp_path: Path):
    original = Path("orchestrator/knowledge/passages/pneumothorax/tension.md").resolve()
    changed = tmp_path / "tension.md"
    changed.write_text(original.read_text().replace("not to wait", "to wait"))
    works = read_works(original.parents[2] / "sources.toml")
    with pytest.raises(Misconfigured, match="hash differs"):
        read_passage(changed, "pneumothorax/tension", works)


def test_a_work_taken_from_memory_says_so(library):
    ways = {work.consulted for passage in library.passages for work in passage.works}
    assert ways == {"opened", "abstract", "memory"}


def test_what_nobody_looked_at_for_years_is_stale_and_still_quoted(library):
    passage = library.passages[0]
    assert not passage.is_stale(passage.checked_on)
    assert passage.is_stale(passage.checked_on + timedelta(days=REVIEW_AFTER_DAYS + 1))


def test_every_sentence_that_may_be_quoted_stands_in_its_passage(library):
    for passage in library.passages:
        assert "".join(passage.sentences).replace(" ", "") == passage.text.replace(" ", "")
        assert all(passage.holds(sentence) for sentence in best_sentences(passage, "what does it look like"))


@pytest.mark.parametrize("half", DEVELOPED_ON)
def test_the_right_passage_is_among_the_first_three(library, half):
    assert measure_retrieval(library, half).share >= 0.95


def test_the_same_question_finds_the_same_whatever_the_order_of_the_passages(library):
    backwards = Library(reversed(library.passages))
    for question in ("blunted angle, is it fluid?", "tip of the breathing tube", "nipple or nodule"):
        assert library.search(question) == backwards.search(question)


def test_what_is_not_there_is_not_found(library):
    assert library.search("quarterly revenue of a shipping company") == ()
    assert walk("quarterly revenue of a shipping company", library).passage is None


def test_a_walk_takes_bounded_steps_and_cannot_leave_the_tree(library):
    walked = walk("how do I recognise a pneumothorax in a supine patient", library)
    assert walked.passage is not None
    assert walked.passage.topic[-1] == "pneumothorax"
    assert len(walked.steps) <= MOST_STEPS
    assert walk("anything", library, lambda _, branches: len(branches)).passage is None
    assert walk("anything", library, lambda _, branches: None).passage is None


def test_a_differential_is_chosen_by_rule_from_what_stands_together(library):
    [passage] = differential_of((), {"cardiomegaly", "pulmonary edema"}, library)
    assert passage.passage_id == "edema/noncardiac"
    assert all(library.get(rule.passage) for rule in differential_table().rule)
    assert {one.topic[-1] for one in differential_of(("hernia",), {"cardiomegaly"}, library)} == {"hernia"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "icu").mkdir()
    (tmp_path / "rules.md").write_text(
        "---\ntitle: House rules\nchecked_on: 2020-01-01\n---\nEvery quokka film is read twice by two people here."
    )
    document = docx.Document()
    document.add_paragraph("The marmoset line is called by telephone at once, in the middle of the night as well.")
    document.save(str(tmp_path / "icu" / "calls.docx"))
    page = Canvas(str(tmp_path / "icu" / "tubes.pdf"))
    page.drawString(72, 700, "The wombat tube ends exactly two fingers above the carina in our unit.")
    page.save()
    (tmp_path / "icu" / "broken.pdf").write_bytes(b"%PDF-1.4 not a pdf at all")
    return tmp_path


def test_a_site_adds_its_own_documents_and_departments_read_their_own(site):
    everything = Library(site_passages(site))
    assert {passage.department for passage in everything.passages} == {"all", "icu"}
    assert everything.search("wombat tube end")[0].passage.department == "icu"
    others = everything.readable_by({"paediatrics"})
    assert [passage.title for passage in others.passages] == ["House rules"]
    assert others.search("wombat tube") == ()
    assert len(everything.readable_by({"icu"})) == len(everything)


def test_an_old_document_of_the_site_is_stale(site):
    [rules] = [passage for passage in site_passages(site) if passage.title == "House rules"]
    assert rules.checked_on == date(2020, 1, 1)
    assert rules.is_stale()


def test_a_folder_that_is_not_there_is_said_at_start(tmp_path: Path):
    with pytest.raises(Misconfigured, match="does not exist"):
        site_passages(tmp_path / "nowhere")


def test_without_a_folder_a_site_adds_nothing():
    assert read_hospital(None).knowledge.folder is None


def test_a_passage_needs_a_source_and_a_date():
    with pytest.raises(ValueError, match="works"):
        Passage.model_validate({"passage_id": "a/b", "title": "abc", "topic": ["a"], "aspect": "b", "text": "x" * 30})
