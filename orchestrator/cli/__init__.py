"""The ``wetread`` command. ``orchestrator.cli:app`` is the entry point; each command is a file of its own."""

from orchestrator.cli.application import app

__all__ = ["app"]
