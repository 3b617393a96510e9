"""A second text, written by an image-to-report network, set sentence by sentence against what the specialists found.

The text is untrusted: it finds nothing. Each sentence is read by the same reader that the checks use, cites the
findings it speaks of, and is held to every check a draft is held to. Where it contradicts a finding, the finding stands
and the disagreement is said in the open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from orchestrator.masking import mask_text
from orchestrator.plain import plain_finding, plain_measurement
from orchestrator.report import (
    Citation,
    ComparedSentence,
    Facts,
    Problem,
    SecondText,
    Section,
    SectionName,
    Sentence,
    Verdict,
)
from orchestrator.untrusted import one_line
from orchestrator.verification.lexicon import COMPARISONS, DEVICES, OTHER_CONCEPTS, RECOMMENDATIONS
from orchestrator.verification.page import AGREES, concept_of
from orchestrator.verification.reading import Claim, Reading, read
from orchestrator.verification.scope import Stance
from orchestrator.verification.vocabulary import NARROWER, PLACES, REPORTING, SEVERITIES, SIDES, words_of
from services.contract import (
    AnalyzeResponse,
    Finding,
    Label,
    Limitation,
    LimitationReason,
    Measurement,
    Presence,
    WrittenText,
)
from services.contract.phrasing import label_text

SOURCE = "second_text"
MOST_SENTENCES = 40
LONGEST_SENTENCE = 300
_REASONS_SHOWN = 3
_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_HEADING = re.compile(
    r"^\s*(?:findings?|impressions?|conclusions?|reports?|comparison|technique)\s*:?\s*$"
    r"|^\s*(?:findings?|impressions?|conclusions?|reports?)\s*:\s*",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\w+")
_NUMBERED = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*])\s+")
_REPORT_WORDS = frozenset[str]().union(
    COMPARISONS, DEVICES, OTHER_CONCEPTS, RECOMMENDATIONS, NARROWER, PLACES, REPORTING, SEVERITIES, SIDES
) | words_of("clear normal unremarkable limits within tip above carina " + " ".join(Label))
"""Words of a report; any other word that the masking does not know is masked, whosesoever name it may be."""
_STANDS = {Stance.AFFIRMED: "present", Stance.LIKELY: "likely", Stance.UNCERTAIN: "possible", Stance.DENIED: "absent"}

Check = Callable[[Sequence[Section], Facts], tuple[Problem, ...]]


class SecondTexts(NamedTuple):
    """What the reporting service wrote, and what of it a radiologist must be told."""

    texts: tuple[SecondText, ...] = ()
    limitations: tuple[Limitation, ...] = ()


def set_against(answer: AnalyzeResponse, facts: Facts, check: Check) -> SecondTexts:
    """Return the answer of the reporting service set against the facts; why there is no text is a limitation."""
    written = [text for result in answer.results for text in result.texts]
    missing = (*answer.limitations, *(one for result in answer.results for one in result.limitations))
    no_text = {"what": "a second text", "code": None, "reason": LimitationReason.NO_SECOND_TEXT}
    told = (limit.model_copy(update=no_text) for limit in missing)
    return SecondTexts(compare_texts(written, facts, check), (*dict.fromkeys(told), *disagreements(written, facts)))


def compare_texts(texts: Iterable[WrittenText], facts: Facts, check: Check) -> tuple[SecondText, ...]:
    """Return each text with what became of its sentences.

    Parameters
    ----------
    facts
        What the specialists found, after reconciling.
    check
        The checks of a draft (:func:`orchestrator.verify.verify`).
    """
    return tuple(_compared(text, facts, check) for text in texts)


def disagreements(texts: Iterable[WrittenText], facts: Facts) -> tuple[Limitation, ...]:
    """Return a limitation for each finding that a second text contradicts; the finding stands."""
    said: dict[tuple[str, str], Limitation] = {}
    for text in texts:
        for sentence in _sentences(text.text):
            for claim in read(sentence).claims:
                for finding in _contradicted(claim, facts):
                    key = (finding.finding_id, text.image_id)
                    said.setdefault(key, _disagreement(finding, claim, text.image_id))
    return tuple(said.values())


def _compared(text: WrittenText, facts: Facts, check: Check) -> SecondText:
    sentences = _sentences(text.text)
    return SecondText(
        image_id=text.image_id,
        algorithm=text.algorithm,
        sentences=tuple(_judged(sentence, facts, check) for sentence in sentences[:MOST_SENTENCES]),
        not_read=max(0, len(sentences) - MOST_SENTENCES),
    )


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text as escaped lines, without headings and numbers of a list."""
    pieces = (_NUMBERED.sub("", _HEADING.sub("", piece)) for piece in _END.split(text))
    lines = (one_line(piece, LONGEST_SENTENCE).line for piece in pieces)
    return [line for line in lines if re.search(r"[^\W\d_]", line)]


def _judged(sentence: str, facts: Facts, check: Check) -> ComparedSentence:
    shown = mask_text(sentence, (), _REPORT_WORDS)
    if shown is None:
        why = "it cannot be freed of names with certainty"
        return ComparedSentence(text="[masked]", verdict=Verdict.DROPPED, because=why)
    reading = read(sentence)
    cited = _cited(reading, facts)
    claims = tuple(_said(claim) for claim in reading.claims)
    if not cited:
        why = _why_nothing(reading)
        return ComparedSentence(text=shown, claims=claims, verdict=Verdict.DROPPED, because=why)
    problems = _problems(sentence, shown, cited, facts, check)
    plain = " ".join(plain_finding(one) if isinstance(one, Finding) else plain_measurement(one) for one in cited)
    return ComparedSentence(
        text=shown,
        claims=claims,
        verdict=Verdict.CHANGED if problems else Verdict.KEPT,
        becomes=plain if problems else None,
        cites=tuple(_citation(one).id for one in cited),
        because="; ".join(problems) or f"the specialists say the same: {plain}",
    )


def _cited(reading: Reading, facts: Facts) -> tuple[Finding | Measurement, ...]:
    """Return the facts that a sentence speaks of, of both sides where it names none."""
    named = {claim.concept: claim for claim in reading.claims}
    findings = [one for one in facts.findings if concept_of(one) in named]
    agreeing = [one for one in findings if _side_may_be(named[concept_of(one)], one)]
    measured = [one for one in facts.measurements if label_text(one.name) in named]
    return (*(agreeing or findings), *measured)


def _side_may_be(claim: Claim, finding: Finding) -> bool:
    return claim.side is None or finding.laterality is None or finding.laterality is claim.side


def _problems(
    sentence: str, shown: str, cited: Sequence[Finding | Measurement], facts: Facts, check: Check
) -> tuple[str, ...]:
    """Return what the checks find in a sentence that stands alone, without the words that are masked in it."""
    said = Sentence(text=sentence[:600], citations=tuple(map(_citation, cited)))
    found = check((Section(name=SectionName.FINDINGS, sentences=(said,)),), facts)
    own = dict.fromkeys(one.message for one in found if one.sentence == 0 and one.section is SectionName.FINDINGS)
    hidden = set(_WORDS.findall(sentence.lower())) - set(_WORDS.findall(shown.lower()))
    return tuple(_without(hidden, message) for message in own)[:_REASONS_SHOWN]


def _without(hidden: set[str], message: str) -> str:
    return _WORDS.sub(lambda word: "[masked]" if word[0].lower() in hidden else word[0], message)


def _why_nothing(reading: Reading) -> str:
    concepts = ", ".join(dict.fromkeys(claim.concept for claim in reading.claims))
    return f"no specialist assessed {concepts}" if concepts else "it speaks of nothing that a specialist assesses"


def _contradicted(claim: Claim, facts: Facts) -> tuple[Finding, ...]:
    """Return the findings that a claim says the opposite of; doubt contradicts nothing."""
    if claim.stance in {Stance.UNCERTAIN, Stance.CONFUSED}:
        return ()
    about = [one for one in facts.findings if concept_of(one) == claim.concept and _side_may_be(claim, one)]
    opposite = [
        one for one in about if one.presence is not Presence.INDETERMINATE and claim.stance not in AGREES[one.presence]
    ]
    return tuple(opposite) if len(opposite) == len(about) else ()


def _disagreement(finding: Finding, claim: Claim, image_id: str) -> Limitation:
    return Limitation(
        what=label_text(finding.code),
        code=finding.code,
        reason=LimitationReason.DISAGREEMENT,
        detail=f"The second text says that it is {_STANDS[claim.stance]}; the specialists' finding "
        f"{finding.finding_id} stands.",
        source=SOURCE,
        image_id=image_id,
    )


def _said(claim: Claim) -> str:
    side = f"{claim.side} " if claim.side else ""
    return f"{side}{claim.concept}: {claim.stance}"


def _citation(fact: Finding | Measurement) -> Citation:
    if isinstance(fact, Finding):
        return Citation(kind="finding", id=fact.finding_id)
    return Citation(kind="measurement", id=fact.measurement_id)
