"""The check of repetition: a model in a loop, or the same claim in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from orchestrator.report import Problem, SectionName
from orchestrator.verification.page import Line, Page, concept_of
from orchestrator.verification.reading import Claim
from orchestrator.verification.scope import Stance
from services.contract import Laterality, Severity


class _Said(NamedTuple):
    """One claim of one section, with what it rests on."""

    section: SectionName
    concept: str
    stance: Stance
    side: Laterality | None
    severities: frozenset[Severity]
    ids: frozenset[str]


def nothing_is_said_twice(page: Page) -> Iterator[Problem]:
    """A sentence that only repeats what its section has said is a model in a loop, not a second finding."""
    check = "nothing_is_said_twice"
    words_seen: set[object] = set()
    claims_seen: list[_Said] = []
    for line in page.lines:
        words = (line.section, tuple(re.findall(r"\w+", line.reading.text)), _cited(line))
        said = [_said(line, claim) for claim in line.reading.claims]
        if words in words_seen or any(_adds_nothing(one, claims_seen) for one in said):
            yield line.problem(check, "says what an earlier sentence of this section says")
        elif _repeats_a_claim(line) or _repeats_a_name(line) or _stutters(line):
            yield line.problem(check, "says the same thing twice within the sentence")
        words_seen.add(words)
        claims_seen += said + _summed_up(line)


def _cited(line: Line) -> frozenset[tuple[str, str]]:
    return frozenset((citation.kind, citation.id) for citation in line.sentence.citations)


def _said(line: Line, claim: Claim) -> _Said:
    facts = [finding.finding_id for finding in line.about(claim)]
    facts += [measurement.measurement_id for measurement in line.measured(claim)]
    return _Said(line.section, claim.concept, claim.stance, claim.side, claim.severities, frozenset(facts))


def _summed_up(line: Line) -> list[_Said]:
    """The summary that none of the assessed findings is present denies each finding it cites."""
    if not line.reading.none_assessed:
        return []
    return [
        _Said(line.section, concept_of(f), Stance.DENIED, f.laterality, frozenset(), frozenset({f.finding_id}))
        for f in line.findings
    ]


def _adds_nothing(one: _Said, earlier: list[_Said]) -> bool:
    """Two specialists that found the same may each be spoken of, and a second sentence may add a side or a grade."""
    return any(
        (one.section, one.concept, one.stance) == (before.section, before.concept, before.stance)
        and one.side in {None, before.side}
        and one.severities <= before.severities
        and one.ids <= before.ids
        for before in earlier
    )


def _repeats_a_claim(line: Line) -> bool:
    claims = [(claim.concept, claim.stance, claim.side) for claim in line.reading.claims]
    return len(set(claims)) < len(claims)


def _repeats_a_name(line: Line) -> bool:
    """A part of a finding's name said once more beside it: ``pleural pleural effusion``."""
    text = line.reading.text
    for claim in line.reading.claims:
        name = text[claim.start : claim.end].split()
        before, after = text[: claim.start].split()[-1:], text[claim.end :].split()[:1]
        if before == name[:1] or {word.strip(".") for word in after} & set(name):
            return True
    return False


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
