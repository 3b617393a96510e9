"""The story, top to bottom: a study becomes a draft report whose every sentence cites what was found.

Steps never import each other; only this page knows their order. It takes its parts as arguments
(:mod:`orchestrator.wiring`).
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.answer import parse_answer
from orchestrator.cards import GATE_SPECIALIST
from orchestrator.darkroom import turn_over
from orchestrator.deid_gpt import look_again
from orchestrator.deidentify import deidentify
from orchestrator.errors import LanguageModelUnavailable
from orchestrator.exemplars import Exemplar, Exemplars, as_style
from orchestrator.language_model import LanguageModelDoor
from orchestrator.locality import for_model
from orchestrator.outcome import Found, Outcome, Phrased, with_limitations, without_language_model
from orchestrator.outlines import Outlines
from orchestrator.plain import plain_sections, replace_offending
from orchestrator.progress import StudyStatus
from orchestrator.prompt import ask, ask_again
from orchestrator.prompt_file import PromptFile
from orchestrator.provenance import provenance_of
from orchestrator.reconcile import reconcile
from orchestrator.report import Attempt, Author, DraftReport, Facts, LanguageModel, Problem, Section
from orchestrator.rules.follow_up import follow_up_of
from orchestrator.rules.urgency import urgency_of
from orchestrator.second_text import set_against
from orchestrator.specialists import Specialists
from orchestrator.stages import Stages, Tell
from orchestrator.study import Study
from orchestrator.triage import GATE_SERVICE, needs_a_look, triage
from orchestrator.untrusted import FreeText, from_outside
from orchestrator.verify import verify


@dataclass(frozen=True)
class Parts:
    """What the pipeline works with."""

    specialists: Specialists
    outlines: Outlines
    prompt: PromptFile
    repair: PromptFile
    language: LanguageModelDoor
    corrections: int
    """How many times the problems go back to the language model."""
    exemplars: Exemplars | None = None
    """Reports of this site that lend their style, where a site has turned that on."""
    exemplars_shown: int = 2
    second_look: PromptFile | None = None
    """DeID-GPT's prompt, where a site has turned that on."""

    @property
    def tries(self) -> int:
        """How often the model is asked at most; one that cannot mend its answer is asked once."""
        return 1 + (self.corrections if self.language.profile.capabilities.repair else 0)

    def style_for(self, facts: Facts) -> tuple[Exemplar, ...]:
        """Return the exemplars that a study is shown; none unless they are on and the model reads free text."""
        if self.exemplars is None or not self.language.profile.capabilities.free_text:
            return ()
        return self.exemplars.nearest(facts, self.exemplars_shown)

    async def close(self) -> None:
        """Close the connections."""
        await self.specialists.close()


async def draft_report(study: Study, parts: Parts, tell: Tell) -> Outcome:
    """Turn one study into one draft.

    Parameters
    ----------
    study
        As received. Nothing after the first step sees it.
    parts
        Services, store, prompt and language model.
    tell
        Called with the name and the seconds of each stage as it ends.

    Returns
    -------
    Outcome
        Always with a draft: where nothing could be read, it says only what was not assessed and why.
    """
    stages = Stages(tell)
    found = await find(study, parts.specialists, parts.outlines, stages)
    async with stages("phrase"):
        style = parts.style_for(found.facts)
        leaving = for_model((*from_outside(found.seen), *as_style(style)), parts.language.local)
        if parts.second_look is not None and parts.language.local:
            leaving = await look_again(leaving, parts.language, parts.second_look)
        phrased = await phrase(found.facts, leaving.texts, parts)
    draft = DraftReport(
        draft_id=uuid.uuid4().hex,
        study_id=study.study_id,
        created_at=datetime.now(UTC),
        author=phrased.author,
        sections=phrased.sections,
        facts=with_limitations(phrased.facts, (*found.second.limitations, *leaving.limitations)),
        second_texts=found.second.texts,
        provenance=provenance_of(parts.prompt, phrased, style),
        stages=stages.times,
        urgency=urgency_of(phrased.facts),
        follow_up=follow_up_of(phrased.facts, found.seen.subject),
    )
    if found.plan.refused:
        return Outcome(draft, StudyStatus.REFUSED, found.results, found.why)
    return Outcome(draft, StudyStatus.DRAFTED, found.results, None)


async def find(study: Study, specialists: Specialists, outlines: Outlines, stages: Stages) -> Found:
    """Ask the specialists about one study, and reconcile what they say."""
    async with stages("deidentify"):
        seen = await asyncio.to_thread(deidentify, study)
    async with stages("triage"):
        doubtful = {GATE_SERVICE: images} if (images := needs_a_look(seen.images)) else {}
        look = await specialists.consult(doubtful, seen.subject, (GATE_SPECIALIST,))
        plan = triage(seen.images, [image for result in look.results for image in result.images])
        plan = await asyncio.to_thread(turn_over, plan, outlines.store)
    async with stages("specialists"):
        answer, written = await asyncio.gather(
            specialists.consult(plan.readings, seen.subject),
            specialists.consult(specialists.writers_of(plan.images), seen.subject),
        )
    async with stages("reconcile"):
        limits = (*seen.limitations, *plan.limitations, *answer.limitations)
        facts = await asyncio.to_thread(reconcile, answer.results, limits, plan.images, outlines.centre)
        facts = facts.model_copy(update={"priors": seen.priors})
        second = await asyncio.to_thread(set_against, written, facts, verify)
    return Found(seen, plan, facts, (*look.results, *answer.results), second)


async def phrase(facts: Facts, texts: tuple[FreeText, ...], parts: Parts) -> Phrased:
    """Let the model phrase, check every sentence, correct, and replace what still does not hold."""
    if not (facts.findings or facts.measurements):
        return Phrased(plain_sections(facts), facts, Author.PLAIN_LIST)
    attempts: list[Attempt] = []
    sections: tuple[Section, ...] = ()
    problems: tuple[Problem, ...] = ()
    model: LanguageModel | None = None
    left_out: tuple[str, ...] = ()
    try:
        question = ask(parts.prompt, facts, texts, parts.language.profile)
        left_out = question.left_out
        model = await parts.language.served()
        for number in range(1, parts.tries + 1):
            text = await parts.language.phrase(question)
            answer = parse_answer(text, facts)
            sections, problems = answer.sections, (*answer.problems, *verify(answer.sections, facts))
            digest = hashlib.sha256(text.encode()).hexdigest()
            attempts.append(Attempt(number=number, answer_sha256=digest, problems=problems))
            if not problems:
                break
            question = ask_again(question, text, problems, parts.repair)
    except LanguageModelUnavailable as error:
        if not attempts:
            return Phrased(plain_sections(facts), without_language_model(facts, error), Author.PLAIN_LIST)
    sections, author = _released(sections, facts, problems)
    return Phrased(sections, facts, author, model, tuple(attempts), left_out)


def _released(
    sections: tuple[Section, ...], facts: Facts, problems: tuple[Problem, ...]
) -> tuple[tuple[Section, ...], Author]:
    """Nothing leaves that the checks do not pass: first the sentence goes, then every word of the model."""
    if not problems:
        return sections, Author.LANGUAGE_MODEL
    mended = replace_offending(sections, facts, problems)
    if verify(mended, facts):
        return plain_sections(facts), Author.PLAIN_LIST
    kept = any(sentence.author == "language_model" for section in mended for sentence in section.sentences)
    return mended, Author.MIXED if kept else Author.PLAIN_LIST
