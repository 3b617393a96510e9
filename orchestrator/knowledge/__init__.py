"""What is known about reading films: passages written here with their sources, and a site's own documents."""

from orchestrator.knowledge.library import Hit, Library
from orchestrator.knowledge.passage import Passage, Source

__all__ = ["Hit", "Library", "Passage", "Source"]
