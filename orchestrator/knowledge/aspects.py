"""What of a topic a question asks for."""

from __future__ import annotations

import re

from orchestrator.knowledge.words import folded

ASPECTS: dict[str, re.Pattern[str]] = {
    aspect: re.compile(pattern)
    for aspect, pattern in {
        "pitfalls": r"look-alike|\bfalse\b|versus|look(?:s|ing)? (?:just )?like (?!\W*$)|pitfall|mimic|mistak|confus|"
            r"look-?alike|artefact|artifact|\btrap|tell .*apart|"
            r"false(?:ly)? (?:pos|neg|alarm)"
        r"|fool|simulat|pretend|imposter|resembl|besides|sensitiv|escape|rule out|blind spot|overlook|\bmiss(?:ed)?\b|"
        r"overcall|imitat|wrong(?:ly)?|deceiv|caveat|careful|trick|hide",
        "differential": r"differential|\bddx\b|causes?\b|caused|explain|\bdue to\b|origin|aetiolog|etiolog|underl|"
            r"what else|"
        r"produce|reasons?\b|\bwhy (?:do|would|does|might)|diseases?\b|illness|conditions?\b|exposures?|responsible|"
        r"behind|leads? to|alternativ|\bdiagnos|\bwhy (?:do|did)|\bsuggest",
        "follow-up": r"follow|guideline|\bnext\b|recommend|repeat|control|interval|afterwards|surveill|wait|re-?check|"
            r"manage|"
        r"what (?:to|should) (?:be )?do|further|confirm|referr|re-?imag|work-?up|"
            r"what now|proceed|do more|\bact\b|need(?:ed|s)?\b",
        "appearance": r"what (?:is|are) (?:an? )?|look|appear|\bsigns?\b|recogni|\bsee\b|\bseen\b|detect|\bspot\b|"
            r"visible|shape|pattern|"
            r"features?|identify",
        "measurement": r"measur|grad(?:e|ing)|classif|how (?:large|big|much|many|wide|thick|tall|far)|"
            r"\bsize|quantif|threshold|"
            r"cut-?off|limit|"
        r"volume|normal (?:value|range)|millilit|millimet|ratio",
        "data": r"label|dataset|public sets?|annotat|score\b|network|training data|collections?\b",
        "meaning": r"\bmean|definition|define|what is|what are|term\b|concept|understood by|stand for",
        "technique": r"technique|projection|exposure|position(?:ed|ing)|inspirat|rotat|supine|upright|portable|view\b|"
            r"lateral",
        "placement": r"\btip\b|placed|placement|where should|correct(?:ly)? (?:position|place|lie)|end up|\bsit\b|"
            r"malposition|"
        r"\blie\b|too (?:deep|high|low|far)",
    }.items()
}  # fmt: skip
"""By the words that ask for it."""


def aspects_in(question: str) -> tuple[str, ...]:
    """Return the aspects that a question asks for."""
    text = folded(question)
    return tuple(aspect for aspect, pattern in ASPECTS.items() if pattern.search(text))
