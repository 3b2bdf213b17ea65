"""The HTTP core on real connections: slow, huge, broken and untrusted answers."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from devstack.certificates import make_certificates
from tenantsync.errors import ContractError, RequestError, TransientError
from tenantsync.psa import http
from tenantsync.psa.http import PsaHttp, Wire
from tenantsync.public_hosts import public_session

Serve = Callable[[ssl.SSLSocket, threading.Event], None]


@contextmanager
def server(directory: Path, serve: Serve) -> Iterator[tuple[PsaHttp, str]]:
    """One TLS connection on loopback, and a client that trusts it."""
    certificates, ended = make_certificates(directory), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"https://127.0.0.1:{listener.getsockname()[1]}"

    def run() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65536)
                serve(secure, ended)

    thread = threading.Thread(target=run)
    thread.start()
    session = public_session([origin], str(certificates.ca))
    try:
        yield PsaHttp("A PSA", Wire(session=session, loopback_origins=(origin,)), lambda refusal: ""), origin
    finally:
        ended.set()
        session.close()
        listener.close()
        thread.join()


def answer(body: bytes, headers: str = "", status: str = "200 OK") -> Serve:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n"
    return lambda connection, ended: connection.sendall(head.encode() + body)


def test_json_comes_whole(tmp_path: Path):
    with server(tmp_path, answer(b'{"a": 1}', "Content-Length: 8\r\nX-A: b\r\n")) as (client, origin):
        found = client.send("GET", f"{origin}/x", {"conditions": "a = 'b c' & d+e"})
    assert (found.body, found.headers["X-A"], client.requests) == ({"a": 1}, "b", 1)


def test_name_that_was_cut_within_an_emoji_costs_one_character(tmp_path: Path):
    body = rb'{"name": "Acme \ud83d"}'
    with server(tmp_path, answer(body, f"Content-Length: {len(body)}\r\n")) as (client, origin):
        assert client.send("GET", origin).body == {"name": "Acme \ufffd"}


def test_compressed_answer_is_read(tmp_path: Path):
    body = gzip.compress(b"[" + b"1," * 100_000 + b"1]")
    with server(tmp_path, answer(body, f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n")) as (
        client,
        origin,
    ):
        assert len(client.send("GET", origin).body) == 100_001


def test_small_answer_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path):
    body = gzip.compress(b" " * 40_000_000)
    assert len(body) < 100_000
    with (
        server(tmp_path, answer(body, f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n")) as (
            client,
            origin,
        ),
        pytest.raises(ContractError, match="larger than 16 MB"),
    ):
        client.send("GET", origin)


@pytest.mark.parametrize(
    "serve",
    [
        answer(b'{"a": 1', "Content-Length: 8\r\n"),
        answer(b'5\r\n{"a":\r\n', "Transfer-Encoding: chunked\r\n"),
        answer(b'{"a": 1'),
        answer(b"\x1f\x8bnonsense", "Content-Encoding: gzip\r\n"),
        lambda connection, ended: None,
        lambda connection, ended: connection.sendall(b"nonsense\r\n\r\n"),
    ],
    ids=["length", "chunk", "json", "gzip", "nothing", "no_http"],
)
def test_broken_answer_is_a_passing_failure(tmp_path: Path, serve: Serve):
    with server(tmp_path, serve) as (client, origin), pytest.raises(TransientError, match="psa_unavailable"):
        client.send("GET", origin)


def test_answer_that_drips_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http, "_BODY_SECONDS", 0.3)

    def drip(connection: ssl.SSLSocket, ended: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not ended.wait(0.02):
            connection.sendall(b" ")

    with server(tmp_path, drip) as (client, origin), pytest.raises(TransientError, match="too slowly"):
        client.send("GET", origin)


def test_headers_that_drip_are_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http, "_TIMEOUT_SECONDS", (5, 0.3))

    def drip(connection: ssl.SSLSocket, ended: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not ended.wait(0.02):
            connection.sendall(b"X-A: b\r\n")

    with server(tmp_path, drip) as (client, origin), pytest.raises(TransientError, match="psa_unavailable"):
        client.send("GET", origin)


def test_certificate_nobody_vouches_for_is_a_refused_host(tmp_path: Path):
    with server(tmp_path, answer(b"{}")) as (_, origin):
        stranger = PsaHttp("A PSA", Wire(session=public_session([origin]), loopback_origins=(origin,)), lambda _: "")
        with pytest.raises(RequestError, match=r"psa_host_refused.*certificate"):
            stranger.send("GET", origin)


def test_cookies_of_one_connection_are_not_sent_with_another(tmp_path: Path):
    with server(tmp_path, answer(b"{}", "Set-Cookie: session=of-one-msp; Path=/\r\n")) as (client, origin):
        client.send("GET", origin)
        assert list(client._wire.session.cookies) == []
