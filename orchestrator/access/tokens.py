"""Bearer tokens of the hospital's identity provider (OpenID Connect Core 1.0, section 3.1.3.7; RFC 7519, RFC 8725).

A token is believed when one of the issuer's own keys (JWKS) signed it, with an asymmetric algorithm of the list here,
for this audience, and its time is now. Its roles are those of ours that its claim names; others mean nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import jwt
from jwt.exceptions import PyJWTError

from orchestrator.access.person import EVERY_DEPARTMENT, How, Person, Role
from orchestrator.errors import Misconfigured, NotKnown, Unavailable

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones only: with HS256 whoever can read the public key could sign (RFC 8725, section 2.1)."""
_LEEWAY_S = 30
_KEYS_ARE_FRESH_S = 600.0
_ASK_AGAIN_AFTER_S = 30.0
"""A token with an unknown key makes us ask the issuer at most so often."""
_LONGEST_TOKEN = 16 * 1024


class Believed(NamedTuple):
    """Whom a token names, and until when."""

    person: Person
    until: datetime


class Issuer:
    """One OpenID Connect issuer.

    Parameters
    ----------
    url
        As its tokens name it (``iss``); https, or http on this machine.
    audience
        What its tokens for us name as ``aud``.
    roles_claim, departments_claim
        Where a token holds roles and departments; dots lead into objects (``realm_access.roles``). Without a claim for
        departments every token sees all of them.
    """

    def __init__(
        self, url: str, audience: str, roles_claim: str, departments_claim: str | None, client: httpx.AsyncClient
    ) -> None:
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise Misconfigured("WETREAD_OIDC_ISSUER must be https")
        self._url, self._audience = url, audience
        self._roles_claim, self._departments_claim = roles_claim, departments_claim
        self._client = client
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = -_KEYS_ARE_FRESH_S
        self._asking = asyncio.Lock()

    async def believe(self, token: str) -> Believed:
        """Return whom a token names.

        Raises
        ------
        NotKnown
            If it is none of this issuer's, not for us, or its time is not now.
        Unavailable
            If the issuer's keys are needed and it does not answer.
        """
        if len(token) > _LONGEST_TOKEN:
            raise NotKnown("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            claims = jwt.decode(
                token,
                key.key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self._url,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except PyJWTError as error:
            raise NotKnown("the token is not one of this issuer's for us, or its time is over") from error
        return Believed(self._person(claims), datetime.fromtimestamp(float(claims["exp"]), UTC))

    async def _key(self, kid: str) -> jwt.PyJWK:
        age = time.monotonic() - self._asked_at
        if (kid not in self._keys and age > _ASK_AGAIN_AFTER_S) or age > _KEYS_ARE_FRESH_S:
            async with self._asking:
                if time.monotonic() - self._asked_at >= age:
                    await self._fetch_keys()
        if kid not in self._keys:
            raise NotKnown("the token is signed with no key of its issuer")
        return self._keys[kid]

    async def _fetch_keys(self) -> None:
        """Ask the issuer where its keys are, and take those that sign; what cannot be read is left out."""
        try:
            found = await self._client.get(f"{self._url.rstrip('/')}/.well-known/openid-configuration")
            configuration = found.raise_for_status().json()
            if configuration.get("issuer") != self._url:
                raise Unavailable("the OpenID Connect issuer calls itself otherwise than WETREAD_OIDC_ISSUER")
            keys = (await self._client.get(configuration["jwks_uri"])).raise_for_status().json()
            read = jwt.PyJWKSet.from_dict(keys).keys
        except (httpx.HTTPError, ValueError, KeyError, AttributeError, PyJWTError) as error:
            raise Unavailable("the OpenID Connect issuer does not say its keys") from error
        self._keys = {str(key.key_id): key for key in read if key.key_id and key.public_key_use in {None, "sig"}}
        self._asked_at = time.monotonic()

    def _person(self, claims: dict[str, object]) -> Person:
        roles = frozenset(Role(name) for name in _words(_claim(claims, self._roles_claim)) if name in set(Role))
        departments = frozenset({EVERY_DEPARTMENT})
        if self._departments_claim is not None:
            departments = frozenset(_words(_claim(claims, self._departments_claim)))
        name = claims.get("name")
        name = name.strip()[:200] if isinstance(name, str) and name.strip() else None
        return Person(
            subject=str(claims["sub"])[:255],
            name=name,
            roles=roles,
            departments=departments,
            how=How.TOKEN,
            is_human=name is not None,
        )


def _claim(claims: dict[str, object], path: str) -> object:
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _words(claim: object) -> Iterable[str]:
    """A list of words, or one text of them, as ``scope`` is."""
    if isinstance(claim, str):
        return claim.split()
    return [word for word in claim if isinstance(word, str)] if isinstance(claim, list) else []
