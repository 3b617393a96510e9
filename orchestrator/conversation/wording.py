"""This program's own words for what is cited, one wording for each audience: other words, the same claims.

A finding keeps its name in every wording, so that the same reader (:mod:`orchestrator.verification.reading`) finds the
same claims; for a referrer and a patient the name is explained in brackets, in words that claim nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.conversation.case import spoken
from orchestrator.conversation.turn import Audience
from orchestrator.prior import Prior
from orchestrator.report import FollowUp, Urgency
from orchestrator.untrusted import one_line
from orchestrator.verification.comparisons import Course
from services.contract import Algorithm, Evidence, Finding, Label, Laterality, Likelihood, Limitation, Measurement
from services.contract.phrasing import label_text, number_text

_COUNTABLE = {
    Label.PNEUMOTHORAX, Label.EFFUSION, Label.NODULE, Label.MASS, Label.HERNIA, Label.LUNG_LESION, Label.FRACTURE,
    Label.LUNG_OPACITY, Label.ENLARGED_CARDIOMEDIASTINUM, Label.ABNORMAL_FILM,
}  # fmt: skip
GLOSSES: dict[str, str] = {
    Label.ATELECTASIS: "part of the lung holds too little air",
    Label.CONSOLIDATION: "part of the lung is filled with something other than air",
    Label.INFILTRATION: "something has spread into the lung tissue",
    Label.PNEUMOTHORAX: "air between the lung and the chest wall",
    Label.EDEMA: "extra water within the lung",
    Label.EMPHYSEMA: "overstretched air sacs of the lung",
    Label.FIBROSIS: "lasting stiff tissue within the lung",
    Label.EFFUSION: "fluid between the lung and the chest wall",
    Label.PNEUMONIA: "an infection of the lung",
    Label.PLEURAL_THICKENING: "the lining around the lung is thicker than usual",
    Label.CARDIOMEGALY: "the heart looks larger than usual",
    Label.NODULE: "a round spot in the lung of up to three centimetres",
    Label.MASS: "a spot in the lung of more than three centimetres",
    Label.HERNIA: "an organ of the belly reaches into the chest",
    Label.LUNG_LESION: "a spot in the lung",
    Label.FRACTURE: "a broken bone",
    Label.LUNG_OPACITY: "a whiter area in the lung",
    Label.ENLARGED_CARDIOMEDIASTINUM: "the middle of the chest looks wider than usual",
    Label.TUBERCULOSIS: "an infection of the lung that can pass to others",
    Label.ABNORMAL_FILM: "the picture differs from what is usual",
    Label.CARDIOTHORACIC_RATIO: "width of the heart divided by width of the chest",
    Label.LUNG_HEIGHT: "distance from the top of the lung to its base",
}
"""What a name means, for somebody who is no physician."""
_LEADS: dict[Audience, dict[Likelihood, str]] = {
    Audience.RADIOLOGIST: {
        Likelihood.PRESENT: "There is {article}.",
        Likelihood.LIKELY: "There is likely {article}.",
        Likelihood.INDETERMINATE: "Possible {name}.",
        Likelihood.ABSENT: "No {name}.",
    },
    Audience.REFERRER: {
        Likelihood.PRESENT: "The film shows {article}.",
        Likelihood.LIKELY: "The film likely shows {article}.",
        Likelihood.INDETERMINATE: "It is uncertain whether there is {article}.",
        Likelihood.ABSENT: "The film shows no {name}.",
    },
    Audience.PATIENT: {
        Likelihood.PRESENT: "On your picture there is {article} ({gloss}).",
        Likelihood.LIKELY: "On your picture there is probably {article} ({gloss}).",
        Likelihood.INDETERMINATE: "On your picture it is uncertain whether there is {article} ({gloss}).",
        Likelihood.ABSENT: "On your picture there is no {name} ({gloss}).",
    },
}
_COURSES: dict[Course, str] = {
    Course.NEW: "is new",
    Course.UNCHANGED: "is unchanged",
    Course.IMPROVED: "has improved",
    Course.WORSENED: "has worsened",
    Course.RESOLVED: "has resolved",
}
_LONGEST_ORDER = 400


def of_finding(finding: Finding, audience: Audience) -> str:
    """Return one finding as a sentence."""
    lead = _LEADS[audience][finding.likelihood]
    gloss = GLOSSES.get(label_text(finding.code))
    if gloss is None:
        lead = lead.replace(" ({gloss})", "")
    return lead.format(article=_with_article(finding), name=spoken(finding), gloss=gloss)


def of_measurement(measurement: Measurement, audience: Audience) -> str:
    """Return one measurement as a sentence; the number is the same for everyone."""
    side = f"{measurement.laterality} " if measurement.laterality else ""
    name, number = label_text(measurement.name), number_text(measurement)
    gloss = GLOSSES.get(name) if audience is Audience.PATIENT else None
    whose = "On your picture the" if audience is Audience.PATIENT else "The"
    return f"{whose} {side}{name}{f' ({gloss})' if gloss else ''} is {number}."


def of_unassessed(names: Sequence[str], limitations: Sequence[Limitation]) -> str:
    """Return that these were not assessed, and why where that is known."""
    why = "; ".join(dict.fromkeys(one.detail.rstrip(". ") for one in limitations))
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "was" if len(names) == 1 else "were"
    return f"{_capital(listed)} {verb} not assessed{f' ({_uncapital(why)})' if why else ''}."


def of_limitation(limitation: Limitation) -> str:
    """Return one limitation as a sentence."""
    return f"{_capital(limitation.what)}: {_uncapital(limitation.detail.rstrip('. '))}."


def of_evidence(finding: Finding, evidence: Evidence) -> str:
    """Return what an algorithm saw: its score beside the points that turned it into a word."""
    who = f"{evidence.algorithm.name} {evidence.algorithm.version}"
    name, id_ = _capital(label_text(finding.code)), finding.finding_id
    if evidence.score is None:
        return f"{name} ({id_}) rests on {who} in {evidence.image_id}, without a score."
    points = ", ".join(f"{point} {value:.2f}" for point, value in sorted(evidence.operating_points.items()))
    told = f"; its operating points are {points}" if points else ""
    return f"{name} ({id_}) rests on {who} in {evidence.image_id} with a score of {evidence.score:.2f}{told}."


def of_measured_evidence(measurement: Measurement, evidence: Evidence) -> str:
    """Return who measured, in which image, and how exact it is."""
    who = f"{evidence.algorithm.name} {evidence.algorithm.version}"
    name = _capital(label_text(measurement.name))
    error = f"; its mean error on test films is {measurement.uncertainty:g}" if measurement.uncertainty else ""
    scale = f"; calibrated by {measurement.calibration}" if measurement.calibration else ""
    return f"{name} ({measurement.measurement_id}) was measured by {who} in {evidence.image_id}{error}{scale}."


def of_course(finding: Finding, course: Course | None, prior: Prior) -> str:
    """Return how a finding went since a prior."""
    name, since = _capital(spoken(finding)), f"the examination {prior.days_before} days before"
    if course is None:
        return f"How {spoken(finding)} went since {since} cannot be told: it was not assessed alike then and now."
    return f"{name} {_COURSES[course]} since {since}."


def of_count(present: Sequence[Finding], assessed: int) -> str:
    """Return how many of the assessed findings are present."""
    names = ", ".join(spoken(one) for one in present)
    verb = "is" if len(present) == 1 else "are"
    return f"{len(present)} of {assessed} assessed findings {verb} present{f': {names}' if names else ''}."


def of_urgency(urgency: Urgency) -> str:
    """Return how soon a person must read the draft, by which rule."""
    return f"By rule a person reads this within {urgency.within_minutes} minutes: {urgency.why}."


def of_follow_up(advice: FollowUp) -> str:
    """Return what a rule says comes next, or what it would have to know."""
    if advice.text is not None:
        return advice.text
    return f"The rule {advice.rule} gives no advice; it would have to know: {', '.join(advice.missing)}."


def of_order(what: str, text: str) -> str:
    """Return what stood in the order, masked, on one escaped line."""
    return f'The {what} reads: "{one_line(text, _LONGEST_ORDER).line}"'


def of_reader(algorithm: Algorithm) -> str:
    """Return who read the study."""
    return f"This study was read by {algorithm.name} {algorithm.version}."


def _with_article(finding: Finding) -> str:
    name = spoken(finding)
    if label_text(finding.code) not in _COUNTABLE or finding.laterality is Laterality.BILATERAL:
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _uncapital(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
