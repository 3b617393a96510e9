"""Decide which sentences may be released: every check, in one list that can be read.

A check is a function from a page to problems. Adding one is a function and a line. Everything here is
pure and deterministic: the same sections and facts give the same problems in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.report import Facts, Problem, Section
from orchestrator.verification.comparisons import no_comparison_without_a_prior
from orchestrator.verification.completeness import (
    every_open_finding_is_mentioned,
    every_present_finding_is_mentioned,
    impression_follows_from_the_findings,
)
from orchestrator.verification.details import (
    denial_and_doubt_keep_their_side,
    nothing_is_narrowed,
    severity_agrees,
    severity_of_present_findings_is_said,
    side_agrees,
    side_of_present_findings_is_said,
    site_agrees,
)
from orchestrator.verification.evidence import (
    certainty_agrees,
    every_citation_is_spoken_of,
    every_sentence_cites_what_exists,
    none_present_only_where_none_is,
    nothing_not_assessed_is_denied,
    nothing_outside_the_findings,
    presence_agrees,
)
from orchestrator.verification.grammar import every_sentence_is_grammatical, every_sentence_is_whole
from orchestrator.verification.identity import no_identity
from orchestrator.verification.loops import nothing_is_said_twice
from orchestrator.verification.numbers import numbers_come_from_measurements
from orchestrator.verification.page import Check, open_page
from orchestrator.verification.phrasing import (
    every_word_is_known,
    no_blanket_normal,
    no_concept_without_a_specialist,
    no_denial_or_doubt_is_left_hanging,
    no_recommendation,
)
from orchestrator.verification.setting import anatomy_and_sex_fit, no_device, no_view_is_claimed

CHECKS: tuple[Check, ...] = (
    every_sentence_cites_what_exists,
    every_citation_is_spoken_of,
    presence_agrees,
    no_denial_or_doubt_is_left_hanging,
    certainty_agrees,
    none_present_only_where_none_is,
    nothing_outside_the_findings,
    nothing_not_assessed_is_denied,
    side_agrees,
    side_of_present_findings_is_said,
    denial_and_doubt_keep_their_side,
    severity_agrees,
    severity_of_present_findings_is_said,
    site_agrees,
    nothing_is_narrowed,
    numbers_come_from_measurements,
    every_open_finding_is_mentioned,
    every_present_finding_is_mentioned,
    impression_follows_from_the_findings,
    no_blanket_normal,
    no_concept_without_a_specialist,
    no_device,
    anatomy_and_sex_fit,
    no_view_is_claimed,
    no_comparison_without_a_prior,
    no_recommendation,
    no_identity,
    nothing_is_said_twice,
    every_sentence_is_whole,
    every_sentence_is_grammatical,
    every_word_is_known,
)
"""Every rule that a released sentence keeps."""


def verify(sections: Sequence[Section], facts: Facts) -> tuple[Problem, ...]:
    """Return every problem of a draft, check by check; an empty tuple means that it may be released."""
    page = open_page(sections, facts)
    return tuple(problem for check in CHECKS for problem in check(page))
