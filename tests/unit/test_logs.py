import logging

import pytest

from tenantsync import logs


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2lnbmF0dXJl",
        "code=0.AXoAbc",
        "state=dLx_HXswKTj",
        "admin@contoso.com",
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


def test_logs_leave_out_fields_without_value(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="tenantsync"):
        logs.event("slice_failed", problem="throttled", provider_code="TooManyRequests", status=None)
    assert caplog.messages == ["slice_failed problem=throttled provider_code=TooManyRequests"]
