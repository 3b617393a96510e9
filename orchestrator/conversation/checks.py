"""Nothing is shown that does not pass: a model's sentence by the checks of a draft, any other as what it cites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.conversation import wording
from orchestrator.conversation.case import Case
from orchestrator.conversation.turn import Audience, CitedKind, Spoken
from orchestrator.report import Facts, Problem, Section, SectionName, Sentence
from orchestrator.verification.comparisons import course_of
from orchestrator.verification.page import open_page
from orchestrator.verify import verify
from services.contract import Finding, Measurement


def problems_of(sentences: Sequence[Sentence], fact: Finding | Measurement, facts: Facts) -> tuple[Problem, ...]:
    """Return what the checks of a draft find in sentences that should say one fact and nothing else.

    Parameters
    ----------
    facts
        Of the study, for its priors; the sentences may speak of ``fact`` only.
    """
    alone = Facts(
        findings=(fact,) if isinstance(fact, Finding) else (),
        measurements=(fact,) if isinstance(fact, Measurement) else (),
        priors=facts.priors,
    )
    section = Section(name=SectionName.FINDINGS, sentences=tuple(sentences))
    found = tuple(problem for problem in verify((section,), alone) if problem.section is SectionName.FINDINGS)
    if sentences:
        return found
    return (*found, Problem(check="something_is_said", message="nothing is said of the fact that was asked for"))


def may_be_shown(spoken: Spoken, case: Case) -> bool:
    """Return whether a sentence is what it cites.

    A sentence of the language model passes the checks of a draft; a quotation stands in its passage letter by letter;
    a plain sentence is this program's own rendering of what it cites, made anew here and compared.
    """
    if spoken.author == "passage":
        return all(
            one.kind is CitedKind.PASSAGE
            and (passage := case.library.get(one.id)) is not None
            and passage.holds(spoken.text)
            and one.quote == spoken.text
            for one in spoken.citations
        )
    if not all(_exists(one.kind, one.id, case) for one in spoken.citations):
        return False
    if spoken.author == "plain":
        return spoken.text in set(_renderings(spoken, case))
    return _passes(spoken, case)


def _passes(spoken: Spoken, case: Case) -> bool:
    facts = _facts(spoken, case)
    if len(facts) != 1 or len(spoken.citations) != 1:
        return False
    fact = facts[0]
    citation = {"kind": "finding" if isinstance(fact, Finding) else "measurement", "id": spoken.citations[0].id}
    sentence = Sentence.model_validate({"text": spoken.text, "citations": [citation]})
    return not problems_of((sentence,), fact, case.facts)


def _facts(spoken: Spoken, case: Case) -> tuple[Finding | Measurement, ...]:
    cited = {(one.kind, one.id) for one in spoken.citations}
    findings = tuple(one for one in case.facts.findings if (CitedKind.FINDING, one.finding_id) in cited)
    measured = tuple(one for one in case.facts.measurements if (CitedKind.MEASUREMENT, one.measurement_id) in cited)
    return (*findings, *measured)


def _exists(kind: CitedKind, id_: str, case: Case) -> bool:
    known: dict[CitedKind, set[str]] = {
        CitedKind.FINDING: {one.finding_id for one in case.facts.findings},
        CitedKind.MEASUREMENT: {one.measurement_id for one in case.facts.measurements},
        CitedKind.LIMITATION: {limit for limit, _ in case.limitations},
        CitedKind.PRIOR: {one.prior_id for one in case.facts.priors},
        CitedKind.ORDER: {what for what, text in (("indication", case.indication), ("history", case.history)) if text},
        CitedKind.RULE: {",".join(case.urgency.rules)} if case.urgency else set(),
        CitedKind.SCOPE: {"assessed"},
        CitedKind.TOOL: {one.id for one in case.found_since},
    }
    known[CitedKind.RULE] |= {one.rule for one in case.follow_up}
    return id_ in known.get(kind, set())


def _renderings(spoken: Spoken, case: Case) -> Iterator[str]:
    """Yield every sentence that this program would make of what is cited."""
    kinds = {one.kind for one in spoken.citations}
    ids = {one.id for one in spoken.citations}
    facts = _facts(spoken, case)
    for fact in facts:
        for audience in Audience:
            if isinstance(fact, Finding):
                yield wording.of_finding(fact, audience)
            else:
                yield wording.of_measurement(fact, audience)
        for evidence in fact.evidence:
            if isinstance(fact, Finding):
                yield wording.of_evidence(fact, evidence)
            else:
                yield wording.of_measured_evidence(fact, evidence)
    findings = [fact for fact in facts if isinstance(fact, Finding)]
    if findings and kinds == {CitedKind.FINDING}:
        yield wording.of_count([one for one in findings if one.presence == "PRESENT"], len(findings))
    if CitedKind.PRIOR in kinds and findings:
        page = open_page((), case.facts)
        for prior in case.facts.priors:
            if prior.prior_id in ids:
                yield from (wording.of_course(one, course_of(one, page), prior) for one in findings)
    yield from _other_renderings(spoken, case, kinds, ids)


def _unassessed_texts(spoken: Spoken, case: Case) -> Iterator[str]:
    """Yield the sentence that names what the given one names, if all of it is ours and nothing of it was assessed."""
    listed = spoken.text.lower().partition(" not assessed")[0].removesuffix(" was").removesuffix(" were")
    names = listed.replace(" and ", ", ").split(", ")
    if set(names) <= set(case.nameable) - set(case.own_names):
        yield wording.of_unassessed(names, ())


def _other_renderings(spoken: Spoken, case: Case, kinds: set[CitedKind], ids: set[str]) -> Iterator[str]:
    by_id = dict(case.limitations)
    limits = [by_id[one.id] for one in spoken.citations if one.kind is CitedKind.LIMITATION]
    if CitedKind.LIMITATION in kinds:
        yield from (wording.of_limitation(one) for one in limits)
        if names := case.unassessed_names(limits):
            yield wording.of_unassessed(names, limits)
    if CitedKind.SCOPE in kinds:
        yield from _unassessed_texts(spoken, case)
        yield from (wording.of_reader(one) for one in case.facts.algorithms)
    if CitedKind.RULE in kinds:
        if case.urgency is not None:
            yield wording.of_urgency(case.urgency)
        yield from (wording.of_follow_up(one) for one in case.follow_up if one.rule in ids)
    if CitedKind.ORDER in kinds:
        given = (("indication", case.indication), ("history", case.history))
        yield from (wording.of_order(what, text) for what, text in given if text and what in ids)
    if CitedKind.TOOL in kinds:
        yield from (one.text for one in case.found_since if one.id in ids)
