"""What a question asks, as a type: found by rules that can be read, never by a model."""

from __future__ import annotations

from enum import StrEnum

from services.contract import Fact, Laterality


class Kind(StrEnum):
    """The questions that can be answered, and those that are declined."""

    PRESENCE = "presence"
    SIDE = "side"
    PLACE = "place"
    SEVERITY = "severity"
    SIZE = "size"
    COUNT = "number"
    COMPARISON = "comparison"
    FOUND = "found"
    OPEN = "open"
    ABSENT = "absent"
    NOT_ASSESSED = "not assessed"
    NORMAL = "normal"
    """ "Is it normal?": what was assessed is told; nothing is called normal."""
    WHY = "why"
    DIFFERENTIAL = "differential"
    URGENCY = "urgency"
    FOLLOW_UP = "follow-up"
    ORDER = "order"
    READER = "reader"
    """Which specialists and which model spoke."""
    KNOWLEDGE = "knowledge"
    SHOW = "show"
    MEASURE = "measure"
    RERUN = "re-run"
    SECOND_OPINION = "second opinion"
    CHALLENGE = "challenge"
    """ "Are you sure? I see ...": the same facts are told again."""

    UNCLEAR = "unclear"
    INSTRUCTION = "instruction"
    OTHER_PATIENT = "other patient"
    IDENTITY = "identity"
    TREATMENT = "treatment"
    PROGNOSIS = "prognosis"
    SIGNING = "signing"
    OFF_TOPIC = "off topic"

    @property
    def is_declined(self) -> bool:
        """True for what is out of scope whatever was found."""
        return self in DECLINED


DECLINED = frozenset(
    {
        Kind.INSTRUCTION,
        Kind.OTHER_PATIENT,
        Kind.IDENTITY,
        Kind.TREATMENT,
        Kind.PROGNOSIS,
        Kind.SIGNING,
        Kind.OFF_TOPIC,
    }
)
NEEDS_A_CONCEPT = frozenset({Kind.PRESENCE, Kind.SIDE, Kind.PLACE, Kind.SEVERITY, Kind.SIZE})
"""Where nothing is named and nothing was spoken of before, one question comes back."""


class Intent(Fact):
    """One question, understood."""

    kind: Kind
    concepts: tuple[str, ...] = ()
    """Names as findings carry them."""
    region: str | None = None
    """A part of the chest."""
    either: str | None = None
    """A name of two meanings."""
    side: Laterality | None = None
    aspect: str | None = None
    """For knowledge: appearance, pitfalls, differential, follow-up, technique, meaning."""

    def in_words(self) -> str:
        """Return the intent as the record and the person can read it."""
        what = ", ".join(self.concepts) or self.region or self.either or ""
        parts = [str(self.kind), f"of {what}" if what else "", f"({self.side})" if self.side else ""]
        return " ".join(part for part in parts if part)
