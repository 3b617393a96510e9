"""Write ``.env.example``: every environment variable, what it means, and its default.

``python -m deploy.environment > deploy/.env.example``; a test holds the file to the settings in the code.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from orchestrator.settings import Settings
from services.settings import ServiceSettings

ROOT = Path(__file__).resolve().parent.parent
SECTIONS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("The orchestrator and its worker", Settings),
    ("The specialist services", ServiceSettings),
    ("wetread up, on one machine", LocalSettings),
)


def variables(settings: type[BaseSettings]) -> dict[str, tuple[str, object]]:
    """Return each variable of one settings class with its meaning and default."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    return {
        "REDIS_URL" if name == "redis_url" else f"{prefix}{name}".upper(): (field.description or "", field.default)
        for name, field in settings.model_fields.items()
    }


def known() -> frozenset[str]:
    """Return every variable that some part reads."""
    return frozenset(name for _, settings in SECTIONS for name in variables(settings))


def example() -> str:
    """Return the text of ``.env.example``; a variable that two parts read is listed once."""
    lines = ["# Copy to .env and change what differs here. Made by python -m deploy.environment."]
    listed: set[str] = set()
    for title, settings in SECTIONS:
        lines += ["", f"# --- {title} ---"]
        for name, (meaning, default) in variables(settings).items():
            if name in listed:
                continue
            listed.add(name)
            lines += ["", *textwrap.wrap(meaning, 110, initial_indent="# ", subsequent_indent="# ")]
            lines.append(f"#{name}={_shown(default)}")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(int(default))
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        return str(default.relative_to(ROOT))
    return str(default)


if __name__ == "__main__":
    sys.stdout.write(example())
