"""A process that works behind the API: it answers only how it stands, on loopback, until it is told to end."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from orchestrator.logs import log_to_stderr
from orchestrator.settings import Settings, settings_from_environment

GRACE_S = 5
"""How long what is under way may take to end."""


def serve(name: str, what: str, port: int, create_app: Callable[[Settings], FastAPI]) -> None:
    """Serve an application until SIGTERM or SIGINT.

    Parameters
    ----------
    name
        The module that is run, for its ``--help``.
    what
        What the process does, in a sentence.
    port
        Where it answers ``/livez``, ``/readyz`` and ``/metrics`` unless ``--port`` says another.
    """
    parser = argparse.ArgumentParser(prog=name, description=what)
    parser.add_argument("--port", type=int, default=port, help="where it answers /livez, /readyz and /metrics")
    chosen = int(parser.parse_args().port)
    settings = settings_from_environment()
    log_to_stderr(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host="127.0.0.1",
        port=chosen,
        timeout_graceful_shutdown=GRACE_S,
        access_log=False,
        server_header=False,
    )
