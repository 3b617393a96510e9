"""Understand a question: a list of rules from top to bottom, the first that fits decides.

Deterministic, so that the same words always ask the same, and so that no text can talk its way past: a rule reads
the question, not a model. What no rule fits is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.conversation.asked import ASKED
from orchestrator.conversation.guarded import GUARDED
from orchestrator.conversation.intents import NEEDS_A_CONCEPT, Intent, Kind
from orchestrator.conversation.rule import PICTURE
from orchestrator.knowledge.names import Named, named_in
from orchestrator.knowledge.spelling import normal, spelled
from services.contract import Laterality

RULES = (*GUARDED, *ASKED)
"""From the most guarded to the most general."""

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|these|those)\b|\b(?:this|that)\b(?! (?:film|study|patient|x-?ray))|^(?:and|why|where)\b"
)
_NAMED_CHANGE = re.compile(r"\b\w+(?:tic|ous|nic|ive) changes?\b")
"""Here "change" is a part of a name and asks for no comparison."""
_ALONE = re.compile(r"^(?:\W*\w+){1,4}\W*$")
"""A question of a few words that names nothing goes on from the one before."""
_GOES_ON = frozenset(
    {Kind.SIDE, Kind.PLACE, Kind.SEVERITY, Kind.SIZE, Kind.WHY, Kind.SHOW, Kind.DIFFERENTIAL, Kind.COMPARISON}
)
_ASPECTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (aspect, re.compile(pattern))
    for aspect, pattern in (
        ("pitfalls", r"pitfall|mimic|mistaken|confus|look-?alike|artefact|artifact|trap|tell .*apart|distinguish|"
        r"differentiate|avoid"),
        ("differential", r"differential|cause|explain\b|due to"),
        ("follow-up", r"follow|guideline|next"),
        ("technique", r"technique|projection|measured|calculated|position"),
        ("appearance", r"look|appear|sign|recogni|see|seen|detect|spot|typical"),
    )
)  # fmt: skip


_OF_A_FILM = re.compile(
    rf"\b(?:{PICTURE}s?|findings?|draft|reports?|(?:re-?)?(?:read|assess|evaluat|examin|check|measur|compar|look|cover)\w*|here|"
    r"side|left|right|bilateral|abnormal\w*|normal|wrong|chest|thorax|heart|lungs?|anything|something|everything|"
    r"nothing|prior|previous|evidence|urgent|size|severity)\b"
)
"""Words by which a question that names no finding still asks about a film; without any it asks for something else."""


def understand(question: str, own: Sequence[str] = (), before: tuple[str, ...] = ()) -> Intent:
    """Return what a question asks.

    Parameters
    ----------
    question
        As it was typed. It goes no further than this function.
    own
        Names of the study's findings and measurements.
    before
        What the last answer was about; "how large is it?" means that.
    """
    text = spelled(normal(question), own)
    named = named_in(text, own)
    kind = _kind(text, named)
    concepts = named.concepts
    goes_on = _POINTS_BACK.search(text) or (_ALONE.match(text) and kind in _GOES_ON)
    if before and goes_on and not (concepts or named.either or named.region):
        concepts = before
        kind = Kind.PRESENCE if kind in {Kind.UNCLEAR, Kind.OFF_TOPIC} else kind
    intent = Intent(
        kind=kind,
        concepts=concepts,
        region=named.region,
        either=named.either,
        side=_side(text),
        aspect=next((aspect for aspect, pattern in _ASPECTS if pattern.search(text)), None),
    )
    return _settled(intent, named)


def _kind(text: str, named: Named) -> Kind:
    has_name = bool(named.concepts or named.either or named.region)
    text = _NAMED_CHANGE.sub(" ", text)
    for rule in RULES:
        if rule.pattern.search(text) and (has_name or not rule.needs_a_name or _OF_A_FILM.search(text)):
            return rule.kind
    if has_name:
        return Kind.PRESENCE
    return Kind.UNCLEAR if _OF_A_FILM.search(text) else Kind.OFF_TOPIC


def _settled(intent: Intent, named: Named) -> Intent:
    """A finding that is named in a question about everything is asked for by itself."""
    if named.concepts and intent.kind in {Kind.FOUND, Kind.ABSENT, Kind.OPEN, Kind.NORMAL}:
        return intent.model_copy(update={"kind": Kind.PRESENCE})
    if named.region and not intent.concepts and intent.kind in NEEDS_A_CONCEPT:
        return intent.model_copy(update={"kind": Kind.NORMAL})
    return intent


def _side(text: str) -> Laterality | None:
    left, right = re.search(r"\bleft\b", text), re.search(r"\bright\b", text)
    if left and right:
        return None
    return Laterality.LEFT if left else Laterality.RIGHT if right else None
