"""What is released of a served model's answers: claims invented, findings missing, repeats, variety.

The judge is not the checks: it compares strings with the facts, as :mod:`services.language.claims` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.language_figures.phrasers import CleanDraft, facts_of
from orchestrator.answer import parse_answer
from orchestrator.language_model import LanguageModelDoor
from orchestrator.plain import plain_finding, plain_measurement, plain_sections, replace_offending
from orchestrator.prompt import ask, load_prompt
from orchestrator.report import Facts, Section, SectionName, Sentence
from orchestrator.untrusted import FreeText
from orchestrator.variety import variety
from orchestrator.verify import verify
from services.contract import Fact, Finding, Measurement, Presence
from services.contract.phrasing import label_text
from services.contract.profile import LanguageProfile
from services.language.claims import compare, invents, names_all
from services.language.radiologist import CitedText
from services.language.simulate import SimulatedStudy

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
AT_A_TIME = 6


class Answered(NamedTuple):
    """A study, the model's first answer, and what would be released of it."""

    study: SimulatedStudy
    facts: Facts
    answer: str
    problems: int
    released: tuple[Section, ...]


class Released(Fact):
    """Released text of simulated studies, held against their facts."""

    drafts: int
    sentences: int
    invented: int
    """Sentences that say what no cited fact holds."""
    missing: int
    """PRESENT findings that findings or impression do not say."""
    unchanged: float
    """Share of the drafts that went out as the model wrote them."""
    distinct: float
    """Share of the released texts that differ from every other."""
    longest_common_run: int
    """Most words in a row that two different studies' drafts share."""
    alarm: bool


async def answer_all(
    url: str, profile: LanguageProfile, studies: Sequence[SimulatedStudy], texts: Sequence[FreeText] = ()
) -> list[Answered]:
    """Phrase studies through the orchestrator's own door, prompt and checks."""
    door, gate = LanguageModelDoor(profile, url), asyncio.Semaphore(AT_A_TIME)
    prompt = load_prompt(PROMPTS / f"{profile.prompt}.md")

    async def one(study: SimulatedStudy) -> Answered:
        facts = facts_of(study)
        async with gate:
            question = ask(prompt, facts, texts, profile)
            answer = await door.phrase(question, deadline_s=600.0)
        read = parse_answer(answer, facts)
        problems = (*read.problems, *verify(read.sections, facts))
        released = read.sections if not problems else replace_offending(read.sections, facts, problems)
        if problems and verify(released, facts):
            released = plain_sections(facts)
        return Answered(study, facts, answer, len(problems), released)

    return list(await asyncio.gather(*(one(study) for study in studies)))


def judge(answers: Sequence[Answered]) -> Released:
    """Return what is wrong with the released text, by string comparison with the facts."""
    texts = [" ".join(s.text for section in one.released for s in section.sentences) for one in answers]
    sentences = [(s, one.facts) for one in answers for section in one.released for s in section.sentences]
    varied = variety({str(number): text for number, text in enumerate(texts)})
    return Released(
        drafts=len(answers),
        sentences=len(sentences),
        invented=sum(_is_invented(sentence, facts) for sentence, facts in sentences),
        missing=sum(len(_missing(one)) for one in answers),
        unchanged=round(sum(one.problems == 0 for one in answers) / len(answers), 4),
        distinct=varied.distinct,
        longest_common_run=varied.longest_common_run,
        alarm=varied.alarm,
    )


def clean_answers(answers: Sequence[Answered]) -> list[CleanDraft]:
    """Return the answers in which the string comparison finds nothing wrong, as clean drafts for the checks."""
    right = [one for one in answers if compare(one.answer, one.study).right]
    return [CleanDraft("bundled model", one.facts, parse_answer(one.answer, one.facts).sections) for one in right]


def _cited(sentence: Sentence, facts: Facts) -> list[Finding | Measurement]:
    known: dict[str, Finding | Measurement] = {finding.finding_id: finding for finding in facts.findings}
    known |= {measurement.measurement_id: measurement for measurement in facts.measurements}
    return [known[citation.id] for citation in sentence.citations if citation.id in known]


def _is_invented(sentence: Sentence, facts: Facts) -> bool:
    behind = _cited(sentence, facts)
    if sentence.author == "plain":
        return not _is_plainly(sentence, behind, facts)
    said = CitedText(cites=tuple(c.id for c in sentence.citations), text=sentence.text)
    return invents(said, behind) or not names_all(said, behind)


def _is_plainly(sentence: Sentence, behind: Sequence[Finding | Measurement], facts: Facts) -> bool:
    """A line of the plain list says its facts in the program's own words, or lists absent ones by name."""
    if all(isinstance(fact, Finding) and fact.presence is Presence.ABSENT for fact in behind):
        left_open = [one for one in facts.findings if one.presence is not Presence.ABSENT]
        if sentence.text.startswith("None of") and left_open:
            return False
        listed = sentence.text.startswith(("Absent: ", "None of the assessed", "No other assessed"))
        named = sentence.text.startswith("N") or all(
            label_text(fact.code) in sentence.text for fact in behind if isinstance(fact, Finding)
        )
        if listed and named:
            return True
    lines = {plain_finding(fact) if isinstance(fact, Finding) else plain_measurement(fact) for fact in behind}
    return lines == {sentence.text}


def _missing(one: Answered) -> list[tuple[SectionName, str]]:
    return [
        (section.name, finding.finding_id)
        for section in one.released
        for finding in one.facts.findings
        if finding.presence is Presence.PRESENT
        and not any(
            finding.finding_id in {c.id for c in sentence.citations}
            and label_text(finding.code) in sentence.text.lower()
            for sentence in section.sentences
        )
    ]
