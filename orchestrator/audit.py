"""What the audit holds: who did what to which study or key, when, and whether it was allowed. Nothing of a patient.

Entries are a chain: each carries the SHA-256 of itself and of the one before it, so that nobody can change, remove or
exchange one without breaking all that follow. What is cut off at the end shows against a head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from orchestrator.access import How, Person
from services.contract import Fact

BEGINNING = "0" * 64
"""What the first entry continues."""
_ID = r"^[A-Za-z0-9._:+@/|=-]{1,255}$"


class Action(StrEnum):
    """What was done; a closed list, and the FHIR export has a line for each."""

    LIST = "list"
    """Looked at a list of studies."""
    READ = "read"
    EXPORT = "export"
    """Fetched a draft or report as a document that can leave."""
    DELIVER = "deliver"
    """Gave a study to this installation."""
    SEND = "send"
    """A report was sent to a destination of the hospital."""
    SAVE = "save"
    RENEW = "renew"
    SIGN = "sign"
    CORRECT = "correct"
    ADDEND = "addend"
    REJECT = "reject"
    ACKNOWLEDGE = "acknowledge"
    RERUN = "rerun"
    ASK = "ask"
    """Asked a question about a study."""
    DECIDE = "decide"
    """Said whose study it is."""
    LOGIN = "login"
    KEY_ADDED = "key.added"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    VAULT = "vault"
    """Used the vault of research pseudonyms."""
    TRAINING_EXPORT = "training.export"
    RESEND = "resend"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Entry(Fact):
    """One thing that somebody did. Every field is an id of ours, an account, or a word of a closed list."""

    action: Action
    subject: str = Field(pattern=_ID)
    """The account: a token's subject, ``key:`` and a key's id, ``local``, or a part such as ``outbox``."""
    how: How | None = None
    outcome: Outcome = Outcome.DONE
    study_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    thing: str | None = Field(default=None, pattern=_ID)
    """What else it was about: a format, a key's id, a destination, a pseudonym."""
    version: int | None = None
    """Of the signed report."""
    content_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Of what was signed."""
    department: str | None = Field(default=None, pattern=_ID)


class Link(Fact):
    """One entry in its place in the chain."""

    number: int = Field(ge=1)
    at: datetime
    entry: Entry
    before_sha256: str
    sha256: str


class Head(NamedTuple):
    """The end of the chain; kept elsewhere it shows what was cut off."""

    number: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"


def entry_of(person: Person, action: Action, **about: object) -> Entry:
    """Return the entry of something that a person or a program did."""
    return Entry.model_validate({"action": action, "subject": audit_name(person.subject), "how": person.how, **about})


def audit_name(subject: str) -> str:
    """Return an account as the audit holds it: as it is, or its SHA-256 where it holds what no account should."""
    try:
        return Entry(action=Action.LOGIN, subject=subject).subject
    except ValueError:
        return f"sha256:{hashlib.sha256(subject.encode()).hexdigest()}"


def sha256_of(number: int, at: str, document: str, before_sha256: str) -> str:
    """Return the hash of a link: canonical JSON of its place, its time, its entry as kept, and the hash before it."""
    said = json.dumps([number, at, document, before_sha256], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()


def canonical(entry: Entry) -> str:
    """Return an entry as it is kept: JSON, sorted names, no white space, nothing that is empty."""
    return json.dumps(entry.model_dump(mode="json", exclude_none=True), sort_keys=True, separators=(",", ":"))


class Row(NamedTuple):
    """A link as the table holds it."""

    number: int
    at: str
    document: str
    before_sha256: str
    sha256: str


def faults_of(rows: Iterable[Row], kept: Head | None = None) -> Iterable[str]:
    """Yield what is wrong with a chain, first to last; nothing where all of it is as it was written.

    Parameters
    ----------
    kept
        A head that was kept elsewhere: it must still be there, at its place.
    """
    expected, before, met = 1, BEGINNING, kept is None or kept.number == 0
    for row in rows:
        if row.number != expected:
            yield f"entry {expected} is missing; {row.number} stands in its place"
        if row.before_sha256 != before:
            yield f"entry {row.number} does not continue the one before it"
        if row.sha256 != sha256_of(row.number, row.at, row.document, row.before_sha256):
            yield f"entry {row.number} was changed"
        if kept is not None and row.number == kept.number:
            met = True
            if row.sha256 != kept.sha256:
                yield f"entry {row.number} is not the one that was kept: the chain was written anew"
        expected, before = row.number + 1, row.sha256
    if not met and kept is not None:
        yield f"the chain ends before entry {kept.number}, which was kept: its end was cut off"
