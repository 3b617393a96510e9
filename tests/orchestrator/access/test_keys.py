"""API keys: shown once, kept as a hash, scoped, rotated, ended; sessions begun with them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.access import Role
from orchestrator.access.attempts import MOST_FOR_ONE_KEY
from orchestrator.access.keys import read
from orchestrator.progress import StudyStatus
from tests.orchestrator.quick_app import caller
from tests.orchestrator.small_clinic import draft, study

LIST = "/v1/studies"


async def status(app, headers, path=LIST, method="GET", **more) -> int:
    async with caller(app, **headers) as client:
        return (await client.request(method, path, **more)).status_code


async def test_without_a_key_nobody_is_let_in_and_the_answer_says_how(app):
    async with caller(app) as client:
        answer = await client.get(LIST)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_valid_key_opens_what_its_role_may_and_from_any_machine(app, key_for):
    headers = key_for(Role.VIEWER, person=False)
    async with caller(app, "192.0.2.7", "wetread.hospital.example", **headers) as client:
        assert (await client.get(LIST)).status_code == 200


def test_the_database_holds_no_secret(records, tmp_path):
    _, key = records.access.add_key("RIS", [Role.INTEGRATION], ["*"], 1, is_human=False, by="account:test")
    presented = read(key)
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("wetread.db*"))
    assert presented.key_id.encode() in files
    assert presented.secret.encode() not in files


@pytest.mark.parametrize("damage", [lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"), lambda key: key[:-2]])
async def test_a_key_with_another_secret_is_none(app, key_for, damage):
    headers = {"Authorization": damage(key_for(Role.VIEWER)["Authorization"])}
    assert await status(app, headers) == 401


async def test_an_expired_key_opens_nothing(app, key_for):
    assert await status(app, key_for(Role.VIEWER, days=-0.001)) == 401


async def test_a_revoked_key_opens_nothing_and_its_sessions_end(app, key_for, records):
    headers = key_for(Role.VIEWER)
    async with caller(app, **headers) as client:
        assert (await client.post("/v1/session")).status_code == 200
        cookies = client.cookies
    async with caller(app) as browser:
        browser.cookies = cookies
        assert (await browser.get(LIST)).status_code == 200
        records.access.revoke_key(records.access.keys()[0].key_id, by="account:test")
        assert (await browser.get(LIST)).status_code == 401
    assert await status(app, headers) == 401


async def test_a_rotated_key_goes_on_for_its_grace_and_the_new_one_may_do_the_same(app, key_for, records):
    old = key_for(Role.VIEWER)
    kept, text = records.access.rotate_key(records.access.keys()[0].key_id, 1, 24, by="account:test")
    assert kept.roles == {Role.VIEWER}
    new = {"Authorization": f"Bearer {text}"}
    assert [await status(app, old), await status(app, new)] == [200, 200]
    _, text = records.access.rotate_key(kept.key_id, 1, 0, by="account:test")
    assert [await status(app, new), await status(app, {"Authorization": f"Bearer {text}"})] == [401, 200]


def test_only_a_key_of_a_person_can_hold_the_role_that_signs(records):
    with pytest.raises(ValidationError, match="issued to a person"):
        records.access.add_key("RIS", [Role.RADIOLOGIST], ["*"], 1, is_human=False, by="account:test")


async def test_guessing_ends_soon_and_others_from_the_same_address_go_on(app, key_for, records):
    good = key_for(Role.VIEWER)
    bad = {"Authorization": "Bearer wetread_000000000000_" + "A" * 43}
    found = [await status(app, bad) for _ in range(MOST_FOR_ONE_KEY + 2)]
    assert found == [401] * MOST_FOR_ONE_KEY + [429, 429]
    assert await status(app, good) == 200
    refused = [link for link in records.audit.links() if link.entry.action == "login"]
    assert 0 < len(refused) <= MOST_FOR_ONE_KEY, "nobody fills the audit from outside"


async def test_a_session_is_a_cookie_out_of_reach_and_not_for_pages_from_elsewhere(app, key_for):
    async with caller(app, **key_for(Role.RADIOLOGIST)) as client:
        answer = await client.post("/v1/session")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert answer.json()["may_sign"] is True
    async with caller(app) as browser:
        browser.cookies = answer.cookies
        me = (await browser.get("/v1/session")).json()
        assert (me["name"], me["access"]) == ("Dr Ada Nowak", "on")
        evil = {"Origin": "https://evil.example"}
        path = "/v1/studies/no-such-study/report/check"
        assert (await browser.post(path, headers=evil)).status_code == 403
        assert (await browser.post(path, headers={"Origin": "http://wetread"})).status_code == 404
        assert (await browser.delete("/v1/session")).status_code == 204
        browser.cookies = answer.cookies
        assert (await browser.get("/v1/session")).status_code == 401


@pytest.fixture
def two_departments(records):
    """A study of the chest clinic, one of the emergency room, and one that nobody gave to any."""
    received = [study(), study(), study()]
    for one, department in zip(received, ("chest", "emergency", None), strict=True):
        records.accept(one, "a" * 64, department=department)
        records.keep_draft(draft(one.study_id), 1, StudyStatus.DRAFTED, ())
    return [one.study_id for one in received]


async def test_people_see_the_studies_of_their_departments_only(app, key_for, two_departments):
    chest, emergency, nobodys = two_departments
    async with caller(app, **key_for(Role.VIEWER, departments=["chest"])) as client:
        assert [one["study_id"] for one in (await client.get(LIST)).json()["studies"]] == [chest]
        worklist = (await client.get("/v1/worklist")).json()["studies"]
        assert [one["study_id"] for one in worklist] == [chest]
        assert (await client.get(f"{LIST}/{chest}/report")).status_code == 200
        for other in (emergency, nobodys, "no-such-study"):
            answer = await client.get(f"{LIST}/{other}/report")
            assert answer.status_code == 404
            assert answer.json()["detail"] == "there is no such study"
    async with caller(app, **key_for(Role.VIEWER)) as client:
        assert len((await client.get(LIST)).json()["studies"]) == 3
