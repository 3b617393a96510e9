"""``wetread replay STUDY_ID``: the draft again from the record, and whether the bytes agree."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption, settings_in_force
from orchestrator.cli.voice import Voice


def replay(
    study_id: Annotated[str, typer.Argument(metavar="STUDY_ID", help="A study that has a draft.")],
    as_json: JsonOption = False,
) -> None:
    """Make a draft again from the record and say whether it is the same, byte for byte; exit code 5 when it is not."""
    from orchestrator.errors import Misconfigured, NotFound, Unavailable
    from orchestrator.replay import Replayed
    from orchestrator.replay import replay as made_again
    from orchestrator.settings import Settings
    from orchestrator.wiring import open_parts, open_records

    async def ask(settings: Settings) -> Replayed:
        records, parts = open_records(settings), open_parts(settings)
        try:
            study, kept = records.orders.with_earlier(records.study(study_id)), records.draft(study_id)
            return await made_again(study, kept, records.specialist_results(study_id), parts)
        finally:
            await parts.close()
            records.close()

    voice = Voice(as_json)
    try:
        told = asyncio.run(ask(settings_in_force()))
    except NotFound as error:
        raise voice.fail(Exit.REFUSED, str(error), "a study that has a draft") from None
    except (Misconfigured, Unavailable) as error:
        raise voice.fail(Exit.UNAVAILABLE, str(error)) from None
    voice.result(told)
    if told.agrees:
        voice.text("The same draft, byte for byte, apart from its id and times.")
        return
    reasons = "; ".join(told.made_with) or f"these parts came out otherwise: {', '.join(told.differs)}"
    voice.text(f"Not the same draft: {reasons}.")
    raise typer.Exit(int(Exit.PROBLEMS))
