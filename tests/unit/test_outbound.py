import socket
import time

import pytest

from tenantsync.errors import ContractError, TransientError
from tenantsync.outbound import Outbound, origin_of
from tests.fakes.microsoft import GRAPH, LOGIN, Answer, FakeMicrosoft


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/",
        "http://graph.test/v1.0/users",
        "https://graph.test:8443/v1.0/users",
        "https://graph.test@evil.test/",
        "https://user@graph.test/",
        "https://graph.test.evil.test/",
        "https://reports.office.com/data",
        "file:///etc/passwd",
    ],
)
def test_outbound_refuses_hosts_outside_the_configured_ones(url: str):
    with pytest.raises(ContractError):
        Outbound((LOGIN, GRAPH)).get(url)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://reportsneu.office.com/data/v1.0/download?token=x", True),
        ("https://graph.test/download", True),
        ("https://office.com.evil.test/x", False),
        ("https://evil-office.com/x", False),
        ("http://reportsneu.office.com/x", False),
        ("https://reportsneu.office.com:8443/x", False),
        ("https://169.254.169.254/metadata", False),
    ],
)
def test_outbound_lets_reports_go_to_microsofts_report_hosts(url: str, allowed: bool):
    microsoft = FakeMicrosoft()
    for path in ("/data/v1.0/download", "/download"):
        microsoft.overrides[path] = lambda asked: Answer("csv")
    outbound = Outbound((LOGIN, GRAPH), adapter=microsoft)
    if allowed:
        assert outbound.get(url, report=True).status_code == 200
    else:
        with pytest.raises(ContractError):
            outbound.get(url, report=True)


def test_outbound_never_follows_redirects():
    microsoft = FakeMicrosoft()
    microsoft.overrides["/go"] = lambda asked: Answer(b"", 302, {"Location": "https://evil.test/"})
    response = Outbound((GRAPH,), adapter=microsoft).get(f"{GRAPH}/go", allow_redirects=True)
    assert response.status_code == 302
    assert len(microsoft.asked) == 1


def test_origin_leaves_out_the_default_port():
    assert origin_of("HTTPS://Graph.Test:443/v1.0?x=1") == "https://graph.test"
    assert origin_of("https://localhost:8443/") == "https://localhost:8443"


def test_name_that_does_not_resolve_is_a_passing_failure():
    outbound = Outbound(("https://does-not-exist.invalid",))
    with pytest.raises(TransientError, match=r"does-not-exist\.invalid: ConnectionError"):
        outbound.get("https://does-not-exist.invalid/")
    outbound.close()


def test_answer_that_never_comes_is_given_up_after_the_configured_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        outbound, began = Outbound((url,), timeout_seconds=1), time.monotonic()
        with pytest.raises(TransientError, match="ReadTimeout"):
            outbound.get(f"{url}/")
        assert 1 <= time.monotonic() - began < 30  # by itself it waits for a minute
        outbound.close()
