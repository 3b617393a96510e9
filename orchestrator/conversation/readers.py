"""Ask the specialists again, in a conversation: about a marked region, or for a reading that has not seen the first.

The second reader is given the film and nothing else. It reads a film that was prepared otherwise, at other operating
points: one cut for each label, so that it must say yes or no where the first reader may have left a finding open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from orchestrator.conversation import notices
from orchestrator.conversation.answers import Point, told
from orchestrator.conversation.case import Case, Since, spoken
from orchestrator.conversation.turn import Cited, CitedKind, Notice
from services.contract import AnalyzeResponse, Box, Finding, ImageReference, Presence, Subject
from services.contract.phrasing import label_text

CLASSIFICATION = "classification"
_MOST_IMAGES = 4
_YOUDEN = "youden"
_WORDS = {Presence.PRESENT: "present", Presence.ABSENT: "absent", Presence.INDETERMINATE: "indeterminate"}

Consult = Callable[[Mapping[str, Sequence[ImageReference]], Subject], Awaitable[AnalyzeResponse]]


@dataclass(frozen=True)
class Toolbox:
    """What the tools work with; without services those that need one say that they cannot."""

    images: tuple[ImageReference, ...] = ()
    subject: Subject = field(default_factory=Subject)
    consult: Consult | None = None
    cut: Callable[[ImageReference, Box], Awaitable[ImageReference]] | None = None
    """Cuts a region out of a film."""
    prepare: Callable[[ImageReference], Awaitable[ImageReference]] | None = None
    """Prepares a film otherwise than for the first reading."""


class Read(NamedTuple):
    """What another reading brought, and the case with it."""

    points: tuple[Point | Notice, ...]
    case: Case


class SecondReading(NamedTuple):
    """One label, read once more."""

    name: str
    presence: Presence
    score: float
    cut: float
    """The operating point that decided."""
    reader: str


async def read_again(case: Case, toolbox: Toolbox, region: Box) -> Read:
    """Read the marked part of the film that the findings rest on."""
    image = next(iter(_films(case, toolbox)), None)
    inside = image is not None and region.right <= image.columns and region.bottom <= image.rows
    if image is None or not inside or toolbox.consult is None or toolbox.cut is None:
        return Read((notices.NO_REGION,), case)
    part = await toolbox.cut(image, region)
    response = await toolbox.consult({CLASSIFICATION: (part,)}, toolbox.subject)
    lines = [
        f"In the marked region {result.algorithm.name} {result.algorithm.version} calls {label_text(one.code)} "
        f"{_WORDS[one.presence]}{_scored(one)}."
        for result in response.results
        for one in result.findings
    ]
    lines += [f"In the marked region {one.what} was not assessed." for one in response.limitations]
    lines += [
        f"In the marked region {limit.what} was not assessed." for one in response.results for limit in one.limitations
    ]
    found = _since(case, tuple(dict.fromkeys(lines)))
    return Read((*(_point(one) for one in found), notices.OUTSIDE_THE_DRAFT), _with(case, found))


async def second_opinion(case: Case, toolbox: Toolbox, names: Sequence[str]) -> Read:
    """Set a reading that has not seen the first against it, label by label."""
    films = _films(case, toolbox)
    readings = await independent_reading(films, toolbox) if films else ()
    wanted = [one for one in readings if not names or one.name in names]
    if not wanted:
        return Read((notices.NO_SECOND_READER,), case)
    lines = [(_compared(one, case.findings_of(one.name)), one) for one in wanted]
    found = _since(case, tuple(line for line, _ in lines))
    points = [
        told(since.text, _cited(since), *(case.cite(first) for first in case.findings_of(one.name)))
        for since, (_, one) in zip(found, lines, strict=True)
    ]
    return Read((*points, notices.OUTSIDE_THE_DRAFT), _with(case, found))


async def independent_reading(films: Sequence[ImageReference], toolbox: Toolbox) -> tuple[SecondReading, ...]:
    """Read the films anew: prepared otherwise, decided by one cut a label. Nothing of the first reading is an input."""
    if toolbox.consult is None or toolbox.prepare is None:
        return ()
    prepared = [await toolbox.prepare(film) for film in films]
    response = await toolbox.consult({CLASSIFICATION: prepared}, toolbox.subject)
    readings = [
        SecondReading(label_text(one.code), *_decided(one), f"{result.algorithm.name} {result.algorithm.version}")
        for result in response.results
        for one in result.findings
        if one.evidence[0].score is not None
    ]
    best: dict[str, SecondReading] = {}
    for one in sorted(readings, key=lambda item: (item.name, -item.score, item.reader)):
        best.setdefault(one.name, one)
    return tuple(best.values())


def _decided(finding: Finding) -> tuple[Presence, float, float]:
    """Decide by Youden's point, else by the middle of the points between which the first reader is undecided."""
    evidence = finding.evidence[0]
    points = evidence.operating_points
    low, high = points.get("absent", 0.5), points.get("likely", points.get("present", 0.5))
    cut = points.get(_YOUDEN, (low + high) / 2)
    score = evidence.score or 0.0
    return (Presence.PRESENT if score >= cut else Presence.ABSENT), score, cut


def _compared(second: SecondReading, first: Sequence[Finding]) -> str:
    says = (
        f"the second reader ({second.reader}, film prepared anew) calls it {_WORDS[second.presence]} with a score of "
    )
    says += f"{second.score:.2f} at a cut of {second.cut:.2f}"
    if not first:
        return f"{_capital(second.name)}: the first reading did not assess it; {says}."
    one = first[0]
    agree = one.presence is second.presence
    head = "both readings agree" if agree else "the readings disagree"
    return (
        f"{_capital(second.name)}: {head}; the first calls {spoken(one)} {_WORDS[one.presence]}{_scored(one)}, {says}."
    )


def _films(case: Case, toolbox: Toolbox) -> tuple[ImageReference, ...]:
    """The films that findings rest on: what triage let through the first time."""
    read = {evidence.image_id for one in case.facts.findings for evidence in one.evidence}
    return tuple(image for image in toolbox.images if image.image_id in read)[:_MOST_IMAGES]


def _since(case: Case, lines: Sequence[str]) -> tuple[Since, ...]:
    start = len(case.found_since) + 1
    return tuple(Since(f"T{number}", line) for number, line in enumerate(lines, start=start))


def _with(case: Case, found: Iterable[Since]) -> Case:
    return replace(case, found_since=(*case.found_since, *found))


def _point(since: Since) -> Point:
    return told(since.text, _cited(since))


def _cited(since: Since) -> Cited:
    return Cited(kind=CitedKind.TOOL, id=since.id, title="found in the conversation")


def _scored(finding: Finding) -> str:
    score = finding.evidence[0].score
    return "" if score is None else f" with a score of {score:.2f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
