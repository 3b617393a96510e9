"""Who may do what: roles, the table of permissions, keys and tokens. Nothing is allowed that is not declared."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from orchestrator.access.person import LOCAL_PERSON, How, Person, Role

__all__ = ["LOCAL_PERSON", "How", "Person", "Role", "WithPerson"]


def _person(request: Request) -> Person:
    """Whom :class:`orchestrator.http.gate.Gate` let in; a route that asks is never reached without."""
    person = request.scope["wetread.person"]
    assert isinstance(person, Person)
    return person


WithPerson = Annotated[Person, Depends(_person)]
"""In a route's signature: who is acting."""
