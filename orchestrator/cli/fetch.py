"""``wetread fetch``: a study and its priors out of the hospital's archives."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption, start_parts
from orchestrator.cli.voice import Voice

LOOK_S = 0.5


def fetch(
    accession_number: Annotated[str, typer.Argument(help="The accession number, whole.", metavar="ACCESSION")],
    source: Annotated[
        str | None, typer.Option(help="One of [[sources]] in the hospital's file; all in order without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a study and its priors by accession number from the hospital's archives, to be drafted."""
    from orchestrator.cli.api import Api
    from orchestrator.errors import RefusedInput, Unavailable

    voice = Voice(as_json)
    api = Api(str(start_parts(voice).api_url))
    try:
        state = api.fetch(accession_number, source)
        while state.status == "queued":
            time.sleep(LOOK_S)
            state = api.fetched(state.fetch_id)
    except RefusedInput as error:
        raise voice.fail(Exit.REFUSED, str(error)) from None
    except Unavailable as error:
        raise voice.fail(Exit.UNAVAILABLE, str(error)) from None
    voice.result(state)
    if state.status == "failed":
        raise voice.fail(Exit.REFUSED, f"Nothing was fetched: {state.reason}.")
    voice.text(f"Fetched: {', '.join(state.study_ids)}")
