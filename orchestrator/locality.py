"""Which addresses are of this house, and what may leave for any other.

A language model is local where its address is on this machine, or its host is named in ``WETREAD_LOCAL_HOSTS``. Before
one that is not, free text fails closed: a text goes only where everything masked in it was recognised for what it was
and a second look finds nothing more; else it stays here and the draft says so.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from orchestrator.identifiers import Mask
from orchestrator.masking import mask
from orchestrator.untrusted import CLOSES, OPENS, FreeText
from services.contract import Limitation, LimitationReason

SOURCE = "deidentify"


def is_local(url: str, hosts: Iterable[str] = ()) -> bool:
    """Whether an address is of this house: loopback, or a host by its exact name; what cannot be read is not."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if host == "localhost" or host in {name.strip().lower() for name in hosts if name.strip()}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_leave(text: str) -> bool:
    """Whether a masked text is sure enough for another house: nothing unknown in it, nothing left to find."""
    return Mask.UNKNOWN not in text and not mask(text.replace("[", " ").replace("]", " "), ()).spans


class Leaving(NamedTuple):
    """What a language model is shown, and what is kept from it."""

    texts: tuple[FreeText, ...]
    limitations: tuple[Limitation, ...]


def for_model(texts: Sequence[FreeText], local: bool) -> Leaving:
    """Return the texts that a model may be shown, and a limitation for each that stays here."""
    if local:
        return Leaving(tuple(texts), ())
    kept = tuple(text for text in texts if may_leave(text.text))
    stays = dict.fromkeys(str(text.source) for text in texts if text not in kept)
    return Leaving(kept, tuple(_withheld(source) for source in stays))


def holds_doubtful_text(prompt: str) -> bool:
    """Whether the fenced block of a prompt holds a line that may not leave the house."""
    quoted = [part.partition(CLOSES)[0] for part in prompt.split(OPENS)[1:]]
    lines = [line.partition(": ")[2] or line for block in quoted for line in block.splitlines() if line.strip()]
    return not all(may_leave(line) for line in lines)


def _withheld(source: str) -> Limitation:
    return Limitation(
        what=source,
        reason=LimitationReason.WITHHELD,
        detail=f"The {source} was kept from the language model, which is not local: it may still name somebody.",
        source=SOURCE,
    )
