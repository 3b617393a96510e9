"""``python -m deploy.mutation dicom|pictures|hl7 --count N [--seed S]``: exit code 0 when nothing died or hung."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable

from deploy.mutation import hl7 as messages
from deploy.mutation.campaign import DICOM, PICTURES, Send, campaign
from deploy.mutation.doors import open_doors
from deploy.mutation.tally import Tally


async def _run(ways: tuple[Send, ...], count: int, seed: int) -> Tally:
    with open_doors() as doors:
        async with campaign(doors, seed) as opened:
            return await opened.run(count, ways)


def dicom(count: int, seed: int) -> Tally:
    """Damaged DICOM over C-STORE, STOW-RS and upload, and damaged streams at the DICOM port."""
    return asyncio.run(_run(DICOM, count, seed))


def pictures(count: int, seed: int) -> Tally:
    """Damaged PNG, JPEG and zip by upload."""
    return asyncio.run(_run(PICTURES, count, seed))


def hl7(count: int, seed: int) -> Tally:
    """Damaged HL7 v2 over MLLP."""
    with open_doors(messages.TABLES) as doors:
        return messages.hl7(doors, count, seed)


KINDS: dict[str, Callable[[int, int], Tally]] = {"dicom": dicom, "pictures": pictures, "hl7": hl7}


def main() -> int:
    """Run one kind of campaign and print what came of it."""
    parser = argparse.ArgumentParser(prog="deploy.mutation", description="Damaged input through every door.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    started = time.monotonic()
    tally = KINDS[chosen.kind](chosen.count, chosen.seed)
    sys.stdout.write(f"{tally.table()}\n{time.monotonic() - started:.0f} s, seed {chosen.seed}\n")
    return 0 if tally.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
