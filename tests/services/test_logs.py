"""A log says where something went wrong, never what the values were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import structlog
from services.logs import log_to_stderr
log_to_stderr()
def read(name):
    raise ValueError("cannot read")
try:
    read("MUELLER^ANNA")
except ValueError:
    structlog.get_logger().exception("specialist_failed")
"""


def test_a_traceback_holds_no_values() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert '"name": "read"' in done.stderr
    assert "MUELLER" not in done.stderr.replace('read("MUELLER^ANNA")', "")
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
