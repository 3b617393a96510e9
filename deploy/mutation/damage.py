"""Seeded mutations of bytes: each takes a file and a source of chance, and returns a damaged file."""

from __future__ import annotations

import random
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]
TELLING = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xfe\xff\xff\xff")
"""Lengths and counts at which arithmetic goes wrong."""


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    """Turn over one to thirty bits."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 30)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def overwrite(data: bytes, chance: random.Random) -> bytes:
    """Write chance over a stretch."""
    at, length = _stretch(data, chance)
    return data[:at] + chance.randbytes(length) + data[at + length :]


def cut_off(data: bytes, chance: random.Random) -> bytes:
    """End early."""
    return data[: chance.randrange(1, len(data))]


def cut_out(data: bytes, chance: random.Random) -> bytes:
    """Leave a stretch out."""
    at, length = _stretch(data, chance)
    return data[:at] + data[at + length :]


def repeat(data: bytes, chance: random.Random) -> bytes:
    """Say a stretch several times."""
    at, length = _stretch(data, chance)
    return data[:at] + data[at : at + length] * chance.randint(2, 20) + data[at + length :]


def telling_number(data: bytes, chance: random.Random) -> bytes:
    """Write a number over four bytes at which arithmetic goes wrong."""
    at = chance.randrange(max(len(data) - 4, 1))
    return data[:at] + chance.choice(TELLING) + data[at + 4 :]


def swap(data: bytes, chance: random.Random) -> bytes:
    """Exchange two halves of a stretch."""
    at, length = _stretch(data, chance)
    half = at + length // 2
    return data[:at] + data[half : at + length] + data[at:half] + data[at + length :]


BYTE_MUTATIONS: tuple[Mutation, ...] = (flip_bits, overwrite, cut_off, cut_out, repeat, telling_number, swap)


def _stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    at = chance.randrange(len(data))
    return at, min(chance.randint(1, 400), len(data) - at)
