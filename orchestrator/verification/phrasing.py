"""Checks that need no finding: words that no draft may use, whatever was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.lexicon import (
    BLANKETS,
    COMPARISONS,
    DEVICES,
    OTHER_ANATOMY,
    OTHER_CONCEPTS,
    RECOMMENDATIONS,
    VIEWS,
)
from orchestrator.verification.page import Line, Page, own_words
from orchestrator.verification.vocabulary import NARROWER, PLACES, REPORTING, SEVERITIES, SIDES

_KNOWN = REPORTING | SIDES.keys() | SEVERITIES.keys() | NARROWER | PLACES
_BLANKET = re.compile("|".join(f"(?:{pattern})" for pattern in BLANKETS))
_MARKS = re.compile(r"[^\w\s.,;:()/%'-]|_")


def no_blanket_normal(page: Page) -> Iterator[Problem]:
    """ "Lungs are clear" and "no acute abnormality" deny more than anybody assessed."""
    for line in page.lines:
        match = _BLANKET.search(_uncovered(line))
        if match:
            message = f'"{" ".join(match[0].split())}" says more than was assessed; name the findings that are absent'
            yield line.problem("no_blanket_normal", message)


def no_recommendation(page: Page) -> Iterator[Problem]:
    """What to do next comes from a rule with its source; it is not the model's to say."""
    yield from forbidden(page, "no_recommendation", RECOMMENDATIONS, "recommends; a draft only says what is seen")


def no_concept_without_a_specialist(page: Page) -> Iterator[Problem]:
    """Anatomy and disease that this project has no finding for are neither seen nor denied."""
    reason = "is not among the findings"
    yield from forbidden(page, "no_concept_without_a_specialist", OTHER_CONCEPTS, reason)


def every_word_is_known(page: Page) -> Iterator[Problem]:
    """A word that is neither a finding's name nor a word of reporting is a claim nobody can check."""
    spoken_for = COMPARISONS | RECOMMENDATIONS | DEVICES | OTHER_CONCEPTS | OTHER_ANATOMY | VIEWS
    for line in page.lines:
        known = allowed_words(line) | spoken_for
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


def forbidden(page: Page, check: str, words: frozenset[str], reason: str) -> Iterator[Problem]:
    """Yield a problem for every sentence that uses one of these words, other than in the name of a cited site."""
    for line in page.lines:
        own = own_words(line)
        met = dict.fromkeys(w.text for w in line.reading.words if w.text in words and w.text not in own)
        if met:
            yield line.problem(check, f'"{", ".join(met)}" {reason}')


def allowed_words(line: Line) -> frozenset[str]:
    """Return every word that a sentence may use, whatever it says."""
    return _KNOWN | own_words(line)


def _uncovered(line: Line) -> str:
    """Return the sentence with the names of its concepts blanked."""
    kept = [" "] * len(line.reading.text)
    for word in line.reading.words:
        kept[word.start : word.start + len(word.text)] = word.text
    return "".join(kept)
