"""Clean drafts of simulated studies, by several hands: whatever the checks object to in them is a false alarm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from orchestrator.answer import parse_answer
from orchestrator.plain import plain_sections
from orchestrator.report import Citation, Facts, Section, SectionName, Sentence
from services.contract import Finding, Label, Likelihood, Limitation, LimitationReason, Measurement, Presence, coded
from services.contract.phrasing import NONE_PRESENT, label_text, number_text
from services.language.radiologist import write_report
from services.language.simulate import SimulatedStudy

Phraser = Callable[[SimulatedStudy, Facts, Random], tuple[Section, ...]]


class CleanDraft(NamedTuple):
    """A draft that says what its facts say."""

    phraser: str
    facts: Facts
    sections: tuple[Section, ...]


def facts_of(study: SimulatedStudy) -> Facts:
    """Return a simulated study as the checks see it."""
    limitations = tuple(
        Limitation(what=name, reason=LimitationReason.NO_WEIGHTS, detail="No weights.", source="simulated")
        for name in study.not_assessed
    )
    return Facts(findings=study.findings, measurements=study.measurements, limitations=limitations)


def by_template(study: SimulatedStudy, facts: Facts, chance: Random) -> tuple[Section, ...]:
    """Return the report that the bundled model is taught to write."""
    return parse_answer(write_report(study.findings, study.measurements, chance), facts).sections


def by_list(_: SimulatedStudy, facts: Facts, __: Random) -> tuple[Section, ...]:
    """Return the plain list that is released without a model."""
    return plain_sections(facts)


def by_dictation(_: SimulatedStudy, facts: Facts, chance: Random) -> tuple[Section, ...]:
    """Return a report in more varied words, as several people would dictate it."""
    by = {presence: [f for f in facts.findings if f.presence is presence] for presence in Presence}
    lines = [_dictated(finding, chance) for finding in by[Presence.PRESENT]]
    lines += [_left_open(finding, chance) for finding in by[Presence.INDETERMINATE]]
    lines += [_measured(measurement, chance) for measurement in facts.measurements]
    absent = list(by[Presence.ABSENT])
    while absent:
        count = chance.randint(1, min(4, len(absent)))
        lines.append(_denied(absent[:count], chance))
        del absent[:count]
    concluded = [_dictated(finding, chance) for finding in by[Presence.PRESENT]]
    if not concluded and by[Presence.ABSENT] and not by[Presence.INDETERMINATE]:
        concluded = [_said(NONE_PRESENT, by[Presence.ABSENT])]
    return (
        Section(name=SectionName.FINDINGS, sentences=tuple(lines)),
        Section(name=SectionName.IMPRESSION, sentences=tuple(concluded)),
    )


PHRASERS: dict[str, Phraser] = {"template": by_template, "plain list": by_list, "dictation": by_dictation}

_CARDIOMEGALY = coded(Label.CARDIOMEGALY)
_ENLARGED = {"mild": "mildly ", "moderate": "moderately ", "severe": "severely ", "None": ""}


def _said(text: str, facts: Sequence[Finding | Measurement]) -> Sentence:
    citations = tuple(
        Citation(kind="finding", id=fact.finding_id)
        if isinstance(fact, Finding)
        else Citation(kind="measurement", id=fact.measurement_id)
        for fact in facts
    )
    return Sentence(text=text[0].upper() + text[1:], citations=citations)


def _place(finding: Finding) -> str:
    return f" in the {label_text(finding.site)}" if finding.site else ""


def _phrase(finding: Finding) -> str:
    words = (finding.severity, finding.laterality, label_text(finding.code))
    return " ".join(str(word) for word in words if word)


def _dictated(finding: Finding, chance: Random) -> Sentence:
    hedge = "likely " if finding.likelihood is Likelihood.LIKELY else ""
    core, place = f"{hedge}{_phrase(finding)}", _place(finding)
    forms = [f"There is {core}{place}.", f"{core} is present{place}.", f"{core} is seen{place}.", f"{core}{place}."]
    forms += [f"Findings of {core}{place}.", f"There is evidence of {core}{place}."]
    if finding.code == _CARDIOMEGALY and not place:
        how = _ENLARGED[str(finding.severity)]
        forms += [f"The heart is {hedge}{how}enlarged.", f"The cardiac silhouette is {hedge}{how}enlarged."]
    return _said(chance.choice(forms), [finding])


def _left_open(finding: Finding, chance: Random) -> Sentence:
    name = f"{_phrase(finding)}{_place(finding)}"
    forms = (
        f"Possible {name}.",
        f"{name} cannot be excluded.",
        f"{name} is indeterminate.",
        f"The assessment for {name} is indeterminate.",
        f"It is uncertain whether {name} is present.",
    )
    return _said(chance.choice(forms), [finding])


def _denied(group: list[Finding], chance: Random) -> Sentence:
    names = [f"{_phrase(finding)}{_place(finding)}" for finding in group]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    forms = [f"No {listed}.", f"There is no evidence of {listed}.", f"No {listed} is seen.", f"No signs of {listed}."]
    if len(names) == 1:
        forms += [f"{names[0]} is not seen.", f"{names[0]} is absent."]
        if group[0].code == _CARDIOMEGALY:
            forms += ["Heart size is normal.", "The heart is not enlarged."]
    return _said(chance.choice(forms), group)


def _measured(measurement: Measurement, chance: Random) -> Sentence:
    side = f"{measurement.laterality} " if measurement.laterality else ""
    name, number = f"{side}{label_text(measurement.name)}", number_text(measurement)
    forms = (f"The {name} is {number}.", f"{name} {number}.", f"{name} measures {number}.", f"{name}: {number}.")
    return _said(chance.choice(forms), [measurement])
