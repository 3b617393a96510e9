"""The table ``[knowledge]`` of the hospital file."""

from __future__ import annotations

from pathlib import Path

from services.contract import Fact


class Knowledge(Fact):
    """A site's own documents, and whether drafts name what there is to read."""

    folder: Path | None = None
    """PDF, DOCX and Markdown files; the first folder below it is the department that may read them."""
    in_drafts: bool = False
    """Whether a draft lists passages on what was found, beside its sentences and never within them."""
