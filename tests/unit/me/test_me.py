"""What a portal learns of its own user, and that it stays out of the log."""

import logging

import pytest

from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tenantsync.store.outbox import Webhook
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, portal_token
from tests.services import ENVIRONMENT

PATH = "/api/msp-portal/me"


def test_caller_learns_its_msp_and_the_roles_that_open_something(services: Services):
    answer = App().call("GET", PATH, portal_token("Onboarding.Ops", "Other.App", "Onboarding.Read"))
    assert answer.status == 200
    assert answer.body == {
        "mspId": MSP,
        "userId": "technician",
        "roles": ["Onboarding.Read", "Onboarding.Ops"],
        "isOperator": False,
        "registeredNotifications": False,
    }


def test_webhook_is_the_callers_own(services: Services):
    services.webhooks.put(
        Webhook(msp_id=MSP, url="https://hooks.example.com/in", version="1", updated_at="t", updated_by="t")
    )
    shown = [App().call("GET", PATH, portal_token("Onboarding.Read", msp=msp)).body for msp in (MSP, OTHER_MSP)]
    assert [(item["mspId"], item["registeredNotifications"]) for item in shown] == [(MSP, True), (OTHER_MSP, False)]


def test_operators_people_are_told_so(clock: FakeClock, tables: MemoryTables, services: Services):
    settings = Settings.from_env({**ENVIRONMENT, "OPERATOR_TENANT_ID": MSP})
    with using(build_services(settings, tables=tables, clock=clock, outbound=services.outbound)):
        assert App().call("GET", PATH, portal_token("Onboarding.Support")).body["isOperator"] is True


def test_log_says_nothing_of_the_person(services: Services, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    App().call("GET", PATH, portal_token("Onboarding.Read", oid="the-person"))
    App().call("GET", PATH, portal_token("Onboarding.Nothing", oid="the-person"))
    assert "request_refused" in caplog.text
    assert "the-person" not in caplog.text
