"""A real vLLM and the bundled model: constrained, repeatable, and proved before it is trusted."""

import json
from itertools import islice

import pytest

from orchestrator.answer import parse_answer
from orchestrator.language_model import LanguageModelDoor
from orchestrator.plain import replace_offending
from orchestrator.prompt import ask
from orchestrator.prompt_file import load_prompt
from orchestrator.report import Facts, Sentence
from orchestrator.verify import verify
from services.contract import Code, Finding, Label, Limitation, LimitationReason
from services.contract.phrasing import label_text
from services.contract.profile import Adapter
from services.language.claims import compare
from services.language.corpus import held_out
from services.language.proof import prove
from services.language.simulate import FINDING_LABELS, SimulatedStudy
from tests.services.language.conftest import ROOT, LanguageServer

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]
PROMPT = load_prompt(ROOT / "prompts" / "draft.md")
MOST_ARE_RIGHT = 0.85
LABELS = {str(label) for label in FINDING_LABELS}
MEASURED = {str(Label.CARDIOTHORACIC_RATIO), str(Label.LUNG_HEIGHT)}


def facts_of(study: SimulatedStudy) -> Facts:
    limitations = tuple(
        Limitation(what=name, reason=LimitationReason.NO_WEIGHTS, detail="No weights.", source="simulated")
        for name in study.not_assessed
    )
    return Facts(findings=study.findings, measurements=study.measurements, limitations=limitations)


def chest_studies(count: int) -> list[SimulatedStudy]:
    """Return held-out studies of the kind that this project's specialists give."""
    studies = (held_out(index) for index in range(10_000))
    return list(islice((study for study in studies if is_of_this_project(study)), count))


def is_of_this_project(study: SimulatedStudy) -> bool:
    """True where every finding and measurement has a label of this project, and no site is named."""
    names = {label_text(finding.code) for finding in study.findings}
    measured = {label_text(item.name) for item in study.measurements}
    return bool(names) and names <= LABELS and measured <= MEASURED and not any(f.site for f in study.findings)


def door(server: LanguageServer) -> LanguageModelDoor:
    return LanguageModelDoor(server.profile, server.url)


async def phrased(server: LanguageServer, study: SimulatedStudy) -> str:
    question = ask(PROMPT, facts_of(study), None, server.profile)
    return await door(server).phrase(question, deadline_s=120.0)


async def test_a_study_is_phrased_as_cited_json_and_the_same_twice(language_server: LanguageServer):
    study = chest_studies(1)[0]
    first, again = await phrased(language_server, study), await phrased(language_server, study)
    assert first == again
    sections = json.loads(first)
    assert set(sections) == {"findings", "impression"}
    ids = {finding.finding_id for finding in study.findings} | {item.measurement_id for item in study.measurements}
    assert {identity for items in sections.values() for item in items for identity in item["cites"]} <= ids


async def test_nearly_every_draft_says_everything_and_nothing_else(language_server: LanguageServer):
    studies = chest_studies(25)
    said = [compare(await phrased(language_server, study), study) for study in studies]
    assert all(item.valid for item in said)
    assert sum(item.right for item in said) >= MOST_ARE_RIGHT * len(said)


async def test_nearly_every_sentence_may_be_released_unchanged(language_server: LanguageServer):
    sentences: list[Sentence] = []
    offending = 0
    for study in chest_studies(25):
        facts = facts_of(study)
        answer = parse_answer(await phrased(language_server, study), facts)
        sentences += [sentence for section in answer.sections for sentence in section.sentences]
        problems = (*answer.problems, *verify(answer.sections, facts))
        offending += len({(problem.section, problem.sentence) for problem in problems})
    assert offending <= (1 - MOST_ARE_RIGHT) * len(sentences)


async def test_whatever_is_said_of_a_name_never_seen_nothing_wrong_is_released(language_server: LanguageServer):
    study = chest_studies(1)[0]
    odd = Code(scheme="99WETREAD", value="x", meaning="Zygomatic quasar")
    finding: Finding = study.findings[0].model_copy(update={"code": odd})
    facts = facts_of(study.model_copy(update={"findings": (finding, *study.findings[1:])}))
    question = ask(PROMPT, facts, None, language_server.profile)
    answer = parse_answer(await door(language_server).phrase(question, deadline_s=120.0), facts)
    problems = (*answer.problems, *verify(answer.sections, facts))
    released = replace_offending(answer.sections, facts, problems)
    text = " ".join(sentence.text for section in released for sentence in section.sentences).lower()
    assert verify(released, facts) == ()
    assert "zygomatic quasar" in text


async def test_the_draft_records_the_server_and_the_weights(language_server: LanguageServer):
    served = await door(language_server).served()
    assert served.server.startswith("vllm ")
    assert served.weights_sha256 == language_server.profile.weights_sha256 is not None


def test_the_proof_holds_and_says_what_was_tried(language_server: LanguageServer):
    proof = prove(language_server.url, language_server.profile)
    assert proof.ready
    assert [step.name for step in proof.steps][-2:] == ["constraints_bind", "adapter_is_in_force"]


def test_other_weights_than_the_profiles_are_not_proved(language_server: LanguageServer):
    wrong = language_server.profile.model_copy(update={"weights_sha256": "0" * 64})
    proof = prove(language_server.url, wrong)
    assert not proof.ready
    assert proof.steps[-1].name == "weights_are_the_profiles"


def test_another_model_than_the_profiles_is_not_proved(language_server: LanguageServer):
    other = language_server.profile.model_copy(update={"name": "another"})
    assert not prove(language_server.url, other).ready


def test_a_base_model_under_an_adapters_name_is_not_proved(language_server: LanguageServer):
    adapter = Adapter(name=language_server.profile.name, model="nowhere", rank=8)
    profile = language_server.profile.model_copy(update={"adapter": adapter})
    proof = prove(language_server.url, profile)
    assert not proof.ready
    assert "not in force" in proof.steps[-1].detail
