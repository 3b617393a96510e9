"""Free text without identifiers: known ones first, then patterns, then only words of the lexicon remain.

Masks are in square brackets and say what kind of thing stood there. When too little is left to be sure of,
nothing passes. This is masking, not anonymisation: it fails closed, and it can lose clinical words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from orchestrator.clinical import CLINICAL
from orchestrator.identifiers import PARTICLES, PATTERNS, Mask, Span, spans_in
from orchestrator.lexicon import ALSO_NAMES, NEGATIONS, WORDS

CAP = 2000
"""Longer text is not an indication."""
KEPT_SHARE = 1 / 3
"""At least this share of the words must remain."""

_TOKEN = re.compile(r"[^\W_]+|[\W_]")
_PLAIN_NUMBER = re.compile(r"\d{1,3}")
_MEASURED = re.compile(
    r"\d{1,3}(?:mm|cm|m|kg|kgs|mg|ml|g|y|yo|yof|yom|yr|yrs|f|d|h|w|x|st|nd|rd|th|lb|lbs|pm|am)|x\d{1,2}|"
    r"t(?:1[0-2]|[1-9])|c[1-8]|[ls][1-5]"
)
_COUNTS = re.compile(
    r"[\s-]*(?:mm|cm|mg|ml|kg|g|l|y|yo|yrs?|years?|months?|weeks?|days?|hours?|minutes?|times|x|pack|%|lb|lbs|f|m|of)\b"
)
"""What follows a number that counts something."""
_CALLED = "|".join(word.capitalize() for word in sorted(ALSO_NAMES))
_TWO_NAMES = (Mask.NAME, re.compile(rf"\b(?:{_CALLED})(?: (?:{_CALLED}))+\b"))
_JOINS = frozenset("-/.:_@#'\u2019+&")
_MASKS = "|".join(re.escape(mask) for mask in Mask)
_BETWEEN_NAMES = frozenset(PARTICLES.split("|"))
_JOINED = re.compile(rf"({_MASKS})(?:[\s,.'\u2019-]*\1)+")


class Masked(NamedTuple):
    """A text after masking."""

    text: str | None
    """``None`` where it is not sure that nothing is left, or where what is left is too little."""
    original: str
    """The text that the spans count in: as it came, in Unicode's form NFKC."""
    spans: tuple[Span, ...]
    """Every piece that was masked, in order, apart from each other."""

    @property
    def certain(self) -> bool:
        """Whether everything masked was recognised, and nothing was masked only because nobody knew it."""
        return self.text is not None and all(span.mask is not Mask.UNKNOWN for span in self.spans)


def mask_text(text: str, known: Iterable[str], also: frozenset[str] = frozenset()) -> str | None:
    """Return the text with every identifier masked, or ``None`` when that is not sure; as :func:`mask` does."""
    return mask(text, known, also).text


def mask(text: str, known: Iterable[str], also: frozenset[str] = frozenset(), further: Sequence[Span] = ()) -> Masked:
    """Mask every identifier of a text.

    Parameters
    ----------
    known
        Everything the header and the order say that can name the patient or somebody around the patient:
        names in any form (``Family^Given``), ids, dates, numbers, addresses.
    also
        Lower-case words that may pass beside those of the lexicon.
    further
        Pieces that somebody else found, such as a network for names; they count in the NFKC form of ``text``.
        They can only add.
    """
    text = unicodedata.normalize("NFKC", text)
    known = tuple(known)
    pieces = _pieces(known)
    if len(text) > CAP or not text.strip() or pieces & NEGATIONS & set(re.findall(r"[^\W\d_]+", _fold(text))):
        return Masked(None, text, (Span(0, len(text), Mask.UNKNOWN),) if text else ())
    medicine = [found.span() for pattern in CLINICAL for found in pattern.finditer(text)]
    found = [*_whole(known, text), *further, *_where_no_medicine(text, medicine)]
    spans = _flat([*found, *_unknown_words(text, _covered(found, text), pieces, also, medicine)])
    spans = _flat([*spans, *_beside(text, spans)])
    spans = _flat([*spans, *_particles(text, spans)])
    said = _said(text, spans)
    words = sum(len(token) > 1 and token[0].isalpha() for token in _TOKEN.findall(_outside(text, spans)))
    lost = len(re.findall(_MASKS, said))
    return Masked(said if words and words >= KEPT_SHARE * (words + lost) else None, text, spans)


def masked_further(masked: str, spans: Sequence[Span]) -> str | None:
    """Return a masked text with more masks; ``None`` where too little is left."""
    for span in sorted(spans, reverse=True):
        masked = f"{masked[: span.start]}{span.mask}{masked[span.stop :]}"
    words = re.findall(r"[^\W\d_]{2,}", re.sub(_MASKS, " ", masked))
    lost = len(re.findall(_MASKS, masked))
    enough = bool(words) and len(words) >= KEPT_SHARE * (len(words) + lost)
    return _JOINED.sub(r"\1", masked) if enough else None


def _where_no_medicine(text: str, medicine: Sequence[tuple[int, int]]) -> list[Span]:
    """A pattern that lies within what is medicine found no identifier."""
    looked_for = spans_in(text, (*PATTERNS, _TWO_NAMES))
    return [span for span in looked_for if not _within((span.start, span.stop), medicine)]


def _unknown_words(
    text: str, covered: bytearray, pieces: set[str], also: frozenset[str], medicine: Sequence[tuple[int, int]]
) -> list[Span]:
    """Return the words and numbers that may not pass: letters beyond the lexicon, long numbers, what is known."""
    spans = []
    for token in _TOKEN.finditer(text):
        if covered[token.start()] or not token[0].isalnum():
            continue
        folded = _fold(token[0])
        if folded in pieces:
            spans.append(Span(token.start(), token.end(), Mask.NAME if token[0].isalpha() else Mask.ID))
        elif not (_may_pass(folded, also) or _within(token.span(), medicine)):
            spans.append(Span(token.start(), token.end(), Mask.UNKNOWN))
    return spans


def _may_pass(word: str, also: frozenset[str]) -> bool:
    return bool(word in WORDS or word in also or _PLAIN_NUMBER.fullmatch(word) or _MEASURED.fullmatch(word))


def _within(place: tuple[int, int], places: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place[0] and place[1] <= stop for start, stop in places)


def _beside(text: str, spans: tuple[Span, ...]) -> list[Span]:
    """Return what goes with a mask beside it: the rest of a number, of a name, of an id with dashes."""
    taken = _covered(spans, text)
    tokens = [token for token in _TOKEN.finditer(text) if not token[0].isspace()]
    found: list[Span] = []
    for order in (tokens, tokens[::-1]):
        for before, token in pairwise(order):
            mask = _mask_at(before.start(), spans, found)
            gap = text[min(before.end(), token.end()) : max(before.start(), token.start())]
            if token[0] == "," and mask is Mask.NAME and order is tokens and _turned(text, token.end()):
                found.append(Span(token.start(), token.end(), mask))
                continue
            if taken[token.start()] or mask is None or mask is Mask.DATE or mask is Mask.AGE:
                continue
            if _goes_along(text, token, gap, mask) or (token[0] in _JOINS and not gap and _joins(text, token, taken)):
                found.append(Span(token.start(), token.end(), mask))
                taken[token.start() : token.end()] = b"\1" * len(token[0])
    return found


def _particles(text: str, spans: tuple[Span, ...]) -> list[Span]:
    """Return particles between two masks, as between the words of a name: ``la`` of ``de la Fuente``."""
    gaps = [(before, text[before.stop : after.start], after) for before, after in pairwise(spans)]
    return [
        Span(before.stop, after.start, before.mask)
        for before, gap, after in gaps
        if gap.strip() and set(gap.lower().split()) <= _BETWEEN_NAMES and "\n" not in gap
    ]


def _goes_along(text: str, token: re.Match[str], gap: str, mask: Mask) -> bool:
    """Whether a word or number next to a mask belongs to what was masked."""
    word = token[0]
    if not word.isalnum() or len(gap) > 1:
        return False
    if not gap:
        return True
    if word.isdigit():
        return not _COUNTS.match(text, token.end())
    begins = re.search(r"(?:^|[.!?:;\n]\s*)$", text[: token.start()]) is not None
    article = word in {"A", "I"} and re.match(r"\s+[a-z]", text[token.end() :])
    initial = len(word) == 1 and word.isupper() and not article
    part_of_number = mask in {Mask.ID, Mask.CONTACT} and len(word) <= 3 and word.isupper()
    named = word[:1].isupper() and word[1:].islower() and (not begins or word.lower() in ALSO_NAMES)
    return initial or part_of_number or named or (word.isupper() and word.lower() in ALSO_NAMES)


def _turned(text: str, after: int) -> bool:
    """Whether a given name follows the comma of ``Fisher, Will``."""
    given = re.match(r"\s?([^\W\d_]+)", text[after:])
    return given is not None and given[1].istitle() and given[1].lower() in ALSO_NAMES


def _joins(text: str, mark: re.Match[str], taken: bytearray) -> bool:
    """Whether a mark stands between a mask and more of the same: ``12-[masked]``."""
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    free = [at for at in (mark.start() - 1, mark.end()) if 0 <= at < len(text) and not taken[at]]
    return before.isalnum() and after.isalnum() and bool(free)


def _mask_at(place: int, *groups: Iterable[Span]) -> Mask | None:
    return next((span.mask for group in groups for span in group if span.start <= place < span.stop), None)


def _covered(spans: Iterable[Span], text: str) -> bytearray:
    """One byte a character: whether it is masked."""
    covered = bytearray(len(text))
    for span in spans:
        covered[span.start : span.stop] = b"\1" * (span.stop - span.start)
    return covered


def _flat(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return pieces that overlap as one, named by the one that was found first."""
    rank = {span: place for place, span in reversed(list(enumerate(spans)))}
    flat: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, rank[one])):
        if flat and span.start < flat[-1].stop:
            last = flat[-1]
            first = min(last, span, key=lambda one: rank.get(one, 0))
            flat[-1] = Span(last.start, max(last.stop, span.stop), first.mask)
            rank.setdefault(flat[-1], rank.get(first, 0))
        else:
            flat.append(span)
    return tuple(flat)


def _said(text: str, spans: tuple[Span, ...]) -> str:
    """Return the text with its masks, printable ASCII marks only, and no mask twice in a row."""
    parts, at = [], 0
    for span in spans:
        parts += [_marks(text[at : span.start]), f" {span.mask} "]
        at = span.stop
    said = " ".join("".join([*parts, _marks(text[at:])]).split())
    return re.sub(r"\s+([,.;:])", r"\1", _JOINED.sub(r"\1", said))


def _marks(text: str) -> str:
    return "".join(
        one if one.isalnum() or (one.isascii() and one.isprintable() and one not in "<>{}`|\\[]") else " "
        for one in text
    )


def _outside(text: str, spans: tuple[Span, ...]) -> str:
    covered = _covered(spans, text)
    return "".join(" " if covered[at] else one for at, one in enumerate(text))


def _pieces(known: Iterable[str]) -> set[str]:
    """The single words and numbers of what is known; one letter alone names nobody."""
    return {piece for value in known for piece in re.findall(r"[^\W_]+", _fold(value)) if len(piece) > 1}


def _whole(known: Iterable[str], text: str) -> list[Span]:
    """Known ids and numbers, however they are spaced or hyphenated."""
    found: list[Span] = []
    for value in dict.fromkeys(known):
        letters = re.findall(r"[^\W_]", value)
        if len(letters) >= 4 and any(letter.isdigit() for letter in letters) and len(letters) <= 64:
            pattern = r"[\W_]{0,2}".join(map(re.escape, letters))
            places = re.finditer(rf"(?<![^\W_]){pattern}(?![^\W_])", text, re.IGNORECASE)
            found += [Span(place.start(), place.end(), Mask.ID) for place in places]
    return found


def _fold(text: str) -> str:
    """Lower case without accents, so that Müller, MULLER and muller are one name."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
