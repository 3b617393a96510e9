"""``python -m deploy.endurance``: 500 studies, 200 kills, an installation of its own in a folder of its own.

Every part runs as ``wetread up`` runs it, the specialists in one process and without a language model (drafts are the
plain list), so that the time goes into what is to be shown. The result is JSON on standard output; exit code 1 where
anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from deploy.bench.films import draw
from deploy.endurance.campaign import Killer, Sender, run
from deploy.endurance.receivers import Receivers
from deploy.local import control
from deploy.local.state import RunFolder, State
from orchestrator.records import Records

_NOWHERE = "http://127.0.0.1:9"
_SPARED = {"language"}


def main() -> int:
    """Run a campaign and say how it ended."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="wetread-endurance-") as place:
        folder, receivers = RunFolder(Path(place) / "run"), Receivers(asked.seed)
        films = [path.read_bytes() for path in draw(Path(place) / "films", asked.films)]
        (Path(place) / "secret").write_text("of both")
        (Path(place) / "hospital.toml").write_text(receivers.hospital_file(f"{place}/secret"))
        os.environ |= {
            "WETREAD_RUN": str(folder.path),
            "WETREAD_HOSPITAL": f"{place}/hospital.toml",
            "WETREAD_LANGUAGE_URL": _NOWHERE,
            "WETREAD_JOB_IDLE_S": "5",
            "WETREAD_JOB_ATTEMPTS": "20",
        }
        try:
            state = control.up(folder, True, lambda _: None)
            return _campaign(asked, folder, state, receivers, films)
        finally:
            control.down(folder)


def _campaign(
    asked: argparse.Namespace, folder: RunFolder, state: State, receivers: Receivers, films: list[bytes]
) -> int:
    records = Records.open(state.environment["WETREAD_DATABASE_URL"])

    def pids() -> dict[str, int]:
        now = control.status(folder)
        parts = now.parts if now else ()
        return {one.name: one.pid for one in parts if one.pid and one.name not in _SPARED}

    told = run(
        records,
        receivers,
        Sender(lambda: state.api_url or _NOWHERE, asked.patience_s),
        Killer(pids, asked.kills, asked.mean_s, asked.seed),
        films=films,
        studies=asked.studies,
        patience_s=asked.patience_s,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    records.close()
    sys.stdout.write(told.model_dump_json(indent=2) + "\n")
    return 0 if told.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.endurance", description=__doc__)
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mean-s", type=float, default=6.0, help="mean time between two kills")
    parser.add_argument("--films", type=int, default=8, help="how many different films are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience-s", type=float, default=7200.0)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
