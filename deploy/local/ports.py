"""Free ports on the loopback address, kept from one start to the next where they are still free."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping, Sequence

from deploy.local.errors import LocalError

LOWEST, HIGHEST = 20_000, 32_000
"""Below Linux's ephemeral range (32768 and up), so that no outgoing connection takes a port between two restarts."""


def is_free(port: int) -> bool:
    """Say whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose(names: Sequence[str], earlier: Mapping[str, int]) -> dict[str, int]:
    """Return a port for each name: the earlier one if it is free, else another.

    Raises
    ------
    LocalError
        If no free port is found.
    """
    chosen: dict[str, int] = {}
    for name in names:
        port = earlier.get(name, 0)
        if not port or port in chosen.values() or not is_free(port):
            port = _any(set(chosen.values()))
        chosen[name] = port
    return chosen


def _any(taken: set[int]) -> int:
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        if port not in taken and is_free(port):
            return port
    raise LocalError(f"no free port between {LOWEST} and {HIGHEST} on 127.0.0.1")
