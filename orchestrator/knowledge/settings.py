"""The table ``[knowledge]`` of the hospital file."""

from __future__ import annotations

from pathlib import Path

from services.contract import Fact


class Knowledge(Fact):
    """A site's own documents, for conversations; a draft is never made from a passage."""

    folder: Path | None = None
    """PDF, DOCX and Markdown files; the first folder below it is the department that may read them."""
