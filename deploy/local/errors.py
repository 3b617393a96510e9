"""What can go wrong when the parts are started or ended.

::

    LocalError
    └── DidNotStart        the parts, or their supervisor, did not become ready
"""

from __future__ import annotations


class LocalError(Exception):
    """The parts of this machine are not as they should be."""


class DidNotStart(LocalError):
    """The parts, or their supervisor, did not become ready."""
