"""Give every named concept of a sentence its stance: cut into clauses and segments, let the triggers reach."""

from __future__ import annotations

import re
from typing import NamedTuple

from orchestrator.verification.scope import Found, Stance, find_triggers


class Place(NamedTuple):
    """Where a sentence names a concept."""

    concept: str
    denied: bool
    """The words themselves are a denial: ``heart size is normal``."""
    start: int
    end: int
    core: int
    """Where the claim is made, when that is later than the first word; else -1."""
    measured: bool
    """A measurement has a value; it can be neither denied nor doubted."""


class Stances(NamedTuple):
    """What was found out about the places of a sentence."""

    of_places: list[Stance]
    segment_of: list[int]
    """For every character the number of its segment."""
    reaching: set[int]
    """Character positions of the triggers that reached a place."""


class _Segment(NamedTuple):
    start: int
    end: int
    opened_by: str
    """What stands before it: a comma, ``and``, a bracket; empty at the start."""


_HARD = re.compile(r"[.;!?](?=\s|$)|\b(?:but|however|although|though|while|whereas|except|yet|which)\b")
_SOFT = re.compile(r"[,:()]|\b(?:and|or|with)\b")
_VERB = re.compile(
    r"\b(?:is|are|was|were|appears?|shows?|demonstrates?|reveals?|has|have|contains?|measures?|may|might|could|cannot)\b"
)
_DETERMINER = re.compile(r"\s*(?:there|a|an|the)\b")


def stances_of(lower: str, places: tuple[Place, ...], covered: set[int]) -> Stances:
    """Return the stance of each place, the segments, and which triggers did something."""
    triggers = find_triggers(lower, covered)
    spent = covered | {at for trigger in triggers for at in range(trigger.start, trigger.end)}
    clauses = _clauses(lower, spent, triggers)
    segments = [segment for clause in clauses for segment in clause]
    segment_of = [0] * (len(lower) + 1)
    for number, segment in enumerate(segments):
        segment_of[segment.start : segment.end + 1] = [number] * (segment.end + 1 - segment.start)
    said: list[list[Stance]] = [[Stance.DENIED] if place.denied else [] for place in places]
    reaching = {trigger for clause in clauses for trigger in _let_reach(lower, clause, triggers, places, said)}
    return Stances(
        of_places=[_together(stances) for stances in said],
        segment_of=segment_of,
        reaching={at for trigger in reaching for at in range(trigger.start, trigger.end)},
    )


def _clauses(lower: str, spent: set[int], triggers: tuple[Found, ...]) -> list[list[_Segment]]:
    clauses: list[list[_Segment]] = []
    hard = [match for match in _HARD.finditer(lower) if match.start() not in spent]
    soft = [(match.start(), match.end(), match[0]) for match in _SOFT.finditer(lower) if match.start() not in spent]
    soft += [(t.start, t.start, "") for t in triggers if t.stance is Stance.DENIED and t.reaches == "forward"]
    start, opened_by = 0, ""
    for match in [*hard, None]:
        end = match.start() if match else len(lower)
        clauses += _split_at_verbs(lower, _segments(lower, start, end, opened_by, sorted(soft)), triggers)
        start, opened_by = (match.end(), match[0]) if match else (end, "")
    return clauses


def _segments(lower: str, start: int, end: int, opened_by: str, soft: list[tuple[int, int, str]]) -> list[_Segment]:
    """Cut at commas, brackets, ``and``, ``or``, ``with``, and before every word that denies what follows."""
    segments: list[_Segment] = []
    for cut, resume, mark in soft:
        if not start <= cut < end:
            continue
        if lower[start:cut].strip():
            segments.append(_Segment(start, cut, opened_by))
            opened_by = mark
        else:
            opened_by = mark or opened_by
        start = resume
    segments.append(_Segment(start, end, opened_by))
    return segments


def _split_at_verbs(lower: str, segments: list[_Segment], triggers: tuple[Found, ...]) -> list[list[_Segment]]:
    """A clause has one verb: ``effusion is seen, pneumothorax is not`` are two."""
    clauses: list[list[_Segment]] = []
    for segment in segments:
        verb = _VERB.search(lower, segment.start, segment.end)
        if clauses and not (verb and _closed(lower, clauses[-1], segment, triggers)):
            clauses[-1].append(segment)
        else:
            clauses.append([segment])
    return clauses


def _closed(lower: str, clause: list[_Segment], following: _Segment, triggers: tuple[Found, ...]) -> bool:
    if any(_VERB.search(lower, segment.start, segment.end) for segment in clause):
        return True
    denies = any(
        trigger.stance is Stance.DENIED and clause[0].start <= trigger.start < clause[-1].end for trigger in triggers
    )
    return denies and following.opened_by == ","


def _let_reach(
    lower: str,
    clause: list[_Segment],
    triggers: tuple[Found, ...],
    places: tuple[Place, ...],
    said: list[list[Stance]],
) -> set[Found]:
    """Walk the clause from left to right; every place takes the stances that reach it."""
    first, last = clause[0].start, clause[-1].end
    inside = [index for index, place in enumerate(places) if first <= place.start < last and not place.measured]
    events: list[tuple[int, int, _Segment | Found | int]] = [(segment.start, 0, segment) for segment in clause]
    events += [(trigger.start, 1, trigger) for trigger in triggers if first <= trigger.start < last]
    events += [(places[index].start, 2, index) for index in inside]
    active: list[Found] = []
    behind: list[int] = []
    reaching: set[Found] = set()
    spoken = False
    for _, _, event in sorted(events, key=lambda item: item[:2]):
        if isinstance(event, _Segment):
            if spoken and _opens_afresh(lower, event):
                active = []
        elif isinstance(event, int):
            said[event] += [trigger.stance for trigger in active]
            reaching |= set(active)
            behind.append(event)
            spoken = True
        elif _looks_back(event, clause, [places[index] for index in inside]):
            for index in behind[-1:] if _bracketed(event, clause) else behind:
                said[index].append(event.stance)
                reaching.add(event)
        else:
            active = [event] if spoken else [*active, event]
            spoken = False
    return reaching


def _opens_afresh(lower: str, segment: _Segment) -> bool:
    """``No pneumothorax with effusion``, ``no pneumothorax and a small effusion``: the denial has ended."""
    return segment.opened_by == "with" or (
        segment.opened_by in {",", "and"} and _DETERMINER.match(lower, segment.start, segment.end) is not None
    )


def _looks_back(trigger: Found, clause: list[_Segment], inside: list[Place]) -> bool:
    if trigger.reaches != "either":
        return trigger.reaches == "backward"
    own = _own_segment(trigger, clause)
    if any(trigger.start < place.start < own.end for place in inside):
        return False
    return any(place.start < trigger.start for place in inside)


def _bracketed(trigger: Found, clause: list[_Segment]) -> bool:
    return _own_segment(trigger, clause).opened_by == "("


def _own_segment(trigger: Found, clause: list[_Segment]) -> _Segment:
    return next(segment for segment in reversed(clause) if segment.start <= trigger.start)


def _together(stances: list[Stance]) -> Stance:
    said = set(stances)
    if stances.count(Stance.DENIED) > 1 or (Stance.DENIED in said and len(said) > 1):
        return Stance.CONFUSED
    for stance in (Stance.DENIED, Stance.UNCERTAIN, Stance.LIKELY):
        if stance in said:
            return stance
    return Stance.AFFIRMED
