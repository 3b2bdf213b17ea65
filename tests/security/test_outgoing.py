"""Requests that others could make us send: webhooks, page links, key sets."""

import socket
import threading
from contextlib import suppress
from typing import Any

import pytest

from tenantsync.errors import ContractError, RequestError, TransientError
from tenantsync.public_hosts import PublicPoster, check_public_url
from tenantsync.services import Services
from tests.app import App
from tests.fakes.microsoft import TENANT, FakeMicrosoft, graph_page, portal_token
from tests.unit.journey import connected

PRIVATE = [
    "http://example.com/hook",
    "https://localhost/hook",
    "https://127.0.0.1/hook",
    "https://127.1/hook",
    "https://2130706433/hook",
    "https://0x7f000001/hook",
    "https://0x7f.0.0.1/hook",
    "https://017700000001/hook",
    "https://10.0.0.5/hook",
    "https://172.16.1.1/hook",
    "https://192.168.1.1/hook",
    "https://169.254.169.254/metadata/identity",
    "https://100.64.0.1/hook",
    "https://0.0.0.0/hook",
    "https://[::1]/hook",
    "https://[fd00::1]/hook",
    "https://[::ffff:10.0.0.1]/hook",
    "https://[fe80::1%25eth0]/hook",
    "https://vault.internal/hook",
    "https://printer.local/hook",
    "https://intranet/hook",
    "https://user:password@example.com/hook",
    "https://:password@example.com/hook",
    "https://@example.com/hook",
    "https://example.com/hook#fragment",
    "https://example.com\\@10.0.0.1/hook",
    "https://exämple.com/hook",
    "https://",
    "https://[",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/hook",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_webhook_goes_to_public_https_hosts_only(url: str):
    with pytest.raises(RequestError, match="webhook_invalid"):
        check_public_url(url)


@pytest.mark.parametrize("url", ["https://example.com/hook?x=1", "https://8.8.8.8:8443/hook"])
def test_public_addresses_are_fine(url: str):
    assert check_public_url(url) == url


def test_listed_loopback_is_for_development():
    assert check_public_url("http://127.0.0.1:9000/hook", ["http://127.0.0.1:9000"])
    with pytest.raises(RequestError):
        check_public_url("http://127.0.0.1:9001/hook", ["http://127.0.0.1:9000"])


def test_name_that_leads_to_a_private_address_is_not_called(monkeypatch: pytest.MonkeyPatch):
    """DNS says something else when it is asked again: the address that was connected to decides."""
    answers = ["93.184.215.14", "127.0.0.1"]
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    real = socket.getaddrinfo

    def rebound(host: str, *arguments: Any, **options: Any) -> Any:
        return real(answers.pop(0) if host == "hook.example.com" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with pytest.raises(TransientError, match="not public"):
        PublicPoster().post(f"https://hook.example.com:{port}/hook", b"{}", {})
    connection, _ = listener.accept()
    assert connection.recv(100) == b""  # closed before a byte was sent
    connection.close()
    listener.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_private_address_behind_a_name_is_not_even_knocked_at(monkeypatch: pytest.MonkeyPatch, address: str):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)
    monkeypatch.setattr(socket.socket, "connect", lambda *arguments: pytest.fail("it has connected"))
    with pytest.raises(TransientError, match="not public"):
        PublicPoster().post("https://hook.example.com/hook", b"{}", {})


def test_page_link_to_a_foreign_host_is_not_followed(services: Services, microsoft: FakeMicrosoft):
    connected(services, microsoft)
    microsoft.graph["/v1.0/users"] = lambda asked: graph_page([], "https://graph.test.evil.com/v1.0/users?$skiptoken=x")
    graph = services.graph_for(TENANT)
    link = graph.fetch_json("/users")["@odata.nextLink"]
    asked = len(microsoft.asked)
    with pytest.raises(ContractError):
        graph.fetch_json(link)
    assert len(microsoft.asked) == asked


def test_webhook_without_a_signing_key_is_refused_with_an_owner(services: Services):
    answer = App().call(
        "PUT", "/api/msp-portal/webhook", portal_token("Onboarding.Connect"), {"url": "https://a.example"}
    )
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (409, "webhooks_unavailable", "msp_ops")


def test_webhook_that_answers_a_byte_now_and_then_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tenantsync.public_hosts._TIMEOUT_SECONDS", (0.3, 0.3))
    listener = socket.create_server(("127.0.0.1", 0))
    origin, ended = f"http://127.0.0.1:{listener.getsockname()[1]}", threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not ended.wait(0.05):
                connection.sendall(b"X-A: b\r\n")
        connection.close()

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(TransientError):
            PublicPoster([origin]).post(f"{origin}/hook", b"{}", {})
    finally:
        ended.set()
        dripping.join()
        listener.close()
