"""Why a message is not taken, in the words of table 0357."""

from __future__ import annotations

from typing import Literal

from orchestrator.errors import RefusedInput

CODES: dict[int, str] = {
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    207: "Application internal error",
}
"""Table 0357, as far as it is used."""

Answer = Literal["AE", "AR"]


class UnacceptableMessage(RefusedInput):
    """A message is not taken.

    Parameters
    ----------
    code
        Of table 0357.
    place
        Which field, such as ``PID-3``; a segment alone, or empty where it is the whole message.
    why
        In words, without a value of the message.
    answer
        ``AE`` where the sender can put the message right, ``AR`` where such a message is never taken.
    """

    def __init__(self, code: int, place: str, why: str, answer: Answer = "AE") -> None:
        super().__init__(f"{place or 'the message'}: {why}")
        self.code, self.place, self.why, self.answer = code, place, why, answer
