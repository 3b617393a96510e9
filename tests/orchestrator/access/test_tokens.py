"""Bearer tokens of an OpenID Connect issuer: believed only when it signed them, for us, now."""

from __future__ import annotations

import hmac
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.utils import base64url_encode

from orchestrator.access.tokens import Issuer
from orchestrator.errors import Misconfigured
from tests.orchestrator.quick_app import caller

ME = "/v1/session"


async def ask(app, token: str):
    async with caller(app, Authorization=f"Bearer {token}") as client:
        return await client.get(ME)


@pytest.mark.parametrize(("kid", "algorithm"), [("rsa-1", "RS256"), ("rsa-1", "PS256"), ("ec-1", "ES256")])
async def test_a_token_of_the_issuer_names_a_person_with_roles(app, issuer, kid, algorithm):
    answer = await ask(app, issuer.token(kid, algorithm, roles=["radiologist", "somebody elses role"]))
    assert answer.status_code == 200
    me = answer.json()
    assert (me["subject"], me["name"], me["roles"], me["how"]) == ("ada", "Dr Ada Nowak", ["radiologist"], "token")
    assert me["may_sign"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": time.time() - 3600},
        {"nbf": time.time() + 3600},
        {"exp": None},
        {"sub": None},
        {"aud": None},
    ],
    ids=["another audience", "another issuer", "expired", "not yet", "for ever", "nobody", "for nobody"],
)
async def test_a_token_that_is_not_for_us_now_is_refused(app, issuer, claims):
    assert (await ask(app, issuer.token(**claims))).status_code == 401


async def test_a_token_signed_by_somebody_else_is_refused(app, issuer):
    stranger = rsa.generate_private_key(65537, 2048)
    assert (await ask(app, issuer.token(key=stranger))).status_code == 401
    assert (await ask(app, issuer.token(key=stranger, header={"kid": "rsa-2"}))).status_code == 401


async def test_the_public_key_is_no_shared_secret(app, issuer):
    """The classic confusion: HS256 with the published key as its secret, and no algorithm at all."""
    public = issuer.keys["rsa-1"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = base64url_encode(b'{"alg":"HS256","kid":"rsa-1"}')
    signed = header + b"." + issuer.token().split(".")[1].encode()
    forged = signed + b"." + base64url_encode(hmac.digest(pem, signed, "sha256"))
    assert (await ask(app, forged.decode())).status_code == 401
    said = jwt.decode(issuer.token(), options={"verify_signature": False})
    assert (await ask(app, jwt.encode(said, None, "none", headers={"kid": "rsa-1"}))).status_code == 401


async def test_a_key_that_the_issuer_began_to_use_is_fetched_once(app, issuer):
    assert (await ask(app, issuer.token())).status_code == 200
    asked = issuer.asked
    assert [(await ask(app, issuer.token())).status_code for _ in range(3)] == [200, 200, 200]
    unknown = issuer.token(header={"kid": "made-up"})
    assert [(await ask(app, unknown)).status_code for _ in range(3)] == [401, 401, 401]
    assert issuer.asked == asked, "whoever makes up key ids does not make us ask for each"


async def test_a_program_with_the_role_in_its_token_still_cannot_sign(app, issuer):
    me = (await ask(app, issuer.token(name=None, sub="service-account-ris"))).json()
    assert me["roles"] == ["radiologist"]
    assert not me["may_sign"]


async def test_without_roles_a_token_opens_nothing(app, issuer):
    assert (await ask(app, issuer.token(roles=[]))).status_code == 403
    assert (await ask(app, issuer.token(roles="superuser"))).status_code == 403


async def test_departments_come_from_the_token_and_none_is_none(app, issuer):
    async with caller(app, Authorization=f"Bearer {issuer.token(departments=[])}") as client:
        assert (await client.get("/v1/studies")).json()["studies"] == []


async def test_an_issuer_that_is_down_lets_nobody_in_and_keys_go_on(settings, key_for, app):
    app.state.doorkeeper._issuer._url = "http://127.0.0.1:9/realms/none"
    token = jwt.encode({"sub": "ada"}, "x" * 32, "HS256", headers={"kid": "rsa-1"})
    assert (await ask(app, token)).status_code in {401, 503}
    from orchestrator.access import Role

    async with caller(app, **key_for(Role.VIEWER)) as client:
        assert (await client.get(ME)).status_code == 200


def test_an_issuer_without_tls_is_a_mistake():
    with pytest.raises(Misconfigured):
        Issuer("http://idp.hospital.example", "wetread", "roles", None, None)
