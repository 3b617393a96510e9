"""A supervisor over two small real parts: ``python -m tests.deploy.small_installation RUN_FOLDER [broken] [slow]``.

``tree`` has a grandchild that leaves its session, like vLLM's engine; ``server`` listens on a free port.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deploy.local import processes
from deploy.local.parts import Installation, Part, answers_ok
from deploy.local.state import RunFolder
from deploy.local.supervisor import Supervisor

TREE = """
import pathlib, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
BROKEN = "raise SystemExit('no libnuma here')"
BUSY = """
import pathlib, sys, time
began = time.process_time()
while time.process_time() - began < 6.0:
    pass
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
ASLEEP = "import time; time.sleep(600)"
PATIENCE_S = 1.5
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""


def small_installation(folder: RunFolder, port: int) -> Installation:
    url = f"http://127.0.0.1:{port}/"
    serve = ("-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder.logs))
    grown, deaf = folder.path / "grown", folder.path / "deaf"
    broken = (Part("broken", (sys.executable, "-c", BROKEN), lambda: False),)
    worked = folder.path / "worked"
    slow = (
        Part("busy", (sys.executable, "-c", BUSY, str(worked)), worked.exists, patience_s=PATIENCE_S),
        Part("asleep", (sys.executable, "-c", ASLEEP), lambda: False, patience_s=PATIENCE_S),
    )
    return Installation(
        (
            Part("server", (sys.executable, *serve), lambda: answers_ok(url), lambda: answers_ok(url), url=url),
            Part("tree", (sys.executable, "-c", TREE, str(grown)), grown.exists, after=("server",)),
            Part("stubborn", (sys.executable, "-c", STUBBORN, str(deaf)), deaf.exists),
            Part("absent", (), lambda: True, off="not on this machine"),
            *(broken if "broken" in sys.argv else ()),
            *(slow if "slow" in sys.argv else ()),
        ),
        {processes.MARK: folder.mark},
    )


if __name__ == "__main__":
    from deploy.local import ports

    run_folder = RunFolder(Path(sys.argv[1]))
    run_folder.make()
    os.environ[processes.MARK] = run_folder.mark
    chosen = ports.choose(("server",), {})
    parts = small_installation(run_folder, chosen["server"])
    Supervisor(run_folder, parts, chosen, patience_at_end_s=1).run()
