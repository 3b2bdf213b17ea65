"""Many tenants at once: checked, connected, and told apart; one failure never stops the rest."""

from typing import Any

import pytest

from activities.connect_items import connect_items
from activities.edge import enveloped
from connect_batches import request
from connect_batches.handler import send_batch
from tenantsync.identity.caller import Caller, Role
from tenantsync.matching.companies import place_companies
from tenantsync.partner.microsoft import PartnerCustomer
from tenantsync.psa.port import Company
from tenantsync.services import Services
from tenantsync.store.owners import TenantOwner
from tests.app import Answer, App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, FakeMicrosoft, portal_token
from tests.fakes.microsoft import Answer as Reply
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected

ROLES = ("Onboarding.Connect", "Onboarding.Read")
PATH = "/api/msp-portal/tenants/connect-batches"
BOTH = [
    {"tenant": "contoso.com", "customer": {"name": "Contoso"}},
    {"tenant": "fabrikam.com", "customer": {"name": "F"}},
]
TECHNICIAN = Caller(MSP, "technician", frozenset({Role.CONNECT, Role.READ}))


@pytest.fixture
def app(services: Services) -> App:
    return App()


def send(app: App, items: Any = None, *, key: str = "", msp: str = MSP, **more: Any) -> Answer:
    headers = {"idempotency-key": key} if key else {}
    body = {"items": BOTH if items is None else items, **more}
    return app.call("POST", PATH, portal_token(*ROLES, msp=msp), body, headers)


def show(app: App, batch_id: str, query: str = "", roles: tuple[str, ...] = ROLES, msp: str = MSP) -> Any:
    return app.call("GET", f"{PATH}/{batch_id}{query}", portal_token(*roles, msp=msp)).body


def work(services: Services, batch_id: str, clock: FakeClock | None = None, most: int = 200) -> int:
    """Plays the orchestration; gives how many slices it took."""
    for number in range(most):
        outcome = enveloped("deed", {}, lambda: connect_items(MSP, batch_id, services))
        if outcome.get("ended"):
            return number + 1
        if clock:
            clock.advance(outcome.get("delaySeconds", 15))
    raise AssertionError("it never ends")


def items_of(app: App, services: Services, answer: Answer, clock: FakeClock | None = None) -> list[dict[str, Any]]:
    assert answer.status == 202, answer.body
    work(services, answer.body["batchId"], clock)
    items: list[dict[str, Any]] = show(app, answer.body["batchId"])["items"]
    return items


def codes(items: list[dict[str, Any]]) -> list[str]:
    return [item["problem"]["code"] if item["problem"] else item["state"] for item in items]


def test_every_tenant_gets_its_connection_and_link(app: App, services: Services):
    sent = send(app)
    assert (sent.body["state"], sent.body["counts"], sent.body["total"]) == ("running", {"pending": 2}, 2)
    (instance,) = app.client.started.values()
    assert instance == ("connect_batch", {"mspId": MSP, "batchId": sent.body["batchId"]})
    items = items_of(app, services, sent)
    assert [(item["tenantId"], item["state"], item["customerName"]) for item in items] == [
        (TENANT, "awaiting_consent", "Contoso"),
        (OTHER_TENANT, "awaiting_consent", "F"),
    ]
    assert len({item["invitationUrl"] for item in items}) == 2
    whole = show(app, sent.body["batchId"])
    assert (whole["state"], whole["counts"]) == ("completed", {"awaiting_consent": 2})


def test_dry_run_tells_the_same_and_connects_nothing(app: App, services: Services, tables: MemoryTables):
    services.owners.claim(
        TenantOwner(tenant_id=OTHER_TENANT, msp_id=OTHER_MSP, customer_id="c", connection_id="x", claimed_at="t")
    )
    listed = [*BOTH, {"tenant": "nobody.example", "customer": {"name": "N"}}]
    planned = codes(items_of(app, services, send(app, listed, dryRun=True)))
    assert planned == ["ready", "tenant_already_connected", "tenant_not_found"]
    for table in ("Connections", "Tenants", "CallbackStates", "Customers", "ConnectRate"):
        assert tables.rows(table) == [], table
    assert codes(items_of(app, services, send(app, listed))) == ["awaiting_consent", *planned[1:]]


def test_what_is_wrong_with_one_is_its_own_problem(app: App, services: Services, microsoft: FakeMicrosoft):
    listed = [
        {"tenant": "common", "customer": {"name": "A"}},
        {"tenant": 5, "customer": {"name": "A"}},
        {"tenant": "fabrikam.com", "customerId": "cccccccc-0000-4000-8000-000000000001"},
        {"tenant": "contoso.com", "customer": {"name": ["x"]}},
        {"tenant": "contoso.com", "customer": {"name": "Contoso"}},
        {"tenant": TENANT, "customer": {"name": "Contoso"}},
    ]
    items = items_of(app, services, send(app, listed))
    assert codes(items) == [
        "invalid_tenant",
        "invalid_tenant",
        "customer_not_found",
        "invalid_request",
        "awaiting_consent",
        "tenant_repeated",
    ]
    assert {"owner", "nextAction"} <= set(items[0]["problem"])


def test_customer_is_found_when_it_is_certain_and_asked_for_when_not(app: App, services: Services):
    place_companies(MSP, "halopsa", [Company(external_id="1", name="Contoso", domains=("contoso.com",))], services)
    place_companies(MSP, "halopsa", [Company(external_id="2", name="Fabrikam Inc")], services)
    one, other = items_of(app, services, send(app, [{"tenant": "contoso.com"}, {"tenant": "fabrikam.com"}]))
    assert (one["customerName"], one["state"]) == ("Contoso", "awaiting_consent")
    assert (other["problem"]["code"], other["invitationUrl"]) == ("customer_unclear", None)
    assert [item["name"] for item in other["candidates"]] == ["Fabrikam Inc"]


def test_tenant_id_of_the_psa_is_certain_whatever_domain_is_typed(app: App, services: Services):
    told = Company(external_id="1", name="Quite Different", entra_tenant_ids=(TENANT,))
    place_companies(MSP, "halopsa", [told], services)
    (item,) = items_of(app, services, send(app, [{"tenant": "contoso.com"}]))
    assert item["customerName"] == "Quite Different"


def test_same_key_and_list_is_the_same_batch(app: App, services: Services, tables: MemoryTables):
    first, again = send(app, key="import-7"), send(app, key="import-7")
    assert first.body["batchId"] == again.body["batchId"]
    assert len(app.client.starts) == 1
    other = send(app, BOTH[:1], key="import-7")
    assert (other.status, other.body["code"]) == (409, "idempotency_key_used")
    assert send(app, key="import-7", msp=OTHER_MSP).body["batchId"] != first.body["batchId"]
    assert send(app).body["batchId"] != send(app).body["batchId"]
    assert send(app, key="x" * 201).status == 400


def test_request_that_a_crash_has_interrupted_can_be_repeated(app: App, services: Services, tables: MemoryTables):
    first = send(app, key="k")
    tables.tables["ConnectBatches"][MSP].clear()
    app.client.instances.clear()
    assert send(app, key="k").body["batchId"] == first.body["batchId"]
    assert len(app.client.instances) == 1


def test_microsoft_away_delays_one_and_not_the_others(
    app: App, services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    path = "/contoso.com/v2.0/.well-known/openid-configuration"
    microsoft.overrides[path] = lambda asked: Reply(b"", 503)
    batch_id = send(app).body["batchId"]
    assert connect_items(MSP, batch_id, services) == {"ended": False, "delaySeconds": 60}
    one, other = show(app, batch_id)["items"]
    assert (one["state"], one["problem"]["code"], other["state"]) == (
        "pending",
        "microsoft_unavailable",
        "awaiting_consent",
    )
    del microsoft.overrides[path]
    work(services, batch_id, clock)
    assert codes(show(app, batch_id)["items"]) == ["awaiting_consent", "awaiting_consent"]


def test_microsoft_away_for_good_ends_the_item(
    app: App, services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    microsoft.overrides["/contoso.com/v2.0/.well-known/openid-configuration"] = lambda asked: Reply(b"", 503)
    assert codes(items_of(app, services, send(app), clock)) == ["microsoft_unavailable", "awaiting_consent"]


def test_item_that_kills_its_worker_ends_alone(
    app: App, services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    def crash(wish: Any, *more: Any) -> Any:
        if wish.tenant == "contoso.com":
            raise ZeroDivisionError
        return original(wish, *more)

    from activities import connect_items as module

    original = module.start_connection
    monkeypatch.setattr(module, "start_connection", crash)
    sent = send(app)
    batch_id = sent.body["batchId"]
    for _ in range(2):
        assert enveloped("deed", {}, lambda: connect_items(MSP, batch_id, services))["ok"] is False
    assert codes(show(app, batch_id)["items"]) == ["pending", "awaiting_consent"]
    items = items_of(app, services, sent, clock)
    assert codes(items) == ["internal_error", "awaiting_consent"]


def test_rate_is_kept_to_and_shared_with_people(
    app: App, services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    """120 a minute: a list takes half of that, and waits when people have used it up."""
    microsoft.domains |= {f"t{number}.test": f"{number:08d}-1111-4111-8111-111111111111" for number in range(25)}
    listed = [{"tenant": f"t{number}.test", "customer": {"name": f"T {number}"}} for number in range(25)]
    batch_id = send(app, listed).body["batchId"]
    assert connect_items(MSP, batch_id, services) == {"ended": False, "delaySeconds": 10.0}
    for _ in range(110):
        services.connect_rate.take(MSP, clock.now())
    assert connect_items(MSP, batch_id, services) == {"ended": False, "delaySeconds": 61.0}
    clock.advance(61)
    work(services, batch_id, clock)
    assert show(app, batch_id)["counts"] == {"awaiting_consent": 25}


def test_slow_microsoft_makes_slices_shorter(app: App, services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    metadata = microsoft._metadata
    microsoft._metadata = lambda tenant: (clock.advance(40), metadata(tenant))[1]  # type: ignore[method-assign]
    batch_id = send(app).body["batchId"]
    assert connect_items(MSP, batch_id, services)["ended"] is False
    assert show(app, batch_id)["counts"] == {"awaiting_consent": 1, "pending": 1}
    work(services, batch_id, clock)
    assert show(app, batch_id)["counts"] == {"awaiting_consent": 2}


def test_worker_that_dies_after_connecting_leaves_one_good_link(app: App, services: Services, tables: MemoryTables):
    batch_id = send(app, BOTH[:1]).body["batchId"]
    connect(services, tenant="contoso.com")
    work(services, batch_id)
    (item,) = show(app, batch_id)["items"]
    latest = services.connections.read_latest(MSP, TENANT)
    assert latest
    assert item["connectionId"] == latest.connection_id


def test_later_link_replaces_the_batchs(app: App, services: Services):
    (item, _) = items_of(app, services, send(app))
    connect(services, tenant="contoso.com")
    batch_id = app.call("GET", PATH, portal_token(*ROLES)).body["items"][0]["batchId"]
    again = show(app, batch_id)["items"][0]
    assert (item["state"], again["state"], again["invitationUrl"]) == ("awaiting_consent", "replaced", None)


def test_tenant_that_is_connected_already_is_named(app: App, services: Services, microsoft: FakeMicrosoft):
    connected(services, microsoft)
    assert codes(items_of(app, services, send(app, BOTH[:1]))) == ["tenant_already_connected"]


def test_items_are_paged_and_links_are_for_those_who_connect(app: App, services: Services):
    sent = send(app)
    work(services, sent.body["batchId"])
    first = show(app, sent.body["batchId"], "?top=1")
    second = show(app, sent.body["batchId"], f"?top=1&cursor={first['nextCursor']}")
    assert [item["number"] for page in (first, second) for item in page["items"]] == [0, 1]
    assert second["nextCursor"] is None
    reader = show(app, sent.body["batchId"], roles=("Onboarding.Read",))
    assert [item["invitationUrl"] for item in reader["items"]] == [None, None]
    assert show(app, sent.body["batchId"], "?cursor=eA")["code"] == "invalid_request"


def test_another_msps_batch_is_unknown(app: App, services: Services):
    batch_id = send(app).body["batchId"]
    assert show(app, batch_id, msp=OTHER_MSP)["code"] == "batch_unknown"
    assert show(app, "x")["code"] == "batch_unknown"
    assert app.call("GET", PATH, portal_token(*ROLES, msp=OTHER_MSP)).body["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"tenant": "a.com"}] * 501},
        {"items": [{"customerId": TENANT}]},
        {"items": ["contoso.com"]},
        {"items": [{"tenant": "contoso.com", "returnUrl": "/x"}]},
        {"items": [{"tenant": "x" * 5000}]},
        {"items": [{"tenant": "a.com"}], "source": "gdap_customers"},
        {"source": "everything"},
        {"items": [{"tenant": "a.com"}], "dryRun": "yes"},
    ],
)
def test_lists_that_are_wrong_as_such_are_refused(app: App, tables: MemoryTables, body: Any):
    answer = app.call("POST", PATH, portal_token(*ROLES), body)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert tables.rows("ConnectBatches") == []


def test_customers_of_the_partner_that_have_not_consented_are_a_list(
    app: App, services: Services, microsoft: FakeMicrosoft
):
    run = connected(services, microsoft)
    named = {run.tenant_id: "Contoso", OTHER_TENANT: "Fabrikam"}
    listed = [PartnerCustomer(tenant_id=key, display_name=name) for key, name in named.items()]
    body = {"source": request.GDAP_CUSTOMERS}
    batch = send_batch(body, "", TECHNICIAN, services, Started(), lambda services, msp_id: listed)
    work(services, batch["batchId"])
    (item,) = show(app, batch["batchId"])["items"]
    assert (item["tenant"], item["name"], item["customerName"]) == (OTHER_TENANT, "Fabrikam", "Fabrikam")
    assert item["state"] == "awaiting_consent"


def test_tenant_id_of_two_companies_stays_unclear_whatever_the_domain_says(app: App, services: Services):
    told = [
        Company(external_id="1", name="Contoso", domains=("contoso.com",), entra_tenant_ids=(TENANT,)),
        Company(external_id="2", name="Contoso Holding East", entra_tenant_ids=(TENANT,)),
    ]
    place_companies(MSP, "halopsa", told, services)
    (item,) = items_of(app, services, send(app, [{"tenant": "contoso.com"}]))
    assert codes([item]) == ["customer_unclear"]
    assert len(item["candidates"]) == 2


def test_tenant_id_goes_before_a_domain(app: App, services: Services):
    told = [
        Company(external_id="1", name="By domain", domains=("contoso.com",)),
        Company(external_id="2", name="By tenant id", entra_tenant_ids=(TENANT,)),
    ]
    place_companies(MSP, "halopsa", told, services)
    (item,) = items_of(app, services, send(app, [{"tenant": "contoso.com"}]))
    assert item["customerName"] == "By tenant id"


@pytest.mark.parametrize("known", ["Fabrikam", "Fabrikam GmbH"])
def test_name_alone_makes_no_partners_customer_ours(app: App, services: Services, known: str):
    place_companies(MSP, "halopsa", [Company(external_id="2", name=known)], services)
    listed = [PartnerCustomer(tenant_id=OTHER_TENANT, display_name="Fabrikam")]
    body = {"source": request.GDAP_CUSTOMERS}
    batch = send_batch(body, "", TECHNICIAN, services, Started(), lambda services, msp_id: listed)
    work(services, batch["batchId"])
    (item,) = show(app, batch["batchId"])["items"]
    assert codes([item]) == ["customer_unclear"]
    assert [one["name"] for one in item["candidates"]] == [known]


def test_same_request_twice_at_once_works_on_one_list(app: App, services: Services, monkeypatch: pytest.MonkeyPatch):
    read, seen = services.connect_batches.read, []

    def sent_again_meanwhile(msp_id: str, batch_id: str) -> Any:
        found = read(msp_id, batch_id)
        if not seen:
            seen.append(batch_id)
            work(services, send(app, key="k").body["batchId"])
        return found

    monkeypatch.setattr(services.connect_batches, "read", sent_again_meanwhile)
    second = send(app, key="k").body
    assert (second["state"], second["counts"]) == ("completed", {"awaiting_consent": 2})


def test_worker_that_dies_behind_the_connection_makes_no_second_one(
    app: App, services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    batch_id = send(app, BOTH[:1]).body["batchId"]
    change = services.connect_batches.change

    def dying(batch: Any, item: Any, **changes: Any) -> Any:
        if changes.get("state") == "linked":
            monkeypatch.setattr(services.connect_batches, "change", change)
            raise InterruptedError
        return change(batch, item, **changes)

    monkeypatch.setattr(services.connect_batches, "change", dying)
    with pytest.raises(InterruptedError):
        connect_items(MSP, batch_id, services)
    first = services.connections.read_latest(MSP, TENANT)
    work(services, batch_id)
    (item,) = show(app, batch_id)["items"]
    assert first
    assert item["connectionId"] == first.connection_id
    assert item["state"] == "awaiting_consent"


def test_next_list_of_the_partners_customers_has_the_rest_and_voids_no_link(
    app: App, services: Services, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(request, "MOST_ITEMS", 1)
    named = {TENANT: "Contoso", OTHER_TENANT: "Fabrikam"}
    listed = [PartnerCustomer(tenant_id=key, display_name=name) for key, name in named.items()]
    found = []
    for _ in named:
        body = {"source": request.GDAP_CUSTOMERS}
        batch = send_batch(body, "", TECHNICIAN, services, Started(), lambda services, msp_id: listed)
        work(services, batch["batchId"])
        found.append(batch["batchId"])
    items = [item for batch_id in found for item in show(app, batch_id)["items"]]
    assert [(item["tenant"], item["state"]) for item in items] == [(key, "awaiting_consent") for key in named]
