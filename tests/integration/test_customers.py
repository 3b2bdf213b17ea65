"""Customers, companies and batches on real table services: what is read back is what was stored."""

from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from connect_batches.request import parse_batch
from customers.showing import list_customers
from devstack.storage import Storage
from tenantsync.identity.caller import Caller, Role
from tenantsync.matching.companies import place_companies
from tenantsync.psa.port import Company
from tenantsync.services import Services, build_services
from tenantsync.settings import Settings
from tenantsync.store.connect_batches import ConnectBatch
from tenantsync.store.tables import AzureTables
from tests.services import ENVIRONMENT

TOLD = [
    Company(external_id=f"{number}/\u00e4#?", name=f"Kunde {number}", domains=(f"k{number}.example",), key=f"K{number}")
    for number in range(1203)
]


@pytest.fixture
def services(storage: Storage) -> Services:
    tables = AzureTables(TableServiceClient.from_connection_string(storage.connection_string))
    return build_services(Settings.from_env(ENVIRONMENT), tables=tables)


@pytest.fixture
def caller() -> Caller:
    """Of an MSP nobody else in the session is."""
    return Caller(str(uuid4()), "technician", frozenset({Role.READ, Role.CONNECT}))


def test_companies_become_customers_once_and_are_found(services: Services, caller: Caller):
    msp_id = caller.msp_id
    known = services.customers.find_or_create(msp_id, "Kunde 7 AG", "2026-03-02T09:00:00.000Z")
    first = place_companies(msp_id, "halopsa", TOLD, services)
    assert first.created == 1203
    assert first.suggested == len(services.suggestions.list_page(msp_id, "", 1000)) > 0
    assert place_companies(msp_id, "halopsa", TOLD, services).unchanged == 1203
    gone = Company(external_id=TOLD[7].external_id, name="Kunde 7", is_active=False)
    assert place_companies(msp_id, "halopsa", [gone], services).deactivated == 1
    placement = services.placements.read_all(msp_id, "halopsa")[gone.external_id]
    assert placement == services.placements.read(msp_id, "halopsa", gone.external_id)
    assert placement.is_active is False
    inactive = list_customers({"state": "psa_inactive"}, caller, services)["items"]
    assert [item["externalReferences"][0]["externalId"] for item in inactive] == [gone.external_id]
    assert known.customer_id in {item.customer_id for item in services.customers.all(msp_id)}
    assert len(list(services.customers.all(msp_id))) == 1204


def test_batch_is_read_back_in_its_order(services: Services, caller: Caller):
    body = {"items": [{"tenant": f"t{number}.example"} for number in range(500)]}
    request = parse_batch(body, caller.msp_id, services, lambda *_: ())
    batch = ConnectBatch(
        msp_id=caller.msp_id,
        batch_id=str(uuid4()),
        created_by="t",
        created_at="2026-03-02T09:00:00.000Z",
        body_hash=request.digest,
        size=500,
    )
    services.connect_batches.create(batch, request.items)
    assert services.connect_batches.read(caller.msp_id, batch.batch_id) == batch
    assert services.connect_batches.read_items(batch) == list(request.items)
    assert services.connect_batches.list_newest(caller.msp_id, 5) == [batch]
