from datetime import UTC, datetime

import pytest

from tenantsync.errors import (
    ConsentError,
    ConsentPendingError,
    ContractError,
    CursorExpiredError,
    NotLicensedError,
    PermissionMissingError,
    ThrottledError,
    TransientError,
)
from tenantsync.graph.failures import build_failure
from tenantsync.problems import all_problem_codes
from tenantsync.retry_after import parse_retry_after


def body(code: str, message: str = "", inner: str = "") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "innerError": {"code": inner} if inner else {}}}


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (429, body("TooManyRequests"), ThrottledError),
        (429, None, ThrottledError),
        (200, body("TooManyRequests"), ThrottledError),
        (400, body("Directory_ExpiredPageToken"), CursorExpiredError),
        (400, body("BadRequest", inner="DirectoryPageTokenNotFoundException"), CursorExpiredError),
        (410, body("syncStateNotFound"), CursorExpiredError),
        (410, None, CursorExpiredError),
        (400, body("BadRequest", "Request not applicable to target tenant."), NotLicensedError),
        (403, body("Authentication_RequestFromNonPremiumTenantOrB2CTenant"), NotLicensedError),
        (401, body("UnknownError", "AADSTS500014: The service principal is disabled"), NotLicensedError),
        (401, body("Authorization_IdentityNotFound"), ConsentPendingError),
        (401, body("InvalidAuthenticationToken"), ConsentError),
        (401, body("UnknownError", '{"ErrorCode":"Forbidden"}'), PermissionMissingError),
        (403, body("Authorization_RequestDenied"), PermissionMissingError),
        (403, body("UnknownError", "S2SUnauthorized"), PermissionMissingError),
        (409, body("Directory_ConcurrencyViolation"), TransientError),
        (409, body("Conflict"), ContractError),
        (408, None, TransientError),
        (500, None, TransientError),
        (502, b"", TransientError),
        (503, body("ServiceUnavailable"), TransientError),
        (509, None, TransientError),
        (599, None, TransientError),
        (200, body("UnknownError"), TransientError),
        (400, body("BadRequest", "Invalid filter"), ContractError),
        (404, body("ResourceNotFound"), ContractError),
        (418, None, ContractError),
        (451, {"error": "text"}, ContractError),
    ],
)
def test_refusal_becomes_the_failure_of_the_table(status: int, answer: object, failure: type[Exception]):
    found = build_failure(status, {}, answer)
    assert type(found) is failure
    assert found.code in all_problem_codes()


def test_failure_keeps_microsofts_request_id_and_wait():
    failure = build_failure(429, {"request-id": "abc", "Retry-After": "17"}, body("TooManyRequests"))
    assert (failure.cause.request_id, failure.cause.retry_after_seconds) == ("abc", 17.0)
    assert failure.cause.provider_code == "TooManyRequests"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("999999", 3600.0),
        ("Mon, 02 Mar 2026 09:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(value: str, seconds: float | None):
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert parse_retry_after({"Retry-After": value}, now) == seconds


def test_retry_after_date_is_measured_by_the_servers_clock():
    headers = {"Retry-After": "Mon, 02 Mar 2026 09:00:30 GMT", "Date": "Mon, 02 Mar 2026 09:00:00 GMT"}
    assert parse_retry_after(headers) == 30.0
