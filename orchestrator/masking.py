"""Free text without identifiers: known ones first, then patterns, then only words of the lexicon remain.

Masks are in square brackets and say what kind of thing stood there. When too little is left to be sure of,
nothing passes. This is masking, not anonymisation: it fails closed, and it can lose clinical words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from orchestrator.lexicon import NEGATIONS, WORDS

CAP = 2000
"""Longer text is not an indication."""
KEPT_SHARE = 1 / 3
"""At least this share of the words must remain."""
MASK = "[masked]"

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_TITLE = r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|herr|frau|mme|sra?|nurse|sister|rev)"
_WAY = r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|boulevard|blvd|court|place|square|way|terrace|close|crescent)"
_NUMBERED = r"(?:mrn|nhs|ssn|acc(?:ession)?|case|policy|insurance|account|acct|record|chart|licen[cs]e|passport|id)"

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (mask, re.compile(pattern, re.IGNORECASE))
    for mask, pattern in (
        ("[contact]", r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:https?://|www\.)\S+|\b\d{1,3}(?:\.\d{1,3}){3}\b"),
        ("[id]", r"\b\d+(?:\.\d+){3,}\b"),
        ("[date]", r"\b(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d\d(?::\d\d)?)?\b"),
        ("[date]", r"\b\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})\b|\b(?:0?[1-9]|1[0-2])/(?:19|20)\d\d\b"),
        ("[date]", rf"\b\d{{1,2}}(?:st|nd|rd|th)?[\s.-]*(?:of\s+)?{_MONTH}\b[\s,.-]*(?:\d{{4}}|'?\d\d\b)?"),
        ("[date]", rf"\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:[\s,]+\d{{4}})?|\b{_MONTH}[\s,.-]+(?:19|20)\d\d\b"),
        ("[date]", r"\b(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])\b(?!/)|\b(?:19|20)\d\d\b"),
        ("[age over 89]", r"\b(?:9\d|1[0-2]\d)\s*-?\s*(?:y/?o|yo[fm]?|yrs?|years?|y|[mf])\b(?:[\s-]*olds?\b)?"),
        ("[age over 89]", r"\bage[d]?\s*:?\s*(?:9\d|1[0-2]\d)\b"),
        ("[id]", r"\b[A-Z]?\d{3}[-\s]\d{2}[-\s]\d{4}\b"),
        ("[contact]", r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[\s().-]{0,2}\d{2,}){2,}(?!\w)"),
        ("[id]", rf"\b{_NUMBERED}(?:\s*(?:no|nr|number|num))?\.?\s*[:#]?\s*[A-Z]{{0,4}}[-/]?\d[\w/-]*"),
        ("[name]", rf"\b{_TITLE}\b\.?\s+[^\W\d_]+(?:[\s-][A-Z][^\W\d_]*){{0,2}}"),
        (
            "[place]",
            rf"\b\d{{1,5}}\s+(?:[^\W\d_]+\s+){{1,3}}{_WAY}\b\.?|\b[^\W\d_]+(?:stra(?:ß|ss)e|weg|platz)\s+\d+\w?",
        ),
        ("[place]", r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b"),
    )
)
"""What an identifier looks like whoever it belongs to (45 CFR 164.514(b)(2)), in the order it is looked for."""

_TOKEN = re.compile(r"\[[a-z0-9 ]+\]|[^\W_]+|[\W_]")
_PLAIN_NUMBER = re.compile(r"\d{1,3}")
_MEASURED = re.compile(
    r"\d{1,3}(?:mm|cm|m|kg|kgs|mg|ml|g|y|yo|yof|yom|yr|yrs|f|d|h|w|x|st|nd|rd|th|lb|lbs|pm|am)|x\d{1,2}|[tlcs]\d{1,2}"
)
_JOINED = re.compile(r"(\[[a-z0-9 ]+\])(?:[\s,.'\u2019-]*\1)+")


def mask_text(text: str, known: Iterable[str], also: frozenset[str] = frozenset()) -> str | None:
    """Return the text with every identifier masked, or ``None`` when that is not sure.

    Parameters
    ----------
    known
        Everything the header and the order say that can name the patient or somebody around the patient:
        names in any form (``Family^Given``), ids, dates, numbers, addresses.
    also
        Lower-case words that may pass beside those of the lexicon.
    """
    folded = _fold(text)
    if len(text) > CAP or not folded.strip():
        return None
    pieces = _pieces(known)
    if pieces & NEGATIONS & set(re.findall(r"[^\W\d_]+", folded)):
        return None
    for mask, pattern in (*_whole(known), *PATTERNS):
        text = pattern.sub(f" {mask} ", text)
    tokens = [_kept(token, pieces, also) for token in _TOKEN.findall(text)]
    words = [token for token in tokens if token[0] != "[" and token[0].isalpha() and len(token) > 1]
    lost = sum(token[0] == "[" for token in tokens)
    if not words or len(words) < KEPT_SHARE * (len(words) + lost):
        return None
    return re.sub(r"\s+([,.;:])", r"\1", _JOINED.sub(r"\1", " ".join("".join(tokens).split())))


def _kept(token: str, pieces: set[str], also: frozenset[str]) -> str:
    """Return a token if it may pass, else a mask; letters beyond the lexicon and long numbers may not."""
    if token[0] == "[" and len(token) > 1:
        return token
    if not token.isalnum():
        return token if token.isascii() and token.isprintable() and token not in "<>{}`|\\" else " "
    folded = _fold(token)
    if folded in pieces:
        return "[name]" if token.isalpha() else "[id]"
    if folded in WORDS or folded in also or _PLAIN_NUMBER.fullmatch(folded) or _MEASURED.fullmatch(folded):
        return token
    return MASK


def _pieces(known: Iterable[str]) -> set[str]:
    """The single words and numbers of what is known; one letter alone names nobody."""
    return {piece for value in known for piece in re.findall(r"[^\W_]+", _fold(value)) if len(piece) > 1}


def _whole(known: Iterable[str]) -> list[tuple[str, re.Pattern[str]]]:
    """Patterns for known ids and numbers, however they are spaced or hyphenated."""
    found = []
    for value in dict.fromkeys(known):
        letters = re.findall(r"[^\W_]", value)
        if len(letters) >= 4 and any(letter.isdigit() for letter in letters) and len(letters) <= 64:
            pattern = r"[\W_]{0,2}".join(map(re.escape, letters))
            found.append(("[id]", re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])", re.IGNORECASE)))
    return found


def _fold(text: str) -> str:
    """Lower case without accents, so that Müller, MULLER and muller are one name."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
