"""ChatCAD's prompts P1, P2 and P3: what a network sees, told as scores, as a diagnosis or as four grades.

The wording lies in ``prompts/p1.md``, ``p2.md`` and ``p3.md``; here are the values that fill them (Wang et al.,
"ChatCAD", Communications Engineering 2024; its printed strings are the golden file of the tests). There a score that
is no probability vanished without a word; here it is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from orchestrator.errors import InvalidScore
from orchestrator.prompt_file import PromptFile, fill

Compat = Literal["chatcad", "readable"]
"""``chatcad``: its bytes, missing spaces included. ``readable``: the same with the spaces."""

_GRADES = (
    ("No sign of", 0.0, 0.2),
    ("Small possibility of", 0.2, 0.5),
    ("Patient is likely to have", 0.5, 0.9),
    ("Definitely have", 0.9, np.inf),
)
_DIAGNOSED = 0.5
_LONGEST_NAME = 80


class Scored(NamedTuple):
    """A finding as a network scores it."""

    name: str
    score: float
    """Probability, 0 to 1."""


def chatcad_text(prompt: PromptFile, scored: Sequence[Scored], compat: Compat = "chatcad") -> str:
    """Return the text of one of the three prompt files, without a line end.

    Raises
    ------
    InvalidScore
        If there is no score, or one is not a number between 0 and 1.
    """
    values = chatcad_values(scored, compat)
    return fill(prompt, {name: values[name] for name in prompt.variables if name in values}).removesuffix("\n")


def chatcad_values(scored: Sequence[Scored], compat: Compat) -> dict[str, str]:
    """Return what fills the three prompt files: ``scores`` (P1), ``diagnoses`` (P2), ``grades`` (P3).

    Grades and rounding are those of single precision, which ChatCAD's networks speak.

    Raises
    ------
    InvalidScore
        If there is no score, or one is not a number between 0 and 1.
    """
    if not scored:
        raise InvalidScore("there is no score to write about; expected at least one")
    spoken = [(_one_line(one.name), _single(one)) for one in scored]
    gap = "" if compat == "chatcad" else " "
    present = ", ".join(name for name, score in spoken if score >= np.float32(_DIAGNOSED))
    graded = [
        f"{words} {', '.join(names)}."
        for words, low, high in _GRADES
        if (names := [name for name, score in spoken if np.float32(low) <= score < np.float32(high)])
    ]
    return {
        "scores": ", ".join(f"{name} score: {score:.3f}" for name, score in spoken),
        "diagnoses": f" {present}" if present else f"{gap}No Finding",
        "grades": gap.join(graded),
    }


def _single(scored: Scored) -> np.float32:
    if not 0.0 <= scored.score <= 1.0:
        raise InvalidScore(f"the score of {_one_line(scored.name)} is not a probability; expected between 0 and 1")
    return np.float32(scored.score)


def _one_line(name: str) -> str:
    """Return a name that cannot be taken for another score or another line."""
    kept = "".join(character if character.isprintable() else " " for character in name.replace(":", " "))
    return " ".join(kept.split())[:_LONGEST_NAME]
