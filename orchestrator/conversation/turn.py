"""The nouns of a conversation: a question, the sentences that answer it, and what each rests on.

A sentence that states something is :class:`Spoken` and cites at least one thing that exists. Everything else that a
person is shown is a :class:`Notice`: one of a closed list of sentences (:mod:`orchestrator.conversation.notices`)
that claims nothing about the patient.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from services.contract import Fact

LONGEST_QUESTION = 1000
"""Characters of one question."""


class Audience(StrEnum):
    """Who asks: the claims are the same for all, the words are not."""

    RADIOLOGIST = "radiologist"
    REFERRER = "referrer"
    PATIENT = "patient"


class Query(Fact):
    """What a person sends."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    audience: Audience = Audience.RADIOLOGIST


class CitedKind(StrEnum):
    """What a sentence of a conversation may rest on."""

    FINDING = "finding"
    MEASUREMENT = "measurement"
    LIMITATION = "limitation"
    """Why something was not assessed."""
    PRIOR = "prior"
    ORDER = "order"
    RULE = "rule"
    """A rule of urgency or of follow-up."""
    PASSAGE = "passage"
    """A passage of the knowledge base; ``quote`` stands in it, letter by letter."""
    SCOPE = "scope"
    """The list of what was assessed at all."""
    TOOL = "tool"
    """What a tool found during the conversation: new evidence, and not part of the draft."""


class Cited(Fact):
    """INFERRED FROM (PS3.3 C.17.3.2.4), for a sentence of a conversation."""

    kind: CitedKind
    id: str = Field(min_length=1)
    title: str
    """In words, such as ``mild left pleural effusion``."""
    quote: str | None = None
    """For a passage or an order: the words that stand there."""
    link: str | None = None
    """Where the evidence or the passage can be seen."""
    source: str | None = None
    """For a passage or a rule: the work it rests on."""
    stale: bool = False
    """The source is older than it may be, and a person should look."""


class Spoken(Fact):
    """One sentence that was checked before it is shown."""

    kind: Literal["sentence"] = "sentence"
    text: str = Field(min_length=1, max_length=1200)
    citations: tuple[Cited, ...] = Field(min_length=1)
    author: Literal["language_model", "plain", "passage"]
    """``plain`` is this program's own rendering of what is cited; ``passage`` is quoted letter by letter."""


class NoticeKind(StrEnum):
    """Why there is a notice in the place of a sentence, or beside it."""

    CLARIFY = "clarify"
    """The question has more than one meaning; one question comes back."""
    DECLINED = "declined"
    """Out of scope; the notice says where to turn."""
    UNKNOWN = "unknown"
    """I don't know."""
    REMARK = "remark"
    """Beside an answer: how it is to be read."""


class Notice(Fact):
    """One of a closed list of sentences that say nothing about the patient."""

    kind: Literal["notice"] = "notice"
    notice: NoticeKind
    id: str
    text: str
    choices: tuple[str, ...] = ()
    """For a question back: the questions that it offers."""


class Used(Fact):
    """One call of a tool, as it is recorded."""

    kind: Literal["tool"] = "tool"
    tool: str
    arguments: dict[str, str]
    result: str
    """In words; what was found is cited by the sentences that follow."""
    seconds: float = Field(ge=0)


class Outcome(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    STOPPED = "stopped"


Said = Annotated[Spoken | Notice | Used, Field(discriminator="kind")]


class Turn(Fact):
    """One question and everything that was said to it."""

    turn_id: str
    number: int = Field(ge=1)
    at: datetime
    audience: Audience
    question: str
    """Masked: without what the header and the order say of the patient."""
    understood: str
    """What the question was taken to ask, as a typed intent in words."""
    revision: int | None = None
    """Of the draft that was spoken about."""
    said: tuple[Said, ...]
    outcome: Outcome
    language_model: str | None = None

    @property
    def sentences(self) -> tuple[Spoken, ...]:
        """The checked sentences."""
        return tuple(one for one in self.said if isinstance(one, Spoken))


class Transcript(Fact):
    """A conversation of one person about one study, or about none."""

    study_id: str | None
    person: str
    turns: tuple[Turn, ...]


class Begun(Fact):
    """The first event of the stream."""

    kind: Literal["begun"] = "begun"
    turn_id: str
    number: int = Field(ge=1)


class Ended(Fact):
    """The last event of the stream."""

    kind: Literal["ended"] = "ended"
    outcome: Outcome


class Failed(Fact):
    """In the place of the last event: a part that the answer needed is not available."""

    kind: Literal["failed"] = "failed"
    status: int = Field(ge=400, le=599)


Told = Annotated[Begun | Spoken | Notice | Used | Ended | Failed, Field(discriminator="kind")]
"""What the stream carries: ``event`` is the ``kind``, ``data`` the JSON."""
