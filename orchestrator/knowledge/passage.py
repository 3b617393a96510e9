"""A passage: a few sentences on one aspect of one topic, with the works that they rest on.

The text is written here in our own words. ``checked`` says how each source was consulted, so that nobody takes a
citation from memory for one that was opened.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Literal

from pydantic import Field, model_validator

from services.contract import Fact
from services.contract.fact import Sha256

REVIEW_AFTER_DAYS = 3 * 365
"""A passage that nobody looked at for so long is stale: it is still quoted, and says so."""
_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"(])")


class Source(Fact):
    """A work that a passage rests on."""

    key: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    reference: str = Field(min_length=10)
    """The full reference, as a bibliography gives it."""
    year: int = Field(ge=1900, le=2100)
    consulted: Literal["opened", "abstract", "memory", "site"]
    """``opened``: its text was read for this; ``abstract``: its abstract or an excerpt was; ``memory``: the work is
    well known and was not opened for this; ``site``: a document of the site's own."""
    link: str | None = None


class Passage(Fact):
    """A few sentences that can be quoted letter by letter."""

    passage_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_./-]{1,160}$")
    title: str = Field(min_length=3, max_length=160)
    topic: tuple[str, ...] = Field(min_length=1)
    """The way through the topic tree, from the whole to the part: ``pleura``, ``pneumothorax``."""
    aspect: str
    """What of the topic: appearance, pitfalls, differential, follow-up, technique, meaning, or ``document``."""
    keywords: tuple[str, ...] = ()
    text: str = Field(min_length=20)
    works: tuple[Source, ...] = Field(min_length=1)
    licence: str = Field(min_length=2)
    checked_on: date
    department: str = "all"
    """Who may read it; ``all`` for everybody."""
    sha256: Sha256
    """Of the text."""

    @model_validator(mode="after")
    def _is_whole(self) -> Passage:
        if hashlib.sha256(self.text.encode()).hexdigest() != self.sha256:
            raise ValueError("the text is not the one that was checked: its hash differs")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The full references."""
        return tuple(work.reference for work in self.works)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences, each a span of the text."""
        return tuple(part for part in _ENDS.split(self.text) if part)

    def holds(self, quote: str) -> bool:
        """Return whether words stand in the passage, letter by letter."""
        return bool(quote.strip()) and quote in self.text

    def is_stale(self, today: date | None = None) -> bool:
        """Return whether nobody looked at it for too long."""
        return (today or date.today()) - self.checked_on > timedelta(days=REVIEW_AFTER_DAYS)


def sha256_of(text: str) -> str:
    """Return the hash that a passage of this text carries."""
    return hashlib.sha256(text.encode()).hexdigest()
