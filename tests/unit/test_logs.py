import logging
import re

import pytest

from tenantsync import logs
from tenantsync.errors import TransientError
from tenantsync.outbound import Outbound


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2lnbmF0dXJl",
        "code=0.AXoAbc",
        "state=dLx_HXswKTj",
        "admin@contoso.com",
        "admin%40contoso.com",
        "AccountKey=Eby8vdM02xNO",
        "client_secret=hunter2",
        "token=abc123",
    ],
)
def test_logs_mask_secrets(secret: str, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="tenantsync"):
        logs.event("something", detail=secret)
        logs.failure("worse", ValueError(secret))
    value = secret.partition("=")[2] or secret
    assert "***" in caplog.text
    assert value not in caplog.text


def test_address_of_a_host_that_does_not_answer_is_no_part_of_the_log(caplog: pytest.LogCaptureFixture):
    nobody, report = "https://127.0.0.1:1", "of-a-report"
    with caplog.at_level(logging.INFO, logger="tenantsync"), pytest.raises(TransientError) as raised:
        Outbound([nobody]).send("GET", f"{nobody}/download/{report}?$filter=mail eq {report}")
    logs.failure("activity_failed", raised.value)
    assert "Max retries exceeded with url: ***" in caplog.text
    assert not re.search(f"/{report}|20{report}", caplog.text)


def test_logs_leave_out_fields_without_value(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="tenantsync"):
        logs.event("slice_failed", problem="throttled", provider_code="TooManyRequests", status=None)
    assert caplog.messages == ["slice_failed problem=throttled provider_code=TooManyRequests"]
