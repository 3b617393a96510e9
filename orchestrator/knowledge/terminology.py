"""The table of what people call things: RadLex and MeSH terms with their entry terms, and this project's own.

``terminology.toml`` names its sources. It is a subset: the labels of this project, and only ids that are certain.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field

from services.contract import Fact


class Term(Fact):
    """One thing a film can show, and its names."""

    name: str
    """As findings carry it."""
    radlex: str = Field(default="", pattern=r"^(RID\d+)?$")
    mesh: str = Field(default="", pattern=r"^(D\d{6,9})?$")
    preferred: str = ""
    """The heading of the MeSH descriptor."""
    synonyms: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """Its names as one expression, each also in the plural."""
        spoken = sorted({self.name, *self.synonyms}, key=lambda one: (-len(one), one))
        return "|".join(_plural(one) for one in spoken)


@cache
def terms_known() -> tuple[Term, ...]:
    """Return the table."""
    text = (Path(__file__).parent / "terminology.toml").read_text(encoding="utf-8")
    return tuple(Term.model_validate(row) for row in tomllib.loads(text)["term"])


def _plural(spoken: str) -> str:
    flexible = re.escape(spoken).replace(r"\ ", "[ -]")
    return re.sub(r"y$", "(?:y|ies)", flexible) if spoken.endswith("y") else rf"{flexible}(?:e?s|e)?"
