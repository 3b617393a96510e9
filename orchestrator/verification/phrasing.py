"""Checks that need no finding: words that no draft may use, whatever was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.lexicon import BLANKETS, COMPARISONS, DEVICES, OTHER_CONCEPTS, RECOMMENDATIONS
from orchestrator.verification.page import Line, Page, concept_of
from orchestrator.verification.vocabulary import JOINTS, NARROWER, OPENERS, PLACES, REPORTING, SEVERITIES, SIDES
from services.contract.phrasing import label_text

_KNOWN = REPORTING | SIDES.keys() | SEVERITIES.keys() | NARROWER | PLACES
_BLANKET = re.compile("|".join(f"(?:{pattern})" for pattern in BLANKETS))
_MARKS = re.compile(r"[^\w\s.,;:()/%'-]|_")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_IDENTITY: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a title with a name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Herr|Frau|Mme|Sr|Sra)\b\.?\s+\S")),
    ("a date", re.compile(r"\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")),
    ("a date", re.compile(rf"\b\d{{1,4}}(?:st|nd|rd|th)?[ -]?(?:{_MONTHS})[a-z]*\b", re.IGNORECASE)),
    ("a date", re.compile(rf"\b(?:{_MONTHS})[a-z]*\.? \d{{1,4}}\b", re.IGNORECASE)),
    ("a year", re.compile(r"\b(?:19|20)\d\d\b")),
    ("a time", re.compile(r"\b\d{1,2}:\d{2}\b")),
    ("a long number", re.compile(r"\d(?:[ -]?\d){4,}")),
    ("an address", re.compile(r"\S@\S|https?:|www\.")),
    ("a code", re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{5,}\b")),
    ("a masked name", re.compile(r"\bX{3,}\b", re.IGNORECASE)),
    (
        "a name or a record number",
        re.compile(r"\b(?:mrn|named?|dob|born|ssn|accession|phone|address)\b", re.IGNORECASE),
    ),
    ("an age", re.compile(r"\b(?:years?|months?|days?|weeks?)[ -]olds?\b|\baged?\b|\by/o\b|\byo\b", re.IGNORECASE)),
    (
        "a person",
        re.compile(
            r"\b(?:patients?|man|woman|men|women|male|female|he|she|his|her|him|boy|girl|gentleman|lady|child|infant|"
            r"newborn|mother|father|mr|mrs|ms|dr)\b",
            re.IGNORECASE,
        ),
    ),
)


def no_blanket_normal(page: Page) -> Iterator[Problem]:
    """ "Lungs are clear" and "no acute abnormality" deny more than anybody assessed."""
    for line in page.lines:
        match = _BLANKET.search(_uncovered(line))
        if match:
            message = f'"{" ".join(match[0].split())}" says more than was assessed; name the findings that are absent'
            yield line.problem("no_blanket_normal", message)


def no_comparison_without_a_prior(page: Page) -> Iterator[Problem]:
    """Unchanged, new, improved: there is no prior that a sentence could have been compared with."""
    yield from _forbidden(
        page, "no_comparison_without_a_prior", COMPARISONS, "compares with a prior, and there is none"
    )


def no_recommendation(page: Page) -> Iterator[Problem]:
    """What to do next is not the model's to say."""
    yield from _forbidden(page, "no_recommendation", RECOMMENDATIONS, "recommends; a draft only says what is seen")


def no_device(page: Page) -> Iterator[Problem]:
    """No specialist looks for lines, tubes or implants, so no sentence may speak of them."""
    yield from _forbidden(page, "no_device", DEVICES, "names a device; no specialist looks for devices")


def no_concept_without_a_specialist(page: Page) -> Iterator[Problem]:
    """Anatomy and disease that this project has no finding for are neither seen nor denied."""
    reason = "is not among the findings"
    yield from _forbidden(page, "no_concept_without_a_specialist", OTHER_CONCEPTS, reason)


def no_identity(page: Page) -> Iterator[Problem]:
    """A draft names nobody: no title, no date, no number of a person, no age, no sex."""
    for line in page.lines:
        text = line.sentence.text
        kinds = dict.fromkeys(kind for kind, pattern in _IDENTITY if pattern.search(text))
        allowed = _allowed(line)
        if any(word.start and text[word.start].isupper() and word.text not in allowed for word in line.reading.words):
            kinds["a name"] = None
        for kind in kinds:
            yield line.problem("no_identity", f"holds what looks like {kind}")


def every_word_is_known(page: Page) -> Iterator[Problem]:
    """A word that is neither a finding's name nor a word of reporting is a claim nobody can check."""
    spoken_for = COMPARISONS | RECOMMENDATIONS | DEVICES | OTHER_CONCEPTS
    for line in page.lines:
        known = _allowed(line) | spoken_for
        unknown = [word.text for word in line.reading.words if word.text not in known]
        unknown += _MARKS.findall(line.sentence.text)
        if unknown:
            words = ", ".join(dict.fromkeys(word[:30] for word in unknown[:6]))
            yield line.problem("every_word_is_known", f"words outside the vocabulary of a draft: {words}")


def no_denial_or_doubt_is_left_hanging(page: Page) -> Iterator[Problem]:
    """A "not", "possibly" or "excluded" that belongs to no finding leaves the reader to guess what it means."""
    for line in page.lines:
        if line.reading.idle:
            words = ", ".join(dict.fromkeys(line.reading.idle))
            yield line.problem("no_denial_or_doubt_is_left_hanging", f"it cannot be told what this is said of: {words}")


def every_sentence_is_whole(page: Page) -> Iterator[Problem]:
    """A sentence that was cut off, or never began, is not read to a clinician."""
    for line in page.lines:
        words = re.findall(r"[^\W_]+", line.reading.text)
        if words and (words[0] in OPENERS or words[-1] in JOINTS):
            yield line.problem("every_sentence_is_whole", "the sentence begins or ends in the middle")


def nothing_is_said_twice(page: Page) -> Iterator[Problem]:
    """A repeated sentence is a model in a loop, not a second finding."""
    check = "nothing_is_said_twice"
    seen: set[object] = set()
    for line in page.lines:
        claims = [(claim.concept, claim.stance, claim.side) for claim in line.reading.claims]
        cited = frozenset((citation.kind, citation.id) for citation in line.sentence.citations)
        words = tuple(re.findall(r"\w+", line.reading.text))
        same_words, same_claims = (line.section, words, cited), (line.section, frozenset(claims), cited)
        if same_words in seen or (claims and same_claims in seen):
            yield line.problem(check, "says what an earlier sentence of this section says")
        elif any(claims.count(said) > _told(line, said[0]) for said in claims) or _stutters(line):
            yield line.problem(check, "says the same thing twice within the sentence")
        seen |= {same_words, same_claims}


def _told(line: Line, concept: str) -> int:
    """Two specialists that found the same may each be spoken of."""
    return max(1, sum(concept_of(finding) == concept for finding in line.findings))


def _stutters(line: Line) -> bool:
    """Up to four words said twice in a row, or six words said again later; a concept is never twice the same."""
    spoken = [(word.start, word.text) for word in line.reading.words]
    spoken += [(claim.start, str(claim.start)) for claim in line.reading.claims]
    words = [text for _, text in sorted(spoken)]
    values = [(number.value, number.unit) for number in line.reading.numbers]
    if any(values.count(value) > max(1, len(line.measurements)) for value in values):
        return True
    in_a_row = any(
        words[at : at + size] == words[at + size : at + 2 * size]
        for size in range(1, 5)
        for at in range(len(words) - 2 * size + 1)
    )
    runs = [tuple(words[at : at + 6]) for at in range(len(words) - 5)]
    return in_a_row or len(set(runs)) < len(runs)


def _forbidden(page: Page, check: str, words: frozenset[str], reason: str) -> Iterator[Problem]:
    for line in page.lines:
        own = _own_words(line)
        met = dict.fromkeys(w.text for w in line.reading.words if w.text in words and w.text not in own)
        if met:
            yield line.problem(check, f'"{", ".join(met)}" {reason}')


def _allowed(line: Line) -> frozenset[str]:
    return _KNOWN | _own_words(line)


def _own_words(line: Line) -> frozenset[str]:
    """The words of the sites of the cited findings, which their specialists chose."""
    sites = (label_text(finding.site) for finding in line.findings if finding.site)
    return frozenset(word for site in sites for word in re.findall(r"[^\W\d_]+", site))


def _uncovered(line: Line) -> str:
    """Return the sentence with the names of its concepts blanked."""
    kept = [" "] * len(line.reading.text)
    for word in line.reading.words:
        kept[word.start : word.start + len(word.text)] = word.text
    return "".join(kept)
