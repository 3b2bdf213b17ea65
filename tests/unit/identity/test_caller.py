import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller, CallerIdentity, Role
from tenantsync.services import Services, build_services
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import (
    AUDIENCE,
    LOGIN,
    MSP,
    OTHER_MSP,
    OTHER_TENANT,
    TENANT,
    Answer,
    FakeMicrosoft,
    portal_token,
    public_jwk,
    sign,
)
from tests.unit.journey import connect

KEYS = f"/{MSP}/discovery/v2.0/keys"
READ = Role.READ.value


def identify(services: Services, token: str, role: Role = Role.READ) -> Caller:
    return services.callers.identify(f"Bearer {token}", role)


def refusal(services: Services, authorization: str, role: Role = Role.READ) -> RequestError:
    with pytest.raises(RequestError) as raised:
        services.callers.identify(authorization, role)
    return raised.value


def test_caller_is_the_tokens_msp_and_user(services: Services):
    caller = identify(services, portal_token(READ))
    assert (caller.msp_id, caller.user_id, caller.roles) == (MSP, "technician", frozenset({READ}))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic abc", "Bearer x.y.z", "Bearer " + "a" * 5000]
)
def test_caller_without_a_usable_token_is_unauthenticated(services: Services, authorization: str):
    error = refusal(services, authorization)
    assert (error.code, error.headers) == ("unauthenticated", {"WWW-Authenticate": "Bearer"})


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "api://another"},
        {"iss": f"{LOGIN}/{OTHER_MSP}/v2.0"},
        {"iss": f"https://evil.test/{MSP}/v2.0"},
        {"iss": f"{LOGIN}/{MSP}/"},
        {"tid": "not-a-guid"},
        {"tid": None},
        {"exp": 1_600_000_000},
        {"nbf": 3_900_000_000},
        {"exp": "soon"},
        {"nbf": None},
    ],
)
def test_caller_with_wrong_claims_is_unauthenticated(services: Services, claims: dict[str, object]):
    assert refusal(services, f"Bearer {portal_token(READ, **claims)}").code == "unauthenticated"


def test_caller_signed_with_another_key_is_unauthenticated(services: Services):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"iss": f"{LOGIN}/{MSP}/v2.0", "tid": MSP, "aud": AUDIENCE, "roles": [READ], "exp": 4e9, "nbf": 0}
    assert refusal(services, f"Bearer {sign(claims, key=stranger)}").code == "unauthenticated"


def test_caller_unsigned_or_signed_with_the_public_key_is_unauthenticated(services: Services):
    claims = {"iss": f"{LOGIN}/{MSP}/v2.0", "tid": MSP, "aud": AUDIENCE, "roles": [READ], "exp": 4e9, "nbf": 0}
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": "test-key"})
    public = jwt.PyJWK(public_jwk()).key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forged = jwt.encode(claims, public.hex(), algorithm="HS256", headers={"kid": "test-key"})
    for token in (unsigned, forged):
        assert refusal(services, f"Bearer {token}").code == "unauthenticated"


def test_msp_that_is_not_allowed_is_refused_before_any_key_is_fetched(services: Services, microsoft: FakeMicrosoft):
    assert refusal(services, f"Bearer {portal_token(READ, msp=TENANT)}").code == "msp_not_allowed"
    assert microsoft.asked == []


@pytest.mark.parametrize("roles", [[], [Role.CONNECT.value], "Onboarding.Read", None])
def test_missing_role_is_named(services: Services, roles: object):
    error = refusal(services, f"Bearer {portal_token(roles=roles)}")
    assert (error.code, "Onboarding.Read" in error.detail) == ("role_missing", True)


def test_keys_are_fetched_once_for_many_calls(services: Services, microsoft: FakeMicrosoft):
    for _ in range(5):
        identify(services, portal_token(READ))
    assert microsoft.count(KEYS) == 1


def test_flood_of_unknown_key_ids_fetches_keys_once_a_minute(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    identify(services, portal_token(READ))
    claims = {"iss": f"{LOGIN}/{MSP}/v2.0", "tid": MSP, "aud": AUDIENCE, "roles": [READ], "exp": 4e9, "nbf": 0}
    clock.advance(61)
    for number in range(20):
        assert refusal(services, f"Bearer {sign(claims, kid=f'unknown-{number}')}").code == "unauthenticated"
    assert microsoft.count(KEYS) == 2


def test_rolled_over_key_is_found_after_a_refresh(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    microsoft.overrides[KEYS] = lambda asked: Answer({"keys": [{**public_jwk(), "kid": "old-key"}]})
    assert refusal(services, f"Bearer {portal_token(READ)}").code == "unauthenticated"
    del microsoft.overrides[KEYS]
    clock.advance(61)
    assert identify(services, portal_token(READ)).msp_id == MSP


@pytest.mark.parametrize("other", [{"kty": "RSA", "kid": "broken"}, {"kty": "EC", "kid": "curve"}, {"kid": "odd"}])
def test_key_that_cannot_be_read_costs_nobody_the_others(
    services: Services, microsoft: FakeMicrosoft, other: dict[str, str]
):
    microsoft.overrides[KEYS] = lambda asked: Answer({"keys": [other, public_jwk()]})
    assert identify(services, portal_token(READ)).msp_id == MSP


def test_key_outage_fails_closed_and_keeps_known_keys_for_a_while(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    identify(services, portal_token(READ))
    microsoft.overrides[KEYS] = lambda asked: Answer("down", 503)
    clock.advance(13 * 3600)
    assert identify(services, portal_token(READ)).msp_id == MSP
    clock.advance(12 * 3600)
    assert refusal(services, f"Bearer {portal_token(READ)}").code == "service_unavailable"


def test_key_outage_at_the_start_fails_closed(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[KEYS] = lambda asked: Answer("down", 503)
    error = refusal(services, f"Bearer {portal_token(READ)}")
    assert (error.code, error.headers) == ("service_unavailable", {"Retry-After": "60"})


def test_keys_of_a_foreign_host_are_not_fetched(services: Services, microsoft: FakeMicrosoft):
    path = f"/{MSP}/v2.0/.well-known/openid-configuration"
    microsoft.overrides[path] = lambda asked: Answer({"jwks_uri": "https://evil.test/keys"})
    with pytest.raises(Exception, match=r"evil\.test"):
        identify(services, portal_token(READ))


@pytest.mark.parametrize(
    ("caller", "reaches"),
    [
        (Caller(MSP, "a", frozenset({Role.OPS})), False),
        (Caller(OTHER_TENANT, "a", frozenset({Role.OPS})), True),
        (Caller(MSP, "a", frozenset({Role.READ}), is_operator=True), False),
        (Caller(MSP, "a", frozenset({Role.SUPPORT}), is_operator=True), True),
    ],
)
def test_reach_across_msps_is_the_operators_alone(caller: Caller, reaches: bool):
    assert caller.reaches(OTHER_TENANT) is reaches


def test_slow_issuer_delays_nobody_else(services: Services, microsoft: FakeMicrosoft):
    identify(services, portal_token(READ))
    asked, go_on = threading.Event(), threading.Event()

    def slow(request: object) -> Answer:
        asked.set()
        assert go_on.wait(10)
        return Answer("down", 503)

    microsoft.overrides[f"/{OTHER_MSP}/v2.0/.well-known/openid-configuration"] = slow
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refusal, services, f"Bearer {portal_token(READ, msp=OTHER_MSP)}")
        assert asked.wait(10)
        assert identify(services, portal_token(READ)).msp_id == MSP
        go_on.set()
        assert waiting.result(10).code == "service_unavailable"


def test_strangers_push_out_no_keys_and_ask_microsoft_at_a_bounded_rate(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    settings = replace(services.settings, allowed_msp_tenants=None)
    callers = CallerIdentity(settings, services.outbound, clock)
    callers.identify(f"Bearer {portal_token(READ)}", Role.READ)
    for number in range(500):
        token = portal_token(READ, msp=f"00000000-0000-4000-8000-{number:012d}")
        with pytest.raises(RequestError):
            callers.identify(f"Bearer {token}", Role.READ)
    strangers = [asked for asked in microsoft.asked if "/00000000-0000-4000-8000-" in asked.path]
    assert len(strangers) <= 60
    callers.identify(f"Bearer {portal_token(READ)}", Role.READ)
    assert microsoft.count(KEYS) == 1
    clock.advance(61)
    assert callers.identify(f"Bearer {portal_token(READ, msp=OTHER_MSP)}", Role.READ).msp_id == OTHER_MSP


def test_endless_token_is_refused_unread(services: Services):
    assert refusal(services, "Bearer " + "a" * 100_000).detail == "The token is too long."


def test_strangers_do_not_keep_out_an_msp_that_works_here(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    """After a restart no issuer is proven yet, and junk may come first."""
    settings = replace(services.settings, allowed_msp_tenants=None)
    callers = CallerIdentity(settings, services.outbound, clock, lambda msp_id: msp_id == MSP)
    for number in range(100):
        with pytest.raises(RequestError):
            callers.identify(f"Bearer {portal_token(READ, msp=f'00000000-0000-4000-8000-{number:012d}')}", Role.READ)
    assert callers.identify(f"Bearer {portal_token(READ)}", Role.READ).msp_id == MSP


def test_msp_that_has_connected_a_tenant_is_known(services: Services, microsoft: FakeMicrosoft):
    assert services.tenants.knows(MSP) is False
    connect(services)
    assert services.tenants.knows(MSP) is True


def test_people_named_in_the_settings_get_in_while_strangers_flood(services: Services, microsoft: FakeMicrosoft):
    microsoft.domains["operator"] = OTHER_MSP
    settings = replace(services.settings, operator_tenant_id=OTHER_MSP, allowed_msp_tenants=None)
    rebuilt = build_services(settings, tables=services.tables, clock=services.clock, outbound=services.outbound)
    for number in range(60):
        with suppress(RequestError):
            stranger = f"00000000-0000-4000-8000-{number:012d}"
            rebuilt.callers.identify("Bearer " + portal_token("Onboarding.Read", msp=stranger), Role.READ)
    caller = rebuilt.callers.identify("Bearer " + portal_token("Onboarding.Support", msp=OTHER_MSP), Role.SUPPORT)
    assert caller.is_operator
