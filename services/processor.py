"""What this machine computes with."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """Return the model and instruction sets of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(("model name", "flags"))))


def computes_in_bf16() -> bool:
    """Whether the processor has bf16 arithmetic; without it bf16 is emulated and slow."""
    return any(flag in processor() for flag in ("avx512_bf16", "amx_bf16"))
