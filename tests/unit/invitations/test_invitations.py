"""The link an administrator was sent: opened again and again, by people and by mail scanners."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from activities.verify_consent import verify_consent
from tenantsync.invitations import find_invited, invitation_url
from tenantsync.services import Services, using
from tenantsync.settings import Secret
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import RunState
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import LOGIN, MSP, TENANT, FakeMicrosoft
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, finish_sign_in, query_of, redirect, state_of

CONSENT_PAGE = f"{LOGIN}/{TENANT}/v2.0/adminconsent"


@pytest.fixture
def app(services: Services) -> App:
    return App()


@pytest.fixture
def connection(services: Services) -> Connection:
    made = services.connections.read(MSP, connect(services)["connectionId"])
    assert made
    return made


@pytest.fixture
def path(services: Services, connection: Connection) -> str:
    url = urlsplit(invitation_url(connection, services.settings))
    assert (url.scheme, url.netloc) == ("https", "connect.test")
    return f"{url.path}?{url.query}"


def open_link(app: App, path: str) -> str:
    answer = app.call("GET", path)
    assert (answer.status, answer.content) == (303, b"")
    return answer.headers["Location"]


def test_link_leads_to_the_consent_page_and_the_rest_goes_on_as_ever(
    app: App, services: Services, microsoft: FakeMicrosoft, path: str
):
    consent = open_link(app, path)
    assert consent.startswith(CONSENT_PAGE)
    started = Started()
    signing_in = redirect(services, started, state=state_of(consent), admin_consent="True", tenant=TENANT)
    done = finish_sign_in(services, microsoft, signing_in.headers["Location"], started)
    assert done.headers["Location"].endswith("result=verifying")
    assert open_link(app, path).endswith("?result=verifying")
    verify_consent(started.runs[0], 0, services)
    assert open_link(app, path).endswith("?result=connected")
    services.runs.change(started.runs[0], state=RunState.FAILED)  # a later sync's failure takes nothing back
    assert open_link(app, path).endswith("?result=connected")


def test_link_of_a_consent_that_was_never_confirmed_says_that_it_went_wrong(
    app: App, services: Services, microsoft: FakeMicrosoft, path: str
):
    started = Started()
    signing_in = redirect(services, started, state=state_of(open_link(app, path)), admin_consent="True", tenant=TENANT)
    finish_sign_in(services, microsoft, signing_in.headers["Location"], started)
    services.runs.change(started.runs[0], state=RunState.FAILED)
    assert open_link(app, path).endswith("?result=error")


def test_scanners_visits_neither_use_the_link_up_nor_fill_the_store(
    app: App, services: Services, tables: MemoryTables, clock: FakeClock, path: str
):
    before = len(tables.rows("CallbackStates"))
    seen = {open_link(app, path) for _ in range(50)}
    assert (len(seen), len(tables.rows("CallbackStates"))) == (1, before + 1)
    clock.advance(3600)
    later = open_link(app, path)
    assert later not in seen
    for link in (seen.pop(), later):
        reply = redirect(services, Started(), state=state_of(link), admin_consent="True", tenant=TENANT)
        assert reply.headers["Location"].startswith(f"{LOGIN}/{TENANT}/oauth2")


def test_link_is_the_same_whenever_it_is_shown_and_stored_nowhere(
    app: App, services: Services, tables: MemoryTables, connection: Connection, path: str
):
    token = query_of(path)["token"]
    state = state_of(open_link(app, path))
    assert invitation_url(connection, services.settings).endswith(token)
    stored = str([row.values for parts in tables.tables.values() for rows in parts.values() for row in rows.values()])
    assert token not in stored
    assert state not in stored


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"state": ConnectionState.CANCELLED}, "cancelled"),
        ({"state": ConnectionState.DECLINED}, "declined"),
        ({"state": ConnectionState.WRONG_TENANT}, "wrong_tenant"),
        ({"state": ConnectionState.FAILED}, "error"),
        ({"expires_at": "2026-03-02T09:00:00.000Z"}, "expired"),
    ],
)
def test_link_that_is_over_says_so(
    app: App, services: Services, connection: Connection, path: str, changes: Any, result: str
):
    services.connections.change(MSP, connection.connection_id, **changes)
    where = f"https://portal.test/connect/{connection.connection_id}?result={result}"
    assert open_link(app, path) == where


def test_newer_link_replaces_the_older_one(app: App, services: Services, path: str):
    connect(services)
    assert open_link(app, path).endswith("?result=expired")


def test_forged_links_are_told_apart_before_anything_is_read(app: App, services: Services, path: str):
    token = query_of(path)["token"]
    swapped = "B" if token[-5] == "A" else "A"
    forged = [
        "",
        "x",
        "é" * 86,
        token[:-1],
        token + "A",
        token + "==",
        token[:-5] + swapped + token[-4:],
        swapped + token[1:],
        token[:-1] + chr(ord(token[-1]) + 1),
        "A" * 86,
    ]
    for bad in forged:
        assert find_invited(bad, services) is None, bad
    assert (
        open_link(app, "/api/msp-portal/invitations?token=nonsense")
        == "https://portal.test/connect?result=invalid_link"
    )


def test_other_key_and_no_key_open_nothing(app: App, services: Services, path: str):
    for key in (Secret("another-key"), None):
        with using(replace(services, settings=replace(services.settings, state_signing_key=key))):
            assert open_link(app, path).endswith("/connect?result=invalid_link")


def test_store_that_is_away_shows_a_page(app: App, tables: MemoryTables, path: str):
    tables.fail_next = 1
    assert open_link(app, path) == "https://portal.test/connect?result=error"
