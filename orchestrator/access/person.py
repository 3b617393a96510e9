"""Who is acting, and as what: the person or program behind a request, and the four roles.

A person is known by a token of the hospital's identity provider or by a key issued to him or her; a program by a key of
its own. Only a person can sign: a key that names nobody cannot hold the role for it.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from services.contract import Fact


class Role(StrEnum):
    """What somebody may do here; :data:`orchestrator.access.permissions.PERMISSIONS` says it route by route."""

    VIEWER = "viewer"
    """Reads studies, drafts and reports."""
    RADIOLOGIST = "radiologist"
    """Reads, edits, signs, rejects, corrects, addends."""
    INTEGRATION = "integration"
    """A program of the hospital: delivers studies and fetches what became of them."""
    ADMIN = "admin"
    """Keeps keys, audit and outbox; reads no study for that."""


class How(StrEnum):
    """By what somebody was known."""

    LOCAL = "local"
    """Nobody was asked: the installation answers on this machine only."""
    KEY = "key"
    TOKEN = "token"
    """A bearer token of an OpenID Connect issuer."""


EVERY_DEPARTMENT = "*"
"""In place of a list: studies of every department, and those of none."""


class Person(Fact):
    """Who is acting."""

    subject: str = Field(min_length=1, max_length=255)
    """The account: the subject of the token, or ``key:`` and the key's id."""
    name: str | None = Field(default=None, max_length=200)
    """As others see it; ``None`` for a program, and for the person of this machine, who says it when it matters."""
    roles: frozenset[Role] = frozenset()
    departments: frozenset[str] = frozenset()
    how: How = How.KEY
    is_human: bool = False

    @property
    def may_sign(self) -> bool:
        """Whether what this person signs counts: a human with the role."""
        return self.is_human and Role.RADIOLOGIST in self.roles

    @property
    def sees_every_department(self) -> bool:
        return EVERY_DEPARTMENT in self.departments

    @property
    def own_department(self) -> str | None:
        """The department of what this person or program delivers, where it has exactly one."""
        return next(iter(self.departments)) if len(self.departments) == 1 and not self.sees_every_department else None

    def may_see(self, department: str | None) -> bool:
        """Whether a study of this department is open to the person; one of no department only to who sees all."""
        return self.sees_every_department or (department is not None and department in self.departments)


LOCAL_PERSON = Person(
    subject="local",
    roles=frozenset(Role),
    departments=frozenset({EVERY_DEPARTMENT}),
    how=How.LOCAL,
    is_human=True,
)
"""Whoever sits at this machine, where no authentication is on; has every role, and must say a name to sign."""
