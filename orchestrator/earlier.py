"""Earlier examinations, de-identified: what they found as findings, what they said as masked text, when as a distance.

A prior's findings are kept apart from those of the study (:attr:`orchestrator.report.Facts.priors`): a comparison may
rest on them, nothing else may. Its text is shown to a model within the fence of untrusted text, and nowhere else.

Free text is read by the reader that the checks use, sentence by sentence, only where the report says what was found.
What it says in two ways, by comparison with something earlier still, or of a part only, is *not known*; a comparison
with it is then not possible, which is better than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from orchestrator.masking import mask_text
from orchestrator.prior import Prior
from orchestrator.study import EarlierExamination, Study
from orchestrator.verification.lexicon import COMPARISONS, DEVICES, OTHER_CONCEPTS
from orchestrator.verification.reading import Claim, read
from orchestrator.verification.scope import Stance
from orchestrator.verification.vocabulary import NARROWER, PLACES, REPORTING, SEVERITIES, SIDES, words_of
from services.contract import Algorithm, Evidence, Finding, Label, Laterality, Likelihood, Presence, coded
from services.contract.phrasing import label_text

LONGEST_TEXT = 1500
"""Characters of a report that are masked and quoted; its end, where the impression stands, goes first."""
_READER = Algorithm(name="prior_report_reader", version="1")
_LABELS = {label_text(coded(label)): label for label in Label}
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_HEADING = re.compile(r"^\s*([A-Za-z][A-Za-z ]{2,40}?)\s*:\s*(.*)$", re.DOTALL)
_FOUND = re.compile(r"finding|impression|conclusion|opinion|report|result|summary|lungs?|heart|pleura|mediastin|bones?")
"""Headings under which a report says what was found; not why it was asked for, nor with what it was compared."""
_KNOWN_HEADING = re.compile(
    r"indication|history|reason|comparison|technique|clinical|recommend|procedure|exam|information|question|views?"
)
_PASSING_WORDS = frozenset[str]().union(
    COMPARISONS, DEVICES, OTHER_CONCEPTS, NARROWER, PLACES, REPORTING, SEVERITIES, SIDES
) | words_of("clear normal unremarkable limits within findings impression " + " ".join(Label))
_SAID = {
    Stance.AFFIRMED: Likelihood.PRESENT,
    Stance.LIKELY: Likelihood.LIKELY,
    Stance.UNCERTAIN: Likelihood.INDETERMINATE,
    Stance.CONFUSED: Likelihood.INDETERMINATE,
    Stance.DENIED: Likelihood.ABSENT,
}
_PRESENCE = {
    Likelihood.PRESENT: Presence.PRESENT,
    Likelihood.LIKELY: Presence.PRESENT,
    Likelihood.INDETERMINATE: Presence.INDETERMINATE,
    Likelihood.ABSENT: Presence.ABSENT,
}


class Earlier(NamedTuple):
    """What may cross the line of a patient's earlier examinations."""

    priors: tuple[Prior, ...] = ()
    texts: tuple[str, ...] = ()
    """Masked, newest first."""


def earlier_of(study: Study, known: Sequence[str]) -> Earlier:
    """Return the earlier examinations of a study without identity, newest first.

    Parameters
    ----------
    known
        Every value that can name the patient or somebody around the patient.
    """
    dated = [(days, one) for one in study.earlier if (days := _days(study, one)) is not None]
    priors = [
        Prior(prior_id=f"P{number}", days_before=days, findings=_findings(one, f"P{number}"))
        for number, (days, one) in enumerate(dated, 1)
    ]
    texts = (mask_text(one.text[-LONGEST_TEXT:], known, _PASSING_WORDS) for _, one in dated if one.text)
    told = (f"{days} days before: {text}" for (days, _), text in zip(_with_text(dated), texts, strict=True) if text)
    return Earlier(tuple(prior for prior in priors if prior.findings), tuple(told))


def findings_in(text: str, prior_id: str) -> tuple[Finding, ...]:
    """Return what a report's text says was found; nothing of it is believed of the present study."""
    said: dict[tuple[Label, Laterality | None], list[Finding]] = {}
    for sentence in _sentences(text):
        compares = bool(COMPARISONS & set(re.findall(r"[^\W\d_]+", sentence.lower())))
        for claim in read(sentence).claims:
            if claim.concept in _LABELS:
                finding = _finding(claim, compares, prior_id)
                said.setdefault((_LABELS[claim.concept], finding.laterality), []).append(finding)
    agreed = [_agreed(findings) for findings in said.values()]
    denied = {one.code for one in agreed if one.laterality is None and one.presence is not Presence.PRESENT}
    seen = {one.code for one in agreed if one.presence is Presence.PRESENT}
    doubtful = denied & seen
    return tuple(_unknown(one) if one.code in doubtful else one for one in agreed)


def _days(study: Study, earlier: EarlierExamination) -> int | None:
    """Return how many days lie between; ``None`` on the same day, where nobody can tell what was first."""
    if study.study_datetime is None:
        return None
    days = (study.study_datetime.date() - earlier.performed_at.date()).days
    return days if days >= 1 else None


def _with_text(dated: Iterable[tuple[int, EarlierExamination]]) -> list[tuple[int, EarlierExamination]]:
    return [(days, one) for days, one in dated if one.text]


def _findings(earlier: EarlierExamination, prior_id: str) -> tuple[Finding, ...]:
    """Our own findings lose their pixels, which are another study's; a text is read."""
    if earlier.text:
        return findings_in(earlier.text, prior_id)
    return tuple(_apart(one, prior_id, number) for number, one in enumerate(earlier.findings, 1))


def _apart(finding: Finding, prior_id: str, number: int) -> Finding:
    evidence = tuple(Evidence(image_id=prior_id, algorithm=one.algorithm) for one in finding.evidence)
    changes = {"finding_id": f"{prior_id}.{number}", "evidence": evidence, "measurement_ids": ()}
    return finding.model_copy(update=changes)


def _sentences(text: str) -> Iterator[str]:
    """The sentences that say what was found: all of them in a report without headings."""
    reads = True
    for piece in _SENTENCE_END.split(text):
        heading = _HEADING.match(piece)
        if heading is not None:
            name = heading[1].lower()
            if _FOUND.search(name):
                reads, piece = True, heading[2]  # noqa: PLW2901 - the rest of the line
            elif _KNOWN_HEADING.search(name):
                reads = False
        if reads and piece.strip():
            yield piece.strip()[:600]


def _finding(claim: Claim, compares: bool, prior_id: str) -> Finding:
    likelihood = _SAID[claim.stance]
    if compares or (claim.narrowed_by and likelihood is Likelihood.ABSENT):
        likelihood = Likelihood.INDETERMINATE
    present = _PRESENCE[likelihood] is Presence.PRESENT
    return Finding(
        finding_id=f"{prior_id}.{claim.start}",
        code=coded(_LABELS[claim.concept]),
        presence=_PRESENCE[likelihood],
        likelihood=likelihood,
        laterality=claim.side,
        severity=next(iter(claim.severities)) if present and len(claim.severities) == 1 else None,
        evidence=(Evidence(image_id=prior_id, algorithm=_READER),),
    )


def _agreed(findings: Sequence[Finding]) -> Finding:
    """Several sentences of one report about one thing on one side are one finding, if they agree."""
    first = next((one for one in findings if one.severity is not None), findings[0])
    severities = {one.severity for one in findings if one.severity is not None}
    if len({one.presence for one in findings}) > 1:
        return _unknown(first)
    return first if len(severities) < 2 else first.model_copy(update={"severity": None})


def _unknown(finding: Finding) -> Finding:
    changes = {"presence": Presence.INDETERMINATE, "likelihood": Likelihood.INDETERMINATE, "severity": None}
    return finding.model_copy(update=changes)
