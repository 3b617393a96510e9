"""Who may do what: roles, the table of permissions, keys and tokens. Nothing is allowed that is not declared."""

from orchestrator.access.person import LOCAL_PERSON, How, Person, Role

__all__ = ["LOCAL_PERSON", "How", "Person", "Role"]
