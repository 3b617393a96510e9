"""Made-up clinical notes whose every identifier is labelled: eighteen kinds, names of three languages, trap words.

The development set is what the patterns were written against; the held-out set has other sentences, other names and
other ways to write. A note is the same each time for its set, seed and number.
"""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from services.contract import Fact

SETS = ("development", "held_out", "fresh")
LANGUAGES = ("en", "de", "es")
KINDS = {
    "name": "names", "place": "geographic units", "date": "dates", "age": "ages over 89", "phone": "telephone numbers",
    "fax": "fax numbers", "email": "e-mail addresses", "ssn": "social security numbers",
    "mrn": "medical record numbers", "plan": "health plan numbers", "account": "account numbers",
    "licence": "certificate and licence numbers", "vehicle": "vehicle identifiers", "device": "device identifiers",
    "url": "web addresses", "ip": "network addresses", "biometric": "biometric identifiers",
    "photo": "face photographs (by file name)", "other": "any other unique number",
}  # fmt: skip
"""The eighteen of 45 CFR 164.514(b)(2)(i), ages apart from dates."""
Set = Literal["development", "held_out", "fresh"]


class Words(Fact):
    """What the notes of one set are made of."""

    clinical: tuple[str, ...]
    traps: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]
    all: dict[str, tuple[str, ...]]
    en: dict[str, tuple[str, ...]]
    de: dict[str, tuple[str, ...]]
    es: dict[str, tuple[str, ...]]

    def of(self, language: str) -> dict[str, tuple[str, ...]]:
        """Return the ways to write each kind in a language."""
        spoken = {"en": self.en, "de": self.de, "es": self.es}[language]
        return {**self.all, **spoken}


class Label(NamedTuple):
    """An identifier: where it stands (``stop`` exclusive) and of which kind it is."""

    start: int
    stop: int
    kind: str


class Note(NamedTuple):
    """A note, its identifiers, and what the header of its study would say."""

    language: str
    text: str
    labels: tuple[Label, ...]
    known: tuple[str, ...]
    """The patient's own name, id and birth date; other people's are in no header."""
    trap: tuple[int, int]
    """Where the words stand that look like an identifier and are medicine."""


def notes(which: Set, count: int, seed: int = 0) -> Iterator[Note]:
    """Make notes; every kind comes in turn, in every language."""
    words = words_of(which)
    for number in range(count):
        chance = random.Random(f"{which} {seed} {number}")
        language = LANGUAGES[number % len(LANGUAGES)]
        yield _note(words, language, number // len(LANGUAGES), chance)


@lru_cache(maxsize=3)
def words_of(which: Set) -> Words:
    """Read what a set is made of."""
    path = Path(__file__).with_name(f"{which}.toml")
    return Words.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def _note(words: Words, language: str, turn: int, chance: random.Random) -> Note:
    ways, kinds = words.of(language), tuple(KINDS)
    wanted = {kinds[turn % len(kinds)], *chance.sample(kinds, 2)}
    chosen = [chance.choice([form for kind, form in words.sentences if kind == one]) for one in sorted(wanted)]
    trap_words = chance.choice(words.traps)
    order = [*chosen, *chance.sample(words.clinical, 2), trap_words]
    chance.shuffle(order)
    patient = _filled("{given} {family}", ways, chance)
    known = (patient, _filled("K######", ways, chance), "19470311")
    text, labels, trap = "", [], (0, 0)
    for form in order:
        before, slot, after = re.fullmatch(r"([^{]*)(?:\{(\w+)\})?(.*)", form).groups()  # type: ignore[union-attr]
        trap = (len(text), len(text) + len(form)) if form == trap_words else trap
        text += before
        if slot:
            value = (
                patient
                if slot == "name" and chance.random() < 0.3
                else _filled(chance.choice(ways[slot]), ways, chance)
            )
            labels.append(Label(len(text), len(text) + len(value), slot))
            text += value
        text += after + " "
    return Note(language, text.rstrip(), tuple(labels), known, trap)


def _filled(form: str, ways: dict[str, tuple[str, ...]], chance: random.Random) -> str:
    """Fill a form with chance: ``#`` a digit, ``@`` a letter, words in braces one of their list."""
    year = chance.randint(1938, 2024)
    values = {"d": chance.randint(1, 28), "m": f"{chance.randint(1, 12):02}", "y": year, "yy": f"{year % 100:02}"}
    if "@" in form and "{" in form and "example" in form:
        words = {name: _plain(chance.choice(ways[name])) for name in ("given", "family")}
        return form.format(**values, **words)
    made = re.sub(r"#", lambda _: str(chance.randint(0, 9)), form)
    made = re.sub(r"@", lambda _: chance.choice("ABCDEFGHJKLMNPRSTUVWXYZ"), made)
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1]) or chance.choice(ways[found[1]])), made)


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())
