"""The draft report and what it is made of.

A draft has no status and cannot be final: only a recorded human signature makes a signed report,
and that is another type.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from orchestrator.prior import Prior
from services.contract import Algorithm, Fact, Finding, Limitation, Measurement, Structure


class Citation(Fact):
    """INFERRED FROM (PS3.3 C.17.3.2.4): a sentence rests on a finding or a measurement."""

    kind: Literal["finding", "measurement"]
    id: str = Field(min_length=1)


class Sentence(Fact):
    """One sentence and what it rests on."""

    text: str = Field(min_length=1, max_length=600)
    citations: tuple[Citation, ...] = Field(min_length=1)
    author: Literal["language_model", "plain"] = "language_model"
    """``plain`` when the words are this program's own rendering of a finding."""


class SectionName(StrEnum):
    """Section headings with their LOINC codes in :data:`SECTION_LOINC`."""

    FINDINGS = "findings"
    IMPRESSION = "impression"


SECTION_LOINC: dict[SectionName, str] = {SectionName.FINDINGS: "59776-5", SectionName.IMPRESSION: "19005-8"}


class Section(Fact):
    name: SectionName
    sentences: tuple[Sentence, ...]


class Problem(Fact):
    """What a check found, in words that a model and a person can both read."""

    check: str
    """The name of the function in :data:`orchestrator.verify.CHECKS` that found it."""
    message: str
    section: SectionName | None = None
    sentence: int | None = Field(default=None, ge=0)
    """Index of the sentence within its section."""
    finding_id: str | None = None
    """The finding that a section should have mentioned and did not."""


class Facts(Fact):
    """What the specialists said after reconciliation: all that a draft may speak of."""

    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    structures: tuple[Structure, ...] = ()
    limitations: tuple[Limitation, ...] = ()
    algorithms: tuple[Algorithm, ...] = ()
    priors: tuple[Prior, ...] = ()
    """None where nothing earlier is known; then nothing may be called new, unchanged or improved."""


class LanguageModel(Fact):
    """Which model phrased the draft."""

    profile: str
    model: str
    weights_sha256: str | None = None
    server: str


class Attempt(Fact):
    """One answer of the language model and what the checks found in it."""

    number: int = Field(ge=1)
    answer_sha256: str
    problems: tuple[Problem, ...]


class Provenance(Fact):
    """Enough to make the same draft again."""

    software_version: str
    prompt_id: str
    prompt_version: str
    prompt_sha256: str
    language_model: LanguageModel | None
    algorithms: tuple[Algorithm, ...]
    operating_points_sha256: str
    site_points_sha256: tuple[str, ...] = ()
    """The files in which the site set thresholds of its own; empty where all are the publishers'."""
    attempts: tuple[Attempt, ...] = ()
    left_out: tuple[str, ...] = ()
    """What the language model was not shown, for want of room, in words."""
    exemplars_sha256: tuple[str, ...] = ()
    """SHA-256 of each report that lent its style, masked as the prompt quoted it."""


class Author(StrEnum):
    """Who phrased the draft."""

    LANGUAGE_MODEL = "language_model"
    MIXED = "mixed"
    """Some sentences of the model did not pass the checks and were replaced by the plain finding."""
    PLAIN_LIST = "plain_list"
    """The plain list of findings, no text of a model."""


class RuleTable(Fact):
    """Where a rule stands, so that what it said can be traced."""

    name: str
    version: str
    sha256: str


class Acknowledgement(Fact):
    """That a person has read an urgent draft. A person records it; the software never does."""

    by: str = Field(min_length=1)
    at: datetime


class Urgency(Fact):
    """How soon a person must read the draft, by a rule, never by a model's opinion."""

    level: Literal["minutes", "hours", "days"]
    within_minutes: int = Field(ge=1)
    finding_ids: tuple[str, ...] = Field(min_length=1)
    rules: tuple[str, ...] = Field(min_length=1)
    why: str
    table: RuleTable
    acknowledgement_required: Literal[True] = True
    acknowledgement: Acknowledgement | None = None
    """None until somebody has recorded it."""


class FollowUp(Fact):
    """What a rule says should come next; without a text, what it would have needed to know."""

    rule: str
    finding_ids: tuple[str, ...] = Field(min_length=1)
    text: str | None
    missing: tuple[str, ...] = ()
    """The inputs that were not known; the rule then gives no advice."""
    source: str
    table: RuleTable


class StageTime(Fact):
    stage: str
    seconds: float = Field(ge=0)


class Verdict(StrEnum):
    """What became of a sentence of a second text."""

    KEPT = "kept"
    """It says what the specialists found, and nothing else."""
    CHANGED = "changed"
    """It speaks of what the specialists assessed and says it otherwise; their finding stands in its place."""
    DROPPED = "dropped"
    """It speaks of nothing that a specialist found, or cannot be shown."""


class ComparedSentence(Fact):
    """One sentence of a second text, set against the findings."""

    text: str = Field(min_length=1)
    """Masked and escaped; it was written by nobody who can be asked."""
    claims: tuple[str, ...] = ()
    """What it was read to say, such as ``left pleural effusion: affirmed``."""
    verdict: Verdict
    becomes: str | None = None
    """For a changed sentence: what the specialists found, in plain words."""
    cites: tuple[str, ...] = ()
    """Ids of the findings and measurements that decided."""
    because: str = Field(min_length=1)


class SecondText(Fact):
    """What an image-to-report network wrote about one image, sentence by sentence, and what became of it."""

    image_id: str
    algorithm: Algorithm
    sentences: tuple[ComparedSentence, ...]
    not_read: int = Field(default=0, ge=0)
    """Sentences beyond those that are looked at."""


class DraftReport(Fact):
    """An unverified, preliminary report (PS3.3 C.17.2 VerificationFlag UNVERIFIED)."""

    draft_id: str
    study_id: str
    created_at: datetime
    author: Author
    sections: tuple[Section, ...]
    facts: Facts
    provenance: Provenance
    second_texts: tuple[SecondText, ...] = ()
    """Empty unless a site has turned the reporting service on."""
    stages: tuple[StageTime, ...] = ()
    urgency: Urgency | None = None
    """None where no rule asks for haste."""
    follow_up: tuple[FollowUp, ...] = ()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence of the draft, in reading order."""
        return tuple(sentence for section in self.sections for sentence in section.sentences)
