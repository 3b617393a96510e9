"""Identities sealed under a key from outside: AES-256-GCM (NIST SP 800-38D), a fresh nonce each, bound to its place.

The key is 32 bytes in base64, one a line of a file, or in the environment; never in the database. The first key seals;
all of them open, so that a key can be changed while entries under the old one are still there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orchestrator.errors import Misconfigured

KEY_BYTES = 32
_NONCE_BYTES = 12
_EXPECTED = "expected one key a line: 32 bytes in base64, as wetread vault key prints"


class Keys:
    """Opens with every key, seals with the first.

    Raises
    ------
    Misconfigured
        If there is no key, or one is not 32 bytes in base64. The message never holds a key.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        keys = [_key(line) for line in lines if line.strip()]
        if not keys:
            raise Misconfigured(f"the vault has no key; {_EXPECTED}")
        self._ciphers = {key_id_of(key): AESGCM(key) for key in keys}
        self.current = key_id_of(keys[0])
        """Which key seals, by the first digits of its hash."""

    def seal(self, content: bytes, place: str) -> str:
        """Return content encrypted, in base64; it opens at the same ``place`` only."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(nonce, content, place.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, key_id: str, place: str) -> bytes:
        """Return what was sealed.

        Raises
        ------
        Misconfigured
            If the key it was sealed with is not given, or it was changed or moved since.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Misconfigured("the vault's entry was sealed with a key that is not given; expected that key too")
        try:
            content = base64.b64decode(sealed, validate=True)
            return cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], place.encode())
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise Misconfigured("the vault's entry was changed since it was sealed; it stays closed") from error


def new_key() -> str:
    """Return a key by chance, in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_id_of(key: bytes) -> str:
    """Return what names a key and does not give it away."""
    return hashlib.sha256(b"wetread vault key\0" + key).hexdigest()[:16]


def _key(line: str) -> bytes:
    try:
        key = base64.b64decode(line.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Misconfigured(f"a key of the vault is not base64; {_EXPECTED}") from error
    if len(key) != KEY_BYTES:
        raise Misconfigured(f"a key of the vault has {len(key)} bytes; {_EXPECTED}")
    return key
