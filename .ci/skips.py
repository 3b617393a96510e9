"""Fail when a test was skipped that is not on the list: ``skips.py TESTS.xml ALLOWED.txt``."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def skipped(report: Path) -> dict[str, str]:
    """Return test -> reason for every skipped test of a JUnit report."""
    cases = ET.parse(report).getroot().iter("testcase")
    found = ((case.get("classname", ""), case.get("name", ""), case.find("skipped")) for case in cases)
    return {f"{where}::{name}": skip.get("message", "") for where, name, skip in found if skip is not None}


def main() -> int:
    """Print each skip that nobody allowed."""
    lines = Path(sys.argv[2]).read_text().splitlines()
    allowed = {line.split("#")[0].strip() for line in lines} - {""}
    unexpected = {
        test: reason
        for test, reason in skipped(Path(sys.argv[1])).items()
        if not any(test == name or test.startswith(f"{name}[") for name in allowed)
    }
    for test, reason in unexpected.items():
        sys.stderr.write(f"skipped, and not in {sys.argv[2]}: {test}: {reason}\n")
    return 1 if unexpected else 0


if __name__ == "__main__":
    raise SystemExit(main())
