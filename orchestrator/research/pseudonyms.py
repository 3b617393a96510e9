"""What stands in for a UID, a date, a name: the same each time under the same secret, and of no use without it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAYS = 3650
DUMMIES = {
    "AE": "REMOVED", "AS": "000Y", "CS": "REMOVED", "DA": "19000101", "DS": "0", "DT": "19000101000000", "IS": "0",
    "LO": "REMOVED", "LT": "REMOVED", "PN": "REMOVED", "SH": "REMOVED", "ST": "REMOVED", "TM": "000000",
    "UC": "REMOVED", "UR": "about:blank", "UT": "REMOVED",
}  # fmt: skip
"""A value that is valid for each text VR (PS3.5 6.2) and says nothing."""


@dataclass(frozen=True)
class Pseudonyms:
    """Stand-ins under one secret."""

    secret: bytes

    def uid(self, uid: str) -> str:
        """Return another UID under ``2.25`` (PS3.5 B.2)."""
        return f"2.25.{int.from_bytes(self._digest('uid', uid)[:16], 'big')}"

    def name(self, patient_key: str) -> str:
        """Return what a patient is called instead: 16 letters and digits."""
        return self._digest("patient", patient_key).hex()[:16].upper()

    def shifted(self, value: str, patient_key: str) -> str:
        """Return a DA or DT value moved back by the patient's own number of days.

        A value that is no date becomes empty: what cannot be read cannot be shifted.
        """
        try:
            day = datetime.strptime(value[:8], "%Y%m%d") - timedelta(days=self._days(patient_key))
        except (ValueError, OverflowError):
            return ""
        return f"{day.year:04}{day:%m%d}{value[8:]}"

    def _days(self, patient_key: str) -> int:
        return 1 + int.from_bytes(self._digest("days", patient_key)[:8], "big") % _DAYS

    def _digest(self, purpose: str, value: str) -> bytes:
        return hmac.new(self.secret, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
