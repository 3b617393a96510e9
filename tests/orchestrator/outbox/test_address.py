"""Nothing is connected to but what is listed, and what was checked is what is connected to."""

from __future__ import annotations

import pytest

from orchestrator.errors import TryAgain
from orchestrator.outbox.address import pinned
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.mllp import MllpCourier
from orchestrator.outbox.tables import Allowed, Mllp, Webhook
from orchestrator.outbox.webhook import WebhookCourier
from tests.orchestrator.outbox.peers import MllpReceiver, Said, WebServer, running

LISTED = Allowed(hosts=("ris.example",))


def test_a_host_that_is_not_listed_is_not_even_asked_for():
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("a name that is not listed was looked up")

    with pytest.raises(TryAgain):
        pinned("elsewhere.example", 1, LISTED, never)


def test_a_public_address_is_allowed():
    assert pinned("ris.example", 1, LISTED, lambda *_: ["93.184.215.14"]) == "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:0:0:0:0:f5ff:fffe",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused_however_it_is_written(address: str):
    with pytest.raises(TryAgain, match="not allowed"):
        pinned("ris.example", 1, LISTED, lambda *_: [address])


def test_one_bad_address_among_good_ones_is_refused():
    with pytest.raises(TryAgain):
        pinned("ris.example", 1, LISTED, lambda *_: ["93.184.215.14", "127.0.0.1"])


def test_a_private_network_is_allowed_where_it_is_listed():
    allowed = Allowed.model_validate({"hosts": ["ris.example"], "private_networks": ["10.20.0.0/16"]})
    assert pinned("ris.example", 1, allowed, lambda *_: ["10.20.1.1"]) == "10.20.1.1"
    with pytest.raises(TryAgain):
        pinned("ris.example", 1, allowed, lambda *_: ["10.21.1.1"])


def test_a_name_without_an_address_may_have_one_later():
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(TryAgain):
        pinned("ris.example", 1, LISTED, unknown)


class Rebinding:
    """A name server that answers harmlessly the first time and with this machine ever after."""

    def __init__(self, *addresses: str) -> None:
        self._addresses, self.asked = list(addresses), 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return [self._addresses[min(self.asked, len(self._addresses)) - 1]]


async def test_a_name_that_changes_its_mind_gets_nothing_over_mllp(letter: Letter):
    """The name is resolved once: it is 127.0.0.2 that is checked and connected to, and 127.0.0.1 hears nothing."""
    receiver, names = MllpReceiver(), Rebinding("127.0.0.2", "127.0.0.1")
    allowed = Allowed.model_validate({"hosts": ["ris.example"], "private_networks": ["127.0.0.2/32"]})
    there = Mllp(name="ris", kind="mllp", host="ris.example", port=receiver.port, timeout_s=2)
    with running(receiver):
        courier = MllpCourier(there, allowed, names)
        for _ in range(2):  # the second time the name is resolved anew, and its new address is not allowed
            with pytest.raises(TryAgain):
                await courier.deliver(letter)
    assert (receiver.received, names.asked) == ([], 2)


async def test_a_name_that_changes_its_mind_gets_nothing_over_http(letter: Letter, tmp_path):
    server, names = WebServer(lambda _: Said()), Rebinding("127.0.0.2", "127.0.0.1")
    allowed = Allowed.model_validate({"hosts": ["hook.example"], "private_networks": ["127.0.0.2/32"]})
    (tmp_path / "secret").write_text("s")
    url = f"http://hook.example:{server.port}/"
    there = Webhook(name="hook", kind="webhook", url=url, secret_file=tmp_path / "secret", timeout_s=2)
    with running(server):
        courier = WebhookCourier(there, allowed, names)
        for _ in range(2):
            with pytest.raises(TryAgain):
                await courier.deliver(letter)
        await courier.close()
    assert (server.asked, names.asked) == ([], 2)
