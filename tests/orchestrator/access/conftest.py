"""An installation where access is on, its keys, and a small OpenID Connect issuer that signs real tokens."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from orchestrator.access import Role
from tests.orchestrator.quick_app import quick_app


class SmallIssuer:
    """Serves its configuration and its keys over HTTP, as an identity provider does, and signs what it is asked to."""

    def __init__(self) -> None:
        self.keys = {"rsa-1": rsa.generate_private_key(65537, 2048), "ec-1": ec.generate_private_key(ec.SECP256R1())}
        self.published = ["rsa-1", "ec-1"]
        self.asked = 0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/realms/hospital"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, kid: str = "rsa-1", algorithm: str = "RS256", key=None, header=None, **claims) -> str:
        now = time.time()
        said = {
            "iss": self.url,
            "aud": "wetread",
            "sub": "ada",
            "name": "Dr Ada Nowak",
            "roles": ["radiologist"],
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key or self.keys[kid], algorithm, headers={"kid": kid, **(header or {})})

    def jwks(self) -> dict:
        found = []
        for kid in self.published:
            public = self.keys[kid].public_key()
            as_jwk = RSAAlgorithm.to_jwk if isinstance(public, rsa.RSAPublicKey) else ECAlgorithm.to_jwk
            found.append({**json.loads(as_jwk(public)), "kid": kid, "use": "sig"})
        return {"keys": found}

    def _handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                said = {
                    "/realms/hospital/.well-known/openid-configuration": {
                        "issuer": issuer.url,
                        "jwks_uri": f"{issuer.url}/keys",
                    },
                    "/realms/hospital/keys": issuer.jwks(),
                }.get(self.path)
                self.send_response(200 if said else 404)
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture(scope="session")
def issuer() -> Iterator[SmallIssuer]:
    made = SmallIssuer()
    yield made
    made.close()


@pytest.fixture
async def app(settings, issuer):
    on = {"access": "on", "oidc_issuer": issuer.url, "oidc_departments_claim": "departments"}
    async with quick_app(settings.model_copy(update=on)) as made:
        yield made


@pytest.fixture
def records(app):
    return app.state.records


@pytest.fixture
def key_for(records):
    """Make a key for a role, and return the header that sends it."""

    def made(*roles: Role, person: bool = True, departments=("*",), days: float = 1.0) -> dict[str, str]:
        _, key = records.access.add_key("Dr Ada Nowak", roles, departments, days, is_human=person, by="account:test")
        return {"Authorization": f"Bearer {key}"}

    return made
