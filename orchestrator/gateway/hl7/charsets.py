"""Character sets of MSH-18 (HL7 v2 2.14.9.18, table 0211), under the names that senders really use."""

from __future__ import annotations

import codecs
import re

_PARTS = {1: "latin_1", **{part: f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)}}

CODECS: dict[str, str] = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf_8",
    **{f"8859/{part}": codec for part, codec in _PARTS.items()},
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
}
"""Table 0211: the character sets that are taken."""

UNFRAMEABLE = frozenset({"UTF16", "UTF32", "UNICODEUTF16", "UNICODEUTF32", "UCS2"})
"""Their bytes can be MLLP's own; HL7 forbids them there (2.14.9.18)."""

_ALIASES = {
    "UTF8": "UNICODE UTF-8",
    "UNICODE": "UNICODE UTF-8",
    "UNICODEUTF8": "UNICODE UTF-8",
    "ISOIR192": "UNICODE UTF-8",
    "USASCII": "ASCII",
    "ISOIR6": "ASCII",
    "ANSI": "windows_1252",
    "WINDOWS1252": "windows_1252",
    "CP1252": "windows_1252",
    "WINDOWS1250": "cp1250",
    "CP1250": "cp1250",
    "WINDOWS1251": "cp1251",
    "LATIN1": "8859/1",
    "ISOIR100": "8859/1",
    "ISOIR101": "8859/2",
    "ISOIR109": "8859/3",
    "ISOIR110": "8859/4",
    "ISOIR144": "8859/5",
    "ISOIR127": "8859/6",
    "ISOIR126": "8859/7",
    "ISOIR138": "8859/8",
    "ISOIR148": "8859/9",
    "ISOIR203": "8859/15",
    "GB18030": "GB 18030-2000",
    "BIG5": "BIG-5",
    "KSX1001": "KS X 1001",
    "ISOIR14": "ISO IR14",
    "ISOIR87": "ISO IR87",
    "ISOIR159": "ISO IR159",
}
"""What vendors send instead, letters and digits only: DICOM's defined terms, Windows' and MIME's names."""


def codec_of(charset: str) -> str | None:
    """Return Python's codec for a value of MSH-18; ``None`` where it is none that is known."""
    folded = re.sub(r"[^A-Z0-9]", "", charset.upper())
    known = {re.sub(r"[^A-Z0-9]", "", name): codec for name, codec in CODECS.items()}
    if folded in known:
        return known[folded]
    if folded in _ALIASES:
        alias = _ALIASES[folded]
        return CODECS.get(alias, alias)
    part = re.fullmatch(r"(?:ISO)?8859(\d{1,2})", folded)
    return _PARTS.get(int(part[1])) if part else None


def guessed(data: bytes) -> str:
    """Return the codec of bytes about which nobody said anything: UTF-8 where they are, else 8859/1."""
    try:
        codecs.decode(data, "utf_8")
    except UnicodeDecodeError:
        return "latin_1"
    return "utf_8"
