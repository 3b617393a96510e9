"""Read one sentence: which concepts it names, with which stance, side and severity, and which numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from orchestrator.verification.lexicon import NONE_ASSESSED, PATTERNS
from orchestrator.verification.scope import Stance
from orchestrator.verification.stances import Place, Stances, stances_of
from orchestrator.verification.vocabulary import DOUBTS, NARROWER, PLACES, SEVERITIES, SIDES
from services.contract import Label, Laterality, Severity

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(
    r"(?<![\w.])(\d+(?:[.,]\d+)?|[.]\d+)\s*(mm2|mm²|mm|cm|ml|hu|%|percent)?(?![\w.]*\d)", re.IGNORECASE
)
_MEASURED = frozenset({str(Label.CARDIOTHORACIC_RATIO), str(Label.LUNG_HEIGHT)})
_BOTH_SIDES = re.compile(r"\b(?:left and right|right and left)\b")


class Word(NamedTuple):
    """A word of the sentence that is not part of a concept's name."""

    text: str
    start: int


class Number(NamedTuple):
    """A number as written, with the unit that follows it."""

    value: float
    decimals: int
    unit: str
    start: int


class Claim(NamedTuple):
    """One concept and what the sentence says of it."""

    concept: str
    stance: Stance
    side: Laterality | None
    side_is_own: bool
    """False when the side was said of an earlier concept of the sentence and still seems to hold."""
    severities: frozenset[Severity]
    narrowed_by: tuple[str, ...]
    start: int
    end: int


class Reading(NamedTuple):
    """All that the checks need to know of one sentence."""

    text: str
    """Lower case."""
    claims: tuple[Claim, ...]
    words: tuple[Word, ...]
    numbers: tuple[Number, ...]
    idle: tuple[str, ...]
    """Words of denial or doubt that reach no concept."""
    none_assessed: bool
    """The sentence is the summary that none of the assessed findings is present."""
    none_other: bool
    """That summary speaks of the *other* assessed findings."""


@lru_cache(maxsize=4096)
def read(text: str, names: tuple[str, ...] = (), measured: tuple[str, ...] = ()) -> Reading:
    """Return what a sentence says.

    Parameters
    ----------
    text
        One sentence, or a few.
    names
        Lower-case names of concepts beyond the lexicon, such as those of a site's own specialist.
    measured
        Lower-case names of measurements.
    """
    lower = _BOTH_SIDES.sub(lambda match: "bilateral".ljust(len(match[0])), text.lower())
    summary = NONE_ASSESSED.search(lower)
    if summary:
        lower = lower[: summary.start()] + " " * len(summary[0]) + lower[summary.end() :]
    places = _places(lower, names, frozenset(measured) | _MEASURED)
    covered = {at for place in places for at in range(place.start, place.end)}
    words = tuple(Word(m[0], m.start()) for m in _WORD.finditer(lower) if m.start() not in covered)
    stances = stances_of(lower, places, covered)
    return Reading(
        text=lower,
        claims=_claims(places, words, stances),
        words=words,
        numbers=tuple(_number(match) for match in _NUMBER.finditer(lower) if match.start() not in covered),
        idle=tuple(word.text for word in words if word.text in DOUBTS and word.start not in stances.reaching),
        none_assessed=summary is not None,
        none_other=bool(summary and "other" in summary[0]),
    )


def _places(lower: str, names: Iterable[str], measured: frozenset[str]) -> tuple[Place, ...]:
    found = [
        Place(name, False, match.start(), match.end(), -1, name in measured)
        for name in names
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", lower)
    ]
    found += [
        Place(str(label), denied, match.start(), match.end(), _core(match), str(label) in measured)
        for label, denied, pattern in PATTERNS
        for match in pattern.finditer(lower)
    ]
    kept: list[Place] = []
    for place in sorted(found, key=lambda item: (item.start - item.end, item.start)):
        if all(place.end <= other.start or place.start >= other.end for other in kept):
            kept.append(place)
    return tuple(sorted((_narrow(place) for place in kept), key=lambda item: item.start))


def _core(match: re.Match[str]) -> int:
    return match.start("core") if "core" in match.groupdict() else -1


def _narrow(place: Place) -> Place:
    """A claim with a core covers the core only; the words before it speak for themselves."""
    return place if place.core < 0 else place._replace(start=place.core)


def _number(match: re.Match[str]) -> Number:
    digits = match[1].replace(",", ".")
    return Number(float(digits), len(digits.partition(".")[2]), (match[2] or "").replace("²", "2"), match.start())


def _claims(places: tuple[Place, ...], words: tuple[Word, ...], stances: Stances) -> tuple[Claim, ...]:
    said: list[list[str]] = [[] for _ in places]
    for word in words:
        if word.text in SIDES or word.text in SEVERITIES or word.text in NARROWER or word.text in PLACES:
            for index in _belongs_to(word.start, places, stances.segment_of):
                said[index].append(word.text)
    claims: list[Claim] = []
    last_side: Laterality | None = None
    for place, stance, spoken in zip(places, stances.of_places, said, strict=True):
        own = _side(spoken)
        side = own or last_side
        claims.append(
            Claim(
                concept=place.concept,
                stance=stance,
                side=side,
                side_is_own=own is not None,
                severities=frozenset(SEVERITIES[word] for word in spoken if word in SEVERITIES),
                narrowed_by=tuple(word for word in spoken if word in NARROWER),
                start=place.start,
                end=place.end,
            )
        )
        last_side = side
    return tuple(claims)


def _belongs_to(at: int, places: tuple[Place, ...], segment_of: list[int]) -> list[int]:
    """A qualifier belongs to the concepts of its own segment, else to the one before, else to the one after."""
    segment = segment_of[at]
    same = [index for index, place in enumerate(places) if segment_of[place.start] == segment]
    if same or not places:
        return same
    before = [index for index, place in enumerate(places) if place.start < at]
    return [before[-1] if before else 0]


def _side(spoken: Iterable[str]) -> Laterality | None:
    sides = {SIDES[word] for word in spoken if word in SIDES}
    if len(sides) > 1:
        return Laterality.BILATERAL
    return next(iter(sides), None)
