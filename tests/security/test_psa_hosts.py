"""Addresses of PSAs come from people and from answers: none of them may lead our requests or credentials elsewhere."""

import socket
from typing import Any

import pytest

from tenantsync.errors import ContractError, RequestError, TenantSyncError, TransientError
from tenantsync.psa.http import PsaHttp, Wire
from tenantsync.psa.registry import psa_kinds
from tenantsync.public_hosts import public_session
from tenantsync.settings import Settings
from tests.fakes.psa import SETTINGS, Asked, FakePsa
from tests.fakes.psa.autotask import ZONES, FakeAutotask
from tests.fakes.psa.connectwise import FakeConnectWise
from tests.fakes.psa.halopsa import FakeHalo

PRIVATE = [
    "http://psa.example.com",
    "https://localhost",
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "10.0.0.5",
    "192.168.1.1:8443",
    "169.254.169.254",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[fd00::1]",
    "168.63.129.16",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::a00:1]",
    "[2002:a00:1::]",
    "vault.internal",
    "printer.local",
    "intranet",
    "user:password@psa.example.com",
    "https://na.myconnectwise.net\\@10.0.0.1",
    "psa.example.com#x",
    "exämple.com",
    "file:///etc/passwd",
    "",
    "https://",
    "https://[",
]
typed_hosts = pytest.mark.parametrize("kind", [FakeConnectWise, FakeHalo], ids=lambda kind: kind.provider)


@typed_hosts
@pytest.mark.parametrize("host", PRIVATE)
def test_typed_host_must_be_public_and_https(kind: type[FakePsa], host: str):
    psa = kind()
    with pytest.raises(RequestError, match="psa_host_refused"):
        psa.open(host=host)
    assert psa.asked == []


@typed_hosts
@pytest.mark.parametrize(
    "host", ["psa.example.com", "https://psa.example.com/", "https://psa.example.com:8443/v4_6/x?y=1"]
)
def test_host_may_be_typed_as_people_copy_it(kind: type[FakePsa], host: str):
    kind().open(host=host)


@pytest.mark.parametrize(
    "zone",
    [
        "http://webservices5.autotask.net",
        "https://autotask.net.evil.example",
        "https://evil-autotask.net",
        "https://user@webservices5.autotask.net",
        "https://evil.example/webservices5.autotask.net",
        "https://127.0.0.1",
        "https://169.254.169.254",
        "",
    ],
)
def test_autotask_zone_elsewhere_never_sees_credentials(zone: str):
    psa = FakeAutotask()
    psa.zone = zone
    with pytest.raises(RequestError, match="psa_host_refused"):
        psa.open().check()
    assert {asked.origin for asked in psa.asked} == {ZONES}


@pytest.mark.parametrize(
    "address", ["http://auth.halopsa.com/auth", "https://10.0.0.1/auth", "https://x:y@auth.halopsa.com"]
)
def test_halo_authorization_host_must_be_public_and_https(address: str):
    psa = FakeHalo()
    psa.auth = {"auth_url": address, "tenant_id": "northwind"}
    with pytest.raises(RequestError, match="psa_host_refused"):
        psa.open().check()
    assert {asked.path for asked in psa.asked} == {"/api/authinfo"}


@pytest.mark.parametrize("kind", [FakeConnectWise, FakeAutotask], ids=lambda kind: kind.provider)
@pytest.mark.parametrize(
    "host", ["https://evil.example", "http://api-na.myconnectwise.net", "https://169.254.169.254", "//x"]
)
def test_next_link_to_a_foreign_host_is_refused(kind: type[Any], host: str):
    psa = kind()
    psa.add(psa.page_size + 1)
    psa.foreign_link = host
    with pytest.raises(ContractError, match="psa_unexpected_answer"):
        psa.open().list_companies("")
    assert host not in {asked.origin for asked in psa.asked}


@pytest.mark.parametrize("kind", [FakeConnectWise, FakeAutotask, FakeHalo], ids=lambda kind: kind.provider)
def test_redirect_is_not_followed(kind: type[FakePsa]):
    psa = kind()
    psa.add(1)
    psa.fault("redirected")
    with pytest.raises(ContractError):
        psa.open().list_companies("")
    assert not any("169.254" in asked.origin for asked in psa.asked)


@pytest.mark.parametrize("kind", [FakeConnectWise, FakeAutotask, FakeHalo], ids=lambda kind: kind.provider)
def test_credentials_go_to_their_own_hosts_only(kind: type[FakePsa]):
    psa = kind()
    psa.add(psa.page_size + 1)
    adapter = psa.open()
    adapter.check()
    adapter.list_companies(adapter.list_companies("").cursor or "")
    carrying = {asked.origin for asked in psa.asked if carries_a_secret(asked, psa)}
    allowed = {"api-na.myconnectwise.net", "webservices5.autotask.net", "northwind.halopsa.com", "auth.halopsa.com"}
    assert carrying
    assert carrying <= {f"https://{host}" for host in allowed}


def carries_a_secret(asked: Asked, psa: FakePsa) -> bool:
    sent = f"{asked.headers} {asked.query} {asked.body!r}"
    return "authorization" in asked.headers or any(secret in sent for secret in psa.secrets)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
def test_name_that_leads_to_a_private_address_is_refused_before_connecting(
    monkeypatch: pytest.MonkeyPatch, address: str
):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)
    monkeypatch.setattr(socket.socket, "connect", lambda *arguments: pytest.fail("it has connected"))
    kinds = psa_kinds(Settings.from_env(SETTINGS))
    for kind, values in ((kinds[psa.provider], psa.values) for psa in (FakeConnectWise, FakeAutotask, FakeHalo)):
        with pytest.raises(RequestError, match="psa_host_refused"):
            kind.open({**values}).check()


def test_loopback_must_be_listed_and_is_reached_by_https_only():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"https://127.0.0.1:{listener.getsockname()[1]}"
        listed = PsaHttp("A PSA", Wire(session=public_session([origin]), loopback_origins=(origin,)), lambda _: "")
        assert listed.origin(f"{origin}/login") == origin
        for address in (origin.replace("https", "http"), "https://127.0.0.1:1"):
            with pytest.raises(RequestError, match="psa_host_refused"):
                listed.send("GET", address)


def test_name_that_does_not_resolve_is_a_passing_failure(monkeypatch: pytest.MonkeyPatch):
    def fail(*arguments: object, **options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    adapter = psa_kinds(Settings.from_env(SETTINGS))[FakeHalo.provider].open({**FakeHalo.values})
    with pytest.raises(TransientError, match="psa_unavailable") as raised:
        adapter.check()
    assert isinstance(raised.value, TenantSyncError)
