import pytest

from tenantsync.errors import ContractError, RequestError, TransientError
from tenantsync.identity.authority import parse_tenant
from tenantsync.services import Services
from tests.fakes.microsoft import TENANT, Answer, FakeMicrosoft


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("contoso.com", "contoso.com"),
        ("  Contoso.COM. ", "contoso.com"),
        ("m\u00fcnchen-gmbh.de", "xn--mnchen-gmbh-thb.de"),
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        (TENANT.upper(), TENANT),
    ],
)
def test_tenant_is_normalized(typed: str, parsed: str):
    assert parse_tenant(typed) == parsed


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "contoso",
        "common",
        "Organizations",
        "consumers",
        "9188040d-6c67-4c5b-b112-36a304b66dad",
        "11111111-1111-4111-8111-11111111111",
        "11111111111141118111111111111111",
        "contoso.com/v2.0",
        "https://contoso.com",
        "admin@contoso.com",
        "contoso..com",
        "-contoso.com",
        "con toso.com",
        "127.0.0.1",
        "a" * 64 + ".com",
        ".".join(["abcdefgh"] * 40),
        "contoso.com?x=1",
        "..%2f..%2fcommon",
    ],
)
def test_tenant_is_refused(typed: str):
    with pytest.raises(RequestError) as raised:
        parse_tenant(typed)
    assert raised.value.code == "invalid_tenant"


def test_own_tenant_is_refused():
    with pytest.raises(RequestError, match="own tenant"):
        parse_tenant(TENANT, frozenset({TENANT}))


def _metadata(**changes: object) -> Answer:
    issuer = f"https://login.test/{TENANT}/v2.0"
    return Answer({"issuer": issuer, "cloud_instance_name": "microsoftonline.com", **changes})


@pytest.mark.parametrize(
    ("metadata", "cloud"),
    [
        ({}, "global"),
        ({"tenant_region_scope": "EU"}, "global"),
        ({"tenant_region_sub_scope": "GCC"}, "gcc"),
        ({"tenant_region_sub_scope": "DODCON", "tenant_region_scope": "USGov"}, "gcc_high"),
        ({"tenant_region_sub_scope": "DOD"}, "dod"),
        ({"tenant_region_scope": "USG"}, "us_government"),
        ({"cloud_instance_name": "partner.microsoftonline.cn"}, "china"),
        ({"cloud_instance_name": "somewhere.new"}, "unknown"),
    ],
)
def test_cloud_is_read_from_metadata(
    services: Services, microsoft: FakeMicrosoft, metadata: dict[str, str], cloud: str
):
    microsoft.overrides["/contoso.com/v2.0/.well-known/openid-configuration"] = lambda asked: _metadata(**metadata)
    tenant = services.authority.fetch_tenant("contoso.com")
    assert (tenant.tenant_id, tenant.domain, tenant.cloud) == (TENANT, "contoso.com", cloud)


@pytest.mark.parametrize(
    ("answer", "failure", "code"),
    [
        (Answer({"error": "invalid_tenant", "error_codes": [90002]}, 400), RequestError, "tenant_not_found"),
        (Answer({"error": "invalid_tenant", "error_codes": [5000224]}, 400), RequestError, "tenant_not_found"),
        (Answer({"error": "invalid_tenant", "error_codes": [900021]}, 400), RequestError, "invalid_tenant"),
        (Answer({"error": "invalid_request", "error_codes": [900023]}, 400), RequestError, "invalid_tenant"),
        (Answer("gateway", 502), TransientError, "microsoft_unavailable"),
        (Answer({}, 429), TransientError, "microsoft_unavailable"),
        (Answer("<html>", 200), TransientError, "microsoft_unavailable"),
        (Answer({"issuer": "https://login.test/common/v2.0"}), ContractError, "unexpected_answer"),
    ],
)
def test_discovery_failures_are_told_apart(
    services: Services, microsoft: FakeMicrosoft, answer: Answer, failure: type[Exception], code: str
):
    microsoft.overrides["/contoso.com/v2.0/.well-known/openid-configuration"] = lambda asked: answer
    with pytest.raises(failure, match=code):
        services.authority.fetch_tenant("contoso.com")


def test_guid_must_be_answered_by_the_same_guid(services: Services, microsoft: FakeMicrosoft):
    other = "33333333-3333-4333-8333-333333333333"
    microsoft.overrides[f"/{other}/v2.0/.well-known/openid-configuration"] = lambda asked: _metadata()
    with pytest.raises(ContractError):
        services.authority.fetch_tenant(other)
