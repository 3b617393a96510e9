"""API keys: a random secret shown once, of which only the SHA-256 is kept.

A slow hash (scrypt) protects secrets that people choose. These hold 256 random bits: nobody can try them out, so one
round of SHA-256 is enough, and a wrong key costs this server nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import NamedTuple

from pydantic import Field, model_validator

from orchestrator.access.person import How, Person, Role
from services.contract import Fact

PREFIX = "wetread_"
"""What every key begins with, so that scanners find one that leaked."""
_KEY = re.compile(r"^wetread_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$")
LONGEST_DAYS = 3650


class ApiKey(Fact):
    """What is kept of a key: everything but the secret."""

    key_id: str = Field(pattern=r"^[0-9a-f]{12}$")
    name: str = Field(min_length=1, max_length=200)
    """Of the program, or of the person it was issued to, as he or she signs."""
    is_human: bool
    roles: frozenset[Role] = Field(min_length=1)
    departments: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    replaced_by: str | None = None

    @model_validator(mode="after")
    def _only_people_sign(self) -> ApiKey:
        if Role.RADIOLOGIST in self.roles and not self.is_human:
            raise ValueError("the role radiologist needs a key that was issued to a person, by name")
        return self

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and now < self.expires_at

    @property
    def person(self) -> Person:
        """Who acts with this key."""
        return Person(
            subject=f"key:{self.key_id}",
            name=self.name if self.is_human else None,
            roles=self.roles,
            departments=self.departments,
            how=How.KEY,
            is_human=self.is_human,
        )


class Presented(NamedTuple):
    """A key as it came with a request."""

    key_id: str
    secret: str

    @property
    def sha256(self) -> str:
        return secret_sha256(self.secret)


def new_secret() -> Presented:
    """Return a new key id with a secret of 256 random bits."""
    return Presented(secrets.token_hex(6), secrets.token_urlsafe(32))


def shown(presented: Presented) -> str:
    """Return a key as its holder keeps it."""
    return f"{PREFIX}{presented.key_id}_{presented.secret}"


def read(text: str) -> Presented | None:
    """Return the parts of a key, ``None`` where it is none."""
    found = _KEY.match(text)
    return None if found is None else Presented(found[1], found[2])


def secret_sha256(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare two hashes in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
