"""What is said to a question: for each kind a function from the case to the points that answer it.

A point is a fact with the plain sentence that says it. The language model may phrase it otherwise
(:mod:`orchestrator.conversation.phrasing`); which facts answer is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from orchestrator.conversation import notices, wording
from orchestrator.conversation.case import Case
from orchestrator.conversation.intents import Intent, Kind
from orchestrator.conversation.turn import Audience, Cited, CitedKind, Notice, Spoken
from orchestrator.knowledge.names import EITHER, REGIONS
from orchestrator.verification.comparisons import course_of
from orchestrator.verification.page import concept_of, open_page
from services.contract import Finding, Measurement, Presence
from services.contract.phrasing import label_text, not_assessed

_MOST_TOGETHER = 8
"""Names in one sentence."""


class Point(NamedTuple):
    """One thing to be said."""

    plain: Spoken
    """Stands where no model speaks, or where what it says does not pass."""
    fact: Finding | Measurement | None = None
    """What the language model may phrase."""
    asked: str = ""
    """The question it is asked, in the words that it was trained on."""


Answered = Iterator[Point | Notice]
_ASKED: dict[Kind, str] = {
    Kind.SIDE: "On which side is the {name}?",
    Kind.SEVERITY: "How severe is the {name}?",
}


def answer(intent: Intent, case: Case, audience: Audience) -> tuple[Point | Notice, ...]:
    """Return what answers a question; never empty."""
    if intent.kind in notices.DECLINED:
        return (notices.DECLINED[intent.kind],)
    if intent.either and not intent.concepts:
        return _about_either(intent, case, audience)
    points = tuple(ANSWERS.get(intent.kind, _unclear)(intent, case, audience))
    return points or (notices.UNKNOWN,)


def said_of(fact: Finding | Measurement, case: Case, audience: Audience, kind: Kind = Kind.PRESENCE) -> Point:
    """Return the point that tells one fact."""
    if isinstance(fact, Finding):
        name, text = label_text(fact.code), wording.of_finding(fact, audience)
        asked = _ASKED.get(kind, "Is there {name}?").format(name=name)
    else:
        name, text = label_text(fact.name), wording.of_measurement(fact, audience)
        asked = f"What is the {name}?"
    return Point(Spoken(text=text, citations=(case.cite(fact),), author="plain"), fact, asked)


def told(text: str, *cited: Cited) -> Point:
    """Return a point in this program's own words."""
    return Point(Spoken(text=text, citations=cited, author="plain"))


def unassessed(name: str, case: Case) -> Point:
    """Return that something was not assessed; it never becomes absent."""
    return next(_unassessed((name,), case))


def _unassessed(names: Sequence[str], case: Case) -> Iterator[Point]:
    """Yield that these were not assessed; names that share their reason stand together."""
    by_reason: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        by_reason.setdefault(tuple(one.detail for _, one in case.limitations_of(name)), []).append(name)
    for together in by_reason.values():
        for start in range(0, len(together), _MOST_TOGETHER):
            group = together[start : start + _MOST_TOGETHER]
            limits = [pair for name in group for pair in case.limitations_of(name)]
            text = wording.of_unassessed(group, [one for _, one in limits])
            yield told(text, *(tuple(case.cite_limitation(id_, one) for id_, one in limits) or (case.scope,)))


def _about_either(intent: Intent, case: Case, audience: Audience) -> tuple[Point | Notice, ...]:
    """A name of two meanings: one question back, unless nothing but one of them can be meant."""
    labels = EITHER[str(intent.either)][1]
    return (notices.which(tuple(str(label) for label in labels)),)


def _presence(intent: Intent, case: Case, audience: Audience) -> Answered:
    if intent.region and not intent.concepts:
        yield from _normal(intent, case, audience)
    for name in intent.concepts:
        yield from _concept(name, case, audience, intent.kind)
    if not intent.concepts and not intent.region:
        yield _which_finding(case)


def _concept(name: str, case: Case, audience: Audience, kind: Kind) -> Answered:
    facts: tuple[Finding | Measurement, ...] = (*case.findings_of(name), *_measured(name, case, kind))
    for fact in facts:
        yield said_of(fact, case, audience, kind)
    if not facts:
        yield unassessed(name, case)


def _measured(name: str, case: Case, kind: Kind) -> tuple[Measurement, ...]:
    by_name = tuple(one for one in case.facts.measurements if label_text(one.name) == name)
    sized = kind in {Kind.SIZE, Kind.SEVERITY, Kind.MEASURE, Kind.WHY}
    also = case.measurements_of(name) if sized else by_name
    if sized and name == "cardiomegaly":
        also += tuple(m for m in case.measurements_of("cardiothoracic ratio") if m not in also)
    return also


def _which_finding(case: Case) -> Notice:
    """Ask back, offering what is present, else what is open, else what was assessed."""
    for presence in (Presence.PRESENT, Presence.INDETERMINATE, Presence.ABSENT):
        names = tuple(dict.fromkeys(label_text(one.code) for one in case.facts.findings if one.presence is presence))
        if names:
            return notices.which(names[:8])
    return notices.NO_STUDY if case.study_id is None else notices.NOTHING_OF_THE_KIND


def _detail(intent: Intent, case: Case, audience: Audience) -> Answered:
    concepts = intent.concepts or _only_one(case)
    if not concepts:
        yield _which_finding(case)
        return
    for name in concepts:
        yield from _concept(name, case, audience, intent.kind)
    present = [one for name in concepts for one in case.findings_of(name) if one.presence is not Presence.ABSENT]
    lacking = {
        Kind.SIDE: (notices.NOT_SIDED, any(one.laterality is None for one in present)),
        Kind.PLACE: (notices.NOT_PLACED, any(one.site is None for one in present)),
        Kind.SEVERITY: (notices.NOT_GRADED, any(one.severity is None for one in present)),
        Kind.SIZE: (notices.NOT_GRADED, any(one.severity is None for one in present)),
    }.get(intent.kind)
    if lacking and lacking[1]:
        yield lacking[0]


def _only_one(case: Case) -> tuple[str, ...]:
    """Where one thing is present and no other, it is what a question without a name means."""
    names = tuple(
        dict.fromkeys(label_text(one.code) for one in case.facts.findings if one.presence is Presence.PRESENT)
    )
    return names if len(names) == 1 else ()


def _count(intent: Intent, case: Case, audience: Audience) -> Answered:
    if intent.concepts:
        for name in intent.concepts:
            yield from _concept(name, case, audience, intent.kind)
        if any(one.presence is Presence.PRESENT for name in intent.concepts for one in case.findings_of(name)):
            yield notices.NOT_COUNTED
        return
    findings = [one for one in case.facts.findings if not intent.region or _in_region(one, intent.region)]
    if not findings:
        yield notices.NOTHING_OF_THE_KIND
        return
    present = [one for one in findings if one.presence is Presence.PRESENT]
    yield told(wording.of_count(present, len(findings)), *(case.cite(one) for one in findings))


def _of_presence(presence: Presence) -> Callable[[Intent, Case, Audience], Answered]:
    def points(intent: Intent, case: Case, audience: Audience) -> Answered:
        found = [one for one in case.facts.findings if one.presence is presence]
        if not found:
            yield notices.NOTHING_OF_THE_KIND if case.study_id is not None or case.facts.findings else notices.NO_STUDY
        for finding in found:
            yield said_of(finding, case, audience)

    return points


def _found(intent: Intent, case: Case, audience: Audience) -> Answered:
    """What is present; where nothing is, what is open and what was excluded, and never "normal"."""
    present = [one for one in case.facts.findings if one.presence is Presence.PRESENT]
    for finding in present:
        yield said_of(finding, case, audience)
    for finding in () if present else case.facts.findings:
        yield said_of(finding, case, audience)
    for measurement in case.facts.measurements:
        yield said_of(measurement, case, audience)
    if not present:
        yield notices.NOT_NORMAL if case.facts.findings or case.facts.measurements else notices.NO_STUDY


def _normal(intent: Intent, case: Case, audience: Audience) -> Answered:
    for finding in case.facts.findings:
        if intent.region is None or _in_region(finding, intent.region):
            yield said_of(finding, case, audience)
    for measurement in case.facts.measurements:
        if intent.region is None or label_text(measurement.name) in _labels_of(intent.region):
            yield said_of(measurement, case, audience)
    if intent.region is not None:
        yield from _unassessed(sorted(set(_labels_of(intent.region)) - set(case.own_names)), case)
    yield notices.NOT_NORMAL


def _labels_of(region: str) -> tuple[str, ...]:
    return tuple(str(label) for label in REGIONS[region][1])


def _in_region(finding: Finding, region: str) -> bool:
    return label_text(finding.code) in _labels_of(region)


def _not_assessed(intent: Intent, case: Case, audience: Audience) -> Answered:
    if intent.concepts:
        for name in intent.concepts:
            yield from _concept(name, case, audience, Kind.PRESENCE)
        return
    names = not_assessed(case.facts.limitations, case.facts.findings)
    if not names:
        yield notices.NOTHING_OF_THE_KIND if case.study_id is not None or case.facts.findings else notices.NO_STUDY
    yield from _unassessed(names, case)


def _why(intent: Intent, case: Case, audience: Audience) -> Answered:
    concepts = intent.concepts or _only_one(case)
    if not concepts:
        yield _which_finding(case)
        return
    for name in concepts:
        facts: tuple[Finding | Measurement, ...] = (*case.findings_of(name), *_measured(name, case, Kind.WHY))
        for fact in facts:
            yield said_of(fact, case, audience)
            for evidence in fact.evidence:
                text = (
                    wording.of_evidence(fact, evidence)
                    if isinstance(fact, Finding)
                    else wording.of_measured_evidence(fact, evidence)
                )
                yield told(text, case.cite(fact))
        if not facts:
            yield unassessed(name, case)


def _comparison(intent: Intent, case: Case, audience: Audience) -> Answered:
    if not case.facts.priors:
        yield notices.NO_PRIOR
        return
    page = open_page((), case.facts)
    concepts = intent.concepts or tuple(
        dict.fromkeys(concept_of(one) for one in case.facts.findings if one.presence is Presence.PRESENT)
    )
    prior = min(case.facts.priors, key=lambda one: one.days_before)
    for name in concepts:
        findings = case.findings_of(name)
        for finding in findings:
            text = wording.of_course(finding, course_of(finding, page), prior)
            yield told(text, case.cite(finding), case.cite_prior(prior))
        if not findings:
            yield unassessed(name, case)
    if not concepts:
        yield notices.NOTHING_OF_THE_KIND


def _challenge(intent: Intent, case: Case, audience: Audience) -> Answered:
    """What was found is told once more, word for word; a claim without evidence moves nothing."""
    yield from _presence(intent, case, audience) if intent.concepts else _found(intent, case, audience)
    yield notices.NOTHING_NEW


def _urgency(intent: Intent, case: Case, audience: Audience) -> Answered:
    if case.urgency is None:
        yield notices.NO_RULE
        return
    table = case.urgency.table
    cited = [case.cite(one) for one in case.facts.findings if one.finding_id in case.urgency.finding_ids]
    rule = Cited(kind=CitedKind.RULE, id=",".join(case.urgency.rules), title=f"{table.name} {table.version}")
    yield told(wording.of_urgency(case.urgency), rule, *cited)


def _follow_up(intent: Intent, case: Case, audience: Audience) -> Answered:
    for advice in case.follow_up:
        about = [one for one in case.facts.findings if one.finding_id in advice.finding_ids]
        if intent.concepts and not any(label_text(one.code) in intent.concepts for one in about):
            continue
        rule = Cited(
            kind=CitedKind.RULE,
            id=advice.rule,
            title=f"{advice.table.name} {advice.table.version}",
            source=advice.source,
        )
        yield told(wording.of_follow_up(advice), rule, *(case.cite(one) for one in about))
        return
    yield notices.NO_RULE


def _order(intent: Intent, case: Case, audience: Audience) -> Answered:
    given = [(what, text) for what, text in (("indication", case.indication), ("history", case.history)) if text]
    for what, text in given:
        cited = Cited(kind=CitedKind.ORDER, id=what, title=what, quote=text)
        yield told(wording.of_order(what, text), cited)
    if not given:
        yield notices.NO_ORDER


def _reader(intent: Intent, case: Case, audience: Audience) -> Answered:
    for algorithm in case.facts.algorithms:
        yield told(wording.of_reader(algorithm), case.scope)


def _unclear(intent: Intent, case: Case, audience: Audience) -> Answered:
    yield notices.UNKNOWN


ANSWERS: dict[Kind, Callable[[Intent, Case, Audience], Answered]] = {
    Kind.PRESENCE: _presence,
    Kind.SIDE: _detail,
    Kind.PLACE: _detail,
    Kind.SEVERITY: _detail,
    Kind.SIZE: _detail,
    Kind.MEASURE: _detail,
    Kind.COUNT: _count,
    Kind.COMPARISON: _comparison,
    Kind.FOUND: _found,
    Kind.OPEN: _of_presence(Presence.INDETERMINATE),
    Kind.ABSENT: _of_presence(Presence.ABSENT),
    Kind.NOT_ASSESSED: _not_assessed,
    Kind.NORMAL: _normal,
    Kind.WHY: _why,
    Kind.CHALLENGE: _challenge,
    Kind.URGENCY: _urgency,
    Kind.FOLLOW_UP: _follow_up,
    Kind.ORDER: _order,
    Kind.READER: _reader,
}
"""Kinds that need no tool; those that do are in :mod:`orchestrator.conversation.tools`."""


def about(points: Sequence[Point | Notice], intent: Intent, case: Case) -> tuple[str, ...]:
    """Return what an answer was about, for the question that follows it."""
    if intent.concepts:
        return intent.concepts
    named = [
        concept_of(point.fact) if isinstance(point.fact, Finding) else label_text(point.fact.name)
        for point in points
        if isinstance(point, Point) and point.fact is not None
    ]
    unique = tuple(dict.fromkeys(named))
    return unique if len(unique) == 1 else ()
