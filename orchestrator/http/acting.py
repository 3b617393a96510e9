"""In a route's signature: who is acting."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from orchestrator.access import Person


def _person(request: Request) -> Person:
    """Whom :class:`orchestrator.http.gate.Gate` let in; a route that asks is never reached without."""
    person = request.scope["wetread.person"]
    assert isinstance(person, Person)
    return person


WithPerson = Annotated[Person, Depends(_person)]
