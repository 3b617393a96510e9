"""Damaged HL7 v2 over MLLP: every framed input has one framed reply, and the next good message is taken."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator

from deploy.mutation.damage import BYTE_MUTATIONS
from deploy.mutation.doors import Doors
from deploy.mutation.tally import Tally

START, END = b"\x0b", b"\x1c\r"
TOGETHER = 10
"""Messages on one connection, sent without waiting for their replies."""
AT_A_TIME = 4
REPLY_S = 30.0
CODES = frozenset({"AA", "AE", "AR", "CA", "CE", "CR"})
OUR_FAULT = "207"
"""Application internal error (table 0357)."""
TABLES = """
[[hl7]]
name = "mutation"
port = {hl7}
"""

MESSAGES: tuple[str, ...] = (
    "MSH|^~\\&|RIS|HOSP|IM|HOSP|20260302133500||ORM^O01|{id}|P|2.3\r"
    "PID|1||{who}^^^HOSP^MR||Byrne^Zoë||19580417|F\rPV1|1|O\rORC|NW|P{id}|F{id}||SC\r"
    "OBR|1|P{id}|F{id}|CXR^XR chest|||||||||cough \\T\\ fever||1^Nowak^Piotr||A{id}\r"
    "DG1|1|I10|R05^Cough^I10\rNTE|1||note",
    "MSH|^~\\&|OF|HOSP|IM|HOSP|20260302133500+0100||OMI^O23^OMI_O23|{id}|P|2.5.1|||AL|NE||UNICODE UTF-8\r"
    "PID|||{who}^^^HOSP&1.2.3&ISO^MR||Byrne^Ada||19580417|F\rORC|NW|P{id}^OF\rOBR|1|P{id}||36643-5^XR^LN\r"
    "IPC|A{id}|R{id}|1.2.826.0.1.{who}|S1|DX",
    "MSH|^~\\&|ADT|HOSP|IM|HOSP|20260302||ADT^A08|{id}|P|2.5.1\rEVN|A08|20260302\rPID|1||{who}^^^HOSP^MR||Byrne^Ada",
    "MSH|^~\\&|ADT|HOSP|IM|HOSP|20260302||ADT^A40|{id}|P|2.3.1\rPID|1||{who}^^^HOSP^MR\rMRG|9{who}^^^HOSP^MR",
    "MSH|^~\\&|RIS|HOSP|IM|HOSP|20260302||ORU^R01|{id}|P|2.4||||||8859/1\rPID|1||{who}^^^HOSP^MR||Byrne^Ada\r"
    "OBR|1||F{id}|CXR^XR chest|||20260131093000||||||||||||||||||F\r"
    "OBX|1|TX|59776-5^Findings^LN||No effusion.~Heart normal.||||||F",
)
Change = Callable[[list[list[str]], random.Random], None]


def case(number: int, seed: int) -> bytes:
    """Return a damaged message; the same number and seed make the same one."""
    chance = random.Random(f"hl7 {seed} {number}")
    message = good(number, chance)
    if chance.random() < 0.6:
        fields = [segment.split("|") for segment in message.split("\r")]
        for _ in range(chance.randint(1, 3)):
            chance.choice(CHANGES)(fields, chance)
        message = "\r".join("|".join(segment) for segment in fields)
    data = message.encode(chance.choice(["utf-8"] * 5 + ["latin-1"] * 3 + ["utf-16"]), "replace")
    for _ in range(chance.choice([0, 0, 0, 1, 1, 3])):
        data = chance.choice(BYTE_MUTATIONS)(data, chance) or b"\x00"
    return data.replace(START, b"").replace(b"\x1c", b"")


def good(number: int, chance: random.Random) -> str:
    """Return a message in which nothing is wrong."""
    return chance.choice(MESSAGES).format(id=f"M{number}", who=chance.randint(1, 50)) + "\r"


def _any(fields: list[list[str]], chance: random.Random) -> tuple[list[str], int]:
    segment = chance.choice([one for one in fields if one])
    return segment, chance.randrange(len(segment))


def _odd_value(fields: list[list[str]], chance: random.Random) -> None:
    segment, at = _any(fields, chance)
    odd = (
        '""',
        "^^^^",
        "~~~~",
        "&&",
        "\\X0D0A\\",
        "\\Z",
        "x" * 70,
        "9" * 400,
        "\x00",
        "^~\\&",
        "UNICODE UTF-16",
        "ORM^O99",
    )
    segment[at] = chance.choice(odd)


def _gone(fields: list[list[str]], chance: random.Random) -> None:
    segment, at = _any(fields, chance)
    del segment[at]


def _moved(fields: list[list[str]], chance: random.Random) -> None:
    chance.shuffle(fields)


def _again(fields: list[list[str]], chance: random.Random) -> None:
    fields.insert(chance.randrange(len(fields) + 1), list(chance.choice(fields)))


def _without(fields: list[list[str]], chance: random.Random) -> None:
    if len(fields) > 1:
        del fields[chance.randrange(len(fields))]


CHANGES: tuple[Change, ...] = (_odd_value, _odd_value, _gone, _moved, _again, _without)


def hl7(doors: Doors, count: int, seed: int) -> Tally:
    """Send so many damaged messages, several connections at a time."""
    return asyncio.run(_run(doors, count, seed))


async def _run(doors: Doors, count: int, seed: int) -> Tally:
    tally = Tally()
    batches = iter(range(0, count, TOGETHER))
    await asyncio.gather(*(_work(doors, batches, count, seed, tally) for _ in range(AT_A_TIME)))
    tally.deaths += doors.dead()
    return tally


async def _work(doors: Doors, batches: Iterator[int], count: int, seed: int, tally: Tally) -> None:
    for start in batches:
        if doors.dead():
            return
        numbers = range(start, min(start + TOGETHER, count))
        messages = [case(number, seed) for number in numbers]
        last = good(start + 10_000_000, random.Random(seed)).encode()
        replies = await _conversation(doors, [*messages, last])
        tally.sent += len(messages)
        if len(replies) != len(messages) + 1:
            tally.hung.append(f"{start}:{len(replies)}")
            continue
        for number, reply in zip(numbers, replies, strict=False):
            _count(number, reply, tally)
        if _code(replies[-1])[0] not in {"AA", "CA"}:
            tally.unserved.append(f"{start}:{_code(replies[-1])}")


async def _conversation(doors: Doors, messages: list[bytes]) -> list[bytes]:
    """Return the replies that came, of one connection."""
    reader, writer = await asyncio.open_connection(doors.host, doors.hl7, limit=2**20)
    replies: list[bytes] = []
    try:
        writer.write(b"".join(START + message + END for message in messages))
        await writer.drain()
        for _ in messages:
            reply = await asyncio.wait_for(reader.readuntil(END), REPLY_S)
            replies.append(reply[1:-2] if reply.startswith(START) else b"")
        writer.write_eof()
        if await asyncio.wait_for(reader.read(1), REPLY_S):
            replies.append(b"one too many")
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()
    return replies


def _count(number: int, reply: bytes, tally: Tally) -> None:
    code, error = _code(reply)
    tally.answers[f"hl7 {code} {error}".strip()] += 1
    if code not in CODES or error == OUR_FAULT:
        tally.server_errors.append(f"{number}:{code}:{error}")


def _code(reply: bytes) -> tuple[str, str]:
    """Return MSA-1 and the code of ERR."""
    segments = {line[:3]: line.split(b"|") for line in reply.split(b"\r")}
    code = segments.get(b"MSA", [b"", b""])[1].decode("ascii", "replace")
    error = segments.get(b"ERR", [])
    coded = error[3] if len(error) > 3 else error[1].rpartition(b"^")[2] if len(error) > 1 else b""
    return code, coded[:3].decode("ascii", "replace")
