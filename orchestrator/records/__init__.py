"""The one door to the database: studies, drafts, what the specialists said, and events."""

from orchestrator.records.records import Accepted, Records

__all__ = ["Accepted", "Records"]
