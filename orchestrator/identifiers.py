"""What an identifier looks like whoever it belongs to: the eighteen kinds of 45 CFR 164.514(b)(2), in three languages.

Each pattern is read over the text as it came; where two meet, the one that is looked for first names the place.
:mod:`orchestrator.masking` masks what is found here, and then every word that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple


class Mask(StrEnum):
    """What stands in the place of an identifier."""

    NAME = "[name]"
    PLACE = "[place]"
    DATE = "[date]"
    AGE = "[age over 89]"
    CONTACT = "[contact]"
    """Telephone, fax, e-mail, web and network addresses."""
    ID = "[id]"
    """Every number that stands for a person, a thing of theirs, or a record."""
    UNKNOWN = "[masked]"
    """A word or number that nobody recognised."""


class Span(NamedTuple):
    """A piece of a text, ``start`` to ``stop`` (exclusive), and what is put in its place."""

    start: int
    stop: int
    mask: Mask


_MONTH = (
    r"(?:jan(?:uary|uar|\.)?|feb(?:ruary|ruar|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|jun[ei]?|jul[yi]?|aug(?:ust|\.)?|"
    r"sept?(?:ember|\.)?|o[ck]t(?:ober|\.)?|nov(?:ember|\.)?|de[cz](?:ember|\.)?|märz|maerz|mai|enero|febrero|marzo|"
    r"abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|jän(?:ner)?)"
)
_WHOLE_MONTH = (
    r"(?:January|February|April|June|July|August|September|October|November|December|Januar|Februar|März|Mai|Juni|Juli|"
    r"Oktober|Dezember|(?:(?<=[a-z] )|(?<=, ))(?:March|May))"
)
"""Months that are nothing else; ``May`` and ``March`` not where a sentence begins."""
_FEAST = (
    r"(?:christmas|xmas|easter|new year(?:\W?s)?|thanksgiving|halloween|boxing day|good friday|whitsun|pentecost|"
    r"ramadan|diwali|hanukkah|weihnachten|heiligabend|ostern|karfreitag|pfingsten|silvester|neujahr|fasching|"
    r"navidad(?:es)?|nochebuena|nochevieja|semana santa|(?:día de )?reyes|pascua)"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+teenth|twentieth|"
    r"twenty[- ]\w+|thirtieth|thirty[- ]first)"
)
_AFTER_A_DAY = r"(?=\s*(?:[.,;:!?)]|$|(?:at|with|without|was|were|for|in|to|by|of last|of this|of next)\b))"
_CAP = r"[^\W\d_a-zà-öø-ÿß]"
"""A capital letter, accents included; patterns that use it mind the case."""
_LOW = r"[a-zà-öø-ÿß]"
_NAME_WORD = rf"(?:{_CAP}\.(?!\d)|{_CAP}(?:[\u2019'`]{_CAP})?{_LOW}+(?:{_CAP}{_LOW}+)?(?:[-\u2019'`]{_CAP}?{_LOW}+)*)"
PARTICLES = "de|del|la|las|los|von|van|der|den|zu|zum|y|da|dos|di|du|le|el|bin|al"
"""What may stand between the words of a name."""
_PARTICLE = rf"(?:{PARTICLES})"
_NAME = rf"{_NAME_WORD}(?:[ \t]+(?:{_PARTICLE}[ \t]+){{0,2}}{_NAME_WORD}){{0,3}}"
_TITLE = (
    r"(?:mrs?|ms|miss|mx|dr|drs|dra|prof|professor|sir|madam|herrn?|frau|fräulein|mme|sra?|srta|señora?|señorita|don|"
    r"doña|nurse|sister|rev|pfleger|schwester|enfermera|doctora?|hr|fr)"
)
_CUE = (
    r"(?:seen|signed|dictated|reviewed|referred|reported|requested|accompanied|brought in|treated|operated|read|"
    r"performed|verified|transcribed|ordered|authori[sz]ed|examined|witnessed|admitted) by|"
    r"(?:discussed|spoke|spoken|talked|lives?|living|stays|staying) with|spoke to|informed|telephoned|called|named|"
    r"name(?: is)?|patient|pt|daughter|son|wife|husband|mother|father|sister|brother|partner|friend|neighbou?r|carer|"
    r"guardian|aunt|uncle|cousin|niece|nephew|surgeon|consultant|attending|resident|registrar|radiographer|cc|attn|"
    r"attention|contact|nok|next of kin|proxy|known as|a\.?k\.?a\.?|née|nee|geb(?:oren)?\.?|signed|electronically"
)
_PLACE_CUE = (
    r"(?:operated|treated|imaged|scanned|admitted|examined|done|performed)\s+(?:at|in)|(?:lives?|living|resides?|residing|resident|born|stays|works?|transferred|moved|returned|comes?|came|wohnhaft|"
    r"reside|vive)\s+(?:in|at|from|to|near|on|en)"
)
_WAY = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|square|sq|way|terrace|close|"
    r"crescent|gardens|grove|parkway|hill|mews|row|walk|highway|hwy)"
)
_GERMAN_WAY = r"[^\W\d_]+(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|ring|damm|ufer|hof)"
_SPANISH_WAY = r"(?:calle|c/|avenida|avda\.?|av\.|paseo|plaza|pza\.?|camino|carrera|ronda|travesía)"
_INSTITUTION = (
    r"(?:hospital|hospice|clinic|infirmary|medical cent(?:er|re)|health cent(?:er|re)|nursing home|care home|surgery|"
    r"practice|university|school|college|church|klinik|klinikum|krankenhaus|spital|pflegeheim|universit[äa]t|residencia)"
)
_NUMBERED = (
    r"(?:mrn|m\.r\.n|nhs|ssn|chi|ehic|hicn|mbi|acc(?:ession)?|case|policy|insurance|account|acct|konto|cuenta|iban|"
    r"record|chart|file|licen[cs]e|lic|certificate|cert|passport|pass|id|dea|npi|gmc|lanr|bsnr|member|beneficiary|"
    r"subscriber|plan|group|hospital|unit|patient|pat|versicherten?|kranken\w*|fall|historia|expediente|afiliación|"
    r"póliza|dni|nie|nif|nuss|steuer\w*|vin|vehicle|plate|registration|reg|licence plate|kennzeichen|matrícula|serial|"
    r"s/n|sn|device|gerät\w*|pacemaker|icd|implant|lot|udi|model|imei|mac|fingerprint|iris|retina|voice ?print|"
    r"biometric|template|barcode|order|specimen|sample|study|trial|subject|participant|visit|encounter|ticket|"
    r"reference|ref|invoice|rechnung|factura|token|code|key|user|login|badge|employee|staff|locker)"
)
_ACTS = (
    r"(?:complains|reports|states|presents|presented|denies|attended|called|is an?|has (?:had|been)|"
    r"was (?:seen|admitted|brought|referred))"
)
"""What a person does whose name opens a sentence."""
_SAINT = r"(?:(?:St|Sankt|San|Santa)\.?\s+)?"
_OF = r"(?:of\s+|de\s+|del\s+|the\s+|and\s+)?"
_DIGIT_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_NO = r"(?:\s*(?:nos?|nr|num|number|nummer|número|numero|card|#|code|id|is|was|:|=|-|\.))*"

PATTERNS: tuple[tuple[Mask, re.Pattern[str]], ...] = tuple(
    (mask, re.compile(pattern, 0 if minds_case else re.IGNORECASE))
    for mask, pattern, minds_case in (
        (Mask.CONTACT, r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+", False),
        (Mask.CONTACT, r"\b(?:https?|ftp)://\S+|\bwww\.\S+", False),
        (Mask.CONTACT, r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|info|de|es|uk|eu|ch|at|io)\b\S*", False),
        (Mask.CONTACT, r"\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", False),
        (Mask.ID, r"\b\d+(?:\.\d+){3,}\b", False),
        (Mask.ID, r"\b[\w-]+(?:\s?\(\d+\))?\.(?:jpe?g|png|gif|tiff?|bmp|heic|dcm|pdf|docx?|wav|mp[34]|mov)\b", False),
        (Mask.DATE, r"\b(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d\d(?::\d\d)?)?\b", False),
        (Mask.DATE, r"\b\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(?:\d{4}|'?\d{2})\b(?![./-]?\d)", False),
        (Mask.DATE, r"\b(?:0?[1-9]|1[0-2])[/.](?:19|20)\d\d\b", False),
        (Mask.DATE, r"\b(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])\b(?![-/]?\d)", False),
        (Mask.DATE, r"\b\d{1,2}[./-]\s?(?:X?I{1,3}|I?[VX]|VI{1,3})[./-]\s?(?:(?:19|20)\d\d|'?\d\d)\b", True),
        (
            Mask.DATE,
            rf"\b(?:{_FEAST})(?: (?:eve|day|morning|sunday|monday))?(?:,?\s+(?:of\s+|de\s+)?(?:19|20)\d\d)?\b",
            False,
        ),
        (Mask.DATE, rf"\b(?:the\s+)?{_ORDINAL}\s+of\s+{_MONTH}(?!\w)(?:[\s,]+(?:19|20)\d\d)?", False),
        (
            Mask.DATE,
            rf"\b\d{{1,2}}\.?\s?(?:-|\u2013|to|and|bis|und|al?|y)\s?\d{{1,2}}\.?\s(?:de\s)?{_MONTH}(?!\w)",
            False,
        ),
        (Mask.DATE, rf"\b(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)\b{_AFTER_A_DAY}", False),
        (Mask.DATE, r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+(?:the\s+)?\d{1,2}(?:st|nd|rd|th)\b", False),
        (
            Mask.DATE,
            rf"\b(?:the\s+|den\s+|el\s+)?\d{{1,2}}(?:st|nd|rd|th|\.|º)?[\s.-]*(?:of\s+|de\s+)?{_MONTH}(?![^\W\d_])\.?"
            rf"[\s,.-]*(?:del?\s+)?(?:(?:19|20)\d\d|'\d\d\b|\d\d\b(?!\s*(?:year|y/?o|mm|cm|day|week|month)))?",
            False,
        ),
        (
            Mask.DATE,
            rf"\b{_MONTH}\.?\s+(?:the\s+)?\d{{1,2}}(?:\s?[-\u2013]\s?\d{{1,2}})?(?:st|nd|rd|th)?\b"
            r"(?:[\s,]+(?:(?:19|20)\d\d|'\d\d))?",
            False,
        ),
        (Mask.DATE, rf"\b{_MONTH}[\s,.'\u2019-]+(?:of\s+|del?\s+)?(?:(?:19|20)\d\d|'\d\d)\b", False),
        (Mask.DATE, rf"\b{_MONTH}[-'\u2019]\d\d\b", False),
        (Mask.DATE, rf"\b(?:early|mid|late|end of|beginning of)[ -]{_MONTH}(?!\w)", False),
        (
            Mask.DATE,
            r"\b(?:(?i:early|mid|late|the end of|the beginning of|anfang|mitte|ende|(?:a )?"
            rf"(?:primeros|mediados|finales) de)[ -])?{_WHOLE_MONTH}\b",
            True,
        ),
        (
            Mask.DATE,
            rf"(?<=\bin )(?:early |mid |late |mid-)?{_MONTH}\b|"
            r"(?:(?<=\bsince )|(?<=\blast )|(?<=\buntil )|(?<=\bfrom )|(?<=\bthis )|(?<=\bnext )|(?<=\bby )|"
            r"(?<=\bof )|(?<=\bseit )|(?<=\bim )|(?<=\bdesde ))(?!(?-i:may|march)\b)"
            rf"(?:early |mid |late )?{_MONTH}(?!\w)",
            False,
        ),
        (
            Mask.DATE,
            r"(?<![\d/.])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])(?![\d/])"
            r"(?!\s*(?:murmur|systolic|diastolic|pain|power|strength|nodes?|cores?|lobes?|ppd|packs?|mm|cm|hr|hours?))",
            False,
        ),
        (Mask.DATE, r"(?<![\d/.])(?:0?[1-9]|1[0-2])/[4-9]\d(?![\d/])", False),
        (Mask.DATE, r"\b(?:0?[1-9]|[12]\d|3[01])\.\s?(?:0?[1-9]|1[0-2])\.(?!\d)", False),
        (Mask.DATE, r"\b(?:19|20)\d\d\b", False),
        (
            Mask.AGE,
            r"\b(?:9\d|1[0-2]\d)\s*-?\s*(?:y\.?/?o\.?|yo[fm]?|yrs?|years?|y|[mf]|jährige?[rn]?|jahre|años)\b"
            r"(?:[\s-]*olds?\b|\s+alt\b)?",
            False,
        ),
        (Mask.AGE, r"\bage[d]?\s*(?:of|is)?\s*:?\s*(?:9\d|1[0-2]\d)\b", False),
        (Mask.AGE, rf"\b(?:ninety|a hundred|one hundred)(?:[\s-]{_DIGIT_WORD})?\b(?:[\s-](?:years?|yrs?))?", False),
        (Mask.ID, r"\b[A-Z]?\d{3}[-\s]\d{2}[-\s]\d{4}\b", False),
        (
            Mask.CONTACT,
            r"\b(?:tel|telephone|phone|ph|fax|mobile|mob|cell|pager|bleep|ext|extension|telefon|handy|tlf|teléfono|móvil|"
            r"whatsapp|call|ring)\b\.?(?:\s*(?:no|nr|number|is|on|at|:|#|\.))*\s*(?P<it>\+?\(?\d(?:[\s()/-]{0,3}\d|\.\d)+)",
            False,
        ),
        (Mask.CONTACT, r"(?<![\w.])\+?\(?\d{1,4}\)?(?:(?:[\s()\u2013-]{0,2}|\.)\d{2,}){2,}(?!\w)", False),
        (Mask.CONTACT, r"(?<![\w.])\+\d[\d\s()./-]{5,}\d|(?<![\w.,/])0\d{1,4}\s?[/-]\s?\d[\d\s-]{3,}\d", False),
        (Mask.CONTACT, r"(?<![\w.])\d{3}[-.]\d{4}(?!\w)", False),
        (Mask.ID, rf"\b{_NUMBERED}\b{_NO}\s*(?P<it>[A-Z]{{0,4}}[-/]?\d(?:[\w/.-]*\w)?)", False),
        (Mask.ID, r"\b\d{4,}/\d+\b|\b\d{4}[ -]?[A-Z]{3}\b", True),
        (Mask.ID, r"\b[A-Z]\d{1,3}\s?(?!MRI|CSF|CTA|CXR|MRA)[A-Z]{3}\b", True),
        (Mask.ID, r"\b[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}[EH]?\b", True),
        (Mask.ID, r"\b(?=[\w/.-]*\d)(?=[\w/.-]*[A-Za-z])[A-Za-z0-9]+(?:[-/._][A-Za-z0-9]+)+\b", False),
        (Mask.PLACE, rf"\b\d{{1,5}}[a-z]?,?\s+(?:[^\W\d_][\w\u2019'-]*\.?\s+){{1,3}}{_WAY}\b\.?", False),
        (
            Mask.PLACE,
            rf"\b(?:{_CAP}[\w\u2019'-]*\s+){{1,3}}(?:Street|Road|Avenue|Lane|Drive|Boulevard|Court|Square|Terrace|"
            rf"Crescent|Close|Gardens|Grove|Parkway|Mews|Highway)\b(?:\s+\d+\w?)?(?:,\s*{_NAME_WORD})?",
            True,
        ),
        (Mask.PLACE, rf"\b{_GERMAN_WAY}\s+\d+\s?[a-z]?\b", False),
        (
            Mask.PLACE,
            rf"\b(?i:am|an der|auf dem|zum|zur|im)\s+{_NAME_WORD}(?:\s+{_NAME_WORD})?\s+\d+\w?\b",
            True,
        ),
        (
            Mask.PLACE,
            rf"(?<!\w){_SPANISH_WAY}\s+(?:[^\W\d_]+\.?\s+){{0,4}}[^\W\d_]+"
            r"(?:,?\s*(?:nº|n\.º|no\.?|núm\.?)?\s*\d+\w?)?",
            False,
        ),
        (Mask.PLACE, r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", True),
        (Mask.PLACE, r"\b(?:p\.?\s?o\.?\s+box|postfach|apartado)\s+\d+", False),
        (Mask.PLACE, r"\b(?:apt|apartment|flat|suite|unit)\.?\s+\d+\w?\b", False),
        (
            Mask.PLACE,
            rf"\b{_SAINT}(?:{_NAME_WORD}\s+{_OF}){{1,4}}(?i:{_INSTITUTION})\b(?:\s(?:in|at|near)\s{_NAME_WORD})?",
            True,
        ),
        (Mask.PLACE, rf"\b(?i:{_INSTITUTION})\s+(?:de\s+|del\s+|la\s+|of\s+|zum\s+|am\s+|St\.?\s+)*{_NAME}", True),
        (Mask.PLACE, rf"\b(?i:{_PLACE_CUE})\s+(?:the\s+)?(?P<it>{_NAME}(?:,\s*{_NAME_WORD})?)", True),
        (
            Mask.NAME,
            rf"\b(?i:{_TITLE})\b\.?\s+(?:(?i:{_TITLE})\b\.?\s+|(?:med|rer|nat)\.\s+)*(?:{_PARTICLE}\s+)*{_NAME}",
            True,
        ),
        (Mask.NAME, rf"\b{_TITLE}\b\.?\s+[^\W\d_]{{2,}}", False),
        (Mask.NAME, rf"\b(?i:{_CUE})\b[\s:,(\-]{{1,3}}(?P<it>(?:(?i:{_TITLE})\b\.?\s+)?{_NAME})", True),
        (Mask.NAME, rf"(?:^|(?<=[.!?]\s)){_NAME_WORD}(?:\s+{_NAME_WORD})+(?=\s+{_ACTS}\b)", True),
        (Mask.NAME, rf"\b{_CAP}{{2,}},\s*{_CAP}{{2,}}\b(?=[\s,.;:]|$)|\b(?:{_CAP}\.\s?){{2,}}(?:{_NAME_WORD})?", True),
    )
)  # fmt: skip
"""Mask and pattern, in the order they are looked for; where a pattern has a part named ``it``, only that is masked."""


def spans_in(text: str, patterns: Iterable[tuple[Mask, re.Pattern[str]]] = PATTERNS) -> Iterator[Span]:
    """Return every piece of a text that looks like an identifier; pieces may overlap."""
    for mask, pattern in patterns:
        part = "it" if "it" in pattern.groupindex else 0
        for found in pattern.finditer(text):
            yield Span(found.start(part), found.end(part), mask)
